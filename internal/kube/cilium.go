package kube

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CiliumNetworkPolicy is cilium.io/v2: what a NetworkPolicy cannot say, such as a peer's DNS name. Pods that both kinds select
// may do what either of them allows.
type CiliumNetworkPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              CiliumNetworkPolicySpec `json:"spec"`
}

// CiliumNetworkPolicySpec says whom the selected pods may call.
type CiliumNetworkPolicySpec struct {
	EndpointSelector metav1.LabelSelector `json:"endpointSelector"`
	Egress           []CiliumEgress       `json:"egress"`
}

// CiliumEgress is a rule with one kind of peer, and the ports there.
type CiliumEgress struct {
	ToEndpoints []metav1.LabelSelector `json:"toEndpoints,omitempty"`
	ToEntities  []string               `json:"toEntities,omitempty"`
	ToFQDNs     []CiliumFQDN           `json:"toFQDNs,omitempty"`
	ToPorts     []CiliumPortRule       `json:"toPorts"`
}

// CiliumFQDN is a DNS name: exactly one of its fields is set.
type CiliumFQDN struct {
	MatchName    string `json:"matchName,omitempty"`
	MatchPattern string `json:"matchPattern,omitempty"`
}

// CiliumPortRule is a set of ports and what may be said there; nil Rules: anything.
type CiliumPortRule struct {
	Ports []CiliumPort   `json:"ports"`
	Rules *CiliumL7Rules `json:"rules,omitempty"`
}

// CiliumPort is a port; its number is a string.
type CiliumPort struct {
	Port     string `json:"port"`
	Protocol string `json:"protocol"`
}

// CiliumL7Rules sends the traffic through Cilium's proxy, which reads it.
type CiliumL7Rules struct {
	DNS []CiliumFQDN `json:"dns"`
}
