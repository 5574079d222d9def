package inventory

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// Service is a Service, or one that an operator will make.
type Service struct {
	*Object
	Spec corev1.ServiceSpec
}

// Budget is a PodDisruptionBudget.
type Budget struct {
	*Object
	Spec policyv1.PodDisruptionBudgetSpec
}

// Autoscaler is a HorizontalPodAutoscaler or a ScaledObject.
type Autoscaler struct {
	*Object
	Ref      Ref
	Target   *Workload // nil: not in the set
	Min, Max int32     // in force: what is not stated has the default of its kind
	Metrics  []autoscalingv2.MetricSpec
	KEDA     bool // a ScaledObject; its triggers are in Fields
}

// Ref names an object in the namespace of who refers to it.
type Ref struct{ Group, Kind, Name string }

// Policy is a NetworkPolicy. PolicyTypes are those in force.
type Policy struct {
	*Object
	Spec networkingv1.NetworkPolicySpec
}

// Ingress is an Ingress.
type Ingress struct {
	*Object
	Spec networkingv1.IngressSpec
}

// Account is a ServiceAccount.
type Account struct {
	*Object
	Automount   *bool
	PullSecrets []string
}

// Role is a Role or a ClusterRole.
type Role struct {
	*Object
	Rules      []rbacv1.PolicyRule
	Aggregated bool // its rules are those of other roles
}

// Binding is a RoleBinding or a ClusterRoleBinding.
type Binding struct {
	*Object
	Role     rbacv1.RoleRef
	Subjects []rbacv1.Subject
}

// Quota is a ResourceQuota.
type Quota struct {
	*Object
	Spec corev1.ResourceQuotaSpec
}

// LimitRange is a LimitRange.
type LimitRange struct {
	*Object
	Limits []corev1.LimitRangeItem
}

// Keys is a ConfigMap or a Secret, or what becomes one.
type Keys struct {
	*Object                   // of a Secret that will be made: its own identity, with MadeBy
	Keys    []string          // sorted
	Open    bool              // there may be more than Keys: who makes it decides that in the cluster
	Literal bool              // a Secret that lies open in the manifests
	Fixed   bool              // immutable
	Type    string            // of a Secret
	Values  map[string]string // of a ConfigMap, but for values of over 64 KiB; nil for Secrets
}

// Claim is a PersistentVolumeClaim. Those that a StatefulSet makes of its templates are in Workload.Claims.
type Claim struct {
	*Object
	Spec corev1.PersistentVolumeClaimSpec
}

// StorageClass is a StorageClass.
type StorageClass struct {
	*Object
	Provisioner string
	Reclaim     corev1.PersistentVolumeReclaimPolicy
	Binding     storagev1.VolumeBindingMode
}

// Rules is a PrometheusRule.
type Rules struct {
	*Object
	Groups []RuleGroup
}

// RuleGroup is rules that are evaluated together.
type RuleGroup struct {
	Name     string `json:"name"`
	Interval string `json:"interval"` // empty: Prometheus' own
	Rules    []Rule `json:"rules"`
}

// Rule is one rule: a record or an alert.
type Rule struct {
	Record        string            `json:"record"`
	Alert         string            `json:"alert"`
	Expr          any               `json:"expr"` // a string, or a number as the CRD allows
	For           string            `json:"for"`
	KeepFiringFor string            `json:"keep_firing_for"`
	Labels        map[string]string `json:"labels"`
	Annotations   map[string]string `json:"annotations"`
}
