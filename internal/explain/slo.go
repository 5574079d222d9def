package explain

import (
	"cmp"
	"fmt"
	"io"
	"math/big"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/slo"
)

// SLO writes what one app promises in one environment: who counts it, what may fail, and who hears of it when.
func SLO(w io.Writer, a app.App) error {
	var p page
	fmt.Fprintf(&p, "%s in %s, tier %s\n", a.Name, a.Env.Name, a.Tier)
	switch {
	case a.SLO == nil:
		p.WriteString("\nnothing is promised: add slo: {availability: 99}\n")
	case len(a.SLO.Objectives) == 0:
		p.WriteString("\nnobody measures here what is promised, so there are no alerts: scantling check says why\n")
	default:
		for _, o := range a.SLO.Objectives {
			p.objective(a, o)
		}
		freeze := "nothing but fixes is released"
		if !a.SLO.Policy.Freezes {
			freeze = "it is said, and nothing is held back"
		}
		p.WriteString("\nwhen so much of a budget is left, or less\n")
		p.rows([]row{{fmt.Sprintf("%d %%", a.SLO.Policy.CautionPercent), "releases go by a canary or a blue-green"}, {fmt.Sprintf("%d %%", a.SLO.Policy.FreezePercent), freeze}})
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// objective writes the block of one objective.
func (p *page) objective(a app.App, o app.Objective) {
	good := "good"
	if o.UnderMillis > 0 {
		good = fmt.Sprintf("within %d ms", o.UnderMillis)
	}
	fmt.Fprintf(p, "\n%s: %s %% %s over %d days\n", o.Name, percent(slo.Target(o)), good, a.SLO.WindowDays)
	bad := decimal(slo.Budget(o))
	seconds, _ := bad.Mul(bad, big.NewRat(int64(a.SLO.WindowDays)*24*3600, 1)).Float64()
	rows := []row{{"counted by", counter(a, o)}, {"budget", fmt.Sprintf("%s %% may be bad, or all for %s", percent(slo.Budget(o)), duration(int64(seconds)))}}
	for _, pair := range slo.Pairs(a, o) {
		label, soon := "ticket", ""
		if pair.Page {
			label, soon = "page", allBad(slo.PageWithin(o, pair))
		}
		rows = append(rows, row{label, fmt.Sprintf("over %s %% bad in %s and in %s, %s x the budget%s", percent(pair.Threshold), pair.Long, pair.Short, pair.Factor, soon)})
	}
	if slo.Outage(a, o) {
		rows = append(rows, row{"page", "over 90 % bad in 30m and in 5m: another page cannot be reached" + allBad(slo.OutageWithin(o))})
	}
	p.rows(append(rows, row{"at least", guard(o)}))
}

// counters is who counts, by source, and in which series: requests, and how long they take.
var counters = map[string][3]string{
	"http":  {"the app", "http_requests_total", "http_request_duration_seconds"},
	"grpc":  {"the app", "grpc_server_handled_total", "grpc_server_handling_seconds"},
	"istio": {"its sidecar", "istio_requests_total", "istio_request_duration_milliseconds"},
	"nginx": {"the ingress controller", "nginx_ingress_controller_requests", "nginx_ingress_controller_request_duration_seconds"},
	"envoy": {"the gateway", "envoy_cluster_upstream_rq_xx", "envoy_cluster_upstream_rq_time"},
	"queue": {"the app", "", "messaging_process_duration_seconds"},
}

// counter says who counts an objective, and who decided that.
func counter(a app.App, o app.Objective) string {
	who, series := counters[o.Source][0], counters[o.Source][1]
	if o.UnderMillis > 0 {
		series = counters[o.Source][2]
	}
	if o.AtGateway {
		who = "the gateway"
	}
	text := who + ", in " + series
	switch {
	case o.Backlog > 0:
		text = fmt.Sprintf("KEDA: time is bad with more than %d messages waiting", o.Backlog)
	case o.Source == "probe":
		text = "a prober, every " + duration(o.Seconds)
	case o.Source == "cron":
		text = fmt.Sprintf("its runs: bad %s after a run was due, without success since, or %s after the last", duration(o.RunSeconds), duration(o.Seconds))
	}
	path := "slo.objectives[" + o.Name + "].source"
	if i := slices.IndexFunc(a.Origins, func(origin app.Origin) bool { return origin.Path == path }); i >= 0 {
		text += " (" + cmp.Or(a.Origins[i].Note, a.Origins[i].Pos.String()) + ")"
	}
	return text
}

// allBad says how soon a page comes when nothing works.
func allBad(seconds int64) string { return "; all bad: within " + duration(seconds) }

// guard says how many bad events it takes.
func guard(o app.Objective) string {
	switch {
	case o.GuardEvents == 0:
		return "nothing: time is counted, and there is always enough of it"
	case o.LongOnly:
		return fmt.Sprintf("%d bad ones in three days; so few events say nothing sooner", o.GuardEvents)
	case !o.Pages:
		return fmt.Sprintf("%d bad ones in a day", o.GuardEvents)
	}
	return fmt.Sprintf("%d bad ones: for a page in an hour, for a ticket in a day", o.GuardEvents)
}

// decimal reads a number that package slo has written.
func decimal(s string) *big.Rat {
	r, _ := new(big.Rat).SetString(s)
	return r
}

// percent writes a share as a percentage.
func percent(share string) string {
	r := decimal(share)
	r.Mul(r, big.NewRat(100, 1))
	digits, _ := r.FloatPrec()
	return r.FloatString(digits)
}
