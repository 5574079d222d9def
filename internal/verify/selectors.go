package verify

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// selectors are about how workloads know their pods.
var selectors = []Guarantee{
	{
		Name:    "selector-selects-own-pods",
		Promise: "every workload has a selector, and it selects the pods that the workload makes",
		Why:     "the API server refuses a workload that would not know its own pods",
		Source:  "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
		Foreign: diag.Error,
		check:   selectorSelectsOwnPods,
	},
	{
		Name:    "pods-have-one-owner",
		Promise: "no two workloads of a namespace select each other's pods",
		Why:     "both count the pods of both: controllers take over each other's pods, and autoscalers average over strangers",
		Source:  "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
		Foreign: diag.Error,
		check:   podsHaveOneOwner,
	},
	{
		Name:    "selector-is-stable",
		Promise: "no selector of a workload holds a label that changes with the version",
		Why:     "a selector can't be changed: the next release is refused until somebody deletes the workload, with all of its pods",
		Source:  "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates",
		Foreign: diag.Warning,
		check:   selectorIsStable,
	},
}

// needsSelector reports whether workloads of this kind state which pods are theirs.
func needsSelector(w *inventory.Workload) bool {
	switch w.Kind {
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet":
		return w.MadeBy == nil && w.APIVersion == "apps/v1"
	case "Rollout":
		return len(w.Template.Spec.Containers) > 0 // else it takes them from a workload that is not in the set
	}
	return false
}

func selectorSelectsOwnPods(c *checker) {
	for _, w := range c.Workloads {
		switch {
		case !needsSelector(w):
		case w.Selector == nil || len(w.Selector.MatchLabels)+len(w.Selector.MatchExpressions) == 0:
			c.violated(w.Object, "spec.selector", "apply it: %s refuses a %s without a selector", refuser(w), w.Kind)
		case !inventory.Matches(w.Selector, w.Template.Labels):
			c.violated(w.Object, "spec.selector", "apply it: %s refuses it, for %s does not select its own pods, which have %s",
				refuser(w), metav1.FormatLabelSelector(w.Selector), labelText(w.Template.Labels))
		default:
			c.proved(w.Object, "%s selects its own pods", metav1.FormatLabelSelector(w.Selector))
		}
	}
}

// refuser is who does not take a workload with a wrong selector.
func refuser(w *inventory.Workload) string {
	if w.Kind == "Rollout" {
		return "Argo Rollouts"
	}
	return "the API server"
}

// labelText writes labels as kubectl does; none is said to be none.
func labelText(labels map[string]string) string {
	if len(labels) == 0 {
		return "no labels"
	}
	var all []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, key+"="+labels[key])
	}
	return strings.Join(all, ",")
}

func podsHaveOneOwner(c *checker) {
	for _, w := range c.Workloads {
		if w.Selector == nil || !inventory.Matches(w.Selector, w.Template.Labels) {
			continue // which is another guarantee
		}
		found := false
		for _, other := range c.Selected(w.Namespace, w.Selector) {
			if other == w || !other.Serves() || other.Selector == nil || handsOver(w, other) || handsOver(other, w) {
				continue
			}
			if !inventory.Matches(other.Selector, w.Template.Labels) && (w.Autoscaler == nil || w.Autoscaler.KEDA) {
				continue // it takes nothing from the other, and the other nothing from it
			}
			found = true
			if w.Namespace == "" && path.Dir(w.File) != path.Dir(other.File) {
				c.unknown(w.Object, "whether %s of %s gets into the same namespace", other.Short(), other.File)
				break
			}
			c.violated(w.Object, "spec.selector", "run both: %s also selects the pods of %s, and counts them as its own", metav1.FormatLabelSelector(w.Selector), other.Short())
			break
		}
		if !found {
			c.proved(w.Object, "it and no other workload select each other's pods by %s", metav1.FormatLabelSelector(w.Selector))
		}
	}
}

// handsOver reports whether a workload has the pods of another one by intent: a Rollout that refers to a Deployment.
func handsOver(rollout, from *inventory.Workload) bool {
	return rollout.Kind == "Rollout" && refersTo(rollout) == from.Name
}

// versionLabels are labels whose value is another one with each version, or each time.
var versionLabels = []string{"app.kubernetes.io/version", "helm.sh/chart", "pod-template-hash", "controller-revision-hash"}

func selectorIsStable(c *checker) {
	for _, w := range c.Workloads {
		if w.Selector == nil || w.MadeBy != nil {
			continue
		}
		key := unstableLabel(w)
		if key == "" {
			c.proved(w.Object, "no version is in %s", metav1.FormatLabelSelector(w.Selector))
			continue
		}
		c.violated(w.Object, "spec.selector", "release another version: the label %s is no longer %q, and the API server refuses to change the selector",
			key, w.Selector.MatchLabels[key])
	}
}

// unstableLabel returns the label of a selector that changes with the version; empty: none is known to. Where a workload is named after
// the value, there is one workload for each version, and that is meant.
func unstableLabel(w *inventory.Workload) string {
	for _, key := range slices.Sorted(maps.Keys(w.Selector.MatchLabels)) {
		value := w.Selector.MatchLabels[key]
		if value == "" || strings.Contains(w.Name, value) {
			continue
		}
		if slices.Contains(versionLabels, key) || isOwnTag(w, value) {
			return key
		}
	}
	return ""
}

// isOwnTag reports whether a text is the tag of an image that the workload runs, and one that looks like a version.
func isOwnTag(w *inventory.Workload, text string) bool {
	if !strings.Contains(text, ".") || !strings.ContainsAny(text, "0123456789") {
		return false
	}
	for _, container := range w.Template.Spec.Containers {
		image, _, _ := strings.Cut(container.Image, "@")
		if _, tag, ok := strings.Cut(path.Base(image), ":"); ok && strings.TrimPrefix(tag, "v") == strings.TrimPrefix(text, "v") {
			return true
		}
	}
	return false
}
