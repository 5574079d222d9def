package monitoring

import (
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// The severities: somebody is woken, or somebody looks at it on the next day.
const (
	page   = "page"
	ticket = "ticket"
)

// alarm is a condition that a promise depends on, and what is said of it.
type alarm struct {
	name      string
	objective *app.Objective // nil: all of them
	severity  string
	expr      string // empty: it cannot come true
	wait      string // how long it holds before anybody hears of it
	summary   string
	advice    string // what it means, and what to do
}

// add appends an alarm that can come true to rules. The text has no templates: who delivers it may have ones of the same look.
func (x alarm) add(rules []kube.Rule, a app.App) []kube.Rule {
	if x.expr == "" {
		return rules
	}
	labels := map[string]string{"severity": x.severity, "namespace": a.Namespace, "service": a.Name, "owner": a.Team, "tier": string(a.Tier)}
	if x.objective != nil {
		labels = kube.Merge(labels, slo.Labels(a, *x.objective), slothLabels(a, *x.objective))
		if slothReads(a) {
			labels["sloth_severity"] = x.severity
		}
	}
	annotations := map[string]string{
		"summary":     x.summary,
		"description": x.advice,
		"runbook_url": kube.Runbook(a.Runbooks, "slo.md", x.name),
	}
	if url := kube.DashboardURL(a); url != "" {
		annotations["dashboard_url"] = url
	}
	return append(rules, kube.Rule{
		Alert: x.name, Expr: x.expr, For: x.wait, KeepFiringFor: "5m", Labels: labels, Annotations: annotations,
	})
}

func budgetBurns(a app.App, o app.Objective) alarm {
	return alarm{
		name:      "ErrorBudgetBurn",
		objective: &o,
		severity:  page,
		expr:      slo.Burning(a, o, true),
		summary:   fmt.Sprintf("%s of %s: the error budget of %s burns so fast that it will be gone within days", o.Name, a.Name, period(a)),
		advice:    fmt.Sprintf("%s %s %s", promise(a, o), exceeded(a, o, true), firstSteps(a)),
	}
}

func budgetBurnsSlowly(a app.App, o app.Objective) alarm {
	return alarm{
		name:      "ErrorBudgetBurnSlow",
		objective: &o,
		severity:  ticket,
		expr:      slo.Burning(a, o, false),
		summary:   fmt.Sprintf("%s of %s: if it goes on like this, the error budget of %s does not last", o.Name, a.Name, period(a)),
		advice:    fmt.Sprintf("%s %s Nothing has to happen at night. %s", promise(a, o), exceeded(a, o, false), firstSteps(a)),
	}
}

func outage(a app.App, o app.Objective) alarm {
	return alarm{
		name:      "SLOOutage",
		objective: &o,
		severity:  page,
		expr:      slo.OutageExpr(a, o),
		summary:   fmt.Sprintf("%s of %s: nearly everything fails", o.Name, a.Name),
		advice:    fmt.Sprintf("%s More than 90 %% was bad in the last 30 minutes and still is in the last 5. %s", promise(a, o), firstSteps(a)),
	}
}

func missing(a app.App, o app.Objective) alarm {
	return alarm{
		name:      "SLOMissing",
		objective: &o,
		severity:  blindness(a, o),
		expr:      slo.Missing(a, o),
		wait:      "10m",
		summary:   fmt.Sprintf("%s of %s: nobody measures it", o.Name, a.Name),
		advice:    "Without it no other alert tells whether the promise is kept. " + whoMeasures(a, o),
	}
}

// uncounted: the app is read, but what it should count is not there. One that has much to do is known to be wrong soon; another one
// may have had nothing to count since it was started.
func uncounted(a app.App, n slo.Objects, o app.Objective) alarm {
	x := alarm{
		name:      "SLOUncounted",
		objective: &o,
		severity:  ticket,
		expr:      slo.Measure(a, n, o).Uncounted,
		wait:      "1d",
		summary:   fmt.Sprintf("%s of %s: Prometheus reads the app, and does not find what is counted", o.Name, a.Name),
		advice: fmt.Sprintf("Since its pods were started, the app has counted nothing: nobody has asked it anything, or its metrics have other names than %s. No other alert tells whether the promise is kept.",
			slo.Counted(o)),
	}
	if o.Busy {
		x.wait, x.severity = "10m", blindness(a, o)
	}
	return x
}

func bucketMissing(a app.App, n slo.Objects, o app.Objective) alarm {
	return alarm{
		name:      "LatencyBucketMissing",
		objective: &o,
		severity:  ticket,
		expr:      slo.Measure(a, n, o).Bucketless,
		wait:      "10m",
		summary:   fmt.Sprintf("%s of %s: its histogram has no bucket of %s s", o.Name, a.Name, slo.Seconds(o.UnderMillis)),
		advice:    fmt.Sprintf("Without the bucket nobody counts what takes longer, and no other alert tells it. Add the bound %s to the histogram of the app, or promise one that it has: slo.latency.under.", slo.Seconds(o.UnderMillis)),
	}
}

// noReadyPods is what no counter of requests tells: those that meet no pod are counted by nobody.
func noReadyPods(a app.App, n slo.Objects) alarm {
	severity := ticket
	for _, o := range a.SLO.Objectives {
		if o.Pages {
			severity = page
		}
	}
	return alarm{
		name:     "NoReadyPods",
		severity: severity,
		expr:     slo.NoReadyPods(a, n),
		wait:     "30s", // and as long as what was ready shortly before counts
		summary:  fmt.Sprintf("%s has no pod that is ready", a.Name),
		advice:   "Nobody is served, and where the app counts its requests itself, nobody counts that they fail. " + firstSteps(a),
	}
}

// blindness is how loud it is that nobody measures. Somebody is woken where it matters most, and where it cannot have another reason:
// a mesh or a gateway counts nothing until somebody asks, and a CronJob that is suspended has no runs.
func blindness(a app.App, o app.Objective) string {
	counts := true
	switch o.Source {
	case "istio", "nginx", "envoy":
		counts = o.Busy
	case "cron":
		counts = false
	}
	if a.Tier == app.Critical && o.Pages && counts {
		return page
	}
	return ticket
}

// exceeded says which ratios are above which thresholds.
func exceeded(a app.App, o app.Objective, paging bool) string {
	var parts []string
	for _, p := range slo.Pairs(a, o) {
		if p.Page == paging {
			parts = append(parts, fmt.Sprintf("more than %s %% was bad both in the last %s and in the last %s", slo.InPercent(p.Threshold), spoken(p.Long), spoken(p.Short)))
		}
	}
	said := strings.Join(parts, ", or ")
	if said == "" {
		return said
	}
	return strings.ToUpper(said[:1]) + said[1:] + "."
}
