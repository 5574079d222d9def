package network

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// merge returns edges with one edge a peer, sorted by peer. An edge without ports is dropped: a rule without ports would open
// all of them.
func merge(edges []app.Edge) []app.Edge {
	var merged []app.Edge
	for _, e := range slices.SortedStableFunc(slices.Values(edges), byPeer) {
		last := len(merged) - 1
		switch {
		case len(e.Ports) == 0:
		case last >= 0 && byPeer(merged[last], e) == 0:
			merged[last].Ports = slices.Concat(merged[last].Ports, e.Ports)
		default:
			merged = append(merged, e)
		}
	}
	return merged
}

func byPeer(x, y app.Edge) int {
	return cmp.Or(
		cmp.Compare(x.Peer.Namespace, y.Peer.Namespace),
		cmp.Compare(fmt.Sprint(x.Peer.Labels), fmt.Sprint(y.Peer.Labels)), // fmt sorts a map's keys
		slices.Compare(ranges(x.Peer), ranges(y.Peer)),
		cmp.Compare(x.Peer.Host, y.Peer.Host),
	)
}

func ranges(p app.Peer) []string { return slices.Compact(slices.Sorted(slices.Values(p.CIDRs))) }

// peers returns a peer as a policy knows it; none for a host, whose addresses no NetworkPolicy knows.
func peers(p app.Peer) []networkingv1.NetworkPolicyPeer {
	if p.Namespace != "" {
		return []networkingv1.NetworkPolicyPeer{{ // both selectors in one element: in two, either would do
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{kube.LabelNamespace: p.Namespace}},
			PodSelector:       &metav1.LabelSelector{MatchLabels: maps.Clone(p.Labels)},
		}}
	}
	var list []networkingv1.NetworkPolicyPeer
	for _, cidr := range ranges(p) {
		list = append(list, networkingv1.NetworkPolicyPeer{
			IPBlock: &networkingv1.IPBlock{CIDR: cidr, Except: except(cidr)},
		})
	}
	return list
}

// unroutable are the addresses that the outside never has: private networks, where the cluster's own pods and nodes live, and
// the link-local ones, where clouds hand out credentials (169.254.169.254, fd00:ec2::254).
var unroutable = []string{
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // RFC 1918
	"100.64.0.0/10",  // RFC 6598, shared by carriers and clouds
	"169.254.0.0/16", // RFC 3927, link-local
	"fc00::/7",       // RFC 4193, unique local
	"fe80::/10",      // RFC 4291, link-local
}

// except returns what a range that is wider than private networks leaves out, so that "everywhere" means the outside. Who means
// a private network names it.
func except(cidr string) []string {
	outer, err := netip.ParsePrefix(cidr)
	if err != nil {
		return nil // not an address range: refused long before
	}
	var out []string
	for _, u := range unroutable {
		if inner := netip.MustParsePrefix(u); inner.Bits() > outer.Bits() && outer.Contains(inner.Addr()) {
			out = append(out, u)
		}
	}
	return out
}

// distinct returns ports by number and protocol, each once.
func distinct(ports []app.Port) []app.Port {
	var out []app.Port
	for _, p := range ports {
		out = append(out, app.Port{Number: p.Number, Protocol: cmp.Or(p.Protocol, "TCP")})
	}
	slices.SortFunc(out, func(x, y app.Port) int {
		return cmp.Or(cmp.Compare(x.Number, y.Number), cmp.Compare(x.Protocol, y.Protocol))
	})
	return slices.Compact(out)
}

func policyPorts(ports []app.Port) []networkingv1.NetworkPolicyPort {
	var out []networkingv1.NetworkPolicyPort
	for _, p := range distinct(ports) {
		out = append(out, networkingv1.NetworkPolicyPort{
			Protocol: new(corev1.Protocol(p.Protocol)),
			Port:     new(intstr.FromInt32(p.Number)),
		})
	}
	return out
}
