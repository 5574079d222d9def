package reach

import (
	"fmt"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/inventory"
)

// networkPolicy reads a NetworkPolicy.
func networkPolicy(s *inventory.Set, from *inventory.Policy) *Policy {
	whole := selectorOf(&from.Spec.PodSelector)
	p := &Policy{
		Object: from.Object, Selects: s.Selected(from.Namespace, &from.Spec.PodSelector), Whole: len(whole) == 0, Runtime: whole.runtime(), Asks: whole.String(),
		closes: [2]bool{
			slices.Contains(from.Spec.PolicyTypes, networkingv1.PolicyTypeEgress),
			slices.Contains(from.Spec.PolicyTypes, networkingv1.PolicyTypeIngress),
		},
	}
	for i, rule := range from.Spec.Egress {
		p.open(Egress, fmt.Sprintf("spec.egress[%d]", i), "to", rule.To, rule.Ports)
	}
	for i, rule := range from.Spec.Ingress {
		p.open(Ingress, fmt.Sprintf("spec.ingress[%d]", i), "from", rule.From, rule.Ports)
	}
	return p
}

// open adds a rule. Rules of a direction that the policy is not about mean nothing.
func (p *Policy) open(d Direction, path, field string, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) {
	if !p.Closes(d) {
		return
	}
	r := &Rule{Policy: p, Direction: d, Path: path, Everyone: len(peers) == 0}
	for i, from := range peers {
		peer := &Peer{Path: fmt.Sprintf("%s.%s[%d]", path, field, i)}
		if peer.read(from, p.Namespace) {
			r.Peers = append(r.Peers, peer)
		}
	}
	for i, from := range ports {
		r.Ports = append(r.Ports, portsOf(from, fmt.Sprintf("%s.ports[%d]", path, i)))
	}
	p.Rules = append(p.Rules, r)
}

// read takes in a peer of a NetworkPolicy; false: it is nobody, since the API server would not take it.
func (p *Peer) read(from networkingv1.NetworkPolicyPeer, namespace string) bool {
	if from.IPBlock != nil {
		return p.cidr(from.IPBlock.CIDR, from.IPBlock.Except)
	}
	p.pods, p.namespaces = selectorOf(from.PodSelector), selectorOf(from.NamespaceSelector)
	if from.NamespaceSelector == nil {
		p.local, p.namespace = true, namespace
	}
	return from.PodSelector != nil || from.NamespaceSelector != nil
}

// cidr takes in a block of addresses; false: it is none.
func (p *Peer) cidr(cidr string, except []string) bool {
	block, err := netip.ParsePrefix(cidr)
	if err != nil {
		return false
	}
	p.kind, p.block = addresses, block.Masked()
	for _, x := range except {
		if block, err := netip.ParsePrefix(x); err == nil {
			p.except = append(p.except, block.Masked())
		}
	}
	return true
}

// portsOf reads a port of a NetworkPolicy. What is not stated has the API's default.
func portsOf(from networkingv1.NetworkPolicyPort, path string) Ports {
	p := Ports{Path: path, Protocol: "TCP"}
	if from.Protocol != nil {
		p.Protocol = string(*from.Protocol)
	}
	switch {
	case from.Port == nil:
	case from.Port.Type == intstr.String:
		p.Name = from.Port.StrVal
	default:
		p.First, p.Last = from.Port.IntVal, from.Port.IntVal
		if from.EndPort != nil {
			p.Last = *from.EndPort
		}
	}
	return p
}
