package network_test

import (
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/scantling/scantling/generators/network"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
)

// backed is checkout with a backup into a bucket that is known by name, and a drill that talks to the Kubernetes API.
func backed() app.App {
	a := migrating()
	a.Migration = nil
	a.Jobs = []app.Job{
		{Name: "checkout-orders-backup", Component: "backup", Egress: []app.Edge{
			{Name: "orders", Peer: app.Peer{CIDRs: []string{"10.20.0.0/24"}}, Ports: []app.Port{{Number: 5432, Protocol: "TCP"}}},
			{Name: "backups", Peer: app.Peer{Host: "s3.acme.io"}, Ports: []app.Port{{Number: 443, Protocol: "TCP"}}},
		}},
		{Name: "checkout-data-drill", Component: "drill", Grants: []app.Grant{
			{Namespace: "velero", Rules: []app.AccessRule{{Group: "velero.io", Resource: "restores", Verbs: []string{"create"}}}},
		}},
	}
	return a
}

func TestJobsReachWhatTheyNeedOnly(t *testing.T) {
	golden.Objects(t, network.JobPolicy.Run(backed()), `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  labels:
    app.kubernetes.io/component: backup
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-orders-backup
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-orders-backup
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
      app.kubernetes.io/component: backup
      app.kubernetes.io/instance: checkout
      app.kubernetes.io/name: checkout-orders-backup
  policyTypes:
  - Ingress
  - Egress
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  labels:
    app.kubernetes.io/component: drill
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-data-drill
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-data-drill
  namespace: shop
spec:
  egress:
  - ports:
    - port: 443
      protocol: TCP
    - port: 6443
      protocol: TCP
    to:
    - ipBlock:
        cidr: 10.0.0.1/32
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
      app.kubernetes.io/component: drill
      app.kubernetes.io/instance: checkout
      app.kubernetes.io/name: checkout-data-drill
  policyTypes:
  - Ingress
  - Egress
`)
}

// TestJobsReachHostsAndTheAPIByName wants what only Cilium can say, and then no address of the API server beside it.
func TestJobsReachHostsAndTheAPIByName(t *testing.T) {
	a := backed()
	if made := slices.Concat(network.JobHostPolicy.Run(a), network.JobAPIServerPolicy.Run(a)); len(made) > 0 {
		t.Errorf("without Cilium there is %v", made)
	}
	a.Env.Capabilities = []string{"cilium"}
	for _, o := range network.JobPolicy.Run(a) {
		for _, rule := range o.(*networkingv1.NetworkPolicy).Spec.Egress {
			if rule.Ports[0].Port.IntValue() == 443 {
				t.Errorf("%s lets two rules lead to the API server", o.GetName())
			}
		}
	}
	golden.Objects(t, slices.Concat(network.JobHostPolicy.Run(a), network.JobAPIServerPolicy.Run(a)), `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  labels:
    app.kubernetes.io/component: backup
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-orders-backup
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-orders-backup-fqdn
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
    - matchName: s3.acme.io
    toPorts:
    - ports:
      - port: "443"
        protocol: TCP
  endpointSelector:
    matchLabels:
      app.kubernetes.io/component: backup
      app.kubernetes.io/instance: checkout
      app.kubernetes.io/name: checkout-orders-backup
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  labels:
    app.kubernetes.io/component: drill
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-data-drill
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-data-drill-apiserver
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
      app.kubernetes.io/component: drill
      app.kubernetes.io/instance: checkout
      app.kubernetes.io/name: checkout-data-drill
`)
}

func TestJobPoliciesOnlyWhereThereAreJobs(t *testing.T) {
	a := backed()
	a.Jobs, a.Env.Capabilities = nil, []string{"cilium"}
	if made := slices.Concat(network.JobPolicy.Run(a), network.JobHostPolicy.Run(a), network.JobAPIServerPolicy.Run(a)); len(made) > 0 {
		t.Errorf("an app without Jobs has %v", made)
	}
}
