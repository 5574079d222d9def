package network_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/scantling/scantling/generators/network"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

var (
	http    = app.Port{Name: "http", Number: 8080, Protocol: "TCP", App: "http"}
	metrics = app.Port{Name: "metrics", Number: 9090, Protocol: "TCP", App: "http"}
)

func env() *app.Environment {
	return &app.Environment{
		Name:           "prod",
		DNS:            app.Pods{Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}},
		Scrape:         &app.Scrape{Namespace: "monitoring", Labels: map[string]string{"app.kubernetes.io/name": "prometheus"}},
		IngressClass:   &app.IngressClass{Class: "nginx", Namespace: "ingress", Labels: map[string]string{"app": "nginx"}},
		APIServerCIDRs: []string{"10.0.0.1/32"},
	}
}

func checkout() app.App {
	return app.App{Env: env(), Name: "checkout", Namespace: "shop", Team: "web", Tier: app.Critical, Kind: app.Service}
}

func pods(namespace, name string) app.Peer {
	return app.Peer{Namespace: namespace, Labels: kube.PeerLabels(name, app.Service)}
}

func policy(a app.App) *networkingv1.NetworkPolicy {
	return network.Policy.Run(a)[0].(*networkingv1.NetworkPolicy)
}

func TestE18PeersCarryNamespaceAndPods(t *testing.T) {
	a := checkout()
	a.Metrics = &app.Metrics{Port: metrics}
	a.Expose = &app.Expose{Via: "gateway", Port: http, Gateway: app.Gateway{Namespace: "edge", Labels: map[string]string{"istio": "gateway"}}}
	a.Ingress = []app.Edge{{Name: "web", Peer: pods("front", "web"), Ports: []app.Port{http}}}
	a.Egress = []app.Edge{
		{Name: "orders", Peer: app.Peer{CIDRs: []string{"10.20.1.0/24", "10.20.0.0/24"}}, Ports: []app.Port{{Number: 5432, Protocol: "TCP"}}},
		{Name: "cart", Peer: pods("shop", "cart"), Ports: []app.Port{http}},
	}
	golden.Objects(t, network.Policy.Run(a), `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  labels:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout
  namespace: shop
spec:
  egress:
  - ports:
    - port: 5432
      protocol: TCP
    to:
    - ipBlock:
        cidr: 10.20.0.0/24
    - ipBlock:
        cidr: 10.20.1.0/24
  - ports:
    - port: 53
      protocol: TCP
    - port: 53
      protocol: UDP
    to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
  - ports:
    - port: 8080
      protocol: TCP
    to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: shop
      podSelector:
        matchLabels:
          app.kubernetes.io/component: app
          app.kubernetes.io/instance: cart
  ingress:
  - from:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: edge
      podSelector:
        matchLabels:
          istio: gateway
    ports:
    - port: 8080
      protocol: TCP
  - from:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: front
      podSelector:
        matchLabels:
          app.kubernetes.io/component: app
          app.kubernetes.io/instance: web
    ports:
    - port: 8080
      protocol: TCP
  - from:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: monitoring
      podSelector:
        matchLabels:
          app.kubernetes.io/name: prometheus
    ports:
    - port: 9090
      protocol: TCP
  podSelector:
    matchLabels:
      app.kubernetes.io/component: app
      app.kubernetes.io/instance: checkout
  policyTypes:
  - Ingress
  - Egress
`)
}

func TestAppWithoutEdgesIsClosedButForDNS(t *testing.T) {
	spec := policy(checkout()).Spec
	if spec.Ingress != nil {
		t.Errorf("ingress of an app that nobody calls: %v", spec.Ingress)
	}
	if len(spec.Egress) != 1 || *spec.Egress[0].Ports[0].Port != policyPort(53) {
		t.Errorf("egress of an app that calls nobody: %v", spec.Egress)
	}
	if !slices.Contains(spec.PolicyTypes, networkingv1.PolicyTypeIngress) || !slices.Contains(spec.PolicyTypes, networkingv1.PolicyTypeEgress) {
		t.Errorf("policyTypes %v leave a direction open", spec.PolicyTypes)
	}
}

// A rule without peers is open to everybody, one without ports opens all: an edge that lacks either makes no rule.
func TestHalfAnEdgeOpensNothing(t *testing.T) {
	a := checkout()
	a.Env.DNS = app.Pods{}
	a.Env.Scrape = &app.Scrape{}
	a.Metrics = &app.Metrics{Port: metrics}
	a.Access = []app.AccessRule{{Resource: "leases"}}
	a.Env.APIServerCIDRs = nil
	a.Expose = &app.Expose{Via: "loadbalancer", Port: http}
	a.Ingress = []app.Edge{{Name: "nobody", Ports: []app.Port{http}}, {Name: "no-port", Peer: pods("shop", "web")}}
	a.Egress = a.Ingress
	for _, mesh := range []string{"", "ambient"} {
		a.Env.Mesh = mesh
		if spec := policy(a).Spec; spec.Ingress != nil || spec.Egress != nil {
			t.Errorf("mesh %q: rules from halves of edges: ingress %v, egress %v", mesh, spec.Ingress, spec.Egress)
		}
	}
}

func TestEdgesToOnePeerAreOneRule(t *testing.T) {
	a := checkout()
	a.Egress = []app.Edge{
		{Name: "b", Peer: pods("shop", "cart"), Ports: []app.Port{metrics, http}},
		{Name: "a", Peer: pods("shop", "cart"), Ports: []app.Port{http, {Number: 53, Protocol: "UDP"}}},
		{Name: "d", Peer: app.Peer{CIDRs: []string{"10.2.0.0/16", "10.1.0.0/16"}}, Ports: []app.Port{http}},
		{Name: "c", Peer: app.Peer{CIDRs: []string{"10.1.0.0/16", "10.2.0.0/16", "10.1.0.0/16"}}, Ports: []app.Port{metrics}},
	}
	reversed := a
	reversed.Egress = slices.Clone(a.Egress)
	slices.Reverse(reversed.Egress)
	if diff := cmp.Diff(policy(a), policy(reversed)); diff != "" {
		t.Errorf("the order of the edges changes the policy:\n%s", diff)
	}
	var got [][]int
	for _, rule := range policy(a).Spec.Egress {
		numbers := []int{len(rule.To)}
		for _, p := range rule.Ports {
			numbers = append(numbers, p.Port.IntValue())
		}
		got = append(got, numbers)
	}
	want := [][]int{{2, 8080, 9090}, {1, 53, 53}, {1, 53, 8080, 9090}} // how many peers, then the ports
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (- wanted, + got):\n%s", diff)
	}
}

func TestRangesLeaveOutPrivateNetworksAndMetadata(t *testing.T) {
	for cidr, want := range map[string][]string{
		"0.0.0.0/0":          {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"},
		"::/0":               {"fc00::/7", "fe80::/10"},
		"128.0.0.0/1":        {"172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"},
		"10.0.0.0/8":         nil, // named, so meant
		"10.20.0.0/24":       nil,
		"203.0.113.0/24":     nil,
		"2001:db8::/32":      nil,
		"169.254.170.23/32":  nil,
		"not-a-range":        nil,
		"203.0.113.0/24junk": nil,
	} {
		a := checkout()
		a.Env.DNS = app.Pods{}
		a.Egress = []app.Edge{{Name: "out", Peer: app.Peer{CIDRs: []string{cidr}}, Ports: []app.Port{http}}}
		if diff := cmp.Diff(want, policy(a).Spec.Egress[0].To[0].IPBlock.Except); diff != "" {
			t.Errorf("%s (- wanted, + got):\n%s", cidr, diff)
		}
	}
}

func TestHostsNeedCilium(t *testing.T) {
	a := checkout()
	a.Env.DNS.Port = 5353
	a.Egress = []app.Edge{
		{Name: "stripe", Peer: app.Peer{Host: "api.stripe.com"}, Ports: []app.Port{{Number: 443, Protocol: "TCP"}}},
		{Name: "cart", Peer: pods("shop", "cart"), Ports: []app.Port{http}},
		{Name: "legacy", Peer: app.Peer{Host: "api.stripe.com"}, Ports: []app.Port{{Number: 80, Protocol: "TCP"}}},
	}
	if got := network.HostPolicy.Run(a); got != nil {
		t.Errorf("a CiliumNetworkPolicy without Cilium: %v", got)
	}
	if rules := policy(a).Spec.Egress; len(rules) != 2 {
		t.Errorf("want the rules of dns and cart only, got %v", rules)
	}
	a.Env.Capabilities = []string{"cilium"}
	golden.Objects(t, network.HostPolicy.Run(a), `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  labels:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-fqdn
  namespace: shop
spec:
  egress:
  - toEndpoints:
    - matchLabels:
        k8s:io.kubernetes.pod.namespace: kube-system
        k8s:k8s-app: kube-dns
    toPorts:
    - ports:
      - port: "5353"
        protocol: TCP
      - port: "5353"
        protocol: UDP
      rules:
        dns:
        - matchPattern: '*'
  - toFQDNs:
    - matchName: api.stripe.com
    toPorts:
    - ports:
      - port: "80"
        protocol: TCP
      - port: "443"
        protocol: TCP
  endpointSelector:
    matchLabels:
      app.kubernetes.io/component: app
      app.kubernetes.io/instance: checkout
`)
	a.Egress = a.Egress[1:2]
	if got := network.HostPolicy.Run(a); got != nil {
		t.Errorf("a CiliumNetworkPolicy without a host: %v", got)
	}
}

func TestCiliumKnowsTheAPIServerByIdentity(t *testing.T) {
	a := checkout()
	a.Env.Capabilities = []string{"cilium"}
	if got := network.APIServerPolicy.Run(a); got != nil {
		t.Errorf("a way to the API server for an app without rights there: %v", got)
	}
	a.Access = []app.AccessRule{{Resource: "leases"}}
	if rules := policy(a).Spec.Egress; len(rules) != 1 {
		t.Errorf("want the rule of dns only, got %v", rules)
	}
	golden.Objects(t, network.APIServerPolicy.Run(a), `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  labels:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-apiserver
  namespace: shop
spec:
  egress:
  - toEntities:
    - kube-apiserver
    toPorts:
    - ports:
      - port: "443"
        protocol: TCP
      - port: "6443"
        protocol: TCP
  endpointSelector:
    matchLabels:
      app.kubernetes.io/component: app
      app.kubernetes.io/instance: checkout
`)
	a.Env.Capabilities = nil
	if got := network.APIServerPolicy.Run(a); got != nil {
		t.Errorf("a CiliumNetworkPolicy without Cilium: %v", got)
	}
}

func TestOutputSharesNothingWithTheEnvironment(t *testing.T) {
	a := checkout()
	for _, rule := range policy(a).Spec.Egress {
		clear(rule.To[0].PodSelector.MatchLabels)
	}
	if len(a.Env.DNS.Labels) == 0 {
		t.Error("a change of the policy changed the environment, which all apps share")
	}
}
