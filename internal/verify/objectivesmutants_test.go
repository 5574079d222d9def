package verify_test

import (
	"slices"
	"strings"
)

const api, rule = "api/prod", "PrometheusRule/orders"

var objectivesMutants = []mutant{
	{"rules-are-readable", api, rule, "no PromQL", "max by (", "max by by ("},
	{"rules-are-readable", api, rule, "a bracket too few", `code=~"5.."}[5m]))`, `code=~"5.."}[5m])`},
	{"rules-are-readable", api, rule, "a function that is none", "sum_over_time", "sums_over_time"},
	{"rules-are-readable", api, rule, "a rate of an instant", `job="orders"}[5m]`, `job="orders"}`},
	{"rules-are-readable", api, rule, "a wait that is none", "for: 10m", "for: ten minutes"},
	{"rules-are-readable", api, rule, "two groups of one name", "name: orders-slo-long", "name: orders-slo"},
	{"rules-are-readable", api, rule, "neither record nor alert", "- alert: TargetDown", "- alerts: TargetDown"},
	{"records-exist", api, rule, "a record that is not made", "ratio_rate2h{", "ratio_rate4h{"},
	{"records-exist", api, rule, "a record of another objective", `sum(slo:sli_total:rate5m{namespace="sales",service="orders",slo="availability"})`, `sum(slo:sli_total:rate5m{namespace="sales",service="orders",slo="errors"})`},
	{"records-exist", api, rule, "what is read is gone", "rule slo:sli_total:sample2m", ""},
	{"alert-can-fire", api, rule, "a threshold that nothing exceeds", "> 0.672", "> 1.344"},
	{"alert-can-fire", api, rule, "exactly everything", "> 0.28", "> 1"},
	{"alert-can-fire", api, rule, "a target that is below down", `job="orders"}) == 0`, `job="orders"}) < 0`},
	{"alert-can-fire", api, rule, "a count of nothing", "max by (namespace, job, pod) (up", "count by (namespace, job, pod) (up"},
	{"objective-is-recorded", api, rule, "no ratio of a day", "rule slo:sli_error:ratio_rate1d", ""},
	{"objective-is-recorded", api, rule, "no errors", "rule slo:sli_errors:rate5m", ""},
	{"objective-is-recorded", api, rule, "nobody knows what is left", "rule slo:period_error_budget_remaining:ratio", ""},
	{"objective-is-recorded", api, rule, "no objective", "rule slo:objective:ratio", ""},
	{"objective-is-recorded", api, rule, "a day twice", "record: slo:sli_error:ratio_rate3d", "record: slo:sli_error:ratio_rate1d"},
	{"objective-is-recorded", api, rule, "a budget of floating point", "vector(0.001)", "vector(0.0010000000000000009)"},
	{"objective-is-recorded", api, rule, "nothing may be bad", "vector(0.95)", "vector(1)"},
	{"objective-is-recorded", api, rule, "another promise than the team's", "vector(0.999)\n", "vector(0.99)\n"},
	{"objective-is-recorded", api, rule, "nothing divided by nothing", " > 0)", ")"},
	{"objective-is-recorded", api, rule, "1 for nothing", " > 0)", " > bool 0)"},
	{"objective-is-recorded", api, rule, "a mean of ratios", "sum_over_time", "avg_over_time"},
	{"objective-is-recorded", api, rule, "two windows in one", "[6h]) > 0", "[1h]) > 0"},
	{"objective-is-recorded", api, rule, "the newest events twice", "[55m] offset 5m", "[1h]"},
	{"objective-is-recorded", api, rule, "the newest events hardly", "10 * slo", "1 * slo"},
	{"objective-is-recorded", api, rule, "the newest events of another hour", "offset 5m", "offset 1h"},
	{"objective-is-recorded", api, rule, "a window that is another", "[1d]", "[1h]"},
	{"objective-is-recorded", api, rule, "28 days of 30 seconds", `sample2m{namespace="sales",service="orders",slo="availability"}[28d]`, `rate5m{namespace="sales",service="orders",slo="availability"}[28d]`},
	{"objective-is-recorded", api, rule, "of all objectives", `,slo="availability"}[3d]`, `}[3d]`},
	{"objective-is-recorded", api, rule, "burns another budget", " / 0.001", " / 0.01"},
	{"objective-is-recorded", api, rule, "what is spent is left", "1 - slo:", "0 + slo:"},
	{"objective-is-recorded", api, rule, "pages every two minutes", "interval: 30s", "interval: 2m"},
	{"objective-is-recorded", api, rule, "no error is no result", `code=~"5.."}[5m])) or 0 * `, `code=~"5.."}[5m])) and 0 * `},
	{"objective-is-recorded", api, rule, "errors of an hour", `code=~"5.."}[5m])`, `code=~"5.."}[1h])`},
	{"objective-is-recorded", api, rule, "nobody counts latency", `slo: latency`, `slo: lateness`},
	{"objective-is-watched", api, rule, "ten times the threshold", "> 0.01344", "> 0.1344"},
	{"objective-is-watched", api, rule, "the factor of 30 days", "> 0.01344", "> 0.0144"},
	{"objective-is-watched", api, rule, "a rounded factor", "> 0.01344", "> 0.013"},
	{"objective-is-watched", api, rule, "a factor below 1", "> 0.001", "> 0.0009333"},
	{"objective-is-watched", api, rule, "either window", "and on (namespace, service, slo) slo:sli_error:ratio_rate1h", "or slo:sli_error:ratio_rate1h"},
	{"objective-is-watched", api, rule, "windows of two pairs", "ratio_rate5m{namespace=\"sales\",service=\"orders\",slo=\"availability\"} > 0.01344", "ratio_rate30m{namespace=\"sales\",service=\"orders\",slo=\"availability\"} > 0.01344"},
	{"objective-is-watched", api, rule, "as many alerts as labels", "max by (namespace, service, slo)", "sum by (slo)"},
	{"objective-is-watched", api, rule, "a 1 instead of a share", "> 0.01344", "> bool 0.01344"},
	{"objective-is-watched", api, rule, "nobody is woken", "rule ErrorBudgetBurn", ""},
	{"objective-is-watched", api, rule, "no ticket", "rule ErrorBudgetBurnSlow", ""},
	{"objective-is-watched", api, rule, "absent errors", "absent(slo:sli_total:rate5m", "absent(slo:sli_errors:rate5m"},
	{"objective-is-watched", api, rule, "nobody misses it", "rule SLOMissing", ""},
	{"objective-is-watched", api, rule, "the number of totals", "absent(slo:", "count(slo:"},
	{"objective-is-watched", api, rule, "absence that nobody waits for", "for: 10m", "for: 0s"},
	{"alert-leads-somewhere", api, rule, "a cause wakes somebody", "severity: ticket", "severity: page"},
	{"alert-leads-somewhere", api, rule, "a burning budget waits", "severity: page", "severity: ticket"},
	{"alert-leads-somewhere", api, rule, "a severity of its own", "severity: ticket", "severity: critical"},
	{"alert-leads-somewhere", api, rule, "no owner", "        owner: sales\n", ""},
	{"alert-leads-somewhere", api, rule, "another owner", "        owner: sales\n", "        owner: riders\n"},
	{"alert-leads-somewhere", api, rule, "another tier", "        tier: critical\n", "        tier: standard\n"},
	{"alert-leads-somewhere", api, rule, "a runbook without a host", "https://runbooks", "/runbooks"},
	{"alert-leads-somewhere", api, rule, "a runbook without a heading", "#targetdown", ""},
	{"alert-leads-somewhere", api, rule, "the heading of another alert", "#targetdown", "#slomissing"},
	{"alert-leads-somewhere", api, rule, "it ends between two scrapes", "keep_firing_for: 5m", "keep_firing_for: \"\""},
	{"alert-leads-somewhere", api, rule, "no runbook", "runbook_url", "runbook"},
	{"rules-read-their-own", api, rule, "all namespaces", `up{namespace="sales",job`, "up{job"},
	{"rules-read-their-own", api, rule, "another namespace", `up{namespace="sales"`, `up{namespace="riders"`},
	{"rules-read-their-own", api, rule, "another app's job", `job="orders"}) == 0`, `job="cart"}) == 0`},
	{"rules-read-their-own", api, rule, "a Deployment that is none", `deployment="orders",condition`, `deployment="order",condition`},
	{"rules-read-their-own", api, rule, "pods of an app with a longer name", `pod=~"orders-`, `pod=~"orders-db-`},
	{"rules-read-their-own", api, rule, "a Secret that nobody fetches", "orders-payments", "payments"},
	{"rules-read-their-own", api, "Deployment/orders > PrometheusRule", "the Deployment is renamed", "  name: orders\n  namespace", "  name: order\n  namespace"},
	{"latency-bucket-exists", api, rule, "between two bounds", `le="0.25"`, `le="0.2"`},
	{"latency-bucket-exists", api, rule, "a whole number in one spelling", `le="0.25"`, `le="1"`},
	{"latency-bucket-exists", api, rule, "ten for one", `le="0.25"`, `le=~"1.*"`},
	{"latency-bucket-exists", api, rule, "nobody hears of a missing bucket", "rule LatencyBucketMissing", ""},
	{"period-is-kept", api, rule, "longer than samples are kept", "[28d]", "[60d]"},
	{"period-is-kept", api, rule, "a week", "vector(28)", "vector(7)"},
	{"quantile-keeps-le", api, rule, "a quantile of one bucket", "max by (namespace, job, pod) (up{", `histogram_quantile(0.9, sum by (job) (rate(http_request_duration_seconds_bucket{namespace="sales",job="orders"}[5m]))) > 1 or max by (namespace, job, pod) (up{`},
	{"error-rate-is-per-service", api, rule, "a share of everybody", "max by (namespace, job, pod) (up{", `sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.01 or max by (namespace, job, pod) (up{`},
}

// withoutRule removes the first rule that is called so.
func withoutRule(text, name string) string {
	lines := strings.Split(text, "\n")
	at := slices.IndexFunc(lines, func(line string) bool {
		line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
		return line == "alert: "+name || line == "record: "+name
	})
	if at < 0 {
		return text
	}
	begins := func(i int) bool { return strings.HasPrefix(lines[i], "    - ") || strings.HasPrefix(lines[i], "  - ") }
	from, to := at, at+1
	for !begins(from) {
		from--
	}
	for to < len(lines) && !begins(to) {
		to++
	}
	return strings.Join(slices.Concat(lines[:from], lines[to:]), "\n")
}
