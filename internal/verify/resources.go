package verify

import "github.com/scantling/scantling/internal/diag"

// resources are about what pods ask for and may use.
var resources = []Guarantee{
	{
		Name:    "requests-are-set",
		Promise: "every container states the CPU and memory that it needs and the memory that it may use, and needs no more than it may use",
		Why:     "the scheduler fills nodes by requests alone: what states none lands on a node that is full, and is the first to be killed there",
		Source:  "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
		Foreign: diag.Warning,
		check:   requestsAreSet,
	},
	{
		Name:    "scratch-fits",
		Promise: "the scratch volumes of a pod are together no larger than the storage and memory that it may use",
		Why:     "a pod that fills a volume it was promised is evicted or killed for it",
		Source:  "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#resource-emphemeralstorage-consumption",
		Foreign: diag.Warning,
		check:   scratchFits,
	},
	{
		Name:    "size-is-in-limits",
		Promise: "every pod and claim is of a size that the LimitRanges of its namespace allow",
		Why:     "the API server refuses the others one by one, so a rollout makes no pods and says so only in events",
		Source:  "https://kubernetes.io/docs/concepts/policy/limit-range/",
		Foreign: diag.Error,
		check:   sizeIsInLimits,
	},
}
