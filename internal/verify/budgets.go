package verify

import (
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// budgets are about PodDisruptionBudgets as they stand; what they do while nodes drain is in drains.
var budgets = []Guarantee{
	{
		Name:    "budget-allows-eviction",
		Promise: "every disruption budget lets at least one pod go, however few there are",
		Why:     "a budget that allows nothing makes every node drain wait for ever, and with it every upgrade of the cluster",
		Source:  "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
		Foreign: diag.Error,
		check:   budgetAllowsEviction,
	},
	{
		Name:    "one-budget-per-pod",
		Promise: "no pod is under two disruption budgets",
		Why:     "the eviction API answers 500 for a pod with two budgets, whatever they allow: its node can't be drained",
		Source:  "https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/storage/eviction.go",
		Foreign: diag.Error,
		check:   oneBudgetPerPod,
	},
	{
		Name:    "budget-counts-scalable-pods",
		Promise: "every disruption budget selects pods, and those whose number it can count",
		Why:     "a share, or a number that may be missing, is counted of what the pods' controllers want: Jobs and DaemonSets say no such number, and with one of their pods the budget allows nothing at all",
		Source:  "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#arbitrary-controllers-and-selectors",
		Foreign: diag.Error,
		check:   budgetCountsScalablePods,
	},
	{
		Name:    "serving-pods-have-budget",
		Promise: "what serves with two pods or more has a disruption budget",
		Why:     "without one, drains that run at the same time take all of its pods at once",
		Source:  "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
		Foreign: diag.Warning,
		check:   servingPodsHaveBudget,
	},
	{
		Name:    "budget-lets-broken-pods-go",
		Promise: "pods that are not ready never hold up a drain, but for members of a quorum",
		Why:     "by default a pod that crash-loops is evicted only while enough others are healthy: a broken rollout stops the upgrade of the nodes below it",
		Source:  "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy",
		Foreign: diag.Warning,
		check:   budgetLetsBrokenPodsGo,
	},
	{
		Name:    "quorum-survives-disruption",
		Promise: "no disruption budget lets the majority of a quorum go",
		Why:     "a store of n members that votes stops writing when fewer than n/2 + 1 are there",
		Source:  "https://etcd.io/docs/v3.6/faq/#what-is-failure-tolerance",
		Foreign: diag.Error,
		check:   quorumSurvivesDisruption,
	},
}

// budgetAllowsEviction looks at the fewest pods that an autoscaler leaves: with more, a budget never allows less.
func budgetAllowsEviction(c *checker) {
	parts := fragments(c)
	for _, b := range c.Budgets {
		n := countBudgeted(budgetSelects(c, b, parts))
		if n.pods == 0 || budgetRefused(b) != "" || budgetWantsScale(b) && len(n.scaleless) > 0 {
			continue // nobody to evict, or no sum to make: budget-counts-scalable-pods says so
		}
		keep, field := budgetKeeps(b, n.scale)
		switch {
		case field == "":
			c.violated(b.Object, "spec", "drain the node of %s: with neither minAvailable nor maxUnavailable no eviction is ever allowed", oneOf(n.pods, "pod"))
		case budgetWantsScale(b) && n.scale == 0:
			c.violated(b.Object, field, "drain the node of %s: no controller wants any, so a budget without a whole number of minAvailable allows no eviction", oneOf(n.pods, "bare pod"))
		case n.pods > keep:
			c.proved(b.Object, "of %s %d must stay healthy: %d may go at a time", plural(n.pods, "pod"), keep, n.pods-keep)
		case n.everyNode:
			c.unknown(b.Object, "how many nodes there are, each with a pod of the DaemonSet that the budget selects")
		default:
			c.violated(b.Object, field, "drain the node of %s: %d must stay healthy, so 0 of %d evictions are allowed, for ever", oneOf(n.pods, "pod"), keep, n.pods)
		}
	}
}

// oneBudgetPerPod finds pods that more than one budget selects. It is told of each budget but the first.
func oneBudgetPerPod(c *checker) {
	over := map[*inventory.Workload][]*inventory.Budget{}
	for _, b := range c.Budgets {
		for _, w := range c.Selected(b.Namespace, b.Spec.Selector) {
			over[w] = append(over[w], b)
		}
	}
	for _, b := range c.Budgets {
		selected := c.Selected(b.Namespace, b.Spec.Selector)
		alone := len(selected) > 0
		for _, w := range selected {
			alone = alone && len(over[w]) == 1
			if first := over[w][0]; first != b {
				c.violated(b.Object, "spec.selector", "drain the node of a pod of %s: it is under the budgets %s and %s, so its eviction fails with 500", w.Short(), first.Name, b.Name)
			}
		}
		if alone {
			c.proved(b.Object, "it alone counts the pods of %s", shortNames(selected))
		}
	}
}

// budgetCountsScalablePods finds budgets that the API server refuses, that select nothing, and that can't be computed.
func budgetCountsScalablePods(c *checker) {
	parts := fragments(c)
	for _, b := range c.Budgets {
		selected := budgetSelects(c, b, parts)
		n := countBudgeted(selected)
		switch problem := budgetRefused(b); {
		case problem != "":
			c.violated(b.Object, "spec", "apply it: the API server refuses it, because %s", problem)
		case len(selected) == 0 && b.Ours():
			c.violated(b.Object, "spec.selector", "drain any nodes: no workload has pods with these labels, so the budget protects nothing")
		case len(selected) == 0:
			c.unknown(b.Object, "whose pods it selects: no workload of these manifests has such labels")
		case budgetWantsScale(b) && len(n.scaleless) > 0:
			w := n.scaleless[0]
			c.violated(b.Object, "spec.selector", "drain a node while there is a pod of %s, running or finished: a %s says no number of replicas, so the budget can't be computed and allows no eviction", w.Short(), w.Kind)
		default:
			c.proved(b.Object, "it selects the pods of %s", shortNames(selected))
		}
	}
}
