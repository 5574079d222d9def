package kube

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AnnotationBudgetPolicy is on the rules of an app: what becomes of its releases when little is left of its error budget.
const AnnotationBudgetPolicy = "scantling.dev/error-budget-policy"

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

// RuleGroup is rules that are evaluated one after another; its name is unique in its object, and in the file that it is written to.
type RuleGroup struct {
	Name     string `json:"name"`
	Interval string `json:"interval,omitempty"` // between two evaluations, as "30s"; empty: Prometheus' own
	Rules    []Rule `json:"rules"`
}

// Rule is one expression: with Record its result is stored as a series of that name, with Alert it fires while it has a result.
type Rule struct {
	Record        string            `json:"record,omitempty"`
	Alert         string            `json:"alert,omitempty"`
	Expr          string            `json:"expr"`
	For           string            `json:"for,omitempty"`             // how long there must have been a result, as "5m"
	KeepFiringFor string            `json:"keep_firing_for,omitempty"` // how long it fires on without one
	Labels        map[string]string `json:"labels,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

// RuleFile is a file of rules as Prometheus and promtool read it, without an operator.
type RuleFile struct {
	Groups []RuleGroup `json:"groups"`
}

// Probe is monitoring.coreos.com/v1: what a prober asks for, and what Prometheus reads its answers from.
type Probe struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              ProbeSpec `json:"spec"`
}

// ProbeSpec asks static targets through one prober.
type ProbeSpec struct {
	JobName       string       `json:"jobName"`
	Prober        Prober       `json:"prober"`
	Module        string       `json:"module"` // of the prober's configuration
	Targets       ProbeTargets `json:"targets"`
	Interval      string       `json:"interval"`
	ScrapeTimeout string       `json:"scrapeTimeout"`
}

// Prober is the address of a prober, without a scheme, and where it is asked.
type Prober struct {
	URL  string `json:"url"`
	Path string `json:"path"`
}

// ProbeTargets are what is asked.
type ProbeTargets struct {
	StaticConfig ProbeStaticConfig `json:"staticConfig"`
}

// ProbeStaticConfig is a list of addresses, and labels that their series bear.
type ProbeStaticConfig struct {
	Static []string          `json:"static"`
	Labels map[string]string `json:"labels,omitempty"`
}
