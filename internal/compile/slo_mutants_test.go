package compile_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/kube"
)

// A sloMutant breaks one thing in what a project says to Prometheus, as a slip of the hand or of a generator would.
type sloMutant struct {
	check   string // what must find it
	project string
	name    string
	mutate  func(w *watched)
}

const all, less = "promised/prod", "promised/sloth"

// misread are slips in what is recorded.
var misread = []sloMutant{
	{"INV-SLO-01 records", less, "no ratio of a day", unruled("ledger", "availability", ratioPrefix+"1d")},
	{"INV-SLO-01 records", less, "no ratio of the period", unruled("ledger", "latency", ratioPrefix+"28d")},
	{"INV-SLO-01 records", less, "no errors", unruled("rare", "availability", errs)},
	{"INV-SLO-01 records", less, "nobody knows what is left", unruled("index", "availability", remaining)},
	{"INV-SLO-01 records", less, "no objective", unruled("index", "availability", "slo:objective:ratio")},
	{"INV-SLO-01 records", less, "a day twice", onRule("ledger", "availability", ratioPrefix+"3d", func(r *kube.Rule) { r.Record = ratioPrefix + "1d" })},
	{"INV-SLO-01 records", less, "a budget of floating point", swapped("index", "availability", "slo:error_budget:ratio", "0.001", "0.0010000000000000009")},
	{"INV-SLO-01 records", less, "nothing may be bad", swapped("toys", "availability", "slo:objective:ratio", "0.7", "1")},
	{"INV-SLO-01 records", less, "the period of another promise", swapped("store", "latency", "slo:time_period:days", "30", "28")},
	{"INV-SLO-01 records", less, "a record of another app", onRule("rare", "availability", ratioPrefix+"6h", func(r *kube.Rule) { r.Labels["service"] = "toys" })},
	{"INV-SLO-01 ratios", less, "nothing divided by nothing", swapped("ledger", "availability", ratioPrefix+"1h", " > 0)", ")")},
	{"INV-SLO-01 ratios", less, "1 for nothing", swapped("ledger", "availability", ratioPrefix+"1h", "> 0", "> bool 0")},
	{"INV-SLO-01 ratios", less, "a mean of ratios", swapped("ledger", "availability", ratioPrefix+"6h", "sum_over_time", "avg_over_time")},
	{"INV-SLO-01 ratios", less, "two windows in one", swapped("ledger", "availability", ratioPrefix+"6h", "[6h]) > 0", "[1h]) > 0")},
	{"INV-SLO-01 ratios", less, "the newest events twice", swapped("ledger", "availability", ratioPrefix+"1h", "[55m] offset 5m", "[1h]")},
	{"INV-SLO-01 ratios", less, "the newest events hardly", swapped("ledger", "availability", ratioPrefix+"1h", "10 * ", "1 * ")},
	{"INV-SLO-01 ratios", less, "the newest events of another hour", swapped("ledger", "availability", ratioPrefix+"1h", "offset 5m", "offset 1h")},
	{"INV-SLO-01 ratios", less, "a window that is another", swapped("ledger", "availability", ratioPrefix+"1d", "[1d]", "[1h]")},
	{"INV-SLO-01 ratios", less, "upside down", swapped("trial", "availability", ratioPrefix+"5m", errs, total)},
	{"INV-SLO-01 ratios", less, "28 days of 30 seconds", swapped("trial", "availability", ratioPrefix+"28d", errsEach, errs)},
	{"INV-SLO-01 ratios", less, "of all objectives", swapped("ledger", "availability", ratioPrefix+"3d", `,slo="availability"`, "")},
	{"INV-SLO-01 ratios", less, "burns another budget", swapped("trial", "availability", "slo:period_burn_rate:ratio", "0.005", "0.05")},
	{"INV-SLO-01 ratios", less, "burns another window", swapped("trial", "availability", "slo:period_burn_rate:ratio", "rate28d", "rate3d")},
	{"INV-SLO-01 ratios", less, "what is spent is left", swapped("trial", "availability", remaining, "1 - ", "0 + ")},
	{"INV-SLO-01 ratios", less, "pages every two minutes", func(w *watched) { w.object("ledger").Spec.Groups[0].Interval = "2m" }},
	{"INV-SLO-01 counts", less, "no error is no result", func(w *watched) {
		r := w.rule("ledger", "availability", errs)
		r.Expr, _, _ = strings.Cut(r.Expr, "or 0")
	}},
	{"INV-SLO-01 counts", less, "one half is not counted", swapped("ledger", "availability", errs, "or 0 * ", "and 0 * ")},
	{"INV-SLO-01 counts", less, "errors of an hour", swapped("ledger", "availability", errs, "[5m]", "[1h]")},
	{"INV-SLO-01 counts", less, "a total of itself", swapped("ledger", "availability", total, `up{namespace="shop",job="ledger"}`, total+`{namespace="shop",service="ledger",slo="availability"}`)},
	{"INV-SLO-01 counts", all, "half of gRPC's errors have no zero", func(w *watched) {
		r := w.rule("mesh", "availability", errs)
		first, second, _ := strings.Cut(r.Expr, " + ")
		r.Expr = first[:strings.Index(first, " or ")] + ") + " + second
	}},
	{"INV-SLO-01 order", less, "read before it is made", func(w *watched) { slices.Reverse(w.object("ledger").Spec.Groups[0].Rules) }},
	{"INV-SLO-01 order", less, "the long windows first", func(w *watched) {
		groups := w.object("ledger").Spec.Groups
		groups[0], groups[1] = groups[1], groups[0]
	}},
	{"INV-SLO-01 order", less, "a record that is not made", swapped("ledger", "latency", "ErrorBudgetBurnSlow", "rate2h", "rate4h")},
	{"INV-SLO-01 order", less, "no PromQL", swapped("ledger", "latency", "ErrorBudgetBurnSlow", "max by", "max by by (")},
	{"INV-SLO-01 order", less, "a bracket too few", onRule("index", "availability", total, func(r *kube.Rule) { r.Expr = strings.TrimSuffix(r.Expr, ")") })},
	{"INV-SLO-03 window", less, "a week", func(w *watched) {
		w.rule("ledger", "availability", "slo:time_period:days").Expr = "vector(7)"
		r := w.rule("ledger", "availability", ratioPrefix+"28d")
		r.Record, r.Expr = ratioPrefix+"7d", strings.ReplaceAll(r.Expr, "[28d]", "[7d]")
	}},
	{"INV-SLO-03 window", less, "longer than samples are kept", func(w *watched) { w.stated.retention = 29 }},
	{"INV-SLO-03 window", less, "no window in words", onRule("ledger", "availability", "ErrorBudgetBurn", func(r *kube.Rule) {
		r.Annotations["description"] = "43 minutes a month"
	})},
	{"INV-SLO-03 buckets", less, "between two bounds", swapped("toys", "latency", errs, `le="2.5"`, `le="2"`)},
	{"INV-SLO-03 buckets", less, "a whole number in one spelling", swapped("ledger", "latency", errs, `le=~"1([.]0)?"`, `le="1"`)},
	{"INV-SLO-03 buckets", less, "ten for one", swapped("ledger", "latency", errs, `le=~"1([.]0)?"`, `le=~"1.*"`)},
	{"INV-SLO-03 buckets", all, "milliseconds as seconds", swapped("mesh", "latency", errs, `500([.]0)?`, `0[.]5`)},
	{"INV-SLO-03 buckets", all, "a default bound, where others are stated", swapped("web", "latency", errs, `"0.3"`, `"0.25"`)},
	{"INV-SLO-03 buckets", all, "nobody hears of a missing bucket", unruled("web", "latency", "LatencyBucketMissing")},
	{"INV-SLO-03 buckets", all, "another bucket is missed", swapped("web", "latency", "LatencyBucketMissing", `"0.3"`, `"1"`)},
}

// misfired are slips in when somebody hears of it.
var misfired = []sloMutant{
	{"INV-SLO-01 pairs", less, "ten times the threshold", swapped("ledger", "availability", "ErrorBudgetBurn", "0.01344", "0.1344")},
	{"INV-SLO-01 pairs", less, "the factor of 30 days", swapped("ledger", "availability", "ErrorBudgetBurn", "0.01344", "0.0144")},
	{"INV-SLO-01 pairs", less, "a rounded factor", swapped("ledger", "availability", "ErrorBudgetBurn", "0.01344", "0.013")},
	{"INV-SLO-01 pairs", less, "a factor below 1", swapped("ledger", "availability", "ErrorBudgetBurnSlow", "> 0.001", "> 0.0009333")},
	{"INV-SLO-01 pairs", less, "a threshold that nothing exceeds", swapped("ledger", "latency", "ErrorBudgetBurn", "0.1344", "1.344")},
	{"INV-SLO-01 pairs", less, "a page that can never fire", swapped("sums", "availability", "ErrorBudgetBurn", "0.56", "1.344")},
	{"INV-SLO-01 pairs", less, "two rates in a pair", onRule("ledger", "availability", "ErrorBudgetBurn", func(r *kube.Rule) { r.Expr = strings.Replace(r.Expr, "0.01344", "0.0056", 1) })},
	{"INV-SLO-01 pairs", less, "either window", swapped("ledger", "availability", "ErrorBudgetBurn", "and on (namespace, service, slo) slo:sli_error:ratio_rate1h", "or slo:sli_error:ratio_rate1h")},
	{"INV-SLO-01 pairs", less, "windows of two pairs", swapped("ledger", "availability", "ErrorBudgetBurn", "rate5m", "rate30m")},
	{"INV-SLO-01 pairs", less, "as many alerts as labels", swapped("ledger", "availability", "ErrorBudgetBurn", "max by (namespace, service, slo)", "sum by (slo)")},
	{"INV-SLO-01 pairs", less, "a 1 instead of a share", swapped("ledger", "availability", "ErrorBudgetBurn", "> 0.01344", "> bool 0.01344")},
	{"INV-SLO-01 pairs", less, "nobody is woken", unruled("ledger", "availability", "ErrorBudgetBurn")},
	{"INV-SLO-01 pairs", less, "no ticket", unruled("ledger", "latency", "ErrorBudgetBurnSlow")},
	{"INV-SLO-01 pairs", less, "a page of what has few events", swapped("rare", "availability", "ErrorBudgetBurnSlow", "rate6h", "rate2h")},
	{"INV-SLO-01 outage", less, "no alert of an outage", unruled("sums", "availability", "SLOOutage")},
	{"INV-SLO-01 outage", less, "an outage of everything", swapped("sums", "availability", "SLOOutage", "> 0.9", "> 1")},
	{"INV-SLO-01 outage", less, "an outage of an hour", swapped("sums", "latency", "SLOOutage", "rate30m", "rate1h")},
	{"INV-SLO-01 guard", less, "one bad event at night", onRule("ledger", "availability", "ErrorBudgetBurn", unguard)},
	{"INV-SLO-01 guard", less, "one bad event a day", onRule("ledger", "availability", "ErrorBudgetBurnSlow", unguard)},
	{"INV-SLO-01 guard", less, "one bad event in an outage", onRule("sums", "latency", "SLOOutage", unguard)},
	{"INV-SLO-01 guard", less, "a rate instead of a count", swapped("ledger", "availability", "ErrorBudgetBurn", "30 * ", "1 * ")},
	{"INV-SLO-01 guard", less, "good ones count", swapped("ledger", "availability", "ErrorBudgetBurn", errs+"{", total+"{")},
	{"INV-SLO-01 guard", less, "five minutes as an hour", swapped("ledger", "availability", "ErrorBudgetBurn", "300 * ", "3600 * ")},
	{"INV-SLO-01 pairs", less, "a guard of both times", swapped("ledger", "availability", "ErrorBudgetBurn", ">= 10 or 30", ">= 10 and 30")},
	{"INV-SLO-01 guard", less, "another hour", swapped("ledger", "availability", "ErrorBudgetBurn", "[1h]", "[6h]")},
	{"INV-SLO-01 guard", less, "the guard of another tier", swapped("ledger", "availability", "ErrorBudgetBurn", ">= 10", ">= 5")},
	{"INV-SLO-01 guard", all, "a guard of time", onRule("nightly", "availability", "ErrorBudgetBurn", func(r *kube.Rule) {
		r.Expr += "\nand on (namespace, service, slo) 30 * sum_over_time(" + errs + `{namespace="shop",service="nightly",slo="availability"}[1h]) >= 10`
	})},
	{"INV-SLO-01 absence", less, "absent errors", swapped("ledger", "availability", "SLOMissing", total, errs)},
	{"INV-SLO-01 absence", less, "nobody misses it", unruled("ledger", "availability", "SLOMissing")},
	{"INV-SLO-01 absence", less, "absence of all objectives", swapped("ledger", "availability", "SLOMissing", `,slo="availability"`, "")},
	{"INV-SLO-01 absence", less, "absence that nobody waits for", onRule("ledger", "availability", "SLOMissing", func(r *kube.Rule) { r.For = "" })},
	{"INV-SLO-01 absence", less, "the number of totals", swapped("ledger", "availability", "SLOMissing", "absent", "count")},
	{"INV-SLO-01 stories", less, "no story", func(w *watched) {
		for _, story := range w.testsOf("ledger").Tests {
			for i, at := range story.AlertRuleTest {
				if at.Alertname == "ErrorBudgetBurn" {
					story.AlertRuleTest[i].Alertname = "AnotherAlert"
				}
			}
		}
	}},
	{"INV-SLO-01 stories", less, "stories of silence alone", func(w *watched) {
		for _, story := range w.testsOf("index").Tests {
			for i := range story.AlertRuleTest {
				story.AlertRuleTest[i].ExpAlerts = nil
			}
		}
	}},
	{"INV-SLO-01 stories", less, "nobody waits for a day", func(w *watched) {
		for _, story := range w.testsOf("index").Tests {
			for i, at := range story.AlertRuleTest {
				if at.Alertname == "SLOUncounted" {
					story.AlertRuleTest[i].ExpAlerts = nil
				}
			}
		}
	}},
	{"INV-SLO-01 stories", less, "another file is tested", func(w *watched) { w.testsOf("rare").RuleFiles[0] = "toys.rules.yaml" }},
	{"INV-SLO-01 stories", less, "groups in another order", func(w *watched) { slices.Reverse(w.testsOf("rare").GroupEvalOrder) }},
	{"INV-SLO-01 stories", less, "a file of other rules", func(w *watched) { w.rule("rare", "availability", "SLOMissing").For = "20m" }},
	{"INV-SLO-01 stories", less, "rules of no object", func(w *watched) { w.files["shop/left.rules.yaml"] = &kube.RuleFile{} }},
	{"INV-SLO-01 stories", less, "no tests beside", func(w *watched) { delete(w.tests, "shop/rare.test.yaml") }},
}

// misled are slips in whom it reaches, and in what it is about.
var misled = []sloMutant{
	{"INV-SLO-02 severity", less, "a cause wakes somebody", onRule("ledger", "", "PodCrashLooping", func(r *kube.Rule) { r.Labels["severity"] = "page" })},
	{"INV-SLO-02 severity", less, "what may wait does not", onRule("toys", "", "NoReadyPods", func(r *kube.Rule) { r.Labels["severity"] = "page" })},
	{"INV-SLO-02 severity", less, "a burning budget waits", onRule("ledger", "latency", "ErrorBudgetBurn", func(r *kube.Rule) { r.Labels["severity"] = "ticket" })},
	{"INV-SLO-02 severity", less, "a severity of its own", onRule("ledger", "latency", "SLOMissing", func(r *kube.Rule) { r.Labels["severity"] = "critical" })},
	{"INV-SLO-02 labels", less, "no owner", onRule("ledger", "latency", "SLOMissing", func(r *kube.Rule) { delete(r.Labels, "owner") })},
	{"INV-SLO-02 labels", less, "another owner", onRule("ledger", "", "TargetDown", func(r *kube.Rule) { r.Labels["owner"] = "riders" })},
	{"INV-SLO-02 labels", less, "no service", onRule("ledger", "", "TargetDown", func(r *kube.Rule) { delete(r.Labels, "service") })},
	{"INV-SLO-02 labels", less, "another tier", onRule("ledger", "", "TargetDown", func(r *kube.Rule) { r.Labels["tier"] = "critical" })},
	{"INV-SLO-02 labels", less, "another namespace", onRule("ledger", "", "TargetDown", func(r *kube.Rule) { r.Labels["namespace"] = "riders" })},
	{"INV-SLO-02 words", less, "a runbook without TLS", onNote("ledger", "TargetDown", "runbook_url", "http://runbooks.acme.io/#targetdown")},
	{"INV-SLO-02 words", less, "a runbook of no host", onNote("ledger", "TargetDown", "runbook_url", "docs/slo.md#targetdown")},
	{"INV-SLO-02 words", less, "no runbook", onNote("ledger", "TargetDown", "runbook_url", "")},
	{"INV-SLO-02 words", less, "a template", onNote("ledger", "TargetDown", "summary", "{{ $labels.pod }} is down")},
	{"INV-SLO-02 words", less, "a format", onNote("ledger", "TargetDown", "description", "%!s(MISSING)")},
	{"INV-SLO-02 words", less, "no description", onNote("ledger", "TargetDown", "description", "")},
	{"INV-SLO-02 words", less, "it ends between two scrapes", onRule("ledger", "", "TargetDown", func(r *kube.Rule) { r.KeepFiringFor = "" })},
	{"INV-SLO-02 runbooks", less, "a page of ours that is not there", onNote("ledger", "TargetDown", "runbook_url", "https://github.com/scantling/scantling/blob/main/docs/alerts.md#targetdown")},
	{"INV-SLO-02 runbooks", less, "a page of other alerts", onNote("ledger", "TargetDown", "runbook_url", "https://github.com/scantling/scantling/blob/main/docs/recovery.md#targetdown")},
	{"INV-SLO-02 runbooks", less, "the heading of another alert", onNote("ledger", "TargetDown", "runbook_url", "https://github.com/scantling/scantling/blob/main/docs/slo.md#slomissing")},
	{"INV-SLO-02 runbooks", less, "no heading", onNote("ledger", "TargetDown", "runbook_url", "https://runbooks.acme.io/riders")},
	{"SERIES namespace", less, "all namespaces", swapped("ledger", "availability", total, `namespace="shop",job`, "job")},
	{"SERIES namespace", less, "another namespace", swapped("ledger", "", "TargetDown", `"shop"`, `"riders"`)},
	{"SERIES namespace", less, "a record of another app", swapped("ledger", "latency", "SLOMissing", `"ledger"`, `"toys"`)},
	{"SERIES namespace", all, "a route of another namespace", swapped("edge", "availability", total, "/shop/", "/riders/")},
	{"SERIES objects", less, "another app's job", swapped("ledger", "availability", errs, `job="ledger"`, `job="toys"`)},
	{"SERIES objects", less, "a job that is none", swapped("ledger", "", "TargetDown", `"ledger"`, `"ledger-metrics"`)},
	{"SERIES objects", less, "a Deployment that is none", swapped("ledger", "", "RolloutStuck", `deployment="ledger"`, `deployment="ledgers"`)},
	{"SERIES objects", less, "a StatefulSet that is none", swapped("index", "", "RolloutStuck", `statefulset="index"`, `statefulset="index-0"`)},
	{"SERIES objects", less, "pods of an app with a longer name", swapped("rare", "", "PodCrashLooping", `pod=~"rare-[bcdfghjklmnpqrstvwxz2456789]{1,10}-[bcdfghjklmnpqrstvwxz2456789]{5}"`, `pod=~".*"`)},
	{"SERIES objects", all, "an autoscaler of KEDA's by its ScaledObject", swapped("mailer", "", "AutoscalerAtMaximum", "keda-hpa-mailer", "mailer")},
	{"SERIES objects", all, "a Probe that is none", swapped("feed", "availability", errs, `job="feed-probe"`, `job="feed"`)},
	{"SERIES objects", all, "a Secret that nobody fetches", swapped("web", "", "SecretNotSynced", "web-session", "session")},
	{"SERIES objects", all, "a certificate of no Ingress", swapped("web", "", "CertificateExpires", "web-tls", "web-cert")},
	{"SERIES objects", all, "the workload of nobody", swapped("mesh", "availability", total, `destination_workload="mesh"`, `destination_workload="mash"`)},
	{"SERIES watched", less, "nobody hears that a rollout is stuck", unruled("ledger", "", "RolloutStuck")},
	{"SERIES watched", less, "nobody hears that a budget is used up", unruled("ledger", "", "DisruptionBudgetExhausted")},
	{"SERIES watched", less, "nobody hears that pods crash", unruled("trial", "", "PodCrashLooping")},
	{"SERIES watched", less, "nobody hears that no pod is ready", unruled("ledger", "", "NoReadyPods")},
	{"SERIES watched", less, "nobody hears that a limit holds it back", unruled("toys", "", "CPUThrottled")},
	{"SERIES watched", less, "nobody hears that it is not read", unruled("ledger", "", "TargetDown")},
	{"SERIES watched", all, "nobody hears that there are no more pods", unruled("mailer", "", "AutoscalerAtMaximum")},
	{"SERIES watched", all, "nobody hears that a secret stays old", unruled("web", "", "SecretNotSynced")},
	{"SERIES watched", all, "nobody hears that a certificate ends", unruled("web", "", "CertificateExpires")},
	{"SERIES monitors", less, "a port that no Service has", func(w *watched) { w.monitors[0].Spec.Endpoints[0].Port = "prometheus" }},
	{"SERIES monitors", less, "a monitor of nothing", func(w *watched) { w.monitors[0].Spec.Selector.MatchLabels[kube.LabelInstance] = "nobody" }},
	{"SERIES monitors", less, "no limit", func(w *watched) { w.monitors[0].Spec.SampleLimit = 0 }},
	{"SERIES monitors", less, "read every five minutes", func(w *watched) { w.monitors[0].Spec.Endpoints[0].Interval = "5m" }},
	{"SERIES monitors", all, "a prober that waits too long", func(w *watched) { w.probes[0].Spec.ScrapeTimeout = "60s" }},
	{"SERIES dashboards", all, "a record of another app", onBoard("web", `service=\"web\"`, `service=\"front\"`)},
	{"SERIES dashboards", all, "all namespaces", onBoard("web", `namespace=\"shop\",job`, "job")},
	{"SERIES dashboards", all, "a record that nobody makes", onBoard("web", "ratio_rate1d", "ratio_rate12h")},
	{"SERIES dashboards", all, "quantiles of each pod", onBoard("web", "sum by (le)", "sum by (pod)")},
	{"SERIES dashboards", all, "nobody sees what is left", onBoard("web", remaining, "slo:period_burn_rate:ratio")},
	{"SERIES dashboards", all, "one uid for two", func(w *watched) {
		one, two := w.boardOf("web"), w.boardOf("front")
		two.Data = one.Data
	}},
}

// TestSLOMutants makes each violation, and wants its check to find it: else TestSLOInvariants would prove nothing.
func TestSLOMutants(t *testing.T) {
	projects := map[string]project{}
	for _, p := range promisingCorpus(t) {
		projects[p.name] = p
	}
	mutants, caught, tried := slices.Concat(misread, misfired, misled), 0, map[string]int{}
	for _, m := range mutants {
		i := slices.IndexFunc(sloInvariants, func(inv sloInvariant) bool { return strings.HasPrefix(inv.name, m.check+":") })
		if i < 0 {
			t.Fatalf("no check is called %s", m.check)
		}
		p := projects[m.project]
		if !strings.HasSuffix(m.check, "stories") {
			p.beside = nil // nobody looks at it, and reading it takes long
		}
		w := watch(t, p)
		m.mutate(w)
		switch {
		case w.lacking != "":
			t.Errorf("%s cannot be made in %s: there is no %s", m.name, m.project, w.lacking)
		case len(sloInvariants[i].check(w)) == 0:
			t.Errorf("%s does not find %s in %s", m.check, m.name, m.project)
		default:
			caught++
		}
		tried[m.check]++
	}
	for _, inv := range sloInvariants {
		if check, _, _ := strings.Cut(inv.name, ":"); tried[check] < 3 {
			t.Errorf("%s was tried %d times", check, tried[check])
		}
	}
	t.Logf("%d of %d violations are found, by %d checks: %v", caught, len(mutants), len(sloInvariants), slices.Sorted(maps.Keys(tried)))
}

// object is the PrometheusRule of an app.
func (w *watched) object(app string) *kube.PrometheusRule {
	return w.rules[slices.IndexFunc(w.rules, func(o *kube.PrometheusRule) bool { return o.Name == app })]
}

// rule is an alert or a record of an app.
func (w *watched) rule(app, objective, name string) *kube.Rule {
	o := w.object(app)
	for g := range o.Spec.Groups {
		for i := range o.Spec.Groups[g].Rules {
			if r := &o.Spec.Groups[g].Rules[i]; r.Alert+r.Record == name && r.Labels["slo"] == objective {
				return r
			}
		}
	}
	w.lacking = app + " " + objective + " " + name
	return &kube.Rule{}
}

// testsOf are the tests of an app's rules.
func (w *watched) testsOf(app string) *kube.RuleTests {
	return w.tests[w.object(app).Namespace+"/"+app+".test.yaml"]
}

func (w *watched) boardOf(app string) *corev1.ConfigMap {
	return w.configs[slices.IndexFunc(w.configs, func(c *corev1.ConfigMap) bool { return c.Name == app+"-dashboard" })]
}

func onRule(app, objective, name string, change func(r *kube.Rule)) func(w *watched) {
	return func(w *watched) { change(w.rule(app, objective, name)) }
}

// swapped replaces a text of an expression, which must be there.
func swapped(app, objective, name, old, by string) func(w *watched) {
	return func(w *watched) {
		r := w.rule(app, objective, name)
		if !strings.Contains(r.Expr, old) {
			w.lacking = fmt.Sprintf("%q in %s", old, r.Expr)
		}
		r.Expr = strings.ReplaceAll(r.Expr, old, by)
	}
}

func onNote(app, name, note, text string) func(w *watched) {
	return onRule(app, "", name, func(r *kube.Rule) { r.Annotations[note] = text })
}

// unruled removes a rule.
func unruled(app, objective, name string) func(w *watched) {
	return func(w *watched) {
		gone := *w.rule(app, objective, name)
		o := w.object(app)
		for g := range o.Spec.Groups {
			o.Spec.Groups[g].Rules = slices.DeleteFunc(o.Spec.Groups[g].Rules, func(r kube.Rule) bool {
				return r.Alert+r.Record == name && r.Labels["slo"] == gone.Labels["slo"]
			})
		}
	}
}

// unguard takes away what counts bad events.
func unguard(r *kube.Rule) { r.Expr = r.Expr[:strings.LastIndex(r.Expr, "\nand on")] }

// onBoard replaces a text of a dashboard.
func onBoard(app, old, by string) func(w *watched) {
	return func(w *watched) {
		c := w.boardOf(app)
		for file, content := range c.Data {
			if !strings.Contains(content, old) {
				w.lacking = old + " on the dashboard of " + app
			}
			c.Data[file] = strings.ReplaceAll(content, old, by)
		}
	}
}
