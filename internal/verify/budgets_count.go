package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// fragments returns the workloads that are only part of a manifest, by their namespace and name: they have no labels to select yet.
func fragments(c *checker) map[placedName]*inventory.Workload {
	parts := map[placedName]*inventory.Workload{}
	for _, w := range c.Workloads {
		if unlabelled(w) {
			parts[placedName{w.Namespace, w.Name}] = w
		}
	}
	return parts
}

// budgetSelects returns the workloads of a budget. Where none has its labels, a part of a manifest with the name that is the value of
// one of them is what it means.
func budgetSelects(c *checker, b *inventory.Budget, parts map[placedName]*inventory.Workload) []*inventory.Workload {
	selected := c.Selected(b.Namespace, b.Spec.Selector)
	if len(selected) > 0 || len(parts) == 0 || b.Spec.Selector == nil {
		return selected
	}
	for _, value := range slices.Sorted(maps.Values(b.Spec.Selector.MatchLabels)) {
		if w := parts[placedName{b.Namespace, value}]; w != nil {
			return []*inventory.Workload{w}
		}
	}
	return nil
}

// budgeted is how the disruption controller counts the pods of a budget when there are fewest.
type budgeted struct {
	pods      int64                 // that there are, without those of DaemonSets and Jobs
	scale     int64                 // that controllers want: bare pods have none
	scaleless []*inventory.Workload // whose controllers have no number of replicas: Jobs, CronJobs, DaemonSets
	everyNode bool                  // DaemonSets are among them
}

// countBudgeted counts pods when there are fewest of them, but not none: an autoscaler that goes to zero comes back through one.
func countBudgeted(selected []*inventory.Workload) budgeted {
	var n budgeted
	returns := false
	for _, w := range selected {
		switch {
		case w.Kind == "DaemonSet":
			n.everyNode = true
			n.scaleless = append(n.scaleless, w)
		case !w.Serves() && isFleeting(w):
		case !w.Serves():
			n.scaleless = append(n.scaleless, w)
		case w.Kind == "Pod":
			n.pods++
		default:
			least := max(int64(w.Least()), 0)
			n.pods += least
			n.scale += least
			returns = returns || w.Most() > 0
		}
	}
	if n.pods == 0 && returns {
		n.pods, n.scale = 1, 1
	}
	return n
}

// isFleeting reports whether Helm deletes a Job as soon as it has succeeded (https://helm.sh/docs/topics/charts_hooks/).
func isFleeting(w *inventory.Workload) bool {
	return w.Annotations["helm.sh/hook"] != "" && strings.Contains(w.Annotations["helm.sh/hook-delete-policy"], "hook-succeeded")
}

// budgetKeeps returns how many pods a budget keeps healthy where controllers want scale of them, and the field that says so; empty:
// none does. Shares are rounded up in both fields, as the disruption controller does
// (https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/disruption/disruption.go, getExpectedPodCount).
func budgetKeeps(b *inventory.Budget, scale int64) (keep int64, field string) {
	switch {
	case b.Spec.MaxUnavailable != nil:
		v, _ := intstr.GetScaledValueFromIntOrPercent(b.Spec.MaxUnavailable, int(scale), true)
		return max(scale-int64(v), 0), "spec.maxUnavailable"
	case b.Spec.MinAvailable != nil:
		v, _ := intstr.GetScaledValueFromIntOrPercent(b.Spec.MinAvailable, int(scale), true)
		return int64(v), "spec.minAvailable"
	}
	return 0, ""
}

// budgetWantsScale reports whether a budget is computed of what the controllers of its pods want: only a whole number of minAvailable
// is not.
func budgetWantsScale(b *inventory.Budget) bool {
	return b.Spec.MaxUnavailable != nil || b.Spec.MinAvailable != nil && b.Spec.MinAvailable.Type == intstr.String
}

// budgetRefused says why the API server does not take a budget; empty: it does.
func budgetRefused(b *inventory.Budget) string {
	if b.Spec.MinAvailable != nil && b.Spec.MaxUnavailable != nil {
		return "minAvailable and maxUnavailable are both set"
	}
	for _, f := range []struct {
		name  string
		value *intstr.IntOrString
	}{{"minAvailable", b.Spec.MinAvailable}, {"maxUnavailable", b.Spec.MaxUnavailable}} {
		if f.value == nil {
			continue
		}
		n, err := intstr.GetScaledValueFromIntOrPercent(f.value, 100, true)
		if err != nil || n < 0 || f.value.Type == intstr.String && n > 100 {
			return fmt.Sprintf("%s %q is neither a number of pods nor a share of at most 100%%", f.name, f.value.String())
		}
	}
	return ""
}

// plural is "1 pod" or "3 pods".
func plural[N int | int32 | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// oneOf is "its only pod" or "one of its 3 pods".
func oneOf(n int64, noun string) string {
	if n == 1 {
		return "its only " + noun
	}
	return "one of its " + plural(n, noun)
}
