package kube

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PodMonitor is monitoring.coreos.com/v1: which pods Prometheus reads metrics from, where no Service of ours leads to them.
type PodMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              PodMonitorSpec `json:"spec"`
}

// PodMonitorSpec selects pods of its own namespace; a pod that exceeds a limit is not read at all.
type PodMonitorSpec struct {
	Selector            metav1.LabelSelector `json:"selector"`
	PodMetricsEndpoints []PodMetricsEndpoint `json:"podMetricsEndpoints"`
	SampleLimit         int64                `json:"sampleLimit"` // series of a pod
	LabelLimit          int64                `json:"labelLimit"`  // labels of a series
}

// PodMetricsEndpoint is the port to read.
type PodMetricsEndpoint struct {
	Port     string `json:"port"` // the container port's name
	Interval string `json:"interval"`
}
