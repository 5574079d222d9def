package kube

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// VerticalPodAutoscaler is autoscaling.k8s.io/v1: what a workload's containers should request.
type VerticalPodAutoscaler struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              VerticalPodAutoscalerSpec `json:"spec"`
}

// VerticalPodAutoscalerSpec says what is measured, and what happens with the result.
type VerticalPodAutoscalerSpec struct {
	TargetRef      VPATarget         `json:"targetRef"`
	UpdatePolicy   VPAUpdatePolicy   `json:"updatePolicy"`
	ResourcePolicy VPAResourcePolicy `json:"resourcePolicy"`
}

// VPATarget names a workload.
type VPATarget struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
}

// VPAUpdatePolicy says whether pods are changed.
type VPAUpdatePolicy struct {
	UpdateMode string `json:"updateMode"`
}

// VPAResourcePolicy holds the bounds of each container.
type VPAResourcePolicy struct {
	ContainerPolicies []VPAContainerPolicy `json:"containerPolicies"`
}

// VPAContainerPolicy is between which bounds a container's recommendation lies.
type VPAContainerPolicy struct {
	ContainerName       string                `json:"containerName"`
	ControlledResources []corev1.ResourceName `json:"controlledResources"`
	MinAllowed          corev1.ResourceList   `json:"minAllowed,omitempty"`
	MaxAllowed          corev1.ResourceList   `json:"maxAllowed,omitempty"`
}
