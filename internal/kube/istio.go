package kube

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// VirtualService is networking.istio.io/v1: which requests of an Istio gateway, or from inside the mesh, go to which Service.
type VirtualService struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              VirtualServiceSpec `json:"spec"`
}

// VirtualServiceSpec binds routes to hosts at gateways, each "NAMESPACE/NAME", or "mesh" for calls from inside.
type VirtualServiceSpec struct {
	Hosts    []string         `json:"hosts"`
	Gateways []string         `json:"gateways"`
	HTTP     []IstioHTTPRoute `json:"http,omitempty"`
	TCP      []IstioTCPRoute  `json:"tcp,omitempty"`
}

// IstioHTTPRoute sends the requests that match to Services; the first route that matches counts. An empty Timeout is none.
type IstioHTTPRoute struct {
	Name    string                  `json:"name,omitempty"`
	Match   []IstioHTTPMatch        `json:"match"`
	Route   []IstioRouteDestination `json:"route"`
	Timeout string                  `json:"timeout,omitempty"`
	Retries IstioRetries            `json:"retries"`
}

// IstioHTTPMatch is a condition on a request: all of its fields hold.
type IstioHTTPMatch struct {
	Gateways []string                    `json:"gateways,omitempty"`
	Port     int32                       `json:"port,omitempty"` // that the caller addresses
	URI      IstioStringMatch            `json:"uri,omitzero"`
	Headers  map[string]IstioStringMatch `json:"headers,omitempty"` // by name in lower case
}

// IstioStringMatch is a condition on a string: at most one of its fields is set; a header with none only has to be there.
type IstioStringMatch struct {
	Exact  string `json:"exact,omitempty"`
	Prefix string `json:"prefix,omitempty"` // of characters, not of path segments
	Regex  string `json:"regex,omitempty"`  // RE2, of the whole string
}

// IstioTCPRoute sends the connections that match to Services.
type IstioTCPRoute struct {
	Match []IstioTCPMatch         `json:"match"`
	Route []IstioRouteDestination `json:"route"`
}

// IstioTCPMatch is a condition on a connection.
type IstioTCPMatch struct {
	Gateways []string `json:"gateways"`
	Port     int32    `json:"port"`
}

// IstioRouteDestination is one Service that gets requests, and its share of them in percent; a lone one needs none.
type IstioRouteDestination struct {
	Destination IstioDestination `json:"destination"`
	Weight      *int32           `json:"weight,omitempty"`
	Headers     *IstioHeaders    `json:"headers,omitempty"`
}

// IstioDestination names a Service and its port; a short name is of the object's own namespace. Subset is one of a DestinationRule
// of that Service; empty: all pods.
type IstioDestination struct {
	Host   string    `json:"host"`
	Subset string    `json:"subset,omitempty"`
	Port   IstioPort `json:"port"`
}

// IstioPort is a port by number.
type IstioPort struct {
	Number int32 `json:"number"`
}

// IstioHeaders changes the headers of answers.
type IstioHeaders struct {
	Response IstioHeaderOperations `json:"response"`
}

// IstioHeaderOperations adds headers, by name.
type IstioHeaderOperations struct {
	Add map[string]string `json:"add"`
}

// IstioRetries is how often and when a request is sent again.
type IstioRetries struct {
	Attempts int32  `json:"attempts"`
	RetryOn  string `json:"retryOn"`
}

// DestinationRule is networking.istio.io/v1: the subsets of a Service's pods, and how callers treat them.
type DestinationRule struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              DestinationRuleSpec `json:"spec"`
}

// DestinationRuleSpec is about the Service with the name Host.
type DestinationRuleSpec struct {
	Host          string             `json:"host"`
	TrafficPolicy IstioTrafficPolicy `json:"trafficPolicy"`
	Subsets       []IstioSubset      `json:"subsets"`
}

// IstioSubset is the pods of a Service that have labels.
type IstioSubset struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
}

// IstioTrafficPolicy is how callers choose and give up pods.
type IstioTrafficPolicy struct {
	LoadBalancer     IstioLoadBalancer     `json:"loadBalancer"`
	ConnectionPool   IstioConnectionPool   `json:"connectionPool"`
	OutlierDetection IstioOutlierDetection `json:"outlierDetection"`
}

// IstioLoadBalancer is which pod gets the next request.
type IstioLoadBalancer struct {
	Simple            string        `json:"simple"`
	LocalityLbSetting IstioLocality `json:"localityLbSetting"`
}

// IstioLocality says whether callers prefer pods of their own zone.
type IstioLocality struct {
	Enabled bool `json:"enabled"`
}

// IstioConnectionPool is how callers connect.
type IstioConnectionPool struct {
	TCP IstioTCPSettings `json:"tcp"`
}

// IstioTCPSettings is how long callers wait for a connection.
type IstioTCPSettings struct {
	ConnectTimeout string `json:"connectTimeout"`
}

// IstioOutlierDetection is when a pod that fails is left out for a while.
type IstioOutlierDetection struct {
	ConsecutiveGatewayErrors int32  `json:"consecutiveGatewayErrors"` // 502, 503, 504, and failed connections
	Consecutive5xxErrors     int32  `json:"consecutive5xxErrors"`     // 0: other errors don't count
	Interval                 string `json:"interval"`
	BaseEjectionTime         string `json:"baseEjectionTime"` // times how often the pod has been left out
	MaxEjectionPercent       int32  `json:"maxEjectionPercent"`
}
