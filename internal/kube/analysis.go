package kube

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AnalysisTemplate is argoproj.io/v1alpha1: what Argo Rollouts measures while a new version gets requests.
type AnalysisTemplate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              AnalysisTemplateSpec `json:"spec"`
}

// AnalysisTemplateSpec is metrics over arguments, which the Rollout gives.
type AnalysisTemplateSpec struct {
	Args    []AnalysisArg    `json:"args"`
	Metrics []AnalysisMetric `json:"metrics"`
}

// AnalysisArg is one argument: {{args.NAME}} in a query stands for its value.
type AnalysisArg struct {
	Name string `json:"name"`
}

// AnalysisMetric is one thing that is measured until the rollout ends. A measurement of which neither condition holds is
// inconclusive.
type AnalysisMetric struct {
	Name              string           `json:"name"`
	InitialDelay      string           `json:"initialDelay"`
	Interval          string           `json:"interval"`
	SuccessCondition  string           `json:"successCondition"`
	FailureCondition  string           `json:"failureCondition"`
	FailureLimit      int32            `json:"failureLimit"`
	InconclusiveLimit int32            `json:"inconclusiveLimit"`
	Provider          AnalysisProvider `json:"provider"`
}

// AnalysisProvider is who answers.
type AnalysisProvider struct {
	Prometheus AnalysisPrometheus `json:"prometheus"`
}

// AnalysisPrometheus is a query of a Prometheus.
type AnalysisPrometheus struct {
	Address string `json:"address"`
	Query   string `json:"query"`
}
