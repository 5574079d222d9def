package compile_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// pairing is a row of the SRE Workbook's table 5-8: over two windows the budget burns so fast that a share of it is gone.
type pairing struct {
	short, long string
	hours       int64 // of the long window
	percent     int64 // of the budget
	severity    string
}

var pairings = []pairing{{"5m", "1h", 1, 2, "page"}, {"30m", "6h", 6, 5, "page"}, {"2h", "1d", 24, 10, "ticket"}, {"6h", "3d", 72, 10, "ticket"}}

// one is never written to.
var one = big.NewRat(1, 1)

// threshold is the share of bad events above which a pair speaks, from what the objective and its period are recorded as.
func (o *pledge) threshold(p pairing) *big.Rat {
	days, objective := o.constant("slo:time_period:days"), o.constant("slo:objective:ratio")
	if days == nil || objective == nil {
		return big.NewRat(2, 1) // beyond everything; incompleteRecords tells
	}
	factor := new(big.Rat).Mul(big.NewRat(24*p.percent, 100*p.hours), days)
	if factor.Cmp(one) < 0 {
		factor.Set(one)
	}
	return factor.Mul(factor, new(big.Rat).Sub(one, objective))
}

// burn is what an alert of an objective waits for.
type burn struct {
	pairs [][2]over // short and long
	guard []atLeast // bad events, any of which suffices; nil: one is enough
}

// atLeast is a number of bad events: of a record's sum over a window, or of what it says now, times the seconds that a value stands for.
type atLeast struct{ times, metric, window, number string }

// over is a comparison: a record of an objective over a window is above a number.
type over struct {
	metric, window string
	number         *big.Rat
}

// burning reads an alert: max by (identity) of pairs that "or" joins, and beside it perhaps a guard.
func (o *pledge) burning(x *term) (b burn, err error) {
	const on = "on(namespace,service,slo)"
	if x.kind == "and" {
		for _, g := range x.args[1].parts("or") {
			if x.labels != on || g.kind != ">=" || g.args[0].kind != "*" {
				return b, fmt.Errorf("is guarded by something else than bad events")
			}
			s := g.args[0].args[1]
			if s.name == "sum_over_time" {
				s = s.args[0]
			}
			if problem := o.wants(s, s.name, s.window); problem != "" {
				return b, fmt.Errorf("its guard %s", problem)
			}
			b.guard = append(b.guard, atLeast{g.args[0].args[0].name, s.name, s.window, g.args[1].name})
		}
		x = x.args[0]
	}
	if x.kind != "call" || x.name != "max" || x.labels != "by(namespace,service,slo)" || len(x.args) != 1 {
		return b, fmt.Errorf("is not one alert, whatever labels its records bear")
	}
	for _, pair := range x.args[0].parts("or") {
		if pair.kind != "and" || pair.labels != on {
			return b, fmt.Errorf("is about one window alone")
		}
		var both [2]over
		for i, side := range pair.args {
			if side.kind != ">" || side.bool || side.args[1].kind != "number" {
				return b, fmt.Errorf("compares with no number")
			}
			s := side.args[0]
			if problem := o.wants(s, s.name, ""); problem != "" || !strings.HasPrefix(s.name, ratioPrefix) {
				return b, fmt.Errorf("%s is no ratio of the objective: %s", s.name, problem)
			}
			both[i] = over{s.name, strings.TrimPrefix(s.name, ratioPrefix), rat(side.args[1].name)}
		}
		b.pairs = append(b.pairs, both)
	}
	return b, nil
}

// wrongPairs finds burn alerts that are missing, can never fire, or fire at another rate than the budget's.
func wrongPairs(w *watched) (found []string) {
	for _, o := range w.pledges() {
		say := func(format string, args ...any) { found = append(found, o.id()+": "+fmt.Sprintf(format, args...)) }
		if o.alerts["ErrorBudgetBurn"].Rule == nil && o.alerts["ErrorBudgetBurnSlow"].Rule == nil && o.alerts["SLOOutage"].Rule == nil {
			say("nobody hears that its budget burns")
		}
		for name, severity := range map[string]string{"ErrorBudgetBurn": "page", "ErrorBudgetBurnSlow": "ticket"} {
			var want, got []string
			for _, p := range pairings {
				if t := o.threshold(p); p.severity == severity && w.speaks(o, p) && t.Cmp(one) < 0 {
					want = append(want, fmt.Sprintf("%s/%s > %s", p.short, p.long, t.RatString()))
				}
			}
			if a := o.alerts[name]; a.Rule != nil {
				b, err := o.burning(a.expr)
				if err != nil {
					say("%s %v", name, err)
					continue
				}
				for _, pair := range b.pairs {
					short, long := pair[0], pair[1]
					if short.number == nil || long.number == nil || short.number.Cmp(long.number) != 0 {
						say("%s waits for another rate over %s than over %s", name, short.window, long.window)
						continue
					}
					got = append(got, fmt.Sprintf("%s/%s > %s", short.window, long.window, short.number.RatString()))
				}
			}
			if !slices.Equal(got, want) {
				say("%s waits for %v, and its budget is gone at %v", name, got, want)
			}
		}
	}
	slices.Sort(found)
	return found
}

// speaks reports whether somebody hears of a pair at all: nobody is woken for what may wait, and of less than one request in five
// minutes only the longest windows say something.
func (w *watched) speaks(o *pledge, p pairing) bool {
	if rps := rat(w.stated.rps[o.service]); rps != nil && rps.Cmp(big.NewRat(1, 300)) < 0 {
		return p.long == "3d"
	}
	return p.severity == "ticket" || o.tier() != "best-effort"
}

// tier is that of the promise, as its alerts say.
func (o *pledge) tier() string { return o.alerts["SLOMissing"].label("tier") }

func (p place) label(name string) string {
	if p.Rule == nil {
		return ""
	}
	return p.Labels[name]
}

func (p place) note(name string) string {
	if p.Rule == nil {
		return ""
	}
	return p.Annotations[name]
}

// silentOutages finds objectives whose total outage would wake nobody, since a page waits for more than everything.
func silentOutages(w *watched) (found []string) {
	for _, o := range w.pledges() {
		wanted := slices.ContainsFunc(pairings, func(p pairing) bool {
			return p.severity == "page" && w.speaks(o, p) && o.threshold(p).Cmp(one) >= 0
		})
		a := o.alerts["SLOOutage"]
		if a.Rule == nil {
			if wanted {
				found = append(found, o.id()+": an outage wakes nobody")
			}
			continue
		}
		b, err := o.burning(a.expr)
		if !wanted || err != nil || len(b.pairs) != 1 {
			found = append(found, fmt.Sprintf("%s: an alert of outages that is not wanted, or is %v", o.id(), err))
			continue
		}
		for i, window := range []string{"5m", "30m"} {
			if side := b.pairs[0][i]; side.window != window || side.number == nil || side.number.Cmp(big.NewRat(9, 10)) != 0 {
				found = append(found, fmt.Sprintf("%s: an outage is more than 90 %% in %s", o.id(), window))
			}
		}
	}
	return found
}

// events are how many bad ones make an alert, by tier.
var events = map[string]string{"critical": "5", "standard": "10", "best-effort": "10"}

// unguarded finds alerts that a single bad event sets off, and guards that count something else.
func unguarded(w *watched) (found []string) {
	for _, o := range w.pledges() {
		k := events[o.tier()]
		now, hour, day := atLeast{"300", errs, "", k}, atLeast{"30", errs, "1h", k}, atLeast{"120", errsEach, "1d", k}
		if !w.speaks(o, pairings[2]) {
			day.window = "3d" // of what has few events, no shorter one says anything
		}
		for name, want := range map[string][]atLeast{
			"ErrorBudgetBurn": {now, hour}, "SLOOutage": {now, hour}, "ErrorBudgetBurnSlow": {day},
		} {
			a := o.alerts[name]
			if a.Rule == nil {
				continue
			}
			b, err := o.burning(a.expr)
			switch {
			case err != nil: // wrongPairs tells
			case (b.guard == nil) != w.enough(o):
				found = append(found, fmt.Sprintf("%s: %s is guarded: %v; there is enough traffic: %v", o.id(), name, b.guard != nil, w.enough(o)))
			case b.guard != nil && !slices.Equal(b.guard, want):
				found = append(found, fmt.Sprintf("%s: %s waits for %v", o.id(), name, b.guard))
			}
		}
	}
	slices.Sort(found)
	return found
}

// enough reports whether no single bad event counts for much: the rate that pages is at least ten of them in an hour. What is time, as
// the age of a run or of a backlog, is looked at again and again.
func (w *watched) enough(o *pledge) bool {
	e := o.expr(errs)
	var rps *big.Rat
	for _, s := range e.series() {
		if slices.Contains([]string{"kube_cronjob_created", "keda_scaler_metrics_value"}, s.name) {
			return true
		}
		for _, p := range w.probes {
			if s.is("job") == p.Spec.JobName && s.is("namespace") == p.Namespace {
				rps = new(big.Rat).Inv(rat(strings.TrimSuffix(p.Spec.Interval, "s")))
			}
		}
		if strings.HasPrefix(s.name, "messaging_") {
			return false // traffic is about requests
		}
	}
	if rps == nil {
		rps = rat(w.stated.rps[o.service])
	}
	if rps == nil {
		return false
	}
	rate := o.threshold(pairings[0])
	if rate.Cmp(one) > 0 {
		rate = one
	}
	bad := new(big.Rat).Mul(rate, rps)
	return bad.Mul(bad, big.NewRat(3600, 1)).Cmp(big.NewRat(10, 1)) >= 0
}

// unheardAbsence finds objectives that nobody would miss: the absence of the total, of which errors are a part, makes an alert.
func unheardAbsence(w *watched) (found []string) {
	for _, o := range w.pledges() {
		a := o.alerts["SLOMissing"]
		switch {
		case a.Rule == nil || a.expr.kind != "call" || a.expr.name != "absent" || len(a.expr.args) != 1:
			found = append(found, o.id()+": nobody hears that it is not measured")
		case o.wants(a.expr.args[0], total, "") != "":
			found = append(found, o.id()+": its absence "+o.wants(a.expr.args[0], total, ""))
		case a.For != "10m":
			found = append(found, o.id()+": its absence is told after "+a.For)
		}
	}
	return found
}
