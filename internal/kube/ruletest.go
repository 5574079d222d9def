package kube

import "strings"

// RuleTests is a file of unit tests of rules, as "promtool test rules" reads it.
type RuleTests struct {
	RuleFiles          []string   `json:"rule_files"` // beside the file
	EvaluationInterval string     `json:"evaluation_interval"`
	GroupEvalOrder     []string   `json:"group_eval_order,omitempty"` // groups by name; a group that reads another's records stands behind it
	Tests              []RuleTest `json:"tests"`
}

// Heading says at the top of a file what it is, and how it is run.
func (t RuleTests) Heading(file string) string {
	return "# Tests of " + strings.Join(t.RuleFiles, ", ") + ". Each says what is measured (input_series), which alerts fire when (alert_rule_test), and what is\n" +
		"# recorded (promql_expr_test). Written by scantling generate --with-tests. In this folder:\n" +
		"#   promtool test rules " + file + "\n"
}

// RuleTest is one story: what is measured, and who hears of it when.
type RuleTest struct {
	Name           string           `json:"name"`
	Interval       string           `json:"interval"` // between two samples of the input
	InputSeries    []InputSeries    `json:"input_series,omitempty"`
	AlertRuleTest  []AlertRuleTest  `json:"alert_rule_test,omitempty"`
	PromQLExprTest []PromQLExprTest `json:"promql_expr_test,omitempty"`
	StartTimestamp string           `json:"start_timestamp,omitempty"`
}

// InputSeries is a series and its samples in promtool's notation: "0+60x120" is 121 samples that rise by 60.
type InputSeries struct {
	Series string `json:"series"`
	Values string `json:"values"`
}

// AlertRuleTest says which alerts of one name fire at a time; none: it is silent.
type AlertRuleTest struct {
	EvalTime  string     `json:"eval_time"`
	Alertname string     `json:"alertname"`
	ExpAlerts []ExpAlert `json:"exp_alerts,omitempty"`
}

// ExpAlert is one alert that fires, without its name.
type ExpAlert struct {
	ExpLabels      map[string]string `json:"exp_labels"`
	ExpAnnotations map[string]string `json:"exp_annotations,omitempty"`
}

// PromQLExprTest says what an expression returns at a time; none: nothing.
type PromQLExprTest struct {
	Expr       string      `json:"expr"`
	EvalTime   string      `json:"eval_time"`
	ExpSamples []ExpSample `json:"exp_samples,omitempty"`
}

// ExpSample is one series and its value.
type ExpSample struct {
	Labels string  `json:"labels"`
	Value  float64 `json:"value"`
}
