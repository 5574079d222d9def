package verify

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/inventory"
	corev1 "k8s.io/api/core/v1"
)

// spreadMindsDeadNodes is about constraints that leave pods Pending; the others only prefer.
func spreadMindsDeadNodes(c *checker) {
	for _, w := range c.Workloads {
		constraints := w.Template.Spec.TopologySpreadConstraints
		for i := range constraints {
			if t := &constraints[i]; t.WhenUnsatisfiable == corev1.DoNotSchedule {
				spreadAfterLoss(c, w, t, spreadPath(w, i))
			}
		}
	}
}

// spreadAfterLoss asks what a hard constraint does when one of its places is lost. A place that counts with 0 pods caps the others at
// maxSkew (https://github.com/kubernetes/kubernetes/blob/master/pkg/scheduler/framework/plugins/podtopologyspread/filtering.go).
func spreadAfterLoss(c *checker, w *inventory.Workload, t *corev1.TopologySpreadConstraint, path string) {
	noun, lost, places := "place", "it", 0
	switch t.TopologyKey {
	case zoneKey, oldZoneKey:
		noun, lost, places = "zone", "with its dead nodes it", len(c.Facts.Zones)
	case nodeKey:
		noun, places = "node", c.Facts.Nodes
	}
	pods := int64(podsIn(w))
	honors := t.NodeTaintsPolicy != nil && *t.NodeTaintsPolicy == corev1.NodeInclusionPolicyHonor
	domains := int64(0)
	if t.MinDomains != nil {
		domains = int64(*t.MinDomains)
	}
	then := fmt.Sprintf("no other may take a pod while it holds %d", t.MaxSkew)
	switch pending := pendingAfterLoss(pods, int64(places), int64(t.MaxSkew)); {
	case pending == 0 || noun == "node" && c.Facts.NodeAutoscaling:
		c.proved(w.Object, "there is room for %s even if one lost %s counts as empty", plural(pods, "pod"), noun)
	case !honors && places > 0:
		c.violated(w.Object, path+".nodeTaintsPolicy", "lose one of %d %ss: %s still counts as one with 0 pods, so %s, and %d of %d pods stay Pending", places, noun, lost, then, pending, pods)
	case !honors && w.Ours():
		c.violated(w.Object, path+".nodeTaintsPolicy", "lose a %s: %s still counts as one with 0 pods, so %s, and what was lost stays Pending", noun, lost, then)
	case !honors:
		c.unknown(w.Object, "how many %ss there are: one that is lost still counts as one with 0 pods, so %s", noun, then)
	case noun != "zone" || domains <= 1:
		c.proved(w.Object, "nodes that take no pods are not counted")
	case places == 0:
		c.unknown(w.Object, "how many zones there are: minDomains wants %d, and one may be lost", domains)
	case domains > int64(places)-1:
		c.violated(w.Object, path+".minDomains", "lose one of %d zones: minDomains wants %d, so %s, and %d of %d pods stay Pending", places, domains, then, pending, pods)
	default:
		c.proved(w.Object, "nodes that take no pods are not counted, and %d of %d zones are enough", domains, places)
	}
}

// pendingAfterLoss returns how many of evenly spread pods find no place once the fullest place is lost and counts as empty: each other
// one keeps what it has, and fills up to skew. With an unknown number of places it is 1 where any could be left.
func pendingAfterLoss(pods, places, skew int64) int64 {
	if places <= 1 {
		if places == 0 && pods > skew {
			return 1
		}
		return 0
	}
	left, rest := places-1, pods-(pods+places-1)/places
	fuller, each := rest%left, rest/left
	return max(pods-fuller*max(each+1, skew)-(left-fuller)*max(each, skew), 0)
}

// spreadCountsOneRevision is about what replaces pods a few at a time and may have old and new ones side by side.
func spreadCountsOneRevision(c *checker) {
	for _, w := range c.Workloads {
		if w.Update.Kind != inventory.Rolling && w.Update.Kind != inventory.Canary && w.Update.Kind != inventory.BlueGreen || podsIn(w) < 2 {
			continue
		}
		if w.Kind != "Deployment" && w.Kind != "Rollout" { // the pods of others keep their places, or have one on each node
			continue
		}
		key := revisionLabels[w.Kind]
		constraints := w.Template.Spec.TopologySpreadConstraints
		for i := range constraints {
			t := &constraints[i]
			if t.WhenUnsatisfiable != corev1.DoNotSchedule {
				continue
			}
			if slices.Contains(t.MatchLabelKeys, key) {
				c.proved(w.Object, "%s keeps revisions apart", key)
				continue
			}
			c.violated(w.Object, spreadPath(w, i)+".matchLabelKeys", "release a new version of its %d pods: new ones are placed around old ones that then go, so what is left may differ by more than %d", w.Most(), t.MaxSkew)
		}
	}
}
