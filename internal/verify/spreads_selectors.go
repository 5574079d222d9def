package verify

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/inventory"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Labels that the controllers give pods of one revision, by the kind that the pods' manifest has.
var revisionLabels = map[string]string{
	"Deployment":  "pod-template-hash",
	"ReplicaSet":  "pod-template-hash",
	"Rollout":     "rollouts-pod-template-hash",
	"StatefulSet": "controller-revision-hash",
	"DaemonSet":   "controller-revision-hash",
}

// spreadPath is where a spread constraint is in its object.
func spreadPath(w *inventory.Workload, i int) string {
	return fmt.Sprintf("%s.topologySpreadConstraints[%d]", podPath(w), i)
}

// spreadSelectsOwnPods says nothing of a pod affinity: that may well be about the pods of others.
func spreadSelectsOwnPods(c *checker) {
	for _, w := range c.Workloads {
		if unlabelled(w) {
			continue // they are not yet what will be applied
		}
		constraints := w.Template.Spec.TopologySpreadConstraints
		for i := range constraints {
			t := &constraints[i]
			if byAddedLabel(t.LabelSelector) {
				continue
			}
			if inventory.Matches(t.LabelSelector, w.Template.Labels) {
				c.proved(w.Object, "constraints select the pods that they stand on")
				continue
			}
			c.violated(w.Object, spreadPath(w, i)+".labelSelector", "start %s: the constraint on %s counts none of its pods, so all may land in one place",
				plural(max(podsIn(w), 2), "pod"), t.TopologyKey)
		}
		if !w.Ours() {
			continue
		}
		for i, term := range requiredApart(w) {
			if !inventory.Matches(term.LabelSelector, w.Template.Labels) {
				c.violated(w.Object, apartPath(w, i), "start %s: the anti-affinity on %s is about none of its pods, so all may land in one place",
					plural(max(podsIn(w), 2), "pod"), term.TopologyKey)
			}
		}
	}
}

// byAddedLabel reports whether a selector goes by a label that controllers give pods, with a value that no manifest has.
func byAddedLabel(s *metav1.LabelSelector) bool {
	if s == nil {
		return false
	}
	for _, key := range []string{
		"job-name", batchv1.JobNameLabel, "controller-uid", batchv1.ControllerUidLabel, appsv1.StatefulSetPodNameLabel, appsv1.PodIndexLabel,
		"pod-template-hash", "rollouts-pod-template-hash", "controller-revision-hash",
	} {
		if _, ok := s.MatchLabels[key]; ok || slices.ContainsFunc(s.MatchExpressions, func(e metav1.LabelSelectorRequirement) bool { return e.Key == key }) {
			return true
		}
	}
	return false
}

// podsIn is the number of a workload's pods where it is one; of a DaemonSet and of what runs to its end there is none.
func podsIn(w *inventory.Workload) int32 {
	if n := w.Most(); n != inventory.EveryNode && w.Serves() {
		return n
	}
	return 0
}

// unlabelled reports whether a workload is a part of a manifest, which others complete: the API server takes none without a selector.
func unlabelled(w *inventory.Workload) bool {
	return w.Selector == nil && w.Serves() && w.Kind != "Pod" && len(w.Template.Labels) == 0
}

// requiredApart returns the terms of a workload's required anti-affinity.
func requiredApart(w *inventory.Workload) []corev1.PodAffinityTerm {
	if a := w.Template.Spec.Affinity; a != nil && a.PodAntiAffinity != nil {
		return a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	}
	return nil
}

// apartPath is where such a term is in its object.
func apartPath(w *inventory.Workload, i int) string {
	return fmt.Sprintf("%s.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[%d]", podPath(w), i)
}

// ownNamespace reports whether a term is about the namespace that it stands in.
func ownNamespace(w *inventory.Workload, t *corev1.PodAffinityTerm) bool {
	if len(t.Namespaces) == 0 && t.NamespaceSelector == nil {
		return true
	}
	for _, name := range t.Namespaces {
		if name == w.Namespace {
			return true
		}
	}
	return t.NamespaceSelector != nil && isEverything(t.NamespaceSelector)
}

// isEverything reports whether a selector selects all there is.
func isEverything(s *metav1.LabelSelector) bool {
	return len(s.MatchLabels) == 0 && len(s.MatchExpressions) == 0
}
