// Package network opens exactly the connections that apps declare, at both ends, and nothing else.
package network

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// Policy is the one NetworkPolicy of an app: who may call it, and whom it may call.
//
// The kubelet's probes need no rule: what comes from a pod's own node is always let in.
var Policy = generator.Generator{
	Name: "network-policy",
	Reasons: generator.Reasons{
		"NetworkPolicy spec.policyTypes[]":                             "both, always: a direction without rules is closed only if it is listed",
		"NetworkPolicy spec.egress[].to[].podSelector.matchLabels.app": "istiod: how Istio labels the control plane that every sidecar asks",
	},
	Run: func(a app.App) []generator.Object {
		return []generator.Object{&networkingv1.NetworkPolicy{
			TypeMeta:   kube.Type("networking.k8s.io/v1", "NetworkPolicy"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec: networkingv1.NetworkPolicySpec{
				PodSelector: *kube.PeerSelector(a),
				PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
				Ingress:     ingress(a),
				Egress:      egress(a),
			},
		}}
	},
}

func ingress(a app.App) []networkingv1.NetworkPolicyIngressRule {
	var rules []networkingv1.NetworkPolicyIngressRule
	for _, e := range merge(tunnelled(a, append(platformCallers(a), a.Ingress...))) {
		if from := peers(e.Peer); len(from) > 0 { // an empty list would be everybody
			rules = append(rules, networkingv1.NetworkPolicyIngressRule{From: from, Ports: policyPorts(e.Ports)})
		}
	}
	return rules
}

func egress(a app.App) []networkingv1.NetworkPolicyEgressRule {
	var rules []networkingv1.NetworkPolicyEgressRule
	for _, e := range merge(append(platformCallees(a), tunnelled(a, a.Egress)...)) {
		if to := peers(e.Peer); len(to) > 0 { // an empty list would be everybody
			rules = append(rules, networkingv1.NetworkPolicyEgressRule{To: to, Ports: policyPorts(e.Ports)})
		}
	}
	return rules
}
