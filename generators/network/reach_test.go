package network_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// An end is a pod, or an address outside the cluster if it has no namespace.
type end struct {
	name      string
	namespace string
	labels    map[string]string
	ip        netip.Addr
}

// allowed reports whether a connection passes policies: what leaves one end and what enters the other must both be allowed.
func allowed(policies []*networkingv1.NetworkPolicy, from, to end, port app.Port) bool {
	return passes(policies, networkingv1.PolicyTypeEgress, from, to, port) &&
		passes(policies, networkingv1.PolicyTypeIngress, to, from, port)
}

// passes reports whether the policies that select an end let traffic with the other end pass in one direction.
func passes(policies []*networkingv1.NetworkPolicy, direction networkingv1.PolicyType, self, other end, port app.Port) bool {
	isolated := false
	for _, p := range policies {
		if self.namespace != p.Namespace || !matches(&p.Spec.PodSelector, self.labels) || !slices.Contains(p.Spec.PolicyTypes, direction) {
			continue
		}
		isolated = true
		if direction == networkingv1.PolicyTypeIngress {
			for _, r := range p.Spec.Ingress {
				if admits(r.From, r.Ports, p.Namespace, other, port) {
					return true
				}
			}
			continue
		}
		for _, r := range p.Spec.Egress {
			if admits(r.To, r.Ports, p.Namespace, other, port) {
				return true
			}
		}
	}
	return !isolated
}

func admits(peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort, namespace string, other end, port app.Port) bool {
	return (len(peers) == 0 || slices.ContainsFunc(peers, func(p networkingv1.NetworkPolicyPeer) bool {
		return isPeer(p, namespace, other)
	})) && (len(ports) == 0 || slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool {
		return string(*p.Protocol) == port.Protocol && *p.Port == policyPort(port.Number)
	}))
}

func isPeer(p networkingv1.NetworkPolicyPeer, namespace string, other end) bool {
	if p.IPBlock != nil {
		inside := func(cidr string) bool { return netip.MustParsePrefix(cidr).Contains(other.ip) }
		return inside(p.IPBlock.CIDR) && !slices.ContainsFunc(p.IPBlock.Except, inside)
	}
	if other.namespace == "" {
		return false
	}
	if p.NamespaceSelector == nil && other.namespace != namespace {
		return false
	}
	return matches(p.NamespaceSelector, map[string]string{"kubernetes.io/metadata.name": other.namespace}) &&
		matches(p.PodSelector, other.labels)
}

// matches reports whether a selector selects labels; an absent one selects all.
func matches(s *metav1.LabelSelector, set map[string]string) bool {
	if s == nil {
		return true
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(labels.Set(set))
}

func policyPort(number int32) intstr.IntOrString { return intstr.FromInt32(number) }

// A scene is one way to combine three apps and their platform.
type scene struct {
	edges  uint   // bit 3×caller+callee
	via    string // how the first app is exposed
	mesh   string
	access bool // of the first app to the Kubernetes API
}

var (
	api       = netip.MustParseAddr("10.0.0.1")
	internet  = netip.MustParseAddr("198.51.100.7")
	client    = netip.MustParseAddr("203.0.113.9")
	metadata4 = netip.MustParseAddr("169.254.169.254")
	metadata6 = netip.MustParseAddr("fd00:ec2::254")
	https     = app.Port{Name: "https", Number: 443, Protocol: "TCP"}
	gateway   = app.Gateway{Namespace: "edge", Labels: map[string]string{"istio": "gateway"}}
)

// apps makes the scene's apps as resolve would: an edge at both ends, with the callee's ports.
func (s scene) apps() []app.App {
	e := env()
	e.Mesh = s.mesh
	apps := []app.App{
		{Env: e, Name: "web", Namespace: "shop", Ports: []app.Port{http}},
		{Env: e, Name: "cart", Namespace: "shop", Ports: []app.Port{http, {Name: "udp", Number: 5000, Protocol: "UDP"}}},
		{Env: e, Name: "web", Namespace: "other", Ports: []app.Port{http}}, // a namesake elsewhere
	}
	for i := range apps {
		apps[i].Kind = app.Service
		apps[i].Metrics = &app.Metrics{Port: metrics}
		for j := range apps {
			if s.declares(i, j) {
				apps[i].Egress = append(apps[i].Egress, app.Edge{Peer: pods(apps[j].Namespace, apps[j].Name), Ports: apps[j].Ports})
				apps[j].Ingress = append(apps[j].Ingress, app.Edge{Peer: pods(apps[i].Namespace, apps[i].Name), Ports: apps[j].Ports})
			}
		}
	}
	first := &apps[0]
	first.Egress = append(first.Egress, app.Edge{Peer: app.Peer{CIDRs: []string{"0.0.0.0/0", "::/0"}}, Ports: []app.Port{https}})
	if s.via != "" {
		first.Expose = &app.Expose{Via: s.via, Port: http, Gateway: gateway, From: []string{"203.0.113.0/24"}}
	}
	if s.access {
		first.Access = []app.AccessRule{{Resource: "leases"}}
	}
	return apps
}

func (s scene) declares(caller, callee int) bool { return s.edges>>(3*caller+callee)&1 == 1 }

// ends are the scene's three apps, then everybody else.
func ends(apps []app.App) []end {
	e := apps[0].Env
	pod := func(name, namespace string, labels map[string]string) end {
		return end{name, namespace, labels, netip.MustParseAddr("10.8.0.9")}
	}
	var all []end
	for _, a := range apps {
		all = append(all, pod(a.Namespace+"/"+a.Name, a.Namespace, kube.PodLabels(a)))
	}
	job := maps.Clone(all[0].labels)
	job[kube.LabelComponent] = "migration"
	return append(all,
		pod("dns", e.DNS.Namespace, e.DNS.Labels),
		pod("gateway", gateway.Namespace, gateway.Labels),
		pod("ingress", e.IngressClass.Namespace, e.IngressClass.Labels),
		pod("prometheus", e.Scrape.Namespace, e.Scrape.Labels),
		pod("istiod", "istio-system", map[string]string{"app": "istiod"}),
		pod("job", "shop", job),
		pod("stranger", "shop", nil),
		pod("impostor", "elsewhere", maps.Clone(all[0].labels)),
		pod("false-dns", "elsewhere", e.DNS.Labels),
		pod("false-gateway", "elsewhere", gateway.Labels),
		pod("false-prometheus", "elsewhere", e.Scrape.Labels),
		end{name: "api", ip: api}, end{name: "internet", ip: internet}, end{name: "client", ip: client},
		end{name: "metadata4", ip: metadata4}, end{name: "metadata6", ip: metadata6},
	)
}

// wanted says, without policies, which connections the scene means.
func (s scene) wanted(apps []app.App, from, to int, name [2]string, port app.Port) bool {
	tunnel := s.mesh == "ambient" && port.Number == 15008
	isHTTP := port.Number == http.Number && port.Protocol == "TCP"
	switch {
	case from < 3 && to < 3:
		declared := slices.ContainsFunc(apps[to].Ports, func(p app.Port) bool {
			return p.Number == port.Number && p.Protocol == port.Protocol
		})
		return s.declares(from, to) && (declared || tunnel)
	case to < 3 && name[0] == "prometheus":
		sidecar := s.mesh == "sidecar" && (port.Number == 15020 || port.Number == 15090)
		return port.Number == metrics.Number || sidecar || tunnel
	case to == 0 && (name[0] == "gateway" && (s.via == "gateway" || s.via == "istio") || name[0] == "ingress" && s.via == "ingress"):
		return isHTTP || tunnel
	case to == 0 && name[0] == "client" && s.via == "loadbalancer":
		return isHTTP
	case from < 3 && name[1] == "dns":
		return port.Number == 53
	case from < 3 && name[1] == "istiod":
		return s.mesh == "sidecar" && port.Number == 15012
	case from == 0 && name[1] == "api":
		return s.access && (port.Number == 443 || port.Number == 6443)
	case from == 0 && (name[1] == "internet" || name[1] == "client"):
		return port.Number == 443
	}
	return false
}

// TestReachability builds every graph of three apps, exposed in every way, in every mesh, and asks of every connection whether it
// is possible exactly when it is meant: declared edges on the target port at both ends, DNS, the platform's flows, and nothing
// else; the clouds' metadata addresses never.
func TestReachability(t *testing.T) {
	ports := []app.Port{http, metrics, https, {Number: 22, Protocol: "TCP"}}
	for _, n := range []int32{53, 80, 6443, 15008, 15012, 15020, 15090} {
		ports = append(ports, app.Port{Number: n, Protocol: "TCP"})
	}
	ports = append(ports, app.Port{Number: 53, Protocol: "UDP"}, app.Port{Number: 5000, Protocol: "UDP"})
	for edges := range uint(1 << 9) {
		if edges&0b100010001 != 0 {
			continue // nobody calls itself
		}
		for i, via := range []string{"", "gateway", "istio", "ingress", "loadbalancer"} {
			mesh := []string{"", "sidecar", "ambient"}[(int(edges)+i)%3]
			s := scene{edges, via, mesh, edges&2 != 0}
			s.check(t, ports)
			if t.Failed() {
				t.Fatalf("in %+v", s)
			}
		}
	}
}

func (s scene) check(t *testing.T, ports []app.Port) {
	apps := s.apps()
	both := []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
	policies := []*networkingv1.NetworkPolicy{
		{ObjectMeta: metav1.ObjectMeta{Namespace: "shop"}, Spec: networkingv1.NetworkPolicySpec{PolicyTypes: both}},
		{ObjectMeta: metav1.ObjectMeta{Namespace: "other"}, Spec: networkingv1.NetworkPolicySpec{PolicyTypes: both}},
	}
	for _, a := range apps {
		policies = append(policies, policy(a))
	}
	all := ends(apps)
	for i, from := range all {
		for j, to := range all {
			if i == j || i >= 3 && j >= 3 {
				continue // not about our apps
			}
			for _, port := range ports {
				got, want := allowed(policies, from, to, port), s.wanted(apps, i, j, [2]string{from.name, to.name}, port)
				if got != want {
					t.Errorf("%s to %s, %s: allowed %v, want %v", from.name, to.name, fmt.Sprint(port.Number, port.Protocol), got, want)
				}
			}
		}
	}
}

// TestE17DNSIsAllowed asks DNS of an app alone, over both protocols, beside default-deny.
func TestE17DNSIsAllowed(t *testing.T) {
	apps := scene{}.apps()
	all := ends(apps)
	policies := []*networkingv1.NetworkPolicy{policy(apps[1])}
	for _, protocol := range []string{"UDP", "TCP"} {
		if !allowed(policies, all[1], all[3], app.Port{Number: 53, Protocol: protocol}) {
			t.Errorf("DNS over %s is closed", protocol)
		}
	}
}

// TestE18HalfOpenEdgeIsClosed shows that the evaluator wants both ends: one alone opens nothing.
func TestE18HalfOpenEdgeIsClosed(t *testing.T) {
	for _, without := range []string{"egress", "ingress", ""} {
		apps := scene{edges: 1 << 1}.apps() // web calls cart
		switch without {
		case "egress":
			apps[0].Egress = nil
		case "ingress":
			apps[1].Ingress = nil
		}
		all := ends(apps)
		policies := []*networkingv1.NetworkPolicy{policy(apps[0]), policy(apps[1])}
		if got, want := allowed(policies, all[0], all[1], http), without == ""; got != want {
			t.Errorf("without %q: allowed %v, want %v", without, got, want)
		}
	}
}
