package monitoring

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// Rule tells Prometheus what an app promises, when that is in danger, and what often is behind it.
var Rule = generator.Generator{
	Name: "slo-rule",
	Reasons: generator.Reasons{
		"PrometheusRule spec.groups[].interval":                  "30 s for what pages, two minutes for windows from two hours on: a sample is gone after five",
		"PrometheusRule spec.groups[].rules[].record":            "the names of Sloth, where it has one",
		"PrometheusRule spec.groups[].rules[].alert":             "what is wrong, in the words that routes and silences use",
		"PrometheusRule spec.groups[].rules[].for":               "longer than a scrape that fails, or than a pod takes to come back",
		"PrometheusRule spec.groups[].rules[].keep_firing_for":   "a gap between two scrapes must not end an alert and begin another one",
		"PrometheusRule spec.groups[].rules[].labels.sloth_mode": "who made the rules, where Sloth would say by which of its commands",
		"PrometheusRule spec.groups[].rules[].labels.sloth_spec": "the kind of rules that Sloth's dashboards know",
	},
	Run: func(a app.App) []generator.Object {
		a = steady(a)
		groups := ruleGroups(a)
		if len(groups) == 0 {
			return nil
		}
		meta := kube.Meta(a, a.Name)
		if a.Env.Scrape != nil {
			meta.Labels = kube.Merge(meta.Labels, a.Env.Scrape.MonitorLabels)
		}
		if a.SLO.Measured() {
			meta.Annotations = map[string]string{kube.AnnotationBudgetPolicy: budgetPolicy(a.SLO.Policy)}
		}
		return []generator.Object{&kube.PrometheusRule{
			TypeMeta:   kube.Type("monitoring.coreos.com/v1", "PrometheusRule"),
			ObjectMeta: meta,
			Spec:       kube.PrometheusRuleSpec{Groups: groups},
		}}
	},
	Files: func(a app.App) []generator.File {
		a = steady(a)
		groups := ruleGroups(a)
		if len(groups) == 0 {
			return nil
		}
		return ruleTests(a, groups)
	},
}

// budgetPolicy says in one line what becomes of releases, to whoever reads the cluster; scantling gate holds them back by it.
func budgetPolicy(p app.BudgetPolicy) string {
	if p.Freezes {
		return fmt.Sprintf("freeze at %d %%, canary or blue-green at %d %%", p.FreezePercent, p.CautionPercent)
	}
	return fmt.Sprintf("warn at %d %% and at %d %%", p.FreezePercent, p.CautionPercent)
}

// ruleGroups are all rules of an app but those of its data; nil: nobody evaluates them.
func ruleGroups(a app.App) []kube.RuleGroup {
	if !a.Env.Has("prometheus") {
		return nil
	}
	var groups []kube.RuleGroup
	if a.SLO.Measured() {
		groups = []kube.RuleGroup{shortGroup(a), longGroup(a)}
	}
	if g := causes(a); g != nil {
		groups = append(groups, *g)
	}
	return groups
}

// shortGroup is what pages, and what it builds on.
func shortGroup(a app.App) kube.RuleGroup {
	n := objectsOf(a)
	g := kube.RuleGroup{Name: a.Name + "-slo", Interval: fmt.Sprintf("%ds", slo.ShortSeconds)}
	for _, o := range a.SLO.Objectives {
		g.Rules = append(g.Rules, records(a, o, slo.ShortRecords(a, n, o))...)
		g.Rules = append(g.Rules, info(a, o)...)
		for _, x := range []alarm{budgetBurns(a, o), outage(a, o), missing(a, o)} {
			g.Rules = x.add(g.Rules, a)
		}
	}
	g.Rules = noReadyPods(a, n).add(g.Rules, a)
	return g
}

// longGroup is what the windows from two hours on say.
func longGroup(a app.App) kube.RuleGroup {
	n := objectsOf(a)
	g := kube.RuleGroup{Name: a.Name + "-slo-long", Interval: fmt.Sprintf("%dm", slo.LongSeconds/60)}
	for _, o := range a.SLO.Objectives {
		g.Rules = append(g.Rules, records(a, o, slo.LongRecords(a, o))...)
		for _, x := range []alarm{budgetBurnsSlowly(a, o), uncounted(a, n, o), bucketMissing(a, n, o)} {
			g.Rules = x.add(g.Rules, a)
		}
	}
	return g
}

// records are rules that store series.
func records(a app.App, o app.Objective, rs []slo.Record) []kube.Rule {
	var out []kube.Rule
	for _, r := range rs {
		labels := kube.Merge(slo.Labels(a, o), slothLabels(a, o))
		if r.Window != "" && slothReads(a) {
			labels["sloth_window"] = r.Window
		}
		out = append(out, kube.Rule{Record: r.Name, Expr: r.Expr, Labels: labels})
	}
	return out
}
