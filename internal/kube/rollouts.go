package kube

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Rollout is argoproj.io/v1alpha1: what a Deployment is, and a canary that Argo Rollouts moves step by step.
type Rollout struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              RolloutSpec `json:"spec"`
}

// RolloutSpec says what runs. Without Replicas an autoscaler sets the number.
type RolloutSpec struct {
	Replicas                *int32                 `json:"replicas,omitempty"`
	RevisionHistoryLimit    *int32                 `json:"revisionHistoryLimit,omitempty"`
	MinReadySeconds         int32                  `json:"minReadySeconds,omitempty"`
	ProgressDeadlineSeconds *int32                 `json:"progressDeadlineSeconds,omitempty"`
	ProgressDeadlineAbort   bool                   `json:"progressDeadlineAbort"`
	Selector                *metav1.LabelSelector  `json:"selector"`
	Strategy                RolloutStrategy        `json:"strategy"`
	Template                corev1.PodTemplateSpec `json:"template"`
}

// RolloutStrategy is how a new version comes in.
type RolloutStrategy struct {
	Canary RolloutCanary `json:"canary"`
}

// RolloutCanary is the way of a new version. The two delays and MinPodsPerReplicaSet are only for TrafficRouting.
type RolloutCanary struct {
	MaxSurge                   *intstr.IntOrString    `json:"maxSurge,omitempty"`
	MaxUnavailable             *intstr.IntOrString    `json:"maxUnavailable,omitempty"`
	Steps                      []RolloutStep          `json:"steps,omitempty"`
	Analysis                   *RolloutAnalysis       `json:"analysis,omitempty"`
	TrafficRouting             *RolloutTrafficRouting `json:"trafficRouting,omitempty"` // nil: the share of the pods is the share of the traffic
	ScaleDownDelaySeconds      *int32                 `json:"scaleDownDelaySeconds,omitempty"`
	AbortScaleDownDelaySeconds *int32                 `json:"abortScaleDownDelaySeconds,omitempty"`
	MinPodsPerReplicaSet       *int32                 `json:"minPodsPerReplicaSet,omitempty"`
}

// RolloutStep is one step: exactly one of its fields is set.
type RolloutStep struct {
	SetWeight      *int32          `json:"setWeight,omitempty"`
	Pause          *RolloutPause   `json:"pause,omitempty"`
	SetHeaderRoute *SetHeaderRoute `json:"setHeaderRoute,omitempty"`
}

// RolloutPause waits for a time; an empty Duration, until somebody says to go on.
type RolloutPause struct {
	Duration string `json:"duration,omitempty"`
}

// SetHeaderRoute sends the requests that match to the new version; Name is one of ManagedRoutes.
type SetHeaderRoute struct {
	Name  string               `json:"name"`
	Match []RolloutHeaderMatch `json:"match"`
}

// RolloutHeaderMatch is a condition on one header.
type RolloutHeaderMatch struct {
	HeaderName  string           `json:"headerName"`
	HeaderValue IstioStringMatch `json:"headerValue"`
}

// RolloutAnalysis judges the new version from StartingStep to the end.
type RolloutAnalysis struct {
	Templates    []AnalysisTemplateRef `json:"templates"`
	Args         []AnalysisArgument    `json:"args"`
	StartingStep int32                 `json:"startingStep"`
}

// AnalysisTemplateRef names an AnalysisTemplate.
type AnalysisTemplateRef struct {
	TemplateName string `json:"templateName"`
}

// AnalysisArgument is a value that an AnalysisTemplate asks for.
type AnalysisArgument struct {
	Name      string          `json:"name"`
	ValueFrom AnalysisValueOf `json:"valueFrom"`
}

// AnalysisValueOf takes the hash that tells the pods of a version: Latest or Stable.
type AnalysisValueOf struct {
	PodTemplateHashValue string `json:"podTemplateHashValue"`
}

// RolloutTrafficRouting names what obeys the weights, and the routes that come and go with a release, in the order in which they count.
type RolloutTrafficRouting struct {
	Istio         RolloutIstio   `json:"istio"`
	ManagedRoutes []ManagedRoute `json:"managedRoutes,omitempty"`
}

// ManagedRoute is a route that Argo Rollouts puts before those of a VirtualService, and removes at the end.
type ManagedRoute struct {
	Name string `json:"name"`
}

// RolloutIstio names the objects that Argo Rollouts changes: the weights of the one, the labels in the other.
type RolloutIstio struct {
	VirtualService  RolloutVirtualService  `json:"virtualService"`
	DestinationRule RolloutDestinationRule `json:"destinationRule"`
}

// RolloutVirtualService names a VirtualService and its routes with weights.
type RolloutVirtualService struct {
	Name      string            `json:"name"`
	Routes    []string          `json:"routes,omitempty"`
	TCPRoutes []RolloutTCPRoute `json:"tcpRoutes,omitempty"`
}

// RolloutTCPRoute is the route of one port.
type RolloutTCPRoute struct {
	Port int32 `json:"port"`
}

// RolloutDestinationRule names a DestinationRule and its subsets.
type RolloutDestinationRule struct {
	Name             string `json:"name"`
	StableSubsetName string `json:"stableSubsetName"`
	CanarySubsetName string `json:"canarySubsetName"`
}
