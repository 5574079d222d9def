package kube

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ServiceMonitor is monitoring.coreos.com/v1: which Services Prometheus reads metrics from.
type ServiceMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              ServiceMonitorSpec `json:"spec"`
}

// ServiceMonitorSpec selects Services of its own namespace; a pod that exceeds a limit is not read at all.
type ServiceMonitorSpec struct {
	Selector        metav1.LabelSelector `json:"selector"`
	PodTargetLabels []string             `json:"podTargetLabels,omitempty"` // labels of a pod that its series bear
	Endpoints       []MonitorEndpoint    `json:"endpoints"`
	SampleLimit     int64                `json:"sampleLimit"` // series of a pod
	LabelLimit      int64                `json:"labelLimit"`  // labels of a series
}

// MonitorEndpoint is the port and path to read.
type MonitorEndpoint struct {
	Port     string `json:"port"` // the Service port's name
	Path     string `json:"path"`
	Interval string `json:"interval"`
}

// PrometheusRule is monitoring.coreos.com/v1: expressions that Prometheus evaluates all the time.
type PrometheusRule struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              PrometheusRuleSpec `json:"spec"`
}

// PrometheusRuleSpec holds groups, each of which is evaluated in its order.
type PrometheusRuleSpec struct {
	Groups []RuleGroup `json:"groups"`
}

// RuleGroup is rules that are evaluated together; its name is unique in its object.
type RuleGroup struct {
	Name  string      `json:"name"`
	Rules []AlertRule `json:"rules"`
}

// AlertRule fires while its expression has a result.
type AlertRule struct {
	Alert         string            `json:"alert"`
	Expr          string            `json:"expr"`
	For           string            `json:"for,omitempty"`             // how long there must have been a result, as "5m"
	KeepFiringFor string            `json:"keep_firing_for,omitempty"` // how long it fires on without one
	Labels        map[string]string `json:"labels"`
	Annotations   map[string]string `json:"annotations"`
}
