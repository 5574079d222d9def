package network_test

import (
	"testing"

	"github.com/scantling/scantling/generators/network"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
)

// migrating is checkout with a migration that reaches one database by address and one by name.
func migrating() app.App {
	a := checkout()
	a.Access = []app.AccessRule{{Resource: "configmaps", Verbs: []string{"get"}}}
	a.Metrics = &app.Metrics{Port: metrics}
	a.Ingress = []app.Edge{{Name: "web", Peer: pods("front", "web"), Ports: []app.Port{http}}}
	a.Egress = []app.Edge{{Name: "cart", Peer: pods("shop", "cart"), Ports: []app.Port{http}}}
	a.Migration = &app.Migration{Version: "2.0", Egress: []app.Edge{
		{Name: "orders", Peer: app.Peer{CIDRs: []string{"10.20.0.0/24"}}, Ports: []app.Port{{Number: 5432, Protocol: "TCP"}}},
		{Name: "audit", Peer: app.Peer{Host: "audit.db.acme.io"}, Ports: []app.Port{{Number: 5432, Protocol: "TCP"}}},
	}}
	return a
}

func TestMigrationReachesItsDatabasesOnly(t *testing.T) {
	golden.Objects(t, network.MigrationPolicy.Run(migrating()), `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  labels:
    app.kubernetes.io/component: migration
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-migrate
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/version: "2.0"
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-migrate
  namespace: shop
spec:
  egress:
  - ports:
    - port: 5432
      protocol: TCP
    to:
    - ipBlock:
        cidr: 10.20.0.0/24
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
  podSelector:
    matchLabels:
      app.kubernetes.io/component: migration
      app.kubernetes.io/instance: checkout
  policyTypes:
  - Ingress
  - Egress
`)
}

func TestMigrationReachesHostsByName(t *testing.T) {
	a := migrating()
	if made := network.MigrationHostPolicy.Run(a); len(made) > 0 {
		t.Errorf("without Cilium there is %v", made)
	}
	a.Env.Capabilities = []string{"cilium"}
	golden.Objects(t, network.MigrationHostPolicy.Run(a), `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  labels:
    app.kubernetes.io/component: migration
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-migrate
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/version: "2.0"
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-migrate-fqdn
  namespace: shop
spec:
  egress:
  - toEndpoints:
    - matchLabels:
        k8s:io.kubernetes.pod.namespace: kube-system
        k8s:k8s-app: kube-dns
    toPorts:
    - ports:
      - port: "53"
        protocol: TCP
      - port: "53"
        protocol: UDP
      rules:
        dns:
        - matchPattern: '*'
  - toFQDNs:
    - matchName: audit.db.acme.io
    toPorts:
    - ports:
      - port: "5432"
        protocol: TCP
  endpointSelector:
    matchLabels:
      app.kubernetes.io/component: migration
      app.kubernetes.io/instance: checkout
`)
}

func TestMigrationPolicyOnlyWhereAsked(t *testing.T) {
	a := checkout()
	a.Env.Capabilities = []string{"cilium"}
	if made := append(network.MigrationPolicy.Run(a), network.MigrationHostPolicy.Run(a)...); len(made) > 0 {
		t.Errorf("an app without a migration has %v", made)
	}
}
