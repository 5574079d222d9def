package verify

import (
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"k8s.io/apimachinery/pkg/util/intstr"
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
}

func budgetAllowsEviction(c *checker) {
	for _, b := range c.Budgets {
		var least int32
		selected := c.Selected(b.Namespace, b.Spec.Selector)
		for _, w := range selected {
			if w.Serves() {
				least += w.Least()
			}
		}
		if len(selected) == 0 || least == 0 {
			continue // nobody to evict
		}
		wanted := healthyWanted(b, least)
		if wanted >= least {
			c.violated(b.Object, "spec", "drain the node of one of its %d pods: %d must stay healthy, so the eviction is refused for ever", least, wanted)
			continue
		}
		c.proved(b.Object, "of %d pods %d must stay healthy: %d may go at a time", least, wanted, least-wanted)
	}
}

// healthyWanted returns how many of n pods a budget keeps healthy. Shares are rounded up, as the disruption controller does.
func healthyWanted(b *inventory.Budget, n int32) int32 {
	if b.Spec.MaxUnavailable != nil {
		v, err := intstr.GetScaledValueFromIntOrPercent(b.Spec.MaxUnavailable, int(n), true)
		if err != nil {
			return n
		}
		return max(n-int32(v), 0)
	}
	if b.Spec.MinAvailable == nil {
		return 1 // https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/disruption/disruption.go: the default
	}
	v, err := intstr.GetScaledValueFromIntOrPercent(b.Spec.MinAvailable, int(n), true)
	if err != nil {
		return n
	}
	return int32(v)
}
