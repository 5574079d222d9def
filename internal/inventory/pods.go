package inventory

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// addWorkload takes in what keeps pods running. Pods inherit the namespace of their workload.
func (s *Set) addWorkload(w *Workload) {
	s.Workloads = append(s.Workloads, w)
	s.byPlace[w.Namespace] = append(s.byPlace[w.Namespace], w)
	s.workloads[w.Object] = w
	s.index(w)
}

// index makes the pods of a workload known by their labels.
func (s *Set) index(w *Workload) {
	for key, value := range w.Template.Labels {
		label := podLabel{w.Namespace, key, value}
		s.byLabel[label] = append(s.byLabel[label], w)
	}
}

// In returns the workloads of a namespace.
func (s *Set) In(namespace string) []*Workload { return s.byPlace[namespace] }

// WithLabels returns the workloads of a namespace whose pods have all these labels; with none, those of the whole namespace.
func (s *Set) WithLabels(namespace string, wanted map[string]string) []*Workload {
	const few = 4 // to look at them takes no longer than to look for a rarer label
	candidates := s.byPlace[namespace]
	for key, value := range wanted { // the rarest label leaves the fewest to look at
		if len(candidates) <= few {
			break
		}
		if found := s.byLabel[podLabel{namespace, key, value}]; len(found) < len(candidates) {
			candidates = found
		}
	}
	var all []*Workload
	for _, w := range candidates {
		if covers(w.Template.Labels, wanted) {
			all = append(all, w)
		}
	}
	return all
}

// Selected returns the workloads of a namespace whose pods a selector selects. No selector selects nothing, an empty one everything.
func (s *Set) Selected(namespace string, selector *metav1.LabelSelector) []*Workload {
	if selector == nil {
		return nil
	}
	all := s.WithLabels(namespace, selector.MatchLabels)
	if len(selector.MatchExpressions) == 0 {
		return all
	}
	var some []*Workload
	for _, w := range all {
		if Matches(selector, w.Template.Labels) {
			some = append(some, w)
		}
	}
	return some
}

// Matches reports whether a selector selects labels. No selector selects nothing, an empty one everything, a wrong one nothing.
func Matches(selector *metav1.LabelSelector, have map[string]string) bool {
	if selector == nil || !covers(have, selector.MatchLabels) {
		return false
	}
	if len(selector.MatchExpressions) == 0 {
		return true
	}
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(have))
}

// covers reports whether labels hold all the wanted ones.
func covers(have, wanted map[string]string) bool {
	for key, value := range wanted {
		if v, ok := have[key]; !ok || v != value {
			return false
		}
	}
	return true
}
