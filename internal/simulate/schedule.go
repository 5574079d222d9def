package simulate

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Filter is what may keep a pod off a node, in the order in which the scheduler asks.
type Filter int

// The filters.
const (
	Fits Filter = iota
	Unschedulable
	Tainted
	NotWanted
	PortTaken
	Full
	Skewed
	Alone
	Repelled
)

// reason is the last filter that a node got to, and what it was about.
type reason struct {
	filter            Filter
	key               string // of the topology
	have, least, most int32  // of a spread: pods in the domain, pods in the emptiest, and by how many they may differ
	resource          string
}

// String says it of all nodes: none passes the filter, and none that is refused by a later one is left.
func (r reason) String() string {
	switch r.filter {
	case Fits:
		return ""
	case Unschedulable:
		return "every node is cordoned"
	case Tainted:
		return "no node has only taints that it tolerates"
	case NotWanted:
		return "no node matches its node selector or required node affinity"
	case PortTaken:
		return "its host port is taken on every node that it may be on"
	case Full:
		return "no node that it may be on has room: " + r.resource
	case Skewed:
		if r.most == 0 {
			return "no node that it may be on has the label " + r.key + ", over which it must be spread"
		}
		return fmt.Sprintf("its spread over %s allows a difference of %d, and one more where there is room would make it %d to %d",
			r.key, r.most, r.have, r.least)
	case Alone:
		return "no node is where its required pod affinity wants it"
	}
	return "a pod that it must not share a " + r.key + " with is in every one that it may be on"
}

// Fits returns the nodes on which the scheduler could put one more pod, and if there are none why. A controller's pod has the labels
// that the controller adds: its name says which; fresh is for one of its next revision.
func (c *Cluster) Fits(controller string, fresh bool, t Template) (nodes []string, why string) {
	k := -1
	for i := range c.controllers {
		if c.controllers[i].Name == controller && controller != "" {
			k = c.controllers[i].shapes[0]
			if fresh {
				k = c.controllers[i].shapes[1]
			}
		}
	}
	if k < 0 {
		k = c.shape(t, "", "", -1)
	}
	c.grow()
	tallies, company := c.tallies(k), c.company(k)
	var worst reason
	for n := range c.nodes {
		if c.nodes[n].gone {
			continue
		}
		r := c.filter(k, n, tallies, &company)
		if r.filter == Fits {
			nodes = append(nodes, c.nodes[n].Name)
		}
		if r.filter > worst.filter {
			worst = r
		}
	}
	if len(nodes) == 0 {
		why = worst.String()
	}
	return nodes, why
}

// filter asks whether a pod may be on a node, as the scheduler does.
func (c *Cluster) filter(k, n int, tallies []tally, w *company) reason {
	s, at := c.shapes[k], &c.nodes[n]
	if f := c.static[k][n].filter; f != Fits {
		return reason{filter: f}
	}
	if len(s.ports) > 0 && c.matching(s.clash, n) > 0 {
		return reason{filter: PortTaken}
	}
	switch {
	case at.Pods > 0 && at.pods >= at.Pods:
		return reason{filter: Full, resource: "too many pods"}
	case s.cpu > 0 && at.Node.CPU > 0 && at.cpu+s.cpu > at.Node.CPU:
		return reason{filter: Full, resource: "insufficient cpu"}
	case s.mem > 0 && at.Memory > 0 && at.mem+s.mem > at.Memory:
		return reason{filter: Full, resource: "insufficient memory"}
	}
	if i := c.spreadOn(k, n, tallies); i >= 0 {
		return c.skewed(k, n, i, &tallies[i])
	}
	if len(s.affinity) > 0 && !w.near(c, s, n) {
		return reason{filter: Alone}
	}
	if key := w.repelled(c, n); key != "" {
		return reason{filter: Repelled, key: key}
	}
	return reason{}
}

// skewed says why a constraint refuses a node.
func (c *Cluster) skewed(k, n, i int, t *tally) reason {
	p := &c.shapes[k].spread[i]
	d := c.topologies[p.key].of[n]
	if d < 0 {
		return reason{filter: Skewed, key: p.key}
	}
	r := reason{filter: Skewed, key: p.key, have: max(t.of[d], 0), least: t.least, most: p.maxSkew}
	if p.self {
		r.have++
	}
	return r
}

// place puts a pod on a node, if there is one for it: of those that pass all filters, the one in the least crowded zone.
func (c *Cluster) place(i int) bool {
	p := &c.pods[i]
	c.grow()
	tallies, company := c.tallies(p.shape), c.company(p.shape)
	crowds := c.crowds(p.shape)
	best, why := -1, reason{}
	for n := range c.nodes {
		if c.nodes[n].gone {
			continue
		}
		switch r := c.filter(p.shape, n, tallies, &company); {
		case r.filter > why.filter:
			why = r
		case r.filter == Fits && (best < 0 || slices.Compare(crowds[n][:], crowds[best][:]) < 0):
			best = n
		}
	}
	if best < 0 {
		p.why = why
		return false
	}
	c.move(i, best)
	return true
}

// crowd is who is near a node already: of the same shape in its zone, of the same controller in its zone, of the same shape on the node
// itself, and anybody there.
type crowd [4]int32

func (c *Cluster) crowds(k int) []crowd {
	zone := c.topologies[corev1.LabelTopologyZone]
	zones := make([]crowd, zone.domains+1) // the last is that of nodes without one
	all := make([]crowd, len(c.nodes))
	at := func(n int) *crowd {
		if zone.of[n] < 0 {
			return &zones[zone.domains]
		}
		return &zones[zone.of[n]]
	}
	for j, other := range c.shapes[:len(c.counts)] {
		if j != k && (other.controller < 0 || other.controller != c.shapes[k].controller) {
			continue
		}
		for n, count := range c.counts[j] {
			if j == k {
				at(n)[0] += count
			}
			at(n)[1] += count
			all[n][2] += count
		}
	}
	for n := range c.nodes {
		all[n][0], all[n][1], all[n][3] = at(n)[0], at(n)[1], int32(c.nodes[n].pods)
	}
	return all
}

// move puts a pod on a node.
func (c *Cluster) move(i, n int) {
	p := &c.pods[i]
	p.node, p.why = n, reason{}
	s, at := c.shapes[p.shape], &c.nodes[n]
	c.counts[p.shape][n]++
	at.cpu, at.mem, at.pods = at.cpu+s.cpu, at.mem+s.mem, at.pods+1
}

// add takes in a pod, on the node that it says.
func (c *Cluster) add(p pod) {
	c.grow()
	n := p.node
	p.node, p.made = -1, c.made
	c.made++
	c.pods = append(c.pods, p)
	if n >= 0 {
		c.move(len(c.pods)-1, n)
	}
}

// remove lets go of a pod.
func (c *Cluster) remove(i int) {
	c.setReady(i, false)
	p := &c.pods[i]
	if n := p.node; n >= 0 {
		s, at := c.shapes[p.shape], &c.nodes[n]
		c.counts[p.shape][n]--
		at.cpu, at.mem, at.pods = at.cpu-s.cpu, at.mem-s.mem, at.pods-1
	}
	c.pods = slices.Delete(c.pods, i, i+1)
}

// setReady says whether a pod serves, and remembers the fewest that did.
func (c *Cluster) setReady(i int, ready bool) {
	p := &c.pods[i]
	if p.ready == ready {
		return
	}
	p.ready = ready
	if p.controller < 0 {
		return
	}
	k := &c.controllers[p.controller]
	if ready {
		k.ready++
		c.ready++
		return
	}
	k.ready--
	c.ready--
	k.least, c.least = min(k.least, k.ready), min(c.least, c.ready)
}
