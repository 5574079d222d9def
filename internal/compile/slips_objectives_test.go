package compile_test

import (
	"errors"
	"strings"
)

const (
	all, less = "promised/prod", "promised/sloth"

	// The records of an objective, by the names that dashboards of others know.
	total, errs           = "slo:sli_total:rate5m", "slo:sli_errors:rate5m"
	totalSample, errsEach = "slo:sli_total:sample2m", "slo:sli_errors:sample2m"
	ratioPrefix           = "slo:sli_error:ratio_rate"
	remaining             = "slo:period_error_budget_remaining:ratio"
)

// objectiveSlips break what is recorded of an objective, and when somebody hears of it.
var objectiveSlips = []slip{
	{less, "objective-is-recorded", "no ratio of a day", []damage{unruled("ledger", "availability", ratioPrefix+"1d")}},
	{less, "objective-is-recorded", "no ratio of the period", []damage{unruled("ledger", "latency", ratioPrefix+"28d")}},
	{less, "objective-is-recorded", "no errors", []damage{unruled("rare", "availability", errs)}},
	{less, "objective-is-recorded", "nobody knows what is left", []damage{unruled("index", "availability", remaining)}},
	{less, "objective-is-recorded", "no objective", []damage{unruled("index", "availability", "slo:objective:ratio")}},
	{less, "objective-is-recorded", "a day twice", []damage{told("ledger", "availability", ratioPrefix+"3d", "record", ratioPrefix+"1d")}},
	{less, "objective-is-recorded", "a budget of floating point", []damage{swapped("index", "availability", "slo:error_budget:ratio", "0.001", "0.0010000000000000009")}},
	{less, "objective-is-recorded", "nothing may be bad", []damage{swapped("toys", "availability", "slo:objective:ratio", "0.7", "1")}},
	{less, "objective-is-recorded", "the period of another promise", []damage{swapped("store", "latency", "slo:time_period:days", "30", "28")}},
	{less, "records-exist", "a record of another app", []damage{told("rare", "availability", ratioPrefix+"6h", "labels service", "toys")}},
	{less, "objective-is-recorded", "nothing divided by nothing", []damage{swapped("ledger", "availability", ratioPrefix+"1h", " > 0)", ")")}},
	{less, "objective-is-recorded", "1 for nothing", []damage{swapped("ledger", "availability", ratioPrefix+"1h", "> 0", "> bool 0")}},
	{less, "objective-is-recorded", "a mean of ratios", []damage{swapped("ledger", "availability", ratioPrefix+"6h", "sum_over_time", "avg_over_time")}},
	{less, "objective-is-recorded", "two windows in one", []damage{swapped("ledger", "availability", ratioPrefix+"6h", "[6h]) > 0", "[1h]) > 0")}},
	{less, "objective-is-recorded", "the newest events twice", []damage{swapped("ledger", "availability", ratioPrefix+"1h", "[55m] offset 5m", "[1h]")}},
	{less, "objective-is-recorded", "the newest events hardly", []damage{swapped("ledger", "availability", ratioPrefix+"1h", "10 * ", "1 * ")}},
	{less, "objective-is-recorded", "the newest events of another hour", []damage{swapped("ledger", "availability", ratioPrefix+"1h", "offset 5m", "offset 1h")}},
	{less, "objective-is-recorded", "a window that is another", []damage{swapped("ledger", "availability", ratioPrefix+"1d", "[1d]", "[1h]")}},
	{less, "objective-is-recorded", "upside down", []damage{swapped("trial", "availability", ratioPrefix+"5m", errs, total)}},
	{less, "objective-is-recorded", "28 days of 30 seconds", []damage{swapped("trial", "availability", ratioPrefix+"28d", errsEach, errs)}},
	{less, "objective-is-recorded", "of all objectives", []damage{swapped("ledger", "availability", ratioPrefix+"3d", `,slo="availability"`, "")}},
	{less, "objective-is-recorded", "burns another budget", []damage{swapped("trial", "availability", "slo:period_burn_rate:ratio", "0.005", "0.05")}},
	{less, "objective-is-recorded", "burns another window", []damage{swapped("trial", "availability", "slo:period_burn_rate:ratio", "rate28d", "rate3d")}},
	{less, "objective-is-recorded", "what is spent is left", []damage{swapped("trial", "availability", remaining, "1 - ", "0 + ")}},
	{less, "objective-is-recorded", "one half is not counted", []damage{swapped("ledger", "availability", errs, "or 0 * ", "and 0 * ")}},
	{less, "objective-is-recorded", "errors of an hour", []damage{swapped("ledger", "availability", errs, "[5m]", "[1h]")}},
	{less, "objective-is-recorded", "a total of itself", []damage{swapped("ledger", "availability", total, `up{namespace="shop",job="ledger"}`, total+`{namespace="shop",service="ledger",slo="availability"}`)}},
	{less, "records-exist", "a record that is not made", []damage{swapped("ledger", "latency", "ErrorBudgetBurnSlow", "rate2h", "rate4h")}},
	{less, "rules-are-readable", "no PromQL", []damage{swapped("ledger", "latency", "ErrorBudgetBurnSlow", "max by", "max by by (")}},
	{less, "latency-bucket-exists", "between two bounds", []damage{swapped("toys", "latency", errs, `le="2.5"`, `le="2"`)}},
	{less, "latency-bucket-exists", "a whole number in one spelling", []damage{swapped("ledger", "latency", errs, `le=~"1([.]0)?"`, `le="1"`)}},
	{less, "latency-bucket-exists", "ten for one", []damage{swapped("ledger", "latency", errs, `le=~"1([.]0)?"`, `le=~"1.*"`)}},
	{all, "latency-bucket-exists", "milliseconds as seconds", []damage{swapped("mesh", "latency", errs, `500([.]0)?`, `0[.]5`)}},
	{all, "latency-bucket-exists", "a default bound, where others are stated", []damage{swapped("web", "latency", errs, `"0.3"`, `"0.25"`)}},
	{all, "latency-bucket-exists", "nobody hears of a missing bucket", []damage{unruled("web", "latency", "LatencyBucketMissing")}},
	{all, "latency-bucket-exists", "another bucket is missed", []damage{swapped("web", "latency", "LatencyBucketMissing", `"0.3"`, `"1"`)}},
	{less, "objective-is-watched", "ten times the threshold", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", "0.01344", "0.1344")}},
	{less, "objective-is-watched", "the factor of 30 days", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", "0.01344", "0.0144")}},
	{less, "objective-is-watched", "a rounded factor", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", "0.01344", "0.013")}},
	{less, "objective-is-watched", "a factor below 1", []damage{swapped("ledger", "availability", "ErrorBudgetBurnSlow", "> 0.001", "> 0.0009333")}},
	{less, "objective-is-watched", "a threshold that nothing exceeds", []damage{swapped("ledger", "latency", "ErrorBudgetBurn", "0.1344", "1.344")}},
	{less, "alert-can-fire", "a page that can never fire", []damage{swapped("sums", "availability", "ErrorBudgetBurn", "0.56", "1.344")}},
	{less, "objective-is-watched", "either window", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", "and on (namespace, service, slo) slo:sli_error:ratio_rate1h", "or slo:sli_error:ratio_rate1h")}},
	{less, "records-exist", "windows of two pairs", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", "rate5m", "rate30m")}},
	{less, "objective-is-watched", "as many alerts as labels", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", "max by (namespace, service, slo)", "sum by (slo)")}},
	{less, "objective-is-watched", "a 1 instead of a share", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", "> 0.01344", "> bool 0.01344")}},
	{less, "objective-is-watched", "nobody is woken", []damage{unruled("ledger", "availability", "ErrorBudgetBurn")}},
	{less, "objective-is-watched", "no ticket", []damage{unruled("ledger", "latency", "ErrorBudgetBurnSlow")}},
	{less, "objective-is-watched", "a page of what has few events", []damage{swapped("rare", "availability", "ErrorBudgetBurnSlow", "rate6h", "rate2h")}},
	{less, "objective-is-watched", "no alert of an outage", []damage{unruled("sums", "availability", "SLOOutage")}},
	{less, "alert-can-fire", "an outage of everything", []damage{swapped("sums", "availability", "SLOOutage", "> 0.9", "> 1")}},
	{less, "objective-is-watched", "an outage of an hour", []damage{swapped("sums", "latency", "SLOOutage", "rate30m", "rate1h")}},
	{less, "objective-is-watched", "one bad event at night", []damage{unguarded("ledger", "availability", "ErrorBudgetBurn")}},
	{less, "objective-is-watched", "one bad event a day", []damage{unguarded("ledger", "availability", "ErrorBudgetBurnSlow")}},
	{less, "objective-is-watched", "one bad event in an outage", []damage{unguarded("sums", "latency", "SLOOutage")}},
	{less, "objective-is-watched", "a rate instead of a count", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", "30 * ", "1 * ")}},
	{less, "objective-is-watched", "good ones count", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", errs+"{", total+"{")}},
	{less, "objective-is-watched", "five minutes as an hour", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", "300 * ", "3600 * ")}},
	{less, "objective-is-watched", "a guard of both times", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", ">= 10 or 30", ">= 10 and 30")}},
	{less, "objective-is-watched", "another hour", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", "[1h]", "[6h]")}},
	{less, "objective-is-watched", "the guard of another tier", []damage{swapped("ledger", "availability", "ErrorBudgetBurn", ">= 10", ">= 5")}},
	{less, "objective-is-watched", "absent errors", []damage{swapped("ledger", "availability", "SLOMissing", total, errs)}},
	{less, "objective-is-watched", "nobody misses it", []damage{unruled("ledger", "availability", "SLOMissing")}},
	{less, "objective-is-watched", "absence of all objectives", []damage{swapped("ledger", "availability", "SLOMissing", `,slo="availability"`, "")}},
	{less, "objective-is-watched", "absence that nobody waits for", []damage{told("ledger", "availability", "SLOMissing", "for", nil)}},
	{less, "objective-is-watched", "the number of totals", []damage{swapped("ledger", "availability", "SLOMissing", "absent", "count")}},
	{less, "objective-is-recorded", "pages every two minutes", []damage{set("PrometheusRule/ledger", "spec groups 0 interval", "2m")}},
	{less, "objective-is-recorded", "no error is no result", []damage{cut("ledger", "availability", errs, "or 0")}},
	{all, "objective-is-recorded", "half of gRPC's errors have no zero", []damage{ruled("mesh", "availability", errs, func(r map[string]any) error {
		first, second, _ := strings.Cut(r["expr"].(string), " + ")
		r["expr"] = first[:strings.Index(first, " or ")] + ") + " + second
		return nil
	})}},
	{less, "records-exist", "read before it is made", []damage{reverse("PrometheusRule/ledger", "spec groups 0 rules")}},
	{less, "records-exist", "the long windows first", []damage{reverse("PrometheusRule/ledger", "spec groups")}},
	{less, "rules-are-readable", "a bracket too few", []damage{ruled("index", "availability", total, func(r map[string]any) error {
		r["expr"] = strings.Replace(r["expr"].(string), ")", "", 1)
		return nil
	})}},
	{less, "period-is-kept", "a week", []damage{
		told("ledger", "availability", "slo:time_period:days", "expr", "vector(7)"),
		swapped("ledger", "availability", ratioPrefix+"28d", "[28d]", "[7d]"), told("ledger", "availability", ratioPrefix+"28d", "record", ratioPrefix+"7d"),
	}},
	{less, "objective-is-watched", "two rates in a pair", []damage{ruled("ledger", "availability", "ErrorBudgetBurn", func(r map[string]any) error {
		r["expr"] = strings.Replace(r["expr"].(string), "0.01344", "0.0056", 1)
		return nil
	})}},
	{all, "objective-is-watched", "a guard of time", []damage{ruled("nightly", "availability", "ErrorBudgetBurn", func(r map[string]any) error {
		r["expr"] = r["expr"].(string) + "\nand on (namespace, service, slo) 30 * sum_over_time(" + errs + `{namespace="shop",service="nightly",slo="availability"}[1h]) >= 10`
		return nil
	})}},
}

// aboutSlips break whom an alert reaches, and what it is about.
var aboutSlips = []slip{
	{less, "alert-leads-somewhere", "a cause wakes somebody", []damage{told("ledger", "", "PodCrashLooping", "labels severity", "page")}},
	{less, "alert-leads-somewhere", "what may wait does not", []damage{told("toys", "", "NoReadyPods", "labels severity", "page")}},
	{less, "alert-leads-somewhere", "a burning budget waits", []damage{told("ledger", "latency", "ErrorBudgetBurn", "labels severity", "ticket")}},
	{less, "alert-leads-somewhere", "a severity of its own", []damage{told("ledger", "latency", "SLOMissing", "labels severity", "critical")}},
	{less, "alert-leads-somewhere", "no owner", []damage{told("ledger", "latency", "SLOMissing", "labels owner", nil)}},
	{less, "alert-leads-somewhere", "another owner", []damage{told("ledger", "", "TargetDown", "labels owner", "riders")}},
	{less, "alert-leads-somewhere", "no service", []damage{told("ledger", "", "TargetDown", "labels service", nil)}},
	{less, "alert-leads-somewhere", "another tier", []damage{told("ledger", "", "TargetDown", "labels tier", "critical")}},
	{less, "alert-leads-somewhere", "another namespace", []damage{told("ledger", "", "TargetDown", "labels namespace", "riders")}},
	{less, "alert-leads-somewhere", "a runbook of no host", []damage{told("ledger", "", "TargetDown", "annotations runbook_url", "docs/slo.md#targetdown")}},
	{less, "alert-leads-somewhere", "no runbook", []damage{told("ledger", "", "TargetDown", "annotations runbook_url", nil)}},
	{less, "alert-leads-somewhere", "a template", []damage{told("ledger", "", "TargetDown", "annotations summary", "{{ $labels.pod }} is down")}},
	{less, "alert-leads-somewhere", "a format", []damage{told("ledger", "", "TargetDown", "annotations description", "%!s(MISSING)")}},
	{less, "alert-leads-somewhere", "no description", []damage{told("ledger", "", "TargetDown", "annotations description", nil)}},
	{less, "alert-leads-somewhere", "it ends between two scrapes", []damage{told("ledger", "", "TargetDown", "keep_firing_for", nil)}},
	{less, "rules-read-their-own", "all namespaces", []damage{swapped("ledger", "availability", total, `namespace="shop",job`, "job")}},
	{less, "rules-read-their-own", "another namespace", []damage{swapped("ledger", "", "TargetDown", `"shop"`, `"riders"`)}},
	{less, "records-exist", "a record of another app", []damage{swapped("ledger", "latency", "SLOMissing", `"ledger"`, `"toys"`)}},
	{all, "rules-read-their-own", "a route of another namespace", []damage{swapped("edge", "availability", total, "/shop/", "/riders/")}},
	{less, "rules-read-their-own", "another app's job", []damage{swapped("ledger", "availability", errs, `job="ledger"`, `job="toys"`)}},
	{less, "rules-read-their-own", "a job that is none", []damage{swapped("ledger", "", "TargetDown", `"ledger"`, `"ledger-metrics"`)}},
	{less, "rules-read-their-own", "a Deployment that is none", []damage{swapped("ledger", "", "RolloutStuck", `deployment="ledger"`, `deployment="ledgers"`)}},
	{less, "rules-read-their-own", "a StatefulSet that is none", []damage{swapped("index", "", "RolloutStuck", `statefulset="index"`, `statefulset="index-0"`)}},
	{less, "rules-read-their-own", "pods of an app with a longer name", []damage{swapped("rare", "", "PodCrashLooping", `pod=~"rare-[bcdfghjklmnpqrstvwxz2456789]{1,10}-[bcdfghjklmnpqrstvwxz2456789]{5}"`, `pod=~".*"`)}},
	{all, "rules-read-their-own", "an autoscaler of KEDA's by its ScaledObject", []damage{swapped("mailer", "", "AutoscalerAtMaximum", "keda-hpa-mailer", "mailer")}},
	{all, "rules-read-their-own", "a Secret that nobody fetches", []damage{swapped("web", "", "SecretNotSynced", "web-session", "session")}},
	{all, "rules-read-their-own", "a certificate of no Ingress", []damage{swapped("web", "", "CertificateExpires", "web-tls", "web-cert")}},
	{all, "rules-read-their-own", "the workload of nobody", []damage{swapped("mesh", "availability", total, `destination_workload="mesh"`, `destination_workload="mash"`)}},
	{less, "route-reaches-port", "a port that no Service has", []damage{set("ServiceMonitor/ledger", "spec endpoints 0 port", "prometheus")}},
	{less, "route-reaches-port", "a monitor of nothing", []damage{set("ServiceMonitor/ledger", "spec selector matchLabels app.kubernetes.io/instance", "nobody")}},
}

// cut ends an expression before a text.
func cut(app, objective, name, before string) damage {
	return ruled(app, objective, name, func(r map[string]any) error {
		r["expr"], _, _ = strings.Cut(r["expr"].(string), before)
		return nil
	})
}

// unguarded takes away what counts bad events.
func unguarded(app, objective, name string) damage {
	return ruled(app, objective, name, func(r map[string]any) error {
		expr, _ := r["expr"].(string)
		i := strings.LastIndex(expr, "\nand on")
		if i < 0 {
			return errors.New("no guard")
		}
		r["expr"] = expr[:i]
		return nil
	})
}
