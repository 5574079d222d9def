package reach

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
)

// Peer is one kind of other end that a rule is for.
type Peer struct {
	Path string // spec.egress[0].to[1]

	kind       peerKind
	namespace  string   // where local
	local      bool     // pods of one namespace; else of those that namespaces selects
	namespaces selector // of pods
	pods       selector
	block      netip.Prefix
	except     []netip.Prefix
	pure       bool   // the block never stands for pods, as Cilium has it
	name       string // of an entity, a host, or what is not read; of a host it may hold *
}

type peerKind int8

const (
	somePods peerKind = iota
	addresses
	entity
	host
	opaque // of a kind that is not read
)

// Block returns the addresses that a peer is, less those that it leaves out; not valid: it is no addresses.
func (p *Peer) Block() (block netip.Prefix, except []netip.Prefix) { return p.block, p.except }

// Entity returns what Cilium calls a peer: all, world, kube-apiserver; empty: it is none of these.
func (p *Peer) Entity() string {
	if p.kind != entity {
		return ""
	}
	return p.name
}

// Names returns the namespace and the labels by value that pods of a peer must have; not ok: it is not that simple, or no pods.
func (p *Peer) Names() (namespace string, labels map[string]string, ok bool) {
	if p.kind != somePods {
		return "", nil, false
	}
	if p.local {
		return p.namespace, p.pods.exact(), true
	}
	namespace, ok = p.namespaces.exact()[nameLabel]
	return namespace, p.pods.exact(), ok
}

// Specific reports whether a peer asks for labels of pods, so that somebody meant certain ones.
func (p *Peer) Specific() bool { return p.kind == somePods && len(p.pods) > 0 }

// Runtime reports whether a peer asks for labels that pods get only when they are made.
func (p *Peer) Runtime() bool { return p.pods.runtime() }

// Labels returns what a peer asks of the labels of pods, as messages have it.
func (p *Peer) Labels() string { return p.pods.String() }

// IsPods reports whether a peer is pods.
func (p *Peer) IsPods() bool { return p.kind == somePods }

// String names a peer as messages do.
func (p *Peer) String() string {
	switch p.kind {
	case addresses:
		return p.block.String()
	case entity, host, opaque:
		return p.name
	}
	pods := p.pods.String()
	if pods == "" {
		pods = "every pod"
	}
	switch {
	case p.local && p.namespace == "":
		return pods
	case p.local:
		return pods + " of " + p.namespace
	case len(p.namespaces) == 0:
		return pods + " of every namespace"
	}
	if name, ok := p.namespaces.exact()[nameLabel]; ok && len(p.namespaces) == 1 {
		return pods + " of " + name
	}
	return pods + " of the namespaces " + p.namespaces.String()
}

// Meets reports whether a rule is for an end.
func (g *Graph) Meets(r *Rule, e End) Answer {
	if r.Everyone {
		return Yes
	}
	answer := No
	for _, p := range r.Peers {
		answer = max(answer, g.Is(p, e))
	}
	return answer
}

// Is reports whether an end is one of those that a peer stands for.
func (g *Graph) Is(p *Peer, e End) Answer {
	switch p.kind {
	case somePods:
		return g.isPods(p, e)
	case addresses:
		return p.isAddress(e)
	case entity:
		return p.isEntity(e)
	case host:
		return p.isHost(e)
	}
	return Maybe
}

func (g *Graph) isPods(p *Peer, e End) Answer {
	if e.Block.IsValid() || e.Host != "" || e.API {
		return No
	}
	namespace, labels := e.Namespace, labelset{have: e.Labels}
	if e.Workload != nil {
		namespace, labels = e.Workload.Namespace, pods(e.Workload)
	}
	answer := p.pods.selects(labels)
	if p.local {
		if p.namespace != namespace {
			return No
		}
	} else {
		answer = min(answer, p.namespaces.selects(g.namespace(namespace)))
	}
	if e.Workload != nil && e.Workload.Template.Spec.HostNetwork {
		answer = min(answer, Maybe) // it has its node's address
	}
	return answer
}

// private are the networks in which pods and nodes have their addresses (RFC 1918, RFC 6598, RFC 4193).
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fc00::/7"),
}

// isAddress asks of a block. An end of many addresses is in it if some of them are.
func (p *Peer) isAddress(e End) Answer {
	switch {
	case e.Block.IsValid():
		return p.holds(e.Block)
	case e.Host != "" && p.block.Bits() == 0:
		return Yes
	case e.Host != "" || e.API:
		return Maybe
	case p.pure:
		return No
	}
	for _, net := range private { // which pods' addresses are, nobody said
		if p.block.Overlaps(net) && p.holds(smaller(p.block, net)) != No {
			return Maybe
		}
	}
	return No
}

func smaller(a, b netip.Prefix) netip.Prefix {
	if a.Bits() > b.Bits() {
		return a
	}
	return b
}

// holds reports whether addresses are in the block of a peer.
func (p *Peer) holds(block netip.Prefix) Answer {
	if !p.block.Overlaps(block) || slices.ContainsFunc(p.except, func(x netip.Prefix) bool { return inside(block, x) }) {
		return No
	}
	if !inside(block, p.block) {
		return Maybe
	}
	return Yes
}

// inside reports whether all addresses of one block are in another.
func inside(inner, outer netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Overlaps(inner)
}

// isEntity asks of those whom Cilium knows by name, https://docs.cilium.io/en/stable/security/policy/language/#entities-based.
func (p *Peer) isEntity(e End) Answer {
	outside := e.Block.IsValid() || e.Host != ""
	onNode := e.Workload != nil && e.Workload.Template.Spec.HostNetwork
	var is bool
	switch p.name {
	case "all":
		is = true
	case "world", "world-ipv4", "world-ipv6":
		is = outside && !e.API
	case "cluster":
		is = !outside || e.API
	case "kube-apiserver":
		is = e.API
	case "host", "remote-node":
		if onNode {
			return Maybe
		}
	case "ingress":
		if e.Workload == nil && !outside && !e.API {
			return Maybe
		}
	}
	if is {
		return Yes
	}
	return No
}

// isHost asks of a name, whose addresses only DNS knows.
func (p *Peer) isHost(e End) Answer {
	switch {
	case e.Host != "" && glob(p.name, strings.ToLower(strings.TrimSuffix(e.Host, "."))):
		return Yes
	case e.Block.IsValid() && !e.Block.Addr().IsLinkLocalUnicast() && !e.API:
		return Maybe
	}
	return No
}

// glob reports whether a name is one of a pattern, in which * stands for anything.
func glob(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return pattern == name
	}
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, rest, ok := strings.Cut(name, part)
		if !ok {
			return false
		}
		name = rest
	}
	return true
}

// Members returns those workloads of the set that are certainly a peer.
func (g *Graph) Members(p *Peer) []*inventory.Workload {
	if p.kind != somePods {
		return nil
	}
	if namespace, labels, ok := p.Names(); ok {
		return g.among(p, namespace, labels)
	}
	key := p.String()
	if all, ok := g.members[key]; ok {
		return all
	}
	var all []*inventory.Workload
	for _, name := range g.names {
		if p.namespaces.selects(g.namespace(name)) == Yes {
			all = append(all, g.among(p, name, p.pods.exact())...)
		}
	}
	g.members[key] = all
	return all
}

// among returns the members in one namespace, of which labels are a part of what they need.
func (g *Graph) among(p *Peer, namespace string, labels map[string]string) []*inventory.Workload {
	var all []*inventory.Workload
	for _, w := range g.set.WithLabels(namespace, labels) {
		if g.isPods(p, Pod(w)) == Yes {
			all = append(all, w)
		}
	}
	return all
}
