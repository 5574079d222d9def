package verify

import (
	"cmp"
	"slices"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/reach"
)

// mostPairs is how many pairs of workloads a rule and its peer may come to for somebody to have meant certain pods: beyond, it is a group,
// and to look at each pair of it would take long.
const mostPairs = 400

func halfOpen(c *checker) {
	for _, p := range c.reached().Policies {
		for _, r := range p.Rules {
			if r.Deny || r.Everyone || len(p.Selects) == 0 {
				continue
			}
			for _, peer := range r.Peers {
				if others := c.reached().Members(peer); peer.Specific() && len(others) > 0 && len(others)*len(p.Selects) <= mostPairs {
					c.bothEnds(r, peer, others)
				}
			}
		}
	}
}

// bothEnds looks at a rule for certain pods of the set: each of its ports must be open between one of these and one of the pods that
// the policy governs. Of a rule that somebody else wrote, one port is enough: lists of ports are often generous.
func (c *checker) bothEnds(r *reach.Rule, peer *reach.Peer, others []*inventory.Workload) {
	ports := knownPorts(r, others)
	if r.Direction == reach.Ingress {
		ports = knownPorts(r, r.Policy.Selects)
	}
	var refused []pair
	for _, port := range ports {
		if one, ok := c.closedPair(r, others, port); ok {
			refused = append(refused, one)
		}
	}
	switch {
	case len(ports) == 0:
	case len(refused) == 0 || len(refused) < len(ports) && !r.Policy.Ours():
		c.proved(r.Policy.Object, "what it opens is open at the other end")
	default:
		one := refused[0]
		refusal := c.reached().Refusal(one.from, one.to, one.port)
		c.violated(r.Policy.Object, peer.Path, "%s can't call %s on %s, which the rule opens: %s", one.from, one.to, one.port, refusal)
	}
}

// pair is two ends and a port.
type pair struct {
	from, to reach.End
	port     reach.Port
}

// closedPair returns the first pair of pods that a rule is about, if a port is certainly closed between all of them.
func (c *checker) closedPair(r *reach.Rule, others []*inventory.Workload, port reach.Port) (first pair, closed bool) {
	for _, own := range r.Policy.Selects {
		for _, other := range others {
			if own == other && len(r.Policy.Selects)*len(others) > 1 {
				continue
			}
			p := pair{reach.Pod(own), reach.Pod(other), port}
			if r.Direction == reach.Ingress {
				p.from, p.to = p.to, p.from
			}
			if p.to.Workload.Template.Spec.HostNetwork || r.Opens(p.to, port) == reach.No {
				continue
			}
			if c.reached().Allows(p.from, p.to, port) != reach.No {
				return pair{}, false
			}
			if !closed {
				first, closed = p, true
			}
		}
	}
	return first, closed
}

// knownPorts returns the ports of targets that a rule is about, as numbers: those that it names, and those among its names and ranges
// that the targets declare.
func knownPorts(r *reach.Rule, targets []*inventory.Workload) []reach.Port {
	var ports []reach.Port
	for _, p := range r.Ports {
		if p.Name == "" && p.First == p.Last && p.First > 0 && !slices.Contains(meshPorts, p.First) {
			ports = append(ports, reach.Port{Number: p.First, Protocol: p.Protocol})
		}
	}
	for _, w := range targets {
		for _, port := range declaredPorts(w) {
			if r.Opens(reach.Pod(w), port) == reach.Yes {
				ports = append(ports, port)
			}
		}
	}
	slices.SortFunc(ports, func(a, b reach.Port) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Protocol, b.Protocol))
	})
	return slices.Compact(ports)
}

// declaredPorts returns the ports that the containers of a workload declare.
func declaredPorts(w *inventory.Workload) []reach.Port {
	var ports []reach.Port
	for _, container := range w.Containers() {
		for _, p := range container.Ports {
			ports = append(ports, reach.Port{Number: p.ContainerPort, Protocol: cmp.Or(string(p.Protocol), "TCP")})
		}
	}
	return ports
}
