package compile_test

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// The records of an objective, by the names that dashboards of others know.
const (
	total, errs           = "slo:sli_total:rate5m", "slo:sli_errors:rate5m"
	totalSample, errsEach = "slo:sli_total:sample2m", "slo:sli_errors:sample2m"
	ratioPrefix           = "slo:sli_error:ratio_rate"
	remaining             = "slo:period_error_budget_remaining:ratio"
)

// rat reads a decimal exactly; nil: it is none.
func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil
	}
	return r
}

// constant is the number of a record that is a vector of it; nil: it is none.
func (o *pledge) constant(record string) *big.Rat {
	p, ok := o.records[record]
	if !ok || p.expr.kind != "call" || p.expr.name != "vector" || len(p.expr.args) != 1 || p.expr.args[0].kind != "number" {
		return nil
	}
	return rat(p.expr.args[0].name)
}

// period is the window of the promise, such as "28d"; empty: nobody says.
func (o *pledge) period() string {
	days := o.constant("slo:time_period:days")
	if days == nil || !days.IsInt() {
		return ""
	}
	return days.Num().String() + "d"
}

// windows are those of the ratios.
func (o *pledge) windows() []string {
	return []string{"5m", "30m", "1h", "2h", "6h", "1d", "3d", o.period()}
}

// wants says what a term lacks to be a record of this objective, over a window.
func (o *pledge) wants(t *term, metric, window string) string {
	return o.wantsFrom(t, metric, window, "")
}

// wantsFrom is wants, of what was some time ago.
func (o *pledge) wantsFrom(t *term, metric, window, ago string) string {
	match := []matcher{{"namespace", "=", o.namespace}, {"service", "=", o.service}, {"slo", "=", o.slo}}
	switch {
	case t.kind != "series" || t.name != metric || t.window != window || t.offset != ago:
		return fmt.Sprintf("reads %s%s over %q, not %s over %q", t.kind, t.name, t.window, metric, window)
	case !slices.Equal(t.match, match):
		return fmt.Sprintf("reads %s of %v", metric, t.match)
	}
	return ""
}

// incompleteRecords finds objectives without all of their records, with others, or with two of one.
func incompleteRecords(w *watched) (found []string) {
	for _, o := range w.pledges() {
		want := []string{total, errs, totalSample, errsEach, "slo:objective:ratio", "slo:error_budget:ratio", "slo:time_period:days", "slo:current_burn_rate:ratio", "slo:period_burn_rate:ratio", remaining}
		for _, window := range o.windows() {
			want = append(want, ratioPrefix+window)
		}
		got := slices.Sorted(maps.Keys(o.records))
		got = slices.DeleteFunc(got, func(name string) bool { return name == "sloth_slo_info" })
		if slices.Sort(want); !slices.Equal(got, want) {
			found = append(found, fmt.Sprintf("%s: records %v", o.id(), got))
		}
		if len(o.twice) > 0 {
			found = append(found, fmt.Sprintf("%s: twice: %v", o.id(), o.twice))
		}
		objective, budget := o.constant("slo:objective:ratio"), o.constant("slo:error_budget:ratio")
		switch one := big.NewRat(1, 1); {
		case objective == nil || budget == nil:
			found = append(found, o.id()+": no number for what is promised, or for what may be bad")
		case objective.Sign() <= 0 || budget.Sign() <= 0 || new(big.Rat).Add(objective, budget).Cmp(one) != 0:
			found = append(found, fmt.Sprintf("%s: %s is promised, and %s may be bad", o.id(), objective.RatString(), budget.RatString()))
		}
	}
	return found
}

// wrongRatios finds ratios that are of something else than counts of their own window.
func wrongRatios(w *watched) (found []string) {
	for _, o := range w.pledges() {
		say := func(record, problem string) {
			if problem != "" {
				found = append(found, o.id()+": "+record+" "+problem)
			}
		}
		for _, window := range o.windows() {
			p, ok := o.records[ratioPrefix+window]
			if !ok {
				continue // incompleteRecords tells
			}
			e, t := errs, total
			if p.interval() == "2m" {
				e, t = errsEach, totalSample
			}
			say(p.Record, o.notARatio(p.expr, e, t, window))
			if short := slices.Contains([]string{"5m", "30m", "1h", "6h"}, window); p.interval() != map[bool]string{true: "30s", false: "2m"}[short] {
				say(p.Record, "is evaluated every "+p.interval())
			}
		}
		for sample, of := range map[string]string{totalSample: total, errsEach: errs} {
			say(sample, o.wants(o.expr(sample), of, ""))
		}
		budget := o.constant("slo:error_budget:ratio")
		for record, window := range map[string]string{"slo:current_burn_rate:ratio": "5m", "slo:period_burn_rate:ratio": o.period()} {
			if x := o.expr(record); x.kind != "/" || budget == nil || rat(x.args[1].name) == nil || rat(x.args[1].name).Cmp(budget) != 0 {
				say(record, "is no share of the budget")
			} else {
				say(record, o.wants(x.args[0], ratioPrefix+window, ""))
			}
		}
		if x := o.expr(remaining); x.kind != "-" || x.args[0].name != "1" {
			say(remaining, "is not what is left of 1")
		} else {
			say(remaining, o.wants(x.args[1], "slo:period_burn_rate:ratio", ""))
		}
	}
	slices.Sort(found)
	return found
}

// expr is what a record is made of; an empty term: there is no such record.
func (o *pledge) expr(record string) *term {
	if p, ok := o.records[record]; ok {
		return p.expr
	}
	return &term{}
}

// notARatio says why a term is not errors / (total > 0), counted over a window.
func (o *pledge) notARatio(x *term, errors, total, window string) string {
	if x.kind != "/" || x.args[1].kind != ">" || x.args[1].bool || x.args[1].args[1].name != "0" {
		return "divides by what can be 0"
	}
	e, t := x.args[0], x.args[1].args[0]
	if window == "5m" {
		return o.wants(e, errors, "") + o.wants(t, total, "")
	}
	return o.notACount(e, errors, window) + o.notACount(t, total, window)
}

// notACount says why a term does not count the events of a window: each sample of it once, or for an hour the newest one for all of its
// five minutes, and the others for the rest.
func (o *pledge) notACount(x *term, metric, window string) string {
	problem := ""
	if window == "1h" && metric != errsEach && metric != totalSample {
		if x.kind != "or" {
			return "knows late what came just now"
		}
		newest := x.args[0]
		x = x.args[1]
		if newest.kind != "+" || newest.args[0].kind != "*" || newest.args[0].args[0].name != "10" || newest.args[1].name != "sum_over_time" {
			return "is no sum of the newest five minutes and the others"
		}
		problem = o.wants(newest.args[0].args[1], metric, "") + o.wantsFrom(newest.args[1].args[0], metric, "55m", "5m")
	}
	if x.kind != "call" || x.name != "sum_over_time" || len(x.args) != 1 {
		return "is no ratio of counts"
	}
	return problem + o.wants(x.args[0], metric, window)
}

// unmadeRecords finds what reads a record that nothing in its object has made before, and what is no PromQL.
func unmadeRecords(w *watched) (found []string) {
	all := w.told()
	for _, p := range all {
		if p.err != nil {
			found = append(found, fmt.Sprintf("%s: %v", p.id(), p.err))
		}
		for _, s := range p.expr.series() {
			if !strings.Contains(s.name, ":") {
				continue
			}
			if !slices.ContainsFunc(all, func(q place) bool {
				return q.Record == s.name && p.after(q) && s.is("namespace") == q.Labels["namespace"] && s.is("service") == q.Labels["service"] && s.is("slo") == q.Labels["slo"]
			}) {
				found = append(found, p.id()+": nothing has made "+s.name+" before")
			}
		}
	}
	return found
}

// wrongCounts finds objectives whose events are not counted: bad ones that are nothing instead of 0 while nothing is bad, totals that
// build on themselves, and durations of what failed.
func wrongCounts(w *watched) (found []string) {
	for _, o := range w.pledges() {
		t, e := o.expr(total), o.expr(errs)
		say := func(problem string) { found = append(found, o.id()+": "+problem) }
		raw := func(x *term) (names []string) {
			for _, s := range x.series() {
				if !strings.HasPrefix(s.name, "slo:") && s.name != "up" {
					names = append(names, s.name)
				}
				if o.wants(s, total, "") != "" && strings.HasPrefix(s.name, "slo:") {
					say("counts by " + s.name)
				}
			}
			return names
		}
		if len(raw(t)) == 0 || len(raw(e)) == 0 {
			say("counts no events")
		}
		if slices.ContainsFunc(t.series(), func(s *term) bool { return strings.HasPrefix(s.name, "slo:") }) {
			say("its total is made of itself")
		}
		looks := len(e.series()) > 0 && e.series()[0].window == "" // what asks again and again says 0 itself
		if !looks && slices.ContainsFunc(e.parts("+"), func(x *term) bool { return len(x.parts("or")) == 1 }) {
			say("no bad event is no result")
		}
		for _, s := range append(t.series(), e.series()...) {
			if s.window != "" && s.window != "5m" {
				say("counts over " + s.window)
			}
		}
	}
	return found
}
