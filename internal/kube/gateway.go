package kube

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// HTTPRoute is gateway.networking.k8s.io/v1: which requests of a Gateway go to which Service.
type HTTPRoute struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              HTTPRouteSpec `json:"spec"`
}

// HTTPRouteSpec attaches a route to its Gateways.
type HTTPRouteSpec struct {
	ParentRefs []GatewayRef    `json:"parentRefs"`
	Hostnames  []string        `json:"hostnames,omitempty"`
	Rules      []HTTPRouteRule `json:"rules"`
}

// HTTPRouteRule sends the requests that match to Services.
type HTTPRouteRule struct {
	Matches     []HTTPMatch  `json:"matches"`
	BackendRefs []BackendRef `json:"backendRefs"`
}

// HTTPMatch is a condition on a request: all of its fields hold.
type HTTPMatch struct {
	Path    HTTPPathMatch `json:"path"`
	Headers []HeaderMatch `json:"headers,omitempty"`
}

// HTTPPathMatch is a condition on a request's path.
type HTTPPathMatch struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// GRPCRoute is gateway.networking.k8s.io/v1: which calls of a Gateway go to which Service.
type GRPCRoute struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              GRPCRouteSpec `json:"spec"`
}

// GRPCRouteSpec attaches a route to its Gateways.
type GRPCRouteSpec struct {
	ParentRefs []GatewayRef    `json:"parentRefs"`
	Hostnames  []string        `json:"hostnames,omitempty"`
	Rules      []GRPCRouteRule `json:"rules"`
}

// GRPCRouteRule sends the calls that match to Services; without matches, all calls.
type GRPCRouteRule struct {
	Matches     []GRPCMatch  `json:"matches,omitempty"`
	BackendRefs []BackendRef `json:"backendRefs"`
}

// GRPCMatch is a condition on a call: all of its fields that are set hold.
type GRPCMatch struct {
	Method  GRPCMethodMatch `json:"method,omitzero"`
	Headers []HeaderMatch   `json:"headers,omitempty"`
}

// GRPCMethodMatch is a condition on a call's service and method; an empty Method matches all of the service's.
type GRPCMethodMatch struct {
	Type    string `json:"type"`
	Service string `json:"service"`
	Method  string `json:"method,omitempty"`
}

// HeaderMatch is a condition on a header.
type HeaderMatch struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// GatewayRef names the Gateway that a route attaches to.
type GatewayRef struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// BackendRef names a Service and its share of the requests. The core group is the empty string, and is written.
type BackendRef struct {
	Group  string `json:"group"`
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Port   int32  `json:"port"`
	Weight int32  `json:"weight"`
}
