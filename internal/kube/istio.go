package kube

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// VirtualService is networking.istio.io/v1: which requests of an Istio gateway go to which Service.
type VirtualService struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              VirtualServiceSpec `json:"spec"`
}

// VirtualServiceSpec binds routes to hosts at gateways, each "NAMESPACE/NAME".
type VirtualServiceSpec struct {
	Hosts    []string         `json:"hosts"`
	Gateways []string         `json:"gateways"`
	HTTP     []IstioHTTPRoute `json:"http"`
}

// IstioHTTPRoute sends the requests that match to Services. An empty Timeout is none.
type IstioHTTPRoute struct {
	Match   []IstioHTTPMatch        `json:"match"`
	Route   []IstioRouteDestination `json:"route"`
	Timeout string                  `json:"timeout,omitempty"`
	Retries IstioRetries            `json:"retries"`
}

// IstioHTTPMatch is a condition on a request.
type IstioHTTPMatch struct {
	URI IstioStringMatch `json:"uri"`
}

// IstioStringMatch is a condition on a string: exactly one of its fields is set.
type IstioStringMatch struct {
	Exact  string `json:"exact,omitempty"`
	Prefix string `json:"prefix,omitempty"` // of characters, not of path segments
}

// IstioRouteDestination is one Service that gets requests.
type IstioRouteDestination struct {
	Destination IstioDestination `json:"destination"`
}

// IstioDestination names a Service and its port; a short name is of the object's own namespace.
type IstioDestination struct {
	Host string    `json:"host"`
	Port IstioPort `json:"port"`
}

// IstioPort is a port by number.
type IstioPort struct {
	Number int32 `json:"number"`
}

// IstioRetries is how often and when a request is sent again.
type IstioRetries struct {
	Attempts int32  `json:"attempts"`
	RetryOn  string `json:"retryOn"`
}
