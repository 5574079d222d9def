package monitoring

import (
	"cmp"
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// NamespaceRule tells Prometheus when a namespace has no room for more pods.
var NamespaceRule = generator.Generator{
	Name: "namespace-rule",
	Reasons: generator.Reasons{
		"PrometheusRule spec.groups[].interval":                        "a quota fills up over minutes",
		"PrometheusRule spec.groups[].rules[].alert":                   "what is wrong, in the words that routes and silences use",
		"PrometheusRule spec.groups[].rules[].for":                     "1 h: longer than a new version takes to come in, which holds pods of two versions",
		"PrometheusRule spec.groups[].rules[].keep_firing_for":         "a gap between two scrapes must not end an alert and begin another one",
		"PrometheusRule spec.groups[].rules[].labels.severity":         "nobody is woken: what runs goes on",
		"PrometheusRule spec.groups[].rules[].labels.tier":             "a namespace has none: the one in the middle, for routes that look at it",
		"PrometheusRule spec.groups[].rules[].annotations.runbook_url": "no team's page is stated for a namespace: this project's own",
	},
	RunNamespace: func(ns app.Namespace) []generator.Object {
		group := namespaceGroup(ns)
		if group == nil {
			return nil
		}
		meta := kube.NamespaceMeta(ns, namespaceName)
		if ns.Env.Scrape != nil {
			meta.Labels = kube.Merge(meta.Labels, ns.Env.Scrape.MonitorLabels)
		}
		return []generator.Object{&kube.PrometheusRule{
			TypeMeta:   kube.Type("monitoring.coreos.com/v1", "PrometheusRule"),
			ObjectMeta: meta,
			Spec:       kube.PrometheusRuleSpec{Groups: []kube.RuleGroup{*group}},
		}}
	},
	NamespaceFiles: func(ns app.Namespace) []generator.File {
		group := namespaceGroup(ns)
		if group == nil {
			return nil
		}
		return []generator.File{{Tree: kube.RuleTree, Name: namespaceName + ".test.yaml", Content: kube.RuleTests{
			RuleFiles: []string{namespaceName + kube.RuleFileEnding}, EvaluationInterval: "1m", Tests: quotaStories(ns, group.Rules[0]),
		}}}
	},
}

// namespaceName is what belongs to a namespace as a whole is called; no app has this name.
const namespaceName = "namespace"

// namespaceGroup is about the resources of which more is used only when something goes wrong: what the apps themselves fill at their
// most is no alarm.
func namespaceGroup(ns app.Namespace) *kube.RuleGroup {
	resources := roomy(ns)
	if len(resources) == 0 || !ns.Env.Has("prometheus") {
		return nil
	}
	of := func(kind string) string {
		return most("resource", "kube_resourcequota{"+kube.Matcher("namespace", ns.Name)+`,resourcequota="quota",`+kube.Matcher("resource", resources...)+`,type="`+kind+`"}`)
	}
	return &kube.RuleGroup{Name: ns.Name + "-causes", Interval: "1m", Rules: []kube.Rule{{
		Alert:         "QuotaAlmostFull",
		Expr:          of("used") + "\n/ " + of("hard") + " > 0.9",
		For:           anHour,
		KeepFiringFor: "5m",
		Labels: map[string]string{
			"severity": ticket, "namespace": ns.Name, "service": ns.Name, "owner": cmp.Or(ns.Team, ns.Name), "tier": string(app.Standard),
		},
		Annotations: map[string]string{
			"summary": "the pods of namespace " + ns.Name + " use more than 90 % of its quota",
			"description": "Its apps alone do not need so much: something else runs there, or a new version does not come in. When it is full, no pod starts any more, and no app can grow. " +
				"Who uses it" + kube.Commands(kube.Kubectl(ns.Name, "describe quota quota"), kube.Kubectl(ns.Name, "get pods --show-labels")),
			"runbook_url": kube.Runbook(ns.Runbooks, "slo.md", "QuotaAlmostFull"),
		},
	}}}
}

// roomy are the resources of a quota, by their names there, of which the apps hold less than nine tenths at their most.
func roomy(ns app.Namespace) []string {
	var out []string
	for _, r := range []struct {
		name       string
		most, hard int64
	}{
		{"limits.memory", ns.Most.MemoryLimitBytes, ns.Quota.MemoryLimitBytes},
		{"pods", ns.Most.Pods, ns.Quota.Pods},
		{"requests.cpu", ns.Most.CPUMilli, ns.Quota.CPUMilli},
		{"requests.memory", ns.Most.MemoryBytes, ns.Quota.MemoryBytes},
	} {
		if r.most*10 < r.hard*9 {
			out = append(out, r.name)
		}
	}
	return out
}

// quotaStories are a quota that is used up for a while, and one of which there is just enough.
func quotaStories(ns app.Namespace, r kube.Rule) []kube.RuleTest {
	const (
		limit   = 200 // of which 180 are 90 %
		used    = 70  // the minute from which less is used; it is longer than the alert waits
		minutes = 90
	)
	resource := roomy(ns)[0]
	series := func(kind string) string {
		return fmt.Sprintf("kube_resourcequota{namespace=%q,resourcequota=\"quota\",resource=%q,type=%q,instance=\"a\"}", ns.Name, resource, kind)
	}
	full := kube.RuleTest{Name: "the quota is nearly used up for a while", Interval: "1m"}
	full.Sees(series("used"), kube.Level(181, used), kube.Level(20, minutes-used))
	full.Sees(series("hard"), kube.Level(limit, minutes))
	full.Holds(r, 0, used, map[string]string{"namespace": ns.Name, "resource": resource})
	enough := kube.RuleTest{Name: "just enough is left", Interval: "1m"}
	enough.Sees(series("used"), kube.Level(180, minutes))
	enough.Sees(series("hard"), kube.Level(limit, minutes))
	enough.Silent(minutes-1, r)
	return []kube.RuleTest{full, enough}
}
