package slo

import (
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/app"
)

// Record is one series that rules record about an objective.
type Record struct {
	Name   string
	Expr   string
	Window string // of a ratio; empty: it is none
}

// ShortRecords are the records of every ShortSeconds, in the order in which they build on one another.
func ShortRecords(a app.App, n Objects, o app.Objective) []Record {
	in := Measure(a, n, o)
	out := []Record{{Name: Total, Expr: in.Total}, {Name: Errors, Expr: in.Errors}}
	for _, w := range ShortWindows() {
		out = append(out, ratio(a, o, Errors, Total, w))
	}
	return append(out,
		Record{Name: TargetRatio, Expr: "vector(" + Target(o) + ")"},
		Record{Name: BudgetRatio, Expr: "vector(" + Budget(o) + ")"},
		Record{Name: PeriodDays, Expr: fmt.Sprintf("vector(%d)", days(a))},
		Record{Name: CurrentBurn, Expr: RatioOver("5m") + Selector(a, o) + " / " + Budget(o)},
	)
}

// LongRecords are the records of every LongSeconds. Their windows read samples of what the short records say, not all of it.
func LongRecords(a app.App, o app.Objective) []Record {
	of := Selector(a, o)
	out := []Record{{Name: TotalSample, Expr: Total + of}, {Name: ErrorsSample, Expr: Errors + of}}
	for _, w := range LongWindows(a) {
		out = append(out, ratio(a, o, ErrorsSample, TotalSample, w))
	}
	return append(out,
		Record{Name: PeriodBurn, Expr: RatioOver(Period(a)) + of + " / " + Budget(o)},
		Record{Name: BudgetRemaining, Expr: "1 - " + PeriodBurn + of},
	)
}

// ratio is bad events as a share of all over a window: of counts, so that a quiet hour weighs little; and of no events there is none.
// The shortest one is of what was recorded just now, which covers five minutes itself.
func ratio(a app.App, o app.Objective, errors, total, window string) Record {
	errors, total = errors+Selector(a, o), total+Selector(a, o)
	added := func(series string) string { return sumOver(series, window) }
	switch window {
	case "5m":
		return Record{Name: RatioOver(window), Expr: fmt.Sprintf("%s / (%s > 0)", errors, total), Window: window}
	case "1h":
		added = lastHour
	}
	return Record{Name: RatioOver(window), Expr: fmt.Sprintf("%s\n/ (%s > 0)", added(errors), added(total)), Window: window}
}

func sumOver(series, window string) string {
	return fmt.Sprintf("sum_over_time(%s[%s])", series, window)
}

// lastHour adds up the samples of an hour, the window that a page of an outage waits for. Each sample tells of the five minutes before
// it, so that few of them know what came just now, and their sum would notice an outage minutes late: here the newest one stands for
// all of its five minutes, and no event counts twice. Where there is no newest one, or none before, the sum will do.
func lastHour(series string) string {
	return fmt.Sprintf("(\n  %d * %s + sum_over_time(%s[55m] offset 5m)\n  or %s\n)", 300/ShortSeconds, series, series, sumOver(series, "1h"))
}

// identity are the labels by which records of an objective match, whatever else they bear.
const identity = "namespace, service, slo"

// Burning is true while the budget burns too fast over both windows of a pair: of those that page, or of the others. Empty: there is
// no such pair.
func Burning(a app.App, o app.Objective, page bool) string {
	of := Selector(a, o)
	var pairs []string
	for _, p := range Pairs(a, o) {
		if p.Page == page {
			pairs = append(pairs, fmt.Sprintf("%s%s > %s\nand on (%s) %s%s > %s", RatioOver(p.Short), of, p.Threshold, identity, RatioOver(p.Long), of, p.Threshold))
		}
	}
	if len(pairs) == 0 {
		return ""
	}
	return guarded(a, o, strings.Join(pairs, "\nor "), page)
}

// OutageExpr is true while nearly everything fails; empty where Burning tells that.
func OutageExpr(a app.App, o app.Objective) string {
	if !Outage(a, o) {
		return ""
	}
	of := Selector(a, o)
	return guarded(a, o, fmt.Sprintf("%s%s > 0.9\nand on (%s) %s%s > 0.9", RatioOver("5m"), of, identity, RatioOver("30m"), of), true)
}

// guarded holds only where there were enough bad events: for a page in the last five minutes or in the last hour, whichever knows more
// of them, and for a ticket, which has time, in GuardWindow. Whatever the records bear beside their identity, the alert is one.
func guarded(a app.App, o app.Objective, expr string, page bool) string {
	expr = "max by (" + identity + ") (\n" + indent(expr) + "\n)"
	if o.GuardEvents == 0 {
		return expr
	}
	of := Selector(a, o)
	enough := fmt.Sprintf("%d * %s >= %d", LongSeconds, sumOver(ErrorsSample+of, GuardWindow(o)), o.GuardEvents)
	if page {
		enough = fmt.Sprintf("(300 * %s >= %d or %d * %s >= %d)", Errors+of, o.GuardEvents, ShortSeconds, sumOver(Errors+of, "1h"), o.GuardEvents)
	}
	return fmt.Sprintf("%s\nand on (%s) %s", expr, identity, enough)
}

// GuardWindow is the window in which bad events suffice for a ticket: a day, or for what has few of them the longest one that it speaks of.
func GuardWindow(o app.Objective) string {
	if o.LongOnly {
		return "3d"
	}
	return "1d"
}

// Missing is true while nobody measures an objective.
func Missing(a app.App, o app.Objective) string { return "absent(" + Total + Selector(a, o) + ")" }
