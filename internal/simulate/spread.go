package simulate

import (
	"maps"
	"math"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// spread is one topologySpreadConstraint that is a condition, with the API's defaults.
type spread struct {
	key                         string
	maxSkew, minDomains         int32
	honourAffinity, honourTaint bool
	selector                    labels.Selector
	self                        bool   // the pod is one of those that it is about
	counts                      []bool // by shape: it counts those pods
}

// spreads returns the constraints that a pod must meet; what merely scores is left out.
func spreads(s *shape) []spread {
	var all []spread
	for _, t := range s.spec.TopologySpreadConstraints {
		if t.WhenUnsatisfiable != corev1.DoNotSchedule {
			continue
		}
		one := spread{
			key: t.TopologyKey, maxSkew: t.MaxSkew, minDomains: 1, selector: matcher(t.LabelSelector),
			honourAffinity: t.NodeAffinityPolicy == nil || *t.NodeAffinityPolicy == corev1.NodeInclusionPolicyHonor,
			honourTaint:    t.NodeTaintsPolicy != nil && *t.NodeTaintsPolicy == corev1.NodeInclusionPolicyHonor,
		}
		if t.MinDomains != nil {
			one.minDomains = *t.MinDomains
		}
		if t.LabelSelector != nil { // one that is not there selects nothing, with the pod's own labels or without
			one.selector = merge(one.selector, s.labels, t.MatchLabelKeys)
		}
		one.self = one.selector.Matches(s.labels)
		all = append(all, one)
	}
	return all
}

// merge adds the pod's own values of some labels to a selector.
func merge(selector labels.Selector, own labels.Set, keys []string) labels.Selector {
	same := labels.Set{}
	for _, key := range keys {
		if value, ok := own[key]; ok {
			same[key] = value
		}
	}
	rest, selectable := selector.Requirements()
	if len(same) == 0 || !selectable {
		return selector
	}
	return labels.SelectorFromSet(maps.Clone(same)).Add(rest...)
}

// tally is how many pods a constraint counts in each domain. A domain without a node that counts is -1.
type tally struct {
	of    []int32
	least int32
}

// tallies counts the pods of every constraint of a shape.
func (c *Cluster) tallies(k int) []tally {
	s := c.shapes[k]
	if len(s.spread) == 0 {
		return nil
	}
	all := make([]tally, len(s.spread))
	for i := range s.spread {
		all[i].of = make([]int32, c.topologies[s.spread[i].key].domains)
		for d := range all[i].of {
			all[i].of[d] = -1
		}
	}
	for n := range c.nodes {
		if c.nodes[n].gone || !c.labelled(s, n) {
			continue
		}
		v := c.static[k][n]
		for i := range s.spread {
			p := &s.spread[i]
			if p.honourAffinity && !v.affinity || p.honourTaint && !v.taints {
				continue
			}
			d := c.topologies[p.key].of[n]
			all[i].of[d] = max(all[i].of[d], 0) + c.matching(p.counts, n)
		}
	}
	for i := range all {
		all[i].sum(s.spread[i].minDomains)
	}
	return all
}

// sum finds the fewest pods of a domain; with fewer domains than there should be that is none.
func (t *tally) sum(minDomains int32) {
	var domains int32
	t.least = math.MaxInt32
	for _, n := range t.of {
		if n >= 0 {
			domains++
			t.least = min(t.least, n)
		}
	}
	if domains < minDomains {
		t.least = 0
	}
}

// labelled reports whether a node has the labels of all constraints; on others the scheduler counts nothing.
func (c *Cluster) labelled(s *shape, n int) bool {
	for i := range s.spread {
		if c.topologies[s.spread[i].key].of[n] < 0 {
			return false
		}
	}
	return true
}

// matching returns how many pods of the shapes that count are on a node.
func (c *Cluster) matching(counts []bool, n int) int32 {
	var sum int32
	for k, counted := range counts[:len(c.counts)] {
		if counted {
			sum += c.counts[k][n]
		}
	}
	return sum
}

// spreadOn returns the first constraint that one more pod on a node would break; -1: none.
func (c *Cluster) spreadOn(k, n int, tallies []tally) int {
	s := c.shapes[k]
	for i := range s.spread {
		p := &s.spread[i]
		d := c.topologies[p.key].of[n]
		if d < 0 {
			return i
		}
		more := max(tallies[i].of[d], 0) - tallies[i].least
		if p.self {
			more++
		}
		if more > p.maxSkew {
			return i
		}
	}
	return -1
}
