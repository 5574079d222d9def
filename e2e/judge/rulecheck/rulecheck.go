// Package rulecheck asks Prometheus' own code whether it would load the rules of a PrometheusRule.
package rulecheck

import (
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// Judge loads the rules of every PrometheusRule as Prometheus does when it starts; a set without any is fine.
func Judge(docs []manifest.Document) ([]manifest.Finding, error) {
	var findings []manifest.Finding
	for _, d := range docs {
		if kind := d.GroupVersionKind(); kind.Group != "monitoring.coreos.com" || kind.Kind != "PrometheusRule" {
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
