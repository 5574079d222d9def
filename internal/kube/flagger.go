package kube

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Canary is flagger.app/v1beta1: a Deployment whose new versions Flagger brings in step by step.
type Canary struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              CanarySpec `json:"spec"`
}

// CanarySpec says what is moved, by whose routes, and how it is judged.
type CanarySpec struct {
	Provider                string         `json:"provider"`
	TargetRef               CanaryTarget   `json:"targetRef"`
	AutoscalerRef           CanaryTarget   `json:"autoscalerRef"`
	ProgressDeadlineSeconds int32          `json:"progressDeadlineSeconds"`
	RevertOnDeletion        bool           `json:"revertOnDeletion"`
	Suspend                 bool           `json:"suspend"` // the weight stays as it is, and nothing begins
	Service                 CanaryService  `json:"service"`
	Analysis                CanaryAnalysis `json:"analysis"`
}

// CanaryTarget names an object.
type CanaryTarget struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
}

// CanaryService is the Services and the route that Flagger makes.
type CanaryService struct {
	Name          string           `json:"name"`
	Port          int32            `json:"port"`
	PortName      string           `json:"portName"`
	TargetPort    string           `json:"targetPort"`
	AppProtocol   *string          `json:"appProtocol,omitempty"`
	PortDiscovery bool             `json:"portDiscovery"` // all other ports of the container, too
	Hosts         []string         `json:"hosts,omitempty"`
	Gateways      []string         `json:"gateways,omitempty"`    // of Istio
	GatewayRefs   []GatewayRef     `json:"gatewayRefs,omitempty"` // of Gateway API
	Match         []IstioHTTPMatch `json:"match,omitempty"`
	Timeout       string           `json:"timeout,omitempty"`
	Retries       *IstioRetries    `json:"retries,omitempty"`
	Primary       CanaryMetadata   `json:"primary"`
	Canary        CanaryMetadata   `json:"canary"`
}

// CanaryMetadata is labels of one of the Services.
type CanaryMetadata struct {
	Labels map[string]string `json:"labels"`
}

// CanaryAnalysis is the steps: at the end of each interval the metrics are read, and the weight moves on or back.
type CanaryAnalysis struct {
	Interval        string          `json:"interval"`
	Threshold       int32           `json:"threshold"` // failed checks that end the rollout
	StepWeights     []int32         `json:"stepWeights"`
	Metrics         []CanaryMetric  `json:"metrics,omitempty"`
	SessionAffinity *CanaryAffinity `json:"sessionAffinity,omitempty"`
}

// CanaryMetric is a MetricTemplate and the values that pass.
type CanaryMetric struct {
	Name           string            `json:"name"`
	Interval       string            `json:"interval"` // the window of its query
	TemplateRef    CanaryTemplateRef `json:"templateRef"`
	ThresholdRange CanaryRange       `json:"thresholdRange"`
}

// CanaryTemplateRef names a MetricTemplate of the same namespace.
type CanaryTemplateRef struct {
	Name string `json:"name"`
}

// CanaryRange is the values that pass: all up to Max.
type CanaryRange struct {
	Max float64 `json:"max"`
}

// CanaryAffinity is a cookie that keeps a user on the new version.
type CanaryAffinity struct {
	CookieName string `json:"cookieName"`
	MaxAge     int32  `json:"maxAge"` // seconds
}

// MetricTemplate is flagger.app/v1beta1: a query that a Canary's metrics refer to.
type MetricTemplate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              MetricTemplateSpec `json:"spec"`
}

// MetricTemplateSpec is a query and who answers it.
type MetricTemplateSpec struct {
	Provider MetricProvider `json:"provider"`
	Query    string         `json:"query"`
}

// MetricProvider is a server of metrics.
type MetricProvider struct {
	Type    string `json:"type"`
	Address string `json:"address"`
}
