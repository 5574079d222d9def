// Package recovery makes what keeps data restorable beside the Jobs of an app, and says when it does not.
package recovery

import (
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// The severities: somebody is woken, or somebody looks at it on the next day.
const (
	page   = "page"
	ticket = "ticket"
)

// Rule tells Prometheus when the objectives of an app's data are broken, and when nobody would know.
var Rule = generator.Generator{
	Name: "recovery-rule",
	Reasons: generator.Reasons{
		"PrometheusRule spec.groups[].rules[].alert":           "what is wrong, in the words that routes and silences use",
		"PrometheusRule spec.groups[].rules[].for":             "longer than a scrape that fails, or what is measured by is restarted",
		"PrometheusRule spec.groups[].rules[].keep_firing_for": "a gap between two scrapes must not end an alert and begin another one",
	},
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, r := range a.Recovery {
			if rules := alerts(a, r); len(rules) > 0 {
				out = append(out, ruleObject(a, r, rules))
			}
		}
		return out
	},
	Files: ruleFiles,
}

// alerts are those about one store of data; nil: they are beside the app whose backup it is, or nobody evaluates them.
func alerts(a app.App, r app.Recovery) []kube.Rule {
	if r.SharedWith != "" || !a.Env.Has("prometheus") {
		return nil
	}
	return slices.Concat(backupAlerts(a, r), drillAlerts(a, r))
}

func ruleObject(a app.App, r app.Recovery, rules []kube.Rule) *kube.PrometheusRule {
	name := kube.Name(a.Name, r.Name, kube.ComponentBackup)
	meta := kube.JobMeta(a, app.Job{Name: name, Component: kube.ComponentBackup}, name)
	if a.Env.Scrape != nil {
		meta.Labels = kube.Merge(meta.Labels, a.Env.Scrape.MonitorLabels)
	}
	return &kube.PrometheusRule{
		TypeMeta:   kube.Type("monitoring.coreos.com/v1", "PrometheusRule"),
		ObjectMeta: meta,
		Spec:       kube.PrometheusRuleSpec{Groups: []kube.RuleGroup{{Name: name, Rules: rules}}},
	}
}

// backupAlerts are about the loss: how old is what could be restored now.
func backupAlerts(a app.App, r app.Recovery) []kube.Rule {
	switch r.Method {
	case app.ByDump, app.BySnapshot:
		return cronJobAlerts(a, r)
	case app.ByVelero:
		return veleroAlerts(a, r)
	case app.ByArchive, app.ByReplica:
		return archiveAlerts(a, r)
	}
	return nil
}

// alert is what is said of a condition.
type alert struct {
	name     string
	severity string
	expr     string
	wait     string // how long the condition holds before anybody hears of it
	summary  string
	advice   string // what it means, and what to do
}

// said returns alerts as rules.
func said(a app.App, r app.Recovery, alerts ...alert) []kube.Rule {
	var rules []kube.Rule
	for _, x := range alerts {
		rules = append(rules, x.rule(a, r))
	}
	return rules
}

// rule returns an alert as Prometheus reads it. The text has no templates: who delivers it may have ones of the same look.
func (x alert) rule(a app.App, r app.Recovery) kube.Rule {
	annotations := map[string]string{
		"summary":     x.summary,
		"description": x.advice,
		"runbook_url": kube.Runbook(a.Runbooks, "recovery.md", x.name),
	}
	if url := kube.DashboardURL(a); url != "" {
		annotations["dashboard_url"] = url
	}
	return kube.Rule{
		Alert:         x.name,
		Expr:          x.expr,
		For:           x.wait,
		KeepFiringFor: "15m",
		Labels: map[string]string{
			"severity":  x.severity,
			"namespace": a.Namespace,
			"service":   a.Name,
			"data":      r.Name, // two stores of one app are two alerts
			"owner":     a.Team,
			"tier":      string(r.Tier),
		},
		Annotations: annotations,
	}
}

// urgency is how loud the loss of a backup is. Nobody is woken for data that may wait.
func urgency(r app.Recovery) string {
	if r.Tier == app.BestEffort {
		return ticket
	}
	return page
}
