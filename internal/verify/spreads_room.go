package verify

import (
	"slices"

	"github.com/scantling/scantling/internal/inventory"
	corev1 "k8s.io/api/core/v1"
)

// The labels of nodes by which pods are kept apart, with the old names that clouds still set.
const (
	zoneKey    = corev1.LabelTopologyZone
	oldZoneKey = corev1.LabelFailureDomainBetaZone
	nodeKey    = corev1.LabelHostname
)

// requiredApartLeavesRoom counts the places that a required anti-affinity of a workload with itself needs, and those that there are.
func requiredApartLeavesRoom(c *checker) {
	for _, w := range c.Workloads {
		if podsIn(w) < 2 {
			continue
		}
		for i, term := range requiredApart(w) {
			own := inventory.Matches(term.LabelSelector, w.Template.Labels) || unlabelled(w) && term.LabelSelector != nil
			if !own || !ownNamespace(w, &term) {
				continue
			}
			switch term.TopologyKey {
			case zoneKey, oldZoneKey:
				if zones := zonesFor(c, w); zones > 0 || len(c.Facts.Zones) == 0 { // else they may be nowhere, which is another story
					holdApart(c, w, &term, room{path: apartPath(w, i), noun: "zone", places: zones, exact: len(c.Facts.Zones) > 0})
				}
			case nodeKey:
				if c.Facts.NodeAutoscaling {
					c.proved(w.Object, "nodes are added for pods that wait for one")
					continue
				}
				holdApart(c, w, &term, room{path: apartPath(w, i), noun: "node", places: c.Facts.Nodes, exact: c.Facts.Nodes > 0})
			}
		}
	}
}

// room is what there is for pods that are kept apart.
type room struct {
	path   string
	noun   string // zone or node
	places int    // 0: not known
	exact  bool   // the platform states how many there are; else there may be fewer
}

// holdApart compares the pods of a workload with the room for them. Those of a rollout count where the rule is about both revisions,
// and where the rollout waits for a new pod before it takes an old one.
func holdApart(c *checker, w *inventory.Workload, term *corev1.PodAffinityTerm, r room) {
	most, surge := int(w.Most()), int(w.Surge(w.Most()))
	if doubles(w) {
		surge = most
	}
	if slices.Contains(term.MatchLabelKeys, revisionLabels[w.Kind]) || w.Unavailable(w.Most()) > 0 {
		surge = 0
	}
	switch {
	case r.places > 0 && most > r.places:
		c.violated(w.Object, r.path, "start its %d pods: %s one pod each, so %d of %d pods stay Pending", most, holding(r), most-r.places, most)
	case r.places > 0 && most+surge > r.places:
		c.violated(w.Object, r.path, "release a new version of its %d pods: %s one pod each, so a new one stays Pending while no old one may go, and the rollout never ends",
			most, holding(r))
	case !r.exact:
		c.unknown(w.Object, "how many %ss there are: %d pods that must not share one need %d, with those of a rollout", r.noun, most, most+surge)
	default:
		c.proved(w.Object, "%s for %d pods and %d of a rollout, one each", plural(r.places, r.noun), most, surge)
	}
}

// holding is "3 zones hold" or "1 zone holds".
func holding(r room) string {
	if r.places == 1 {
		return plural(r.places, r.noun) + " holds"
	}
	return plural(r.places, r.noun) + " hold"
}

// zonesFor returns how many zones a workload's pods may be in; 0: nobody states it. What pods require of nodes leaves fewer.
func zonesFor(c *checker, w *inventory.Workload) int {
	allowed := c.Facts.Zones
	narrow := func(values []string) {
		if allowed == nil {
			allowed = values
			return
		}
		allowed = slices.DeleteFunc(slices.Clone(allowed), func(zone string) bool { return !slices.Contains(values, zone) })
	}
	for _, key := range []string{zoneKey, oldZoneKey} {
		if zone, ok := w.Template.Spec.NodeSelector[key]; ok {
			narrow([]string{zone})
		}
	}
	a := w.Template.Spec.Affinity
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return len(allowed)
	}
	terms := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	if len(terms) != 1 { // alternatives: what one rules out the other may allow
		return len(allowed)
	}
	for _, e := range terms[0].MatchExpressions {
		if (e.Key == zoneKey || e.Key == oldZoneKey) && e.Operator == corev1.NodeSelectorOpIn {
			narrow(e.Values)
		}
	}
	return len(allowed)
}
