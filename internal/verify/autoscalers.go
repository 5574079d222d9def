package verify

import "github.com/scantling/scantling/internal/diag"

// autoscalers are about who decides how many pods there are, and of what size.
var autoscalers = []Guarantee{
	{
		Name:    "autoscaler-finds-target",
		Promise: "every autoscaler has a workload that it can scale, and has it alone",
		Why:     "an autoscaler without its target does nothing, and two on one target undo each other's decisions all day",
		Source:  "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#ambiguous-selectors",
		Foreign: diag.Error,
		check:   autoscalerFindsTarget,
	},
	{
		Name:    "autoscaler-owns-replicas",
		Promise: "what an autoscaler scales states no number of replicas of its own",
		Why:     "each time the manifest is applied, the stated number replaces what the load needs",
		Source:  "https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling",
		Foreign: diag.Error,
		check:   autoscalerOwnsReplicas,
	},
	{
		Name:    "autoscaler-range-is-sound",
		Promise: "every autoscaler goes from a number of pods to one that is no smaller, and to none only where something else can wake it; what is critical keeps two",
		Why:     "the API server refuses a range that is none, and without pods nothing measures that some are needed",
		Source:  "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/",
		Foreign: diag.Error,
		check:   autoscalerRangeIsSound,
	},
	{
		Name:    "metric-has-request",
		Promise: "every share of a request that an autoscaler aims at is of a request that there is",
		Why:     "the use of a resource is measured against its request: where one container states none, the autoscaler computes nothing and never scales",
		Source:  "https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#support-for-resource-metrics",
		Foreign: diag.Error,
		check:   metricHasRequest,
	},
	{
		Name:    "one-hand-on-size",
		Promise: "no vertical autoscaler changes the request that a horizontal one divides by",
		Why:     "more load raises the request, the higher request lowers the measured share, and the pods become fewer as the load grows",
		Source:  "https://github.com/kubernetes/autoscaler/blob/master/vertical-pod-autoscaler/docs/known-limitations.md",
		Foreign: diag.Error,
		check:   oneHandOnSize,
	},
	{
		Name:    "target-survives-zone",
		Promise: "the pods that are left when a zone is lost have the CPU for all of its load",
		Why:     "above 100 % of their request the others compete for what neighbours leave over, until new pods are ready",
		Source:  "https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/static-stability.html",
		Foreign: diag.Warning,
		check:   targetSurvivesZone,
	},
	{
		Name:    "memory-is-no-scale-signal",
		Promise: "no autoscaler aims at a share of memory requests that pods may exceed",
		Why:     "few programs give memory back when the load falls: the pods become more and never fewer, and a leak is hidden behind new pods",
		Source:  "https://keda.sh/docs/latest/scalers/memory/",
		Foreign: diag.Warning,
		check:   memoryIsNoScaleSignal,
	},
}
