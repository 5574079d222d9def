package reach_test

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/reach"
)

// whole has every field of a policy that is read.
const whole = world + `
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}, matchExpressions: [{key: a, operator: NotIn, values: [b]}]}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{podSelector: {matchLabels: {app: db}}, namespaceSelector: {matchExpressions: [{key: a, operator: Exists}]}}], ports: [{port: 1, endPort: 2, protocol: UDP}]}]
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}], ports: [{port: http}]}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  enableDefaultDeny: {ingress: true}
  ingress: [{fromEndpoints: [{matchLabels: {app: db}, matchExpressions: [{key: a, operator: In, values: [b]}]}], toPorts: [{ports: [{port: "1", endPort: 2, protocol: TCP}]}]}]
  egress: [{toCIDR: [1.2.3.4/32]}, {toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}]}, {toEntities: [world]}, {toFQDNs: [{matchName: a.b, matchPattern: "*.b"}]}]
  egressDeny: [{toEndpoints: [{}]}]
specs: [{endpointSelector: {}, ingress: [{}]}]
`

// TestOddFields puts what does not belong there in the place of each field: who reads policies must not fall over them.
func TestOddFields(t *testing.T) {
	objects, err := manifest.Parse("whole.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for i, o := range objects {
		if o.Kind != "NetworkPolicy" && o.Kind != "CiliumNetworkPolicy" {
			continue
		}
		for _, odd := range []any{nil, int64(-7), "", "odd", true, []any{}, []any{nil}, map[string]any{}, map[string]any{"key": nil}} {
			each(o.Fields, odd, func(fields any) {
				looked++
				changed := slices.Clone(objects)
				changed[i].Fields, _ = fields.(map[string]any)
				askAll(inventory.New(changed))
			})
		}
	}
	if looked < 500 {
		t.Errorf("only %d fields were changed", looked)
	}
}

// each calls do with v after each of its parts was replaced.
func each(v, odd any, do func(any)) {
	do(odd)
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			each(v[key], odd, func(part any) {
				changed := maps.Clone(v)
				changed[key] = part
				do(changed)
			})
		}
	case []any:
		for i := range v {
			each(v[i], odd, func(part any) {
				changed := slices.Clone(v)
				changed[i] = part
				do(changed)
			})
		}
	}
}

// askAll asks everything that can be asked of two ends.
func askAll(s *inventory.Set) {
	g := reach.New(s)
	for _, w := range s.Workloads {
		for _, other := range []reach.End{{Host: "a.b"}, {Namespace: "x"}, {Block: netip.MustParsePrefix("::/0")}, {}} {
			g.Allows(reach.Pod(w), other, reach.Port{Number: 1})
			g.Refusal(other, reach.Pod(w), reach.Port{Number: 1})
		}
	}
	for _, p := range g.Policies {
		for _, r := range p.Rules {
			for _, peer := range r.Peers {
				g.Members(peer)
				_, _ = peer.String(), peer.Labels()
			}
		}
	}
}
