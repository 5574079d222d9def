package judge_test

import (
	"regexp"
	"slices"
	"strings"

	"github.com/scantling/scantling/e2e/render"
)

const spot = "testdata/golden/spot prod"

var (
	promises   = render.Promises
	tolerable  = regexp.MustCompile(`(ratio_rate\w+\{[^}]*\}) > [0-9.]+`) // a threshold
	pool       = []any{"spec", "template", "spec"}                        // of a NodePool
	need       = in(pool, "requirements", 0)                              // of its nodes
	onlySpot   = map[string]any{"nodeSelectorTerms": []any{map[string]any{"matchExpressions": []any{map[string]any{"key": "node.acme.io/capacity", "operator": "In", "values": []any{"spot"}}}}}}
	mustBeSpot = map[string]any{"nodeAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": onlySpot}}
)

// promiseMutants are defects in what is promised and measured, in what shows it, and in the capacity that it runs on.
var promiseMutants = []mutant{
	{"objective that is no PromQL", promises, record("slo:sli_total:rate5m", func(r map[string]any) { r["expr"] = "sum(rate(requests_total[5m])" }), "no alerts at all"},
	{"query of the same that is a string", promises, alert("ErrorBudgetBurn", func(r map[string]any) { r["expr"] = `"burning"` }), "no alerts at all"},
	{"record that pages wait for is not made", promises, without("slo:sli_error:ratio_rate5m"), "never pages"},
	{"record that the budget is read from is not made", promises, without("slo:sli_errors:sample2m"), "no budget"},
	{"page about another app's records", promises, alert("ErrorBudgetBurn", func(r map[string]any) { replace(r, "expr", `service="`, `service="other-`) }), "never pages"},
	{"records without the name of their objective", promises, unlabelled("slo", "record"), "objectives are mixed up"},
	{"page when more is bad than there is", promises, alert("ErrorBudgetBurn", func(r map[string]any) {
		r["expr"] = tolerable.ReplaceAllString(r["expr"].(string), "$1 > 1.4")
	}), "never pages"},
	{"page when more than all is bad", promises, alert("ErrorBudgetBurn", func(r map[string]any) { r["expr"] = tolerable.ReplaceAllString(r["expr"].(string), "$1 > 1") }), "never pages"},
	{"objectives counted twice", promises, double("PrometheusRule"), "one count writes over the other"},
	{"group there twice", promises, change("PrometheusRule", func(o map[string]any) {
		groups := at(o, []any{"spec", "groups"}).([]any)
		put(o, append(slices.Clone(groups), groups[0]), []any{"spec", "groups"})
	}), "no alerts at all"},
	{"label that the Alertmanager refuses", promises, alert("ErrorBudgetBurn", func(r map[string]any) { r["labels"].(map[string]any)["on-call"] = "market" }), "nobody hears of it"},
	{"text that is no template", promises, alert("ErrorBudgetBurn", func(r map[string]any) { r["annotations"].(map[string]any)["summary"] = "{{ $labels.pod" }), "no alerts at all"},
	{"record under a name that is none", promises, record("slo:sli_total:rate5m", func(r map[string]any) { r["record"] = "slo.sli total" }), "no alerts at all"},
	{"record that waits", promises, record("slo:sli_total:rate5m", func(r map[string]any) { r["for"] = "5m" }), "no alerts at all"},
	{"rules read every half a minute, in words", promises, set("PrometheusRule", "half a minute", "spec", "groups", 0, "interval"), "refused"},
	{"field that no rule has", promises, alert("ErrorBudgetBurn", func(r map[string]any) { r["keepFiringFor"] = "5m" }), "refused, or dropped"},
	{"rules above what the operator hands on", promises, set("PrometheusRule", strings.Repeat("x", 600_000), "spec", "groups", 0, "rules", 0, "labels", "slo"), "no alerts at all"},
	{"page without a severity", api, unlabelled("severity", "alert"), "nobody hears of it"},
	{"page that waits an hour", api, alert("ErrorBudgetBurn", func(r map[string]any) { r["for"] = "1h" }), "the budget is gone by then"},
	{"good requests counted as bad", api, record("slo:sli_errors:rate5m", func(r map[string]any) { replace(r, "expr", "5..", "2..") }), "pages all day"},

	{"prober asks nobody", promises, drop("Probe", "spec", "targets"), "left out by the operator"},
	{"prober is a URL", promises, set("Probe", "http://blackbox.monitoring.svc:9115", "spec", "prober", "url"), "left out by the operator"},
	{"prober asked for longer than between two times", promises, set("Probe", "5m", "spec", "scrapeTimeout"), "left out by the operator"},
	{"prober asked every half a minute, in words", promises, set("Probe", "30 seconds", "spec", "interval"), "refused"},
	{"field that no Probe has", promises, set("Probe", "legacy", "spec", "job"), "refused, or dropped"},
	{"metrics read for longer than between two times", promises, set("ServiceMonitor", "5m", "spec", "endpoints", 0, "scrapeTimeout"), "left out by the operator"},
	{"metrics relabelled by an expression that is none", promises, set("ServiceMonitor", []any{map[string]any{"action": "drop", "regex": "("}}, "spec", "endpoints", 0, "metricRelabelings"), "left out by the operator"},

	{"dashboard that is no JSON", promises, dashboard(func(text string) string { return strings.TrimSuffix(strings.TrimSpace(text), "}") }), "no dashboard"},
	{"panel that asks no PromQL", promises, dashboard(func(text string) string { return strings.ReplaceAll(text, `"expr": "`, `"expr": "sum(`) }), "an empty panel"},
	{"panel about a record that is not made", promises, dashboard(func(text string) string { return strings.ReplaceAll(text, "slo:period_", "slo:whole_") }), "an empty panel"},
	{"dashboard of a uid that is too long", promises, dashboard(func(text string) string {
		return strings.Replace(text, `"uid": "`, `"uid": "`+strings.Repeat("0", 40), 1)
	}), "no dashboard"},
	{"dashboard in a file that nobody reads", promises, dashboards(func(file, text string) (string, string) { return strings.TrimSuffix(file, ".json"), text }), "no dashboard"},
	{"dashboard above what a ConfigMap holds", promises, dashboard(func(text string) string { return text + strings.Repeat(" ", 1<<20) }), "refused"},

	{"node of no operator", promises, set("NodePool", "Within", in(need, "operator")...), "refused"},
	{"node of no value", promises, set("NodePool", []any{}, in(need, "values")...), "refused"},
	{"nodes of fewer types than asked for", promises, set("NodePool", 5, in(need, "minValues")...), "refused"},
	{"nodes marked as Karpenter alone may", promises, set("NodePool", map[string]any{"karpenter.sh/nodepool": "spot"}, "spec", "template", "metadata", "labels"), "refused"},
	{"nodes without their class", promises, drop("NodePool", in(pool, "nodeClassRef")...), "refused"},
	{"as many nodes as one likes, in words", promises, set("NodePool", "a few", "spec", "limits", "nodes"), "refused"},
	{"nodes taken away by a share below zero", promises, set("NodePool", "-10%", "spec", "disruption", "budgets", 0, "nodes"), "refused"},
	{"nodes that live for days", promises, set("NodePool", "30d", in(pool, "expireAfter")...), "refused"},
	{"taint of no effect", promises, set("NodePool", "NoStart", in(pool, "taints", 0, "effect")...), "refused"},
	{"pool heavier than Karpenter counts", promises, set("NodePool", 1000, "spec", "weight"), "refused"},
	{"field that Karpenter no longer has", promises, set("NodePool", 30, "spec", "ttlSecondsAfterEmpty"), "refused, or dropped"},
	{"pool in a version no longer served", promises, set("NodePool", "karpenter.sh/v1beta1", "apiVersion"), "refused"},
	{"pool there twice", promises, repeat("NodePool"), "the last one wins"},

	{"base on spot capacity", spot, named("web-base", set("Deployment", mustBeSpot, in(pod, "affinity")...)), "all pods go at once"},
	{"base that counts the pods above it as its own", spot, named("web-base", drop("Deployment", "spec", "selector", "matchLabels", "scantling.dev/track")), "the two fight"},
	{"base that is scaled, too", spot, named("mails", set("ScaledObject", "mails-base", "spec", "scaleTargetRef", "name")), "the base is gone at night"},
}

// everyRule changes every rule of every PrometheusRule.
func everyRule(do func(r map[string]any)) edit {
	return change("PrometheusRule", func(o map[string]any) {
		groups, _ := at(o, []any{"spec", "groups"}).([]any)
		for _, g := range groups {
			for _, r := range g.(map[string]any)["rules"].([]any) {
				do(r.(map[string]any))
			}
		}
	})
}

// record changes each rule that makes a record.
func record(name string, do func(r map[string]any)) edit { return ruled("record", name, do) }

// alert changes each rule that makes an alert.
func alert(name string, do func(r map[string]any)) edit { return ruled("alert", name, do) }

func ruled(key, name string, do func(r map[string]any)) edit {
	return everyRule(func(r map[string]any) {
		if r[key] == name {
			do(r)
		}
	})
}

// without takes away the rules that make a record.
func without(name string) edit {
	return change("PrometheusRule", func(o map[string]any) {
		groups, _ := at(o, []any{"spec", "groups"}).([]any)
		for _, g := range groups {
			group := g.(map[string]any)
			group["rules"] = slices.DeleteFunc(slices.Clone(group["rules"].([]any)), func(r any) bool { return r.(map[string]any)["record"] == name })
		}
	})
}

// unlabelled takes a label from every rule that makes a record, or an alert.
func unlabelled(label, made string) edit {
	return everyRule(func(r map[string]any) {
		if labels, ok := r["labels"].(map[string]any); ok && r[made] != nil {
			delete(labels, label)
		}
	})
}

// replace puts one text for another in a field.
func replace(o map[string]any, field, old, with string) {
	o[field] = strings.ReplaceAll(o[field].(string), old, with)
}

// dashboard changes the text of every dashboard.
func dashboard(do func(text string) string) edit {
	return dashboards(func(file, text string) (string, string) { return file, do(text) })
}

// dashboards changes every dashboard and the name of its file.
func dashboards(do func(file, text string) (string, string)) edit {
	return change("ConfigMap", func(o map[string]any) {
		if at(o, []any{"metadata", "labels", "grafana_dashboard"}) == nil {
			return
		}
		data := map[string]any{}
		for file, text := range o["data"].(map[string]any) {
			file, text := do(file, text.(string))
			data[file] = text
		}
		o["data"] = data
	})
}
