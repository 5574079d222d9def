package network_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/scantling/scantling/generators/network"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// provisioned is checkout with a database behind a pooler, whose archive a rehearsal restores.
func provisioned() app.App {
	a := checkout()
	a.Env.CNPG = "cnpg-system"
	calls := func(from app.Peer) []app.Edge {
		return []app.Edge{{Name: "checkout", Peer: from, Ports: []app.Port{{Number: 5432, Protocol: "TCP"}}}}
	}
	a.Clusters = []app.Cluster{{
		Name: "checkout-orders", Ingress: calls(app.Peer{Namespace: "shop", Labels: kube.MigrationPeerLabels(a)}),
		Pooler: &app.Pooler{Name: "checkout-orders-pooler", Ingress: calls(pods("shop", "checkout"))},
		Archive: &app.Archive{
			Drill: "checkout-orders-copy", DrillIngress: calls(app.Peer{Namespace: "shop", Labels: map[string]string{"app.kubernetes.io/name": "drill"}}),
			Egress: []app.Edge{
				{Name: "backups", Peer: app.Peer{CIDRs: []string{"10.30.0.0/24"}}, Ports: []app.Port{{Number: 443, Protocol: "TCP"}}},
				{Name: "backups", Peer: app.Peer{Host: "s3.acme.io"}, Ports: []app.Port{{Number: 443, Protocol: "TCP"}}},
			},
		},
	}}
	return a
}

// databaseEnds are the pods around a database, as CloudNativePG 1.30 labels its own, and what lies outside the cluster.
var databaseEnds = map[string]end{
	"server":     {namespace: "shop", labels: map[string]string{"cnpg.io/cluster": "checkout-orders", "cnpg.io/podRole": "instance"}},
	"join":       {namespace: "shop", labels: map[string]string{"cnpg.io/cluster": "checkout-orders", "cnpg.io/jobRole": "join"}},
	"pooler":     {namespace: "shop", labels: map[string]string{"cnpg.io/cluster": "checkout-orders", "cnpg.io/poolerName": "checkout-orders-pooler"}},
	"old-pooler": {namespace: "shop", labels: map[string]string{"cnpg.io/poolerName": "checkout-orders-pooler"}},
	"copy":       {namespace: "shop", labels: map[string]string{"cnpg.io/cluster": "checkout-orders-copy", "cnpg.io/podRole": "instance"}},
	"other":      {namespace: "shop", labels: map[string]string{"cnpg.io/cluster": "billing-main", "cnpg.io/podRole": "instance"}},
	"checkout":   {namespace: "shop", labels: kube.PeerLabels("checkout", app.Service)},
	"migration":  {namespace: "shop", labels: kube.MigrationPeerLabels(checkout())},
	"drill":      {namespace: "shop", labels: map[string]string{"app.kubernetes.io/name": "drill"}},
	"operator":   {namespace: "cnpg-system", labels: map[string]string{"app.kubernetes.io/name": "cloudnative-pg"}},
	"plugin":     {namespace: "cnpg-system", labels: map[string]string{"app": "barman-cloud"}},
	"prometheus": {namespace: "monitoring", labels: map[string]string{"app.kubernetes.io/name": "prometheus"}},
	"dns":        {namespace: "kube-system", labels: map[string]string{"k8s-app": "kube-dns"}},
	"api":        {ip: netip.MustParseAddr("10.0.0.1")},
	"bucket":     {ip: netip.MustParseAddr("10.30.0.7")},
	"internet":   {ip: netip.MustParseAddr("198.51.100.7")},
}

// TestDatabasesReachWhatTheyNeedOnly goes through every pair of ends of which one is of a database, on every port that means anything.
func TestDatabasesReachWhatTheyNeedOnly(t *testing.T) {
	policies := databasePolicies(provisioned())
	if len(policies) != 3 {
		t.Fatalf("%d policies", len(policies))
	}
	want := map[string]bool{}
	for _, open := range []string{
		"server server 5432", "server server 8000", "join server 5432", "join server 8000", "server join 5432", "server join 8000",
		"join join 5432", "join join 8000", "operator server 5432", "operator server 8000", "operator join 5432", "operator join 8000",
		"operator copy 5432", "operator copy 8000", "copy copy 5432", "copy copy 8000",
		"pooler server 5432", "old-pooler server 5432", "pooler join 5432", "old-pooler join 5432",
		"checkout pooler 5432", "checkout old-pooler 5432", "migration server 5432", "migration join 5432", "drill copy 5432",
		"prometheus server 9187", "prometheus join 9187", "prometheus pooler 9127", "prometheus old-pooler 9127",
		"server dns 53", "join dns 53", "copy dns 53", "pooler dns 53", "old-pooler dns 53",
		"server api 443", "join api 443", "copy api 443", "pooler api 443", "old-pooler api 443",
		"server bucket 443", "join bucket 443", "copy bucket 443",
	} {
		want[open] = true
	}
	ours := []string{"server", "join", "pooler", "old-pooler", "copy"}
	for from, source := range databaseEnds {
		for to, target := range databaseEnds {
			if !slices.Contains(ours, from) && !slices.Contains(ours, to) {
				continue
			}
			for _, number := range []int32{53, 443, 5432, 8000, 8080, 9127, 9187} {
				flow := fmt.Sprint(from, " ", to, " ", number)
				if got := allowed(policies, source, target, app.Port{Number: number, Protocol: "TCP"}); got != want[flow] {
					t.Errorf("%s: open %v, want %v", flow, got, want[flow])
				}
			}
		}
	}
}

// TestDatabasesUnderCilium wants the hosts of the bucket and the API server to be known as Cilium knows them, for the very pods that
// the NetworkPolicies are of.
func TestDatabasesUnderCilium(t *testing.T) {
	a := provisioned()
	if made := append(network.DatabaseHostPolicy.Run(a), network.DatabaseAPIServerPolicy.Run(a)...); len(made) > 0 {
		t.Errorf("without Cilium: %v", made)
	}
	a.Env.Capabilities = []string{"cilium"}
	names := map[string]string{}
	for _, o := range append(network.DatabaseHostPolicy.Run(a), network.DatabaseAPIServerPolicy.Run(a)...) {
		p := o.(*kube.CiliumNetworkPolicy)
		names[p.Name] = fmt.Sprint(p.Spec.EndpointSelector.MatchLabels)
	}
	servers, poolers, copies := "map[cnpg.io/cluster:checkout-orders]", "map[cnpg.io/poolerName:checkout-orders-pooler]", "map[cnpg.io/cluster:checkout-orders-copy]"
	for name, pods := range map[string]string{
		"checkout-orders-fqdn": servers, "checkout-orders-apiserver": servers, "checkout-orders-pooler-apiserver": poolers,
		"checkout-orders-copy-fqdn": copies, "checkout-orders-copy-apiserver": copies,
	} {
		if names[name] != pods {
			t.Errorf("%s is of %q, want %s", name, names[name], pods)
		}
		delete(names, name)
	}
	if len(names) > 0 {
		t.Errorf("nobody wants %v", names)
	}
	for _, p := range databasePolicies(a) {
		if allowed([]*networkingv1.NetworkPolicy{p}, databaseEnds["server"], databaseEnds["api"], app.Port{Number: 443, Protocol: "TCP"}) && p.Name == "checkout-orders" {
			t.Error("an address range of the API server, which Cilium does not match")
		}
	}
}

// TestDatabasesAreOutsideTheMesh wants the flows of their pods without the mesh's.
func TestDatabasesAreOutsideTheMesh(t *testing.T) {
	plain := databasePolicies(provisioned())
	for _, mesh := range []string{"sidecar", "ambient"} {
		a := provisioned()
		a.Env.Mesh = mesh
		for i, p := range databasePolicies(a) {
			if diff := cmp.Diff(plain[i].Spec, p.Spec); diff != "" {
				t.Errorf("%s: %s differs:\n%s", mesh, p.Name, diff)
			}
		}
		if a.Env.Mesh != mesh {
			t.Errorf("the environment has become %q", a.Env.Mesh)
		}
	}
}

func databasePolicies(a app.App) []*networkingv1.NetworkPolicy {
	var out []*networkingv1.NetworkPolicy
	for _, o := range network.DatabasePolicy.Run(a) {
		out = append(out, o.(*networkingv1.NetworkPolicy))
	}
	return out
}
