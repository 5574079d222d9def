package rulecheck

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// Alerts returns the alerting rules of every PrometheusRule of a set.
func Alerts(docs []manifest.Document) ([]rulefmt.Rule, error) {
	var alerts []rulefmt.Rule
	for _, d := range docs {
		if kind := d.GroupVersionKind(); kind.Group != "monitoring.coreos.com" || kind.Kind != "PrometheusRule" {
			continue
		}
		text, err := yaml.Marshal(d.Object["spec"])
		if err != nil {
			return nil, err
		}
		groups, errs := rulefmt.Parse(text, false, model.UTF8Validation, parser.NewParser(parser.Options{}))
		if len(errs) > 0 {
			return nil, fmt.Errorf("%s: %w", d, errs[0])
		}
		for _, g := range groups.Groups {
			alerts = append(alerts, slices.DeleteFunc(slices.Clone(g.Rules), func(r rulefmt.Rule) bool { return r.Alert == "" })...)
		}
	}
	return alerts, nil
}

// Firing evaluates an alert as Prometheus does, each minute, and returns the labels that it fires with at a time: those whose
// expression has held for as long as the rule waits. The rule's own labels are left out.
func (k Known) Firing(alert rulefmt.Rule, at time.Time) ([]string, error) {
	engine := promql.NewEngine(promql.EngineOpts{Logger: slog.New(slog.DiscardHandler), MaxSamples: 1_000_000, Timeout: time.Minute, Parser: parser.NewParser(parser.Options{})})
	defer engine.Close()
	var holding []string
	for wait := time.Duration(alert.For); ; wait -= time.Minute {
		wait = max(wait, 0)
		now, err := k.holds(engine, alert.Expr, at.Add(-wait))
		if err != nil {
			return nil, err
		}
		if wait == time.Duration(alert.For) {
			holding = now
		}
		holding = slices.DeleteFunc(holding, func(l string) bool { return !slices.Contains(now, l) })
		if wait == 0 {
			return holding, nil
		}
	}
}

// holds returns the labels of what an expression answers.
func (k Known) holds(engine *promql.Engine, expression string, at time.Time) ([]string, error) {
	query, err := engine.NewInstantQuery(context.Background(), k, nil, expression, at)
	if err != nil {
		return nil, err
	}
	defer query.Close()
	answer, err := query.Exec(context.Background()).Vector()
	if err != nil {
		return nil, err
	}
	var all []string
	for _, s := range answer {
		all = append(all, s.Metric.DropReserved(func(name string) bool { return name == model.MetricNameLabel }).String())
	}
	return all, nil
}
