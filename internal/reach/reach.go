// Package reach computes from network policies who can talk to whom: a connection is open if nothing at either end refuses it.
// Policies act on pods behind Services, so ports are those of containers. What comes from a pod's own node, as the kubelet's probes
// do, is always let in by whoever enforces policies, and is none of its business.
package reach

import (
	"github.com/scantling/scantling/internal/inventory"
)

// Answer is what is known of a question. Answers are ordered: what both ends must allow is the min, what one rule may allow the max.
type Answer int8

// The answers.
const (
	No    Answer = iota
	Maybe        // it depends on what the manifests do not say: labels, addresses, or policies of kinds that are not read
	Yes
)

// Direction is that of a connection, seen from the pods that a policy governs.
type Direction string

// The directions.
const (
	Egress  Direction = "egress"
	Ingress Direction = "ingress"
)

// Graph is all policies of a set over all of its pods. It is not safe for use by several at once.
type Graph struct {
	Policies []*Policy // in the order of reading; Cilium's after the others

	set        *inventory.Set
	sides      map[*inventory.Workload]*[2]side
	namespaces map[string]labelset
	names      []string // of namespaces, in the order of reading
	members    map[string][]*inventory.Workload
	unread     map[string]bool // namespaces with policies of kinds that are not read; under "*": all
}

// side is what governs the pods of a workload in one direction.
type side struct {
	policies []*Policy
	closed   bool // what no rule allows is refused
}

// Policy is a NetworkPolicy, or one of Cilium's.
type Policy struct {
	*inventory.Object
	Selects []*inventory.Workload // whom it governs
	Whole   bool                  // whoever is in its namespace, or in the cluster
	Asks    string                // the labels that it asks for, as messages have them
	Runtime bool                  // selects by labels that pods get only when they start
	Nodes   bool                  // it is about nodes, not pods
	Rules   []*Rule

	closes [2]bool // by direction: what no rule allows is refused
}

// Rule is one way that a policy opens, or with Deny closes.
type Rule struct {
	Policy    *Policy
	Direction Direction
	Path      string // spec.egress[0]
	Everyone  bool   // there is no peer that it is limited to
	Peers     []*Peer
	Ports     []Ports // none: every port
	Deny      bool
}

// New reads all policies of a set.
func New(s *inventory.Set) *Graph {
	g := &Graph{
		set: s, sides: make(map[*inventory.Workload]*[2]side, len(s.Workloads)), namespaces: map[string]labelset{},
		members: map[string][]*inventory.Workload{}, unread: map[string]bool{},
	}
	for _, w := range s.Workloads {
		g.sides[w] = &[2]side{}
		g.namespace(w.Namespace)
	}
	for _, o := range s.Namespaces {
		g.namespace(o.Name)
	}
	for _, p := range s.Policies {
		g.add(networkPolicy(s, p))
	}
	for _, o := range s.Of("cilium.io", "CiliumNetworkPolicy") {
		g.cilium(o, false)
	}
	for _, o := range s.Of("cilium.io", "CiliumClusterwideNetworkPolicy") {
		g.cilium(o, true)
	}
	g.skip()
	return g
}

// otherKinds are policies that are not read: what they open or close is not known.
var otherKinds = [][2]string{
	{"crd.projectcalico.org", "NetworkPolicy"}, {"crd.projectcalico.org", "GlobalNetworkPolicy"},
	{"projectcalico.org", "NetworkPolicy"}, {"projectcalico.org", "GlobalNetworkPolicy"},
	{"policy.networking.k8s.io", "AdminNetworkPolicy"}, {"policy.networking.k8s.io", "BaselineAdminNetworkPolicy"},
	{"policy.networking.k8s.io", "ClusterNetworkPolicy"},
	{"crd.antrea.io", "NetworkPolicy"}, {"crd.antrea.io", "ClusterNetworkPolicy"},
}

// skip notes where there are policies that are not read.
func (g *Graph) skip() {
	for _, kind := range otherKinds {
		for _, o := range g.set.Of(kind[0], kind[1]) {
			if kind[1] == "NetworkPolicy" {
				g.unread[o.Namespace] = true
			} else {
				g.unread["*"] = true
			}
		}
	}
}

// Unread reports whether policies of kinds that are not read govern a namespace.
func (g *Graph) Unread(namespace string) bool { return g.unread["*"] || g.unread[namespace] }

// add lets a policy govern the pods that it selects.
func (g *Graph) add(p *Policy) {
	g.Policies = append(g.Policies, p)
	for _, w := range p.Selects {
		for i, d := range []Direction{Egress, Ingress} {
			if p.closes[i] || p.speaks(d) {
				s := &g.sides[w][i]
				s.policies = append(s.policies, p)
				s.closed = s.closed || p.closes[i]
			}
		}
	}
}

// speaks reports whether a policy has rules in a direction.
func (p *Policy) speaks(d Direction) bool {
	for _, r := range p.Rules {
		if r.Direction == d {
			return true
		}
	}
	return false
}

// Closes reports whether a policy refuses in a direction whatever no rule allows.
func (p *Policy) Closes(d Direction) bool { return p.closes[d.index()] }

func (d Direction) index() int {
	if d == Egress {
		return 0
	}
	return 1
}

// Governed returns the policies of a workload's pods in a direction, and whether these refuse what no rule allows. Pods in their
// node's own network are governed by none.
func (g *Graph) Governed(w *inventory.Workload, d Direction) (policies []*Policy, closed bool) {
	sides := g.sides[w]
	if sides == nil || w.Template.Spec.HostNetwork {
		return nil, false
	}
	s := sides[d.index()]
	return s.policies, s.closed
}

// Allows reports whether one end can open a connection to a port of the other.
func (g *Graph) Allows(from, to End, port Port) Answer {
	return min(g.Leaves(from, to, port), g.Enters(from, to, port))
}

// Leaves reports whether the policies of who calls let a connection out. Who is not of the set may.
func (g *Graph) Leaves(from, to End, port Port) Answer { return g.decide(Egress, from, to, to, port) }

// Enters reports whether the policies of who is called let a connection in. Who is not of the set does.
func (g *Graph) Enters(from, to End, port Port) Answer { return g.decide(Ingress, to, from, to, port) }

// decide asks the policies of own about a connection with other, whose target is one of both.
func (g *Graph) decide(d Direction, own, other, target End, port Port) Answer {
	if own.Workload == nil || own.Workload.Template.Spec.HostNetwork {
		return Yes
	}
	if g.Unread(own.Workload.Namespace) {
		return Maybe
	}
	policies, closed := g.Governed(own.Workload, d)
	allowed, denied := No, No
	if !closed {
		allowed = Yes
	}
	for _, p := range policies {
		for _, r := range p.Rules {
			if r.Direction != d {
				continue
			}
			a := min(r.Opens(target, port), g.Meets(r, other))
			if r.Deny {
				denied = max(denied, a)
			} else {
				allowed = max(allowed, a)
			}
		}
	}
	switch denied {
	case Yes:
		return No
	case Maybe:
		return min(allowed, Maybe)
	}
	return allowed
}
