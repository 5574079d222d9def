package verify

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/inventory"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func spreadKeysAreLegal(c *checker) {
	for _, w := range c.Workloads {
		constraints := w.Template.Spec.TopologySpreadConstraints
		clean := true
		for i := range constraints {
			if field, problem := illegalSpread(constraints, i); problem != "" {
				clean = false
				c.violated(w.Object, spreadPath(w, i)+field, "apply it: its pods are refused, because %s", problem)
				continue
			}
			for _, key := range constraints[i].MatchLabelKeys {
				if _, ok := w.Template.Labels[key]; !ok && !hasRevisionLabel(w, key) {
					clean = false
					c.violated(w.Object, spreadPath(w, i)+".matchLabelKeys", "start it: pods of a %s have no label %s, so the key is left out without a word", w.Kind, key)
				}
			}
		}
		for path, term := range podTerms(w) {
			if problem := illegalTerm(term); problem != "" {
				clean = false
				c.violated(w.Object, path, "apply it: its pods are refused, because %s", problem)
			}
		}
		if clean && len(constraints) > 0 {
			c.proved(w.Object, "%s that the API server takes", plural(len(constraints), "constraint"))
		}
	}
}

// hasRevisionLabel reports whether a controller gives a workload's pods a label. Of kinds that are not known it may be any.
func hasRevisionLabel(w *inventory.Workload, key string) bool {
	own, known := revisionLabels[w.Kind]
	if !known {
		return !slices.Contains([]string{"Job", "CronJob", "Pod", "ReplicationController"}, w.Kind)
	}
	if w.Kind == "StatefulSet" && (key == "statefulset.kubernetes.io/pod-name" || key == "apps.kubernetes.io/pod-index") {
		return true
	}
	isHash := key == "pod-template-hash" || key == "rollouts-pod-template-hash" || key == "controller-revision-hash"
	return key == own || !isHash // what admission adds is not known
}

// illegalSpread says why the API server refuses a constraint, and by which of its fields.
func illegalSpread(all []corev1.TopologySpreadConstraint, i int) (field, problem string) {
	t := &all[i]
	switch {
	case t.MaxSkew <= 0:
		return ".maxSkew", fmt.Sprintf("a maxSkew of %d is not above 0", t.MaxSkew)
	case t.TopologyKey == "":
		return ".topologyKey", "there is no topologyKey"
	case t.WhenUnsatisfiable != corev1.DoNotSchedule && t.WhenUnsatisfiable != corev1.ScheduleAnyway:
		return ".whenUnsatisfiable", fmt.Sprintf("whenUnsatisfiable %q is neither DoNotSchedule nor ScheduleAnyway", t.WhenUnsatisfiable)
	case t.MinDomains != nil && *t.MinDomains <= 0:
		return ".minDomains", fmt.Sprintf("minDomains of %d is not above 0", *t.MinDomains)
	case t.MinDomains != nil && t.WhenUnsatisfiable != corev1.DoNotSchedule:
		return ".minDomains", "minDomains is for DoNotSchedule alone"
	}
	for _, other := range all[:i] {
		if other.TopologyKey == t.TopologyKey && other.WhenUnsatisfiable == t.WhenUnsatisfiable {
			return "", fmt.Sprintf("there are two constraints on %s with %s", t.TopologyKey, t.WhenUnsatisfiable)
		}
	}
	return ".matchLabelKeys", illegalKeys(t.LabelSelector, "matchLabelKeys", t.MatchLabelKeys)
}

// illegalTerm says why the API server refuses a term of a pod affinity or anti-affinity.
func illegalTerm(t *corev1.PodAffinityTerm) string {
	if t.TopologyKey == "" {
		return "there is no topologyKey"
	}
	for _, key := range t.MatchLabelKeys {
		if slices.Contains(t.MismatchLabelKeys, key) {
			return fmt.Sprintf("%s is in both matchLabelKeys and mismatchLabelKeys", key)
		}
	}
	if problem := illegalKeys(t.LabelSelector, "matchLabelKeys", t.MatchLabelKeys); problem != "" {
		return problem
	}
	return illegalKeys(t.LabelSelector, "mismatchLabelKeys", t.MismatchLabelKeys)
}

// illegalKeys holds keys against the selector beside them.
func illegalKeys(selector *metav1.LabelSelector, field string, keys []string) string {
	if len(keys) > 0 && selector == nil {
		return field + " needs a labelSelector beside it"
	}
	for _, key := range keys {
		if _, ok := selector.MatchLabels[key]; ok || slices.ContainsFunc(selector.MatchExpressions, func(e metav1.LabelSelectorRequirement) bool { return e.Key == key }) {
			return fmt.Sprintf("%s is in both %s and labelSelector", key, field)
		}
	}
	return ""
}

// podTerms yields every term of a workload's pod affinity and anti-affinity with its path, the required ones first.
func podTerms(w *inventory.Workload) func(yield func(string, *corev1.PodAffinityTerm) bool) {
	return func(yield func(string, *corev1.PodAffinityTerm) bool) {
		a := w.Template.Spec.Affinity
		if a == nil {
			return
		}
		lists := []struct {
			name      string
			required  []corev1.PodAffinityTerm
			preferred []corev1.WeightedPodAffinityTerm
		}{{name: "podAffinity"}, {name: "podAntiAffinity"}}
		if p := a.PodAffinity; p != nil {
			lists[0].required, lists[0].preferred = p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution
		}
		if p := a.PodAntiAffinity; p != nil {
			lists[1].required, lists[1].preferred = p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution
		}
		for _, l := range lists {
			for i := range l.required {
				if !yield(fmt.Sprintf("%s.affinity.%s.requiredDuringSchedulingIgnoredDuringExecution[%d]", podPath(w), l.name, i), &l.required[i]) {
					return
				}
			}
			for i := range l.preferred {
				if !yield(fmt.Sprintf("%s.affinity.%s.preferredDuringSchedulingIgnoredDuringExecution[%d].podAffinityTerm", podPath(w), l.name, i), &l.preferred[i].PodAffinityTerm) {
					return
				}
			}
		}
	}
}
