package monitoring

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// ruleTests are the stories that promtool tells the rules of an app. Their stated minutes are computed from the objectives, not read
// off the rules. All rules are evaluated each minute, whatever their groups say: promtool knows one interval.
func ruleTests(a app.App, groups []kube.RuleGroup) generator.File {
	stem := kube.RuleFileStem(a.Name, a.Name)
	tests := kube.RuleTests{RuleFiles: []string{stem + ".rules.yaml"}, EvaluationInterval: "1m"}
	for _, g := range groups {
		tests.GroupEvalOrder = append(tests.GroupEvalOrder, g.Name)
	}
	if hasObjectives(a) {
		s := stage{a, slices.Concat(groups[0].Rules, groups[1].Rules)}
		tests.Tests = slices.Concat(s.outages(), s.quiet(), s.unread())
	}
	if g := causes(a); g != nil {
		tests.Tests = append(tests.Tests, causeStories(g.Rules)...)
	}
	return generator.File{Tree: kube.RuleTree, Name: stem + ".test.yaml", Content: tests}
}

// stage is where stories about an app's objectives are told.
type stage struct {
	app   app.App
	rules []kube.Rule // about them
}

// alert returns the rule of a name about an objective; the first one, where there are several.
func (s stage) alert(name, objective string) (kube.Rule, bool) {
	i := slices.IndexFunc(s.rules, func(r kube.Rule) bool { return r.Alert == name && r.Labels["slo"] == objective })
	if i < 0 {
		return kube.Rule{}, false
	}
	return s.rules[i], true
}

// outages are stories in which nothing works for a while after little failed, and then all is well again: everything fails, or for
// an objective of latency everything is slow.
func (s stage) outages() (tests []kube.RuleTest) {
	for _, way := range []struct {
		name string
		m    minute
		slow bool
	}{
		{"everything fails", minute{usual, usual, 0}, false},
		{"everything is slow", minute{usual, 0, usual}, true},
	} {
		concerned := slices.DeleteFunc(slices.Clone(s.app.SLO.Objectives), func(o app.Objective) bool { return (o.UnderMillis > 0) != way.slow })
		if len(concerned) == 0 {
			continue
		}
		well, length := s.lengths(concerned, way.m)
		name := fmt.Sprintf("%s for %d minutes, after %d that were well", way.name, length, well)
		tests = append(tests, s.traffic(name, s.over(s.outage(well, length, way.m), well+length), disturbance{}))
	}
	return tests
}

// outage is a story of minutes that are well, then bad, and then well again. The sample 0 begins it.
func (s stage) outage(well, bad int, m minute) traffic {
	return slices.Concat(lasting(well+1, s.well()), lasting(bad, m), lasting(60, s.well()))
}

// lengths are how many minutes are well, and how many bad, until all is said of some objectives. What is bad for hours before somebody
// hears of it, as where half may be bad, is so from the beginning: promtool shall not take long.
func (s stage) lengths(concerned []app.Objective, m minute) (well, bad int) {
	for _, well = range []int{60, 5} {
		for bad = 10; bad <= 100; bad += 10 {
			t := s.outage(well, bad, m)
			if !slices.ContainsFunc(concerned, func(o app.Objective) bool { return !s.loud(o, t) }) {
				return well, bad
			}
			if well == 60 && bad == 40 {
				break
			}
		}
	}
	return well, bad
}

// loud reports whether all that is said of an objective when nothing works is said in a story.
func (s stage) loud(o app.Objective, t traffic) bool {
	p := foretell(s.app, o, t)
	for _, x := range p.conditions() {
		if _, ok := s.alert(x.alert, o.Name); ok && len(whenever(kube.Rule{}, nil, len(t), x.holds)) == 0 {
			return false
		}
	}
	return true
}

// over cuts a story when the last page is over, or shortly after its outage.
func (s stage) over(t traffic, outage int) traffic {
	end := outage + 10
	for _, o := range s.app.SLO.Objectives {
		p := foretell(s.app, o, t)
		for _, x := range p.conditions() {
			r, _ := s.alert(x.alert, o.Name)
			for _, h := range whenever(r, nil, len(t), x.holds) {
				if h.until < len(t) {
					end = max(end, h.until+1)
				}
			}
		}
	}
	return t[:min(end, len(t))]
}

// usual is the requests of a minute: so many that a small share of them is a whole number.
const usual = 60_000

// well is a minute in which half of what may be bad is.
func (s stage) well() minute {
	m := minute{requests: usual}
	for _, o := range s.app.SLO.Objectives {
		budget, _ := strconv.ParseFloat(slo.Budget(o), 64)
		half := int64(usual * budget / 2)
		if o.UnderMillis > 0 {
			m.slow = half
		} else {
			m.failed = half
		}
	}
	if slices.ContainsFunc(s.app.SLO.Objectives, looked) { // a look at half of it would find all of it bad
		return minute{requests: usual}
	}
	return m
}

// quiet are stories in which nobody shall be disturbed, or not before it matters.
func (s stage) quiet() []kube.RuleTest {
	if !slices.ContainsFunc(s.app.SLO.Objectives, func(o app.Objective) bool { return !looked(o) }) {
		return nil
	}
	well := s.well()
	tests := []kube.RuleTest{
		s.traffic("nobody asks anything for half an hour: no record is lost, and nothing is no number", slices.Concat(lasting(10, well), lasting(35, minute{})), disturbance{}),
		s.traffic("pods are restarted and count from 0 again, and then nothing is read for four minutes", lasting(40, well), disturbance{restart: 15, from: 25, to: 29}),
	}
	guarded := slices.ContainsFunc(s.app.SLO.Objectives, func(o app.Objective) bool { return o.GuardEvents > 0 })
	if guarded {
		night := slices.Concat(lasting(10, minute{requests: 1}), lasting(1, minute{1, 1, 0}), lasting(5, minute{requests: 1}), lasting(1, minute{1, 0, 1}), lasting(8, minute{requests: 1}))
		tests = append(tests, s.traffic("a night with one request a minute, of which one fails and one is slow; then all of them fail",
			slices.Concat(night, lasting(25, minute{1, 1, 0})), disturbance{}, 12, 19))
	}
	return tests
}

// traffic tells what follows from what happens to the app. At some minutes, it is said of each alert whether it fires.
func (s stage) traffic(name string, t traffic, d disturbance, asked ...int) kube.RuleTest {
	test := kube.RuleTest{Name: name, Interval: "1m"}
	var all []heard
	last, windows := len(t)-1, []string{"5m"}
	if last > 60 { // an outage: a fourth of the longest window is shorter
		windows = []string{"5m", "30m", "1h", "2h", "6h"}
	}
	for _, o := range s.app.SLO.Objectives {
		test.InputSeries = append(test.InputSeries, feed(s.app, o, t, d)...)
		p, labels := foretell(s.app, o, t), slo.Labels(s.app, o)
		for _, x := range p.conditions() {
			if r, ok := s.alert(x.alert, o.Name); ok {
				all = append(all, whenever(r, labels, len(t), x.holds)...)
			}
		}
		test.PromQLExprTest = append(test.PromQLExprTest, s.recorded(p, last, windows)...)
	}
	test.InputSeries = unique(test.InputSeries)
	tell(&test, s.rules, all, len(t), asked...)
	return test
}

// recorded tests what is left of the budget at a minute, how much was bad over some windows, and that events
// are counted although there may be none. Of none, no share is bad.
func (s stage) recorded(p forecast, now int, windows []string) (tests []kube.PromQLExprTest) {
	of := slo.Selector(s.app, p.objective)
	number := func(name string, value float64, any bool) {
		test := kube.PromQLExprTest{Expr: "round(sum(" + name + of + "), 0.000001)", EvalTime: kube.Minute(int64(now))}
		if any {
			millionths := value * 1e6
			if math.Abs(millionths-math.Floor(millionths)-0.5) < 1e-3 {
				return // how it is rounded depends on the order of sums
			}
			test.ExpSamples = []kube.ExpSample{{Labels: "{}", Value: math.Floor(millionths+0.5) / 1e6}}
		}
		tests = append(tests, test)
	}
	left, any := p.remaining(now)
	number(slo.BudgetRemaining, left, any)
	number(slo.Total, p.total[now], true)
	for _, window := range windows {
		share, any := p.ratio(minutesOf(window), now)
		number(slo.RatioOver(window), share, any)
	}
	return tests
}

// unread are stories in which what measures is missing.
func (s stage) unread() []kube.RuleTest {
	const back, minutes = 15, 25 // it is back in this minute
	well := lasting(minutes, s.well())
	nothing := kube.RuleTest{Name: "for a quarter of an hour nothing is read, and no pod is ready", Interval: "1m"}
	var silent []heard
	for _, o := range s.app.SLO.Objectives {
		nothing.InputSeries = append(nothing.InputSeries, feed(s.app, o, well, disturbance{from: 0, to: back})...)
		if r, ok := s.alert("SLOMissing", o.Name); ok {
			silent = append(silent, hears(r, slo.Labels(s.app, o), 0, s.counts(o, back))...)
		}
	}
	if r, ok := s.alert("NoReadyPods", ""); ok {
		nothing.InputSeries = append(nothing.InputSeries, pods(r.Expr, back, minutes)...)
		silent = append(silent, hears(r, nil, 1, back)...) // in the minute before, they are as old as they may be without one
	}
	nothing.InputSeries = unique(nothing.InputSeries)
	tell(&nothing, s.rules, silent, minutes)
	return append([]kube.RuleTest{nothing}, s.wrongNames(back, minutes)...)
}

// counts is the minute from which on an objective is measured, when its series are there from another one on. A rate needs two
// samples; where the app is known to be read, it is 0 until then.
func (s stage) counts(o app.Objective, there int) int {
	switch o.Source {
	case "istio", "nginx", "envoy":
		if o.UnderMillis == 0 {
			return there + 1
		}
	}
	return there
}

// pods are those that an expression about ready pods asks for: none is ready until a minute, and none until then of an app that was
// made so long ago that the first one should be. Pods of others are ready all the time.
func pods(expr string, ready, minutes int) (all []kube.InputSeries) {
	age, _ := strconv.ParseInt(expr[strings.LastIndexByte(expr, ' ')+1:], 10, 64)
	for _, x := range []struct {
		suffix        string
		before, after int64
	}{
		{"spec_replicas", 3, 3}, {"replicas", 3, 3}, {"status_replicas_ready", 0, 3}, {"status_ready_replicas", 0, 3}, {"created", -age, -age}, {"owner", 1, 1},
	} {
		for _, kind := range []string{"kube_deployment_", "kube_statefulset_", "kube_replicaset_"} {
			if !strings.Contains(expr, kind+x.suffix+"{") {
				continue
			}
			m := selects(expr, kind+x.suffix)
			if kind == "kube_replicaset_" {
				if x.suffix != "owner" {
					all = append(all, m.with("replicaset", "other").sampled(kube.Level(5, int64(minutes))))
				}
				m = m.with("replicaset", "own")
			}
			all = append(all, m.sampled(kube.Level(x.before, int64(ready))+" "+kube.Level(x.after, int64(minutes-ready))))
		}
	}
	return all
}

// wrongNames are stories in which an app is read that calls its metrics otherwise, or has other buckets, for a quarter of an hour.
func (s stage) wrongNames(back, minutes int) (tests []kube.RuleTest) {
	for _, x := range []struct {
		alert, name string
		d           disturbance
		expr        func(slo.Indicator) string
	}{
		{"SLOUncounted", "for a quarter of an hour the app is read, and counts nothing", disturbance{count: back}, func(in slo.Indicator) string { return in.Uncounted }},
		{"LatencyBucketMissing", "for a quarter of an hour pods have no bucket for what is promised", disturbance{bucket: back}, func(in slo.Indicator) string { return in.Bucketless }},
	} {
		test := kube.RuleTest{Name: x.name, Interval: "1m"}
		var all []heard
		for _, o := range s.app.SLO.Objectives {
			d := disturbance{}
			if x.expr(slo.Measure(s.app, objectsOf(s.app), o)) != "" {
				d = x.d
			}
			if r, ok := s.alert(x.alert, o.Name); ok {
				all = append(all, hears(r, nil, 0, back)...)
				waits(&test, r, back-1)
			}
			test.InputSeries = append(test.InputSeries, feed(s.app, o, lasting(minutes, s.well()), d)...)
		}
		if len(all) == 0 && len(test.PromQLExprTest) == 0 {
			continue
		}
		test.InputSeries = unique(test.InputSeries)
		tell(&test, s.rules, all, minutes)
		tests = append(tests, test)
	}
	return tests
}
