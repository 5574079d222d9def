package slo

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
)

// Indicator is how one objective is measured. An expression that ends in nothing says that nobody knows, which is never a zero.
type Indicator struct {
	Total  string // events per second: what Total records
	Errors string // bad events per second, by what Total has recorded: what Errors records

	Uncounted  string // true where the app is read and has never counted an event; empty: the source cannot tell
	Bucketless string // true where durations are counted, and none by the bucket of the objective; empty: there is no bucket
}

// Counted is the metric that an objective is counted by, where the app itself counts.
func Counted(o app.Objective) string {
	c := countersOf(app.App{}, o.Source)
	switch {
	case o.UnderMillis == 0:
		return c.requests
	case o.Native:
		return c.histogram
	}
	return c.histogram + "_count"
}

// Measure returns how an objective of an app is measured.
func Measure(a app.App, n Objects, o app.Objective) Indicator {
	switch o.Source {
	case "probe":
		return probed(a, n, o)
	case "cron":
		return looks(succeeded(a, o), ShortSeconds, "")
	case "queue":
		if o.UnderMillis == 0 {
			return looks(waiting(a, n, o), ShortSeconds, "")
		}
	}
	if o.UnderMillis > 0 {
		return latency(a, n, o)
	}
	r := n.requests(a, o, "5m")
	bad := r.Bad("0 * " + recorded(a, o))
	in := Indicator{Total: r.Total(), Errors: bad[1 : len(bad)-1]} // without its parentheses
	return n.read(a, o, in)
}

// recorded is what Total has recorded of an objective, as an expression without labels.
func recorded(a app.App, o app.Objective) string { return "sum(" + Total + Selector(a, o) + ")" }

// idle is 0 while there are no events, and nothing else.
func idle(a app.App, o app.Objective) string { return "(" + recorded(a, o) + " == 0)" }

// read lets an app that is read and has counted nothing yet, as after a start at night, have no events: else it would be taken for one
// that nobody measures. So does an app that may sleep, while no pods of it are wanted. But where a pod says that what it has counted is
// no number, nobody knows: recorded, that would be above no threshold, and so would be each window that it is in, for weeks.
func (n Objects) read(a app.App, o app.Objective, in Indicator) Indicator {
	switch o.Source {
	case "http", "grpc", "queue":
		up := "group(up{" + n.job(a) + "} == 1)"
		in.Total += "\nor 0 * " + up
		in.Uncounted = up + "\nunless group(" + selector(Counted(o), n.series(a, o)...) + ")"
		if sleeps(a) {
			in.Total += "\nor sum(" + n.wanted(a) + ") == 0"
		}
	}
	if !o.Native { // no bucket holds what is no number
		in.Total, in.Errors = number(in.Total), number(in.Errors)
	}
	return in
}

// number leaves out what is no number: it is neither 0 nor more.
func number(expr string) string {
	if strings.Contains(expr, " or ") || strings.Contains(expr, "\n") {
		expr = "(\n" + indent(expr) + "\n)"
	}
	return expr + " >= 0"
}

// latency counts requests that did not fail, and as bad those that took longer. Only series that have the bucket can: while a new
// version brings one, the pods of the old one lack it, and are not all slow. (Where a process that counts already gets the bucket
// later, which no client library does, its rate is too low for four minutes, and what it lacks is taken for slow.)
func latency(a app.App, n Objects, o app.Objective) Indicator {
	r := n.requests(a, o, "5m")
	in := Indicator{Total: r.Done()}
	counted := Counted(o)
	le := bound(o.UnderMillis, r.unit)
	if o.Native {
		all := "sum(" + r.rate(counted, r.success) + ")"
		in.Total = "histogram_count(" + all + ")"
		in.Errors = fmt.Sprintf("(1 - histogram_fraction(0, %s, %s))\n* (histogram_count(%s) > 0)", Seconds(o.UnderMillis), all, all) // of nothing the fraction is no number
	} else {
		in.Errors = fmt.Sprintf("sum(\n  %s\n  - sum without (le) (%s)\n)", grouped(r.rate(counted, r.success)), r.rate(r.histogram+"_bucket", r.success, le))
		in.Bucketless = fmt.Sprintf("group(%s)\nunless group(%s)", r.all(counted), r.all(r.histogram+"_bucket", le))
	}
	in.Errors += "\nor " + idle(a, o)
	if r.requests != "" && o.Source != "http" && o.Source != "grpc" {
		in.Total += "\nor 0 * group(" + r.all(r.requests) + ")" // all of them failed
	}
	return n.read(a, o, in)
}

// grouped puts alternatives between parentheses.
func grouped(expr string) string {
	if strings.Contains(expr, " or ") {
		return "(" + expr + ")"
	}
	return expr
}

// all are the series of a metric, as they are.
func (r Requests) all(metric string, more ...string) string {
	var alternatives []string
	for _, s := range r.series {
		alternatives = append(alternatives, selector(metric, append([]string{s}, more...)...))
	}
	return strings.Join(alternatives, " or ")
}

// looks makes events of a condition that holds or does not: each look at it is one, and bad where it is 1. Where it has no result,
// there is none.
func looks(condition string, every int64, none string) Indicator {
	over := func(function string) string {
		return fmt.Sprintf("sum(%s((\n%s\n)[5m:%ds])) / 300", function, indent(condition), every)
	}
	in := Indicator{Total: over("count_over_time"), Errors: over("sum_over_time")}
	if none != "" {
		in.Total += "\nor " + none
		in.Errors += "\nor " + none
	}
	return in
}

// probed counts the answers to a prober: bad ones, or of the good ones those that came late.
func probed(a app.App, n Objects, o app.Objective) Indicator {
	every := o.Seconds
	if every == 0 {
		every = ShortSeconds
	}
	success := n.Answered(a, "probe_success")
	if o.UnderMillis == 0 {
		return looks("1 - "+success, every, "")
	}
	late := fmt.Sprintf("%s > bool %s\nand %s == 1", n.Answered(a, "probe_duration_seconds"), Seconds(o.UnderMillis), success)
	return looks(late, every, "0 * group("+success+")")
}

// succeeded is 1 while the last success, or where there is none the making of the CronJob, is too old: no later than the time for which
// the newest run that must be over by now was due, or so long ago that another run should have been due since. A CronJob that is suspended
// has no events: somebody wanted it so, and the alert about what is missing says that it is.
func succeeded(a app.App, o app.Objective) string {
	return fmt.Sprintf("(max(%s) or max(%s))\n< bool (max(%s offset %ds) > time() - %d or vector(time() - %d))\nunless max(%s) == 1",
		Runs(a, "kube_cronjob_status_last_successful_time"), Runs(a, "kube_cronjob_created"),
		Runs(a, "kube_cronjob_status_last_schedule_time"), o.RunSeconds, o.Seconds, o.Seconds, Runs(a, "kube_cronjob_spec_suspend"))
}

// waiting is 1 while more messages wait than all pods are meant for. KEDA asks the broker even while there are no pods.
func waiting(a app.App, n Objects, o app.Objective) string {
	return n.Backlog(a) + " > bool " + strconv.FormatInt(o.Backlog, 10)
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }
