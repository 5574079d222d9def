package verify

import "github.com/scantling/scantling/internal/diag"

// spreads are about where pods may be beside one another.
var spreads = []Guarantee{
	{
		Name:    "spread-selects-own-pods",
		Promise: "every spread constraint counts the pods that it is written on",
		Why:     "a constraint whose selector misses its own pods is met by any placement: all of them may land in one zone",
		Source:  "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#spread-constraint-definition",
		Foreign: diag.Error,
		check:   spreadSelectsOwnPods,
	},
	{
		Name:    "required-apart-leaves-room",
		Promise: "there are as many zones or nodes as pods that must not share one, those of a rollout included",
		Why:     "a required anti-affinity allows one pod for each: every further one stays Pending, and a rollout that first starts a new pod never ends",
		Source:  "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity",
		Foreign: diag.Error,
		check:   requiredApartLeavesRoom,
	},
	{
		Name:    "spread-minds-dead-nodes",
		Promise: "a hard spread constraint doesn't count nodes that take no pods, and is met with one zone less",
		Why:     "by default, tainted and dead nodes still count as an empty place: what is lost can't be started in the others, which hold more already",
		Source:  "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#topologyspreadconstraints-field",
		Foreign: diag.Warning,
		check:   spreadMindsDeadNodes,
	},
	{
		Name:    "spread-keys-are-legal",
		Promise: "every spread constraint and pod affinity is one that the API server takes, and goes by labels that the pods have",
		Why:     "pods with an illegal one are refused, and a key that pods don't have is left out without a word",
		Source:  "https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go",
		Foreign: diag.Error,
		check:   spreadKeysAreLegal,
	},
	{
		Name:    "spread-counts-one-revision",
		Promise: "a hard spread constraint of a Deployment counts the pods of one revision",
		Why:     "new pods are placed around old ones that then go: after the rollout the rest is uneven, and nothing moves it",
		Source:  "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#topologyspreadconstraints-field",
		Foreign: diag.Warning,
		check:   spreadCountsOneRevision,
	},
}
