package verify

import (
	"slices"

	"github.com/scantling/scantling/internal/inventory"
	corev1 "k8s.io/api/core/v1"
)

// knownSpot is how clouds and autoscalers mark nodes that may be taken back, where the platform states nothing.
var knownSpot = []Spot{
	{Key: "karpenter.sh/capacity-type", Value: "spot"},
	{Key: "eks.amazonaws.com/capacityType", Value: "SPOT"},
	{Key: "cloud.google.com/gke-spot", Value: "true"},
	{Key: "kubernetes.azure.com/scalesetpriority", Value: "spot"},
}

// onSpot is what pods say of spot capacity.
type onSpot struct{ must, may bool }

// spotIsBounded knows the platform's marks for all that may be there, and those of clouds for what must be.
func spotIsBounded(c *checker) {
	spots := map[*inventory.Workload]onSpot{}
	for _, w := range c.Workloads {
		spots[w] = spotOf(c, w)
	}
	for _, w := range c.Workloads {
		on := spots[w]
		switch why := unmoved(w); {
		case why != "" && on.must:
			c.violated(w.Object, podPath(w), "take back the spot nodes: %s runs on nothing else, and is %s", w.Short(), why)
		case why != "" && on.may && w.Ours():
			c.violated(w.Object, podPath(w)+".tolerations", "take back the spot nodes: %s may be on them, and is %s", w.Short(), why)
		case why != "" && c.Facts.Spot != nil && !on.may && w.Ours():
			c.proved(w.Object, "its pods are never on spot capacity")
		}
	}
	for w, h := range holdsInOrder(c) {
		on := spots[w]
		if !on.must && !(on.may && w.Ours()) {
			continue
		}
		floorHolds(c, w, h, spots)
	}
}

// holdsInOrder yields the workloads that have one budget, as they were read.
func holdsInOrder(c *checker) func(func(*inventory.Workload, held) bool) {
	over := holds(c)
	return func(yield func(*inventory.Workload, held) bool) {
		for _, w := range c.Workloads {
			if h, ok := over[w]; ok && !yield(w, h) {
				return
			}
		}
	}
}

// unmoved says why a workload must not lose its node at any time; empty: it may.
func unmoved(w *inventory.Workload) string {
	switch {
	case w.Labels[tierLabel] == tierCritical:
		return "critical"
	case w.Kind == "StatefulSet" || len(w.Claims) > 0:
		return "stateful"
	case w.Job != nil && w.Ours():
		return "a Job that starts again from its beginning"
	}
	return ""
}

// spotOf reads what pods require and tolerate.
func spotOf(c *checker, w *inventory.Workload) onSpot {
	marks := knownSpot
	if c.Facts.Spot != nil {
		marks = append([]Spot{*c.Facts.Spot}, knownSpot...)
	}
	var on onSpot
	for _, mark := range marks {
		on.must = on.must || requiresLabel(&w.Template.Spec, mark.Key, mark.Value)
	}
	on.may = on.must
	if spot := c.Facts.Spot; spot != nil && !on.must && w.Kind != "DaemonSet" && !avoidsLabel(&w.Template.Spec, spot.Key, spot.Value) {
		on.may = spot.Taint == "" || slices.ContainsFunc(w.Template.Spec.Tolerations, func(t corev1.Toleration) bool {
			return t.Key == spot.Taint || t.Key == "" && t.Operator == corev1.TolerationOpExists
		})
	}
	return on
}

// requiresLabel reports whether pods are only on nodes with a label.
func requiresLabel(spec *corev1.PodSpec, key, value string) bool {
	if spec.NodeSelector[key] == value {
		return true
	}
	return everyTerm(spec, func(e corev1.NodeSelectorRequirement) bool {
		return e.Key == key && e.Operator == corev1.NodeSelectorOpIn && len(e.Values) == 1 && e.Values[0] == value
	})
}

// avoidsLabel reports whether pods are never on nodes with a label.
func avoidsLabel(spec *corev1.PodSpec, key, value string) bool {
	if other, ok := spec.NodeSelector[key]; ok && other != value {
		return true
	}
	return everyTerm(spec, func(e corev1.NodeSelectorRequirement) bool {
		if e.Key != key {
			return false
		}
		has := slices.Contains(e.Values, value)
		return e.Operator == corev1.NodeSelectorOpNotIn && has || e.Operator == corev1.NodeSelectorOpIn && !has ||
			e.Operator == corev1.NodeSelectorOpDoesNotExist
	})
}

// everyTerm reports whether each alternative of the required node affinity, of which there is one at least, has such an expression.
func everyTerm(spec *corev1.PodSpec, so func(corev1.NodeSelectorRequirement) bool) bool {
	a := spec.Affinity
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return false
	}
	terms := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	for _, t := range terms {
		if !slices.ContainsFunc(t.MatchExpressions, so) {
			return false
		}
	}
	return len(terms) > 0
}

// floorHolds compares what is left of the pods of a budget, when there are fewest, with what it keeps. Best effort may go altogether.
func floorHolds(c *checker, w *inventory.Workload, h held, spots map[*inventory.Workload]onSpot) {
	if unmoved(w) != "" || w.Labels[tierLabel] == bestEffort {
		return
	}
	total, floor := 0, 0
	for _, other := range c.Selected(h.Namespace, h.Spec.Selector) {
		n := max(int(other.Least()), 0)
		total += n
		if !spots[other].may {
			floor += n
		}
	}
	keep, _ := budgetKeeps(h.Budget, int64(total))
	if total == 0 {
		return
	}
	if floor < int(keep) {
		path := podPath(w)
		if !spots[w].must {
			path += ".tolerations"
		}
		c.violated(w.Object, path, "take back all spot nodes at once: %d of %d pods are left, and budget %s keeps %d", floor, total, h.Name, keep)
		return
	}
	c.proved(w.Object, "take back all spot nodes at once: %d of %d pods are left, as many as budget %s keeps", floor, total, h.Name)
}
