package monitoring

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// causes are the rules about what often is behind a broken objective; nil: none. Nobody is woken for a cause: it may break nothing.
// Where what measures is not scraped, they are silent.
func causes(a app.App) *kube.RuleGroup {
	var found []cause
	for _, look := range []func(app.App) []cause{
		autoscalerAtMaximum, disruptionBudgetExhausted, podCrashLooping, rolloutStuck, cpuThrottled, secretNotSynced, targetDown, certificateExpires,
	} {
		found = append(found, look(a)...)
	}
	if len(found) == 0 {
		return nil
	}
	group := kube.RuleGroup{Name: a.Name + "-causes", Interval: "1m"}
	for _, c := range found {
		group.Rules = append(group.Rules, c.rule(ownerOf(a)))
	}
	return &group
}

// cause is a condition, and what is said of it.
type cause struct {
	name    string
	expr    string
	wait    string // how long it holds before anybody hears of it
	summary string
	advice  string // what it means, and what to do
}

// owner is whom an alert reaches, and where they look.
type owner struct {
	labels    map[string]string
	runbooks  string // the team's page; empty: not stated
	dashboard string // empty: there is none
}

func ownerOf(a app.App) owner {
	return owner{
		labels:    map[string]string{"namespace": a.Namespace, "service": a.Name, "owner": a.Team, "tier": string(a.Tier)},
		runbooks:  a.Runbooks,
		dashboard: kube.DashboardURL(a),
	}
}

// rule returns a cause as Prometheus reads it. The text has no templates: who delivers it may have ones of the same look.
func (c cause) rule(o owner) kube.Rule {
	annotations := map[string]string{"summary": c.summary, "description": c.advice, "runbook_url": headingOf(o.runbooks, c.name)}
	if o.dashboard != "" {
		annotations["dashboard_url"] = o.dashboard
	}
	return kube.Rule{
		Alert:         c.name,
		Expr:          c.expr,
		For:           c.wait,
		KeepFiringFor: "5m", // a gap between two scrapes must not end an alert and begin another one
		Labels:        kube.Merge(o.labels, map[string]string{"severity": "ticket"}),
		Annotations:   annotations,
	}
}

// headingOf is the team's page, at the heading of the alert; without one, what this project says of it.
func headingOf(runbooks, alert string) string {
	heading := "#" + strings.ToLower(alert)
	switch {
	case runbooks == "":
		return "https://github.com/scantling/scantling/blob/main/docs/slo.md" + heading
	case strings.Contains(runbooks, "#"):
		return runbooks
	}
	return runbooks + heading
}

// series selects what is measured about objects of a namespace.
type series struct {
	namespace string
	matchers  []string
}

func seriesOf(a app.App, matchers ...string) series { return series{a.Namespace, matchers} }

// of selects the series of a metric with these labels, as kube-state-metrics and the kubelet have them.
func (s series) of(metric string, more ...string) string {
	return metric + "{" + strings.Join(slices.Concat([]string{kube.Matcher("namespace", s.namespace)}, s.matchers, more), ",") + "}"
}

// told selects the series that an operator has of objects, by their name. Their namespace is called exported_namespace, unless whoever
// scrapes the operator honours its labels; then the operator's own namespace is nowhere.
func (s series) told(metric string, more ...string) string {
	matchers := strings.Join(slices.Concat(s.matchers, more), ",")
	return fmt.Sprintf("%s{%s,%s} or %s{%s,exported_namespace=\"\",%s}",
		metric, kube.Matcher("exported_namespace", s.namespace), matchers, metric, kube.Matcher("namespace", s.namespace), matchers)
}

// most is the largest value for each object: where two instances measure, either may answer.
func most(label, selected string) string {
	return fmt.Sprintf("max by (namespace, %s) (%s)", label, selected)
}
