// Package rulecheck asks Prometheus' own code whether it would load the rules of a PrometheusRule, and answer what others ask it; and
// itself whether what is asked for is made.
package rulecheck

import (
	"fmt"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// set is what one set of objects makes of a Prometheus' series, and asks it.
type set struct {
	made     map[string][]labels.Labels // of records, by name
	rules    map[string]string          // where each is, by its name and labels
	asked    []question
	findings []manifest.Finding
}

// A question is one that somebody asks Prometheus again and again.
type question struct {
	object, from string // from: the rule, trigger or panel
	alert        bool
	expr         parser.Expr
}

// Judge loads the rules of every PrometheusRule as Prometheus does when it starts, and reads the queries of every ScaledObject and
// dashboard; a set without any is fine.
func Judge(docs []manifest.Document) ([]manifest.Finding, error) {
	s := &set{made: map[string][]labels.Labels{}, rules: map[string]string{}}
	for _, d := range docs {
		switch kind := d.GroupVersionKind(); {
		case kind.Group == "keda.sh" && kind.Kind == "ScaledObject":
			s.triggers(d)
		case kind.Group == "" && kind.Kind == "ConfigMap" && d.GetLabels()[dashboards] != "":
			s.dashboard(d)
		case kind.Group == "monitoring.coreos.com" && kind.Kind == "PrometheusRule":
			if err := s.load(d); err != nil {
				return nil, err
			}
		}
	}
	for _, q := range s.asked {
		s.missing(q)
		s.unreachable(q)
	}
	return s.findings, nil
}

func (s *set) add(rule string, d manifest.Document, format string, args ...any) {
	s.findings = append(s.findings, manifest.Finding{Rule: rule, Object: d.String(), Detail: fmt.Sprintf(format, args...)})
}

// ask takes note of a question, or finds that it is none.
func (s *set) ask(d manifest.Document, from, text string, alert bool) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		s.add("expression", d, "%v", err)
		return
	}
	if kind := expr.Type(); kind != parser.ValueTypeVector && kind != parser.ValueTypeScalar {
		s.add("expression", d, "%s answers with a %s, not with a number", from, kind)
	}
	s.asked = append(s.asked, question{d.String(), from, alert, expr})
}

// load reads the rules of an object, of which all are lost with one. No two may have one name and one set of labels: of records one
// writes over the other, and of alerts the Alertmanager knows but one.
func (s *set) load(d manifest.Document) error {
	text, err := yaml.Marshal(d.Object["spec"])
	if err != nil {
		return err
	}
	all, errs := rulefmt.Parse(text, false, model.UTF8Validation, parser.NewParser(parser.Options{}))
	for _, err := range errs {
		s.add("rules", d, "%v", err)
	}
	if len(errs) > 0 {
		return nil
	}
	for _, g := range all.Groups {
		for _, r := range g.Rules {
			with, name := labels.FromMap(r.Labels), r.Record+r.Alert
			if r.Record != "" {
				s.made[name] = append(s.made[name], with)
			}
			if before, ok := s.rules[name+with.String()]; ok {
				s.add("twice", d, "%s%s is also in %s", name, with, before)
			}
			s.rules[name+with.String()] = d.String()
			s.ask(d, name, r.Expr, r.Alert != "")
		}
	}
	return nil
}

// triggers reads the queries that KEDA would send.
func (s *set) triggers(d manifest.Document) {
	all, _, _ := unstructured.NestedSlice(d.Object, "spec", "triggers")
	for _, t := range all {
		trigger, _ := t.(map[string]any)
		query, ok, _ := unstructured.NestedString(trigger, "metadata", "query")
		if ok && trigger["type"] == "prometheus" {
			s.ask(d, "a trigger", query, false)
		}
	}
}
