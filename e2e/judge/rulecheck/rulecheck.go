// Package rulecheck asks Prometheus' own code whether it would load the rules of a PrometheusRule, and answer what others ask it.
package rulecheck

import (
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// Judge loads the rules of every PrometheusRule as Prometheus does when it starts, and reads the queries of every ScaledObject; a set
// without any is fine.
func Judge(docs []manifest.Document) ([]manifest.Finding, error) {
	var findings []manifest.Finding
	for _, d := range docs {
		switch kind := d.GroupVersionKind(); {
		case kind.Group == "keda.sh" && kind.Kind == "ScaledObject":
			findings = append(findings, triggers(d)...)
			continue
		case kind.Group != "monitoring.coreos.com" || kind.Kind != "PrometheusRule":
			continue
		}
		rules, err := yaml.Marshal(d.Object["spec"])
		if err != nil {
			return nil, err
		}
		_, errs := rulefmt.Parse(rules, false, model.UTF8Validation, parser.NewParser(parser.Options{}))
		for _, err := range errs {
			findings = append(findings, manifest.Finding{Rule: "rules", Object: d.String(), Detail: err.Error()})
		}
	}
	return findings, nil
}

// triggers reads the queries that KEDA would send.
func triggers(d manifest.Document) (findings []manifest.Finding) {
	all, _, _ := unstructured.NestedSlice(d.Object, "spec", "triggers")
	for _, t := range all {
		trigger, _ := t.(map[string]any)
		query, ok, _ := unstructured.NestedString(trigger, "metadata", "query")
		if !ok || trigger["type"] != "prometheus" {
			continue
		}
		if _, err := parser.NewParser(parser.Options{}).ParseExpr(query); err != nil {
			findings = append(findings, manifest.Finding{Rule: "expression", Object: d.String(), Detail: err.Error()})
		}
	}
	return findings
}
