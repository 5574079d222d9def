package kube

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ScaledObject is keda.sh/v1alpha1: KEDA makes a HorizontalPodAutoscaler from it and feeds that with the triggers' numbers.
type ScaledObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              ScaledObjectSpec `json:"spec"`
}

// ScaledObjectSpec says what is scaled, between which numbers, and by what.
type ScaledObjectSpec struct {
	ScaleTargetRef  ScaleTarget    `json:"scaleTargetRef"`
	PollingInterval int32          `json:"pollingInterval"` // seconds
	CooldownPeriod  int32          `json:"cooldownPeriod"`  // seconds without work before the last pod goes
	MinReplicaCount int32          `json:"minReplicaCount"`
	MaxReplicaCount int32          `json:"maxReplicaCount"`
	Fallback        *ScaleFallback `json:"fallback,omitempty"`
	Advanced        ScaleAdvanced  `json:"advanced"`
	Triggers        []ScaleTrigger `json:"triggers"`
}

// ScaleTarget names a workload.
type ScaleTarget struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
}

// ScaleFallback is what happens after FailureThreshold polls in a row without an answer.
type ScaleFallback struct {
	FailureThreshold int32  `json:"failureThreshold"`
	Replicas         int32  `json:"replicas"`
	Behavior         string `json:"behavior"`
}

// ScaleAdvanced shapes the HorizontalPodAutoscaler.
type ScaleAdvanced struct {
	HorizontalPodAutoscalerConfig ScaleHPA `json:"horizontalPodAutoscalerConfig"`
}

// ScaleHPA is how fast the HorizontalPodAutoscaler follows.
type ScaleHPA struct {
	Behavior *autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior"`
}

// ScaleTrigger is one measure of load; the keys of Metadata are those of its Type, the values are always strings.
type ScaleTrigger struct {
	Type              string                         `json:"type"`
	MetricType        autoscalingv2.MetricTargetType `json:"metricType"`
	Metadata          map[string]string              `json:"metadata"`
	AuthenticationRef *ScaleAuthenticationRef        `json:"authenticationRef,omitempty"`
}

// ScaleAuthenticationRef names a TriggerAuthentication.
type ScaleAuthenticationRef struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// TriggerAuthentication is keda.sh/v1alpha1: the credentials with which KEDA asks a broker.
type TriggerAuthentication struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              TriggerAuthenticationSpec `json:"spec"`
}

// TriggerAuthenticationSpec takes parameters from Secrets.
type TriggerAuthenticationSpec struct {
	SecretTargetRef []TriggerSecretRef `json:"secretTargetRef"`
}

// TriggerSecretRef is one parameter and the key of the Secret that holds it.
type TriggerSecretRef struct {
	Parameter string `json:"parameter"`
	Name      string `json:"name"`
	Key       string `json:"key"`
}
