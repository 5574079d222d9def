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
