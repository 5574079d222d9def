package monitoring

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// ruleTests are the stories that promtool tells the rules of an app, in a file for each clock. Their stated times are computed from the
// objectives, not read off the rules.
func ruleTests(a app.App, groups []kube.RuleGroup) (files []generator.File) {
	stem := kube.RuleFileStem(a.Name, a.Name)
	add := func(ending string, c clock, stories []kube.RuleTest) {
		tests := kube.RuleTests{RuleFiles: []string{stem + kube.RuleFileEnding}, EvaluationInterval: secondsOf(c.every), Tests: stories}
		for _, g := range groups {
			tests.GroupEvalOrder = append(tests.GroupEvalOrder, g.Name)
		}
		if len(stories) > 0 {
			files = append(files, generator.File{Tree: kube.RuleTree, Name: stem + ending, Content: tests})
		}
	}
	var stories []kube.RuleTest
	if a.SLO.Measured() {
		rules := slices.Concat(groups[0].Rules, groups[1].Rules)
		known := told{}
		short := stage{a, asShort, groups[0].Rules, known, nil}
		add(".short.test.yaml", asShort, slices.Concat(short.outages(), short.night(), short.gone()))
		add(".long.test.yaml", asLong, stage{a, asLong, rules, known, nil}.weeks())
		s := stage{a, eachMinute, slices.DeleteFunc(rules, takesLong), known, nil}
		stories = slices.Concat(s.quiet(), s.strangers(), s.unread(), s.runs())
	}
	if g := causes(a); g != nil {
		stories = append(stories, causeStories(g.Rules)...)
	}
	add(".test.yaml", eachMinute, stories)
	return files
}

// takesLong reports whether an alert is about windows of days, or waits for one.
func takesLong(r kube.Rule) bool { return r.Alert == "ErrorBudgetBurnSlow" || r.For == "1d" }

// stage is where stories about an app's objectives are told.
type stage struct {
	app app.App
	clock
	rules []kube.Rule // about them
	known told

	around []kube.InputSeries // what is measured and recorded of others
}

// told is what has been told whole: records with all their labels, alerts with all that is said of them. Once is enough.
type told map[string]bool

// first reports whether something is told for the first time.
func (t told) first(what string) bool {
	before := t[what]
	t[what] = true
	return !before
}

// alert returns the rule of a name about an objective; the first one, where there are several.
func (s stage) alert(name, objective string) (kube.Rule, bool) {
	i := slices.IndexFunc(s.rules, func(r kube.Rule) bool { return r.Alert == name && r.Labels["slo"] == objective })
	if i < 0 {
		return kube.Rule{}, false
	}
	return s.rules[i], true
}

// usual is the requests between two samples: so many that a small share of them is a whole number.
const usual = 600_000

// well is a minute in which half of what may be bad is.
func (s stage) well() minute { return s.spending(0.5) }

// spending is a minute in which so many times as much is bad as may be; none where it is looked at, which would find all of it bad.
func (s stage) spending(factor float64) minute {
	m := minute{requests: usual}
	if slices.ContainsFunc(s.app.SLO.Objectives, looked) {
		return m
	}
	var slow float64 // of those that do not fail
	for _, o := range s.app.SLO.Objectives {
		budget, _ := strconv.ParseFloat(slo.Budget(o), 64)
		if share := min(1, factor*budget); o.UnderMillis > 0 {
			slow = share
		} else {
			m.failed = int64(usual * share)
		}
	}
	m.slow = int64(float64(usual-m.failed) * slow)
	return m
}

// quiet are stories in which nobody shall be disturbed, or not before it matters.
func (s stage) quiet() []kube.RuleTest {
	if !slices.ContainsFunc(s.app.SLO.Objectives, func(o app.Objective) bool { return !looked(o) }) {
		return nil
	}
	well := s.well()
	return []kube.RuleTest{
		s.traffic("nothing has ever failed, and then nobody asks anything for half an hour: no record is lost, and nothing is no number", slices.Concat(lasting(10, minute{requests: usual}), lasting(35, minute{})), disturbance{}, []string{"5m"}),
		s.traffic("pods are restarted and count from 0 again, and then nothing is read for four minutes", lasting(40, well), disturbance{restart: 15, from: 25, to: 29, honoured: true}, []string{"5m"}),
		s.traffic("a pod says for twelve minutes that what it has counted is no number: nobody measures, and no window keeps it", lasting(45, well), disturbance{odd: 12, mend: 24}, []string{"5m", "1h"}),
	}
}

// night is a story of so few requests that one that is bad is no outage.
func (s stage) night() []kube.RuleTest {
	if !slices.ContainsFunc(s.app.SLO.Objectives, func(o app.Objective) bool { return !looked(o) && o.GuardEvents > 0 }) {
		return nil
	}
	good, ends := minute{requests: 1}, 60*60/s.sample
	t := slices.Concat(s.minutes(10, good), lasting(1, minute{1, 1, 0}), s.minutes(5, good), lasting(1, minute{1, 0, 1}), s.minutes(8, good), s.minutes(25, minute{1, 1, 0}))
	return []kube.RuleTest{s.traffic("a night with two requests a minute, of which one fails and one is slow; then all of them fail",
		t[:min(len(t), ends)], disturbance{}, []string{"5m", "1h"}, 24, 38)}
}

// traffic tells what follows from what happens to the app, and what the windows hold at the end. At some evaluations, it is said of
// each alert whether it fires.
func (s stage) traffic(name string, t traffic, d disturbance, windows []string, asked ...int) kube.RuleTest {
	test := kube.RuleTest{Name: name, Interval: secondsOf(s.sample), InputSeries: slices.Clone(s.around)}
	var all []heard
	var facts []fact
	end := s.evaluations(t)
	for _, o := range s.app.SLO.Objectives {
		test.InputSeries = append(test.InputSeries, feed(s.app, o, s.clock, t, d)...)
		p, labels := foretell(s.app, o, s.clock, t), slo.Labels(s.app, o)
		for _, x := range p.conditions() {
			if r, ok := s.alert(x.alert, o.Name); ok {
				all = append(all, s.whenever(r, labels, end, x.holds)...)
			}
		}
		if r, ok := s.alert("SLOMissing", o.Name); ok && d.odd < d.mend && adds(o) {
			all = append(all, s.hears(r, labels, d.odd, d.mend+(300-1)/s.sample)...) // a rate is of the first sample and of the last one
		}
		facts = slices.Concat(facts, p.recorded(end-1, windows), p.shares(young, windows))
	}
	test.InputSeries = unique(test.InputSeries)
	s.record(&test, facts)
	s.tell(&test, s.rules, all, end, asked...)
	return test
}

// adds reports whether events of an objective are counted one by one, each by adding to a number.
func adds(o app.Objective) bool { return !looked(o) && !o.Native }

// unread are stories in which what measures is missing.
func (s stage) unread() []kube.RuleTest {
	const back, minutes = 15, 25 // it is back in this minute
	well := lasting(minutes, s.well())
	nothing := kube.RuleTest{Name: "for a quarter of an hour nothing is read, and no pod is ready", Interval: "1m"}
	var silent []heard
	var facts []fact
	for _, o := range s.app.SLO.Objectives {
		seen := feed(s.app, o, s.clock, well, disturbance{from: 0, to: back})
		nothing.InputSeries = append(nothing.InputSeries, append(seen, others(feed(s.app, o, s.clock, well, disturbance{}), o)...)...)
		nothing.InputSeries = append(nothing.InputSeries, othersRecords(s.app, o, minutes, 1, slo.Total)...)
		p := forecast{clock: s.clock, app: s.app, objective: o}
		facts = slices.Concat(facts, p.number(slo.Total, back-1, 0, false), p.number(slo.Errors, back-1, 0, false), p.promised(back))
		if r, ok := s.alert("SLOMissing", o.Name); ok {
			silent = append(silent, s.hears(r, slo.Labels(s.app, o), 0, s.counts(o, back))...)
		}
	}
	if r, ok := s.alert("NoReadyPods", ""); ok {
		nothing.InputSeries = append(nothing.InputSeries, pods(r.Expr, back, minutes)...)
		silent = append(silent, s.hears(r, nil, 1, back)...) // in the minute before, they are as old as they may be without one
	}
	nothing.InputSeries = unique(nothing.InputSeries)
	s.record(&nothing, facts)
	s.tell(&nothing, s.rules, silent, minutes, back-1)
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

// gone is a story in which all pods are gone, as a drain and a rollout never leave an app for long, while a scrape of who tells fails.
func (s stage) gone() []kube.RuleTest {
	r, ok := s.alert("NoReadyPods", "")
	if !ok {
		return nil
	}
	const shortly, back, leave, lost, none, end = 10, 13, 23, 26, 50, 60
	test := kube.RuleTest{Name: "no pod is ready for a minute and a half; and later for longer, while a scrape fails; and then none is wanted", Interval: secondsOf(s.sample)}
	for _, x := range pods(r.Expr, 0, 1) {
		if strings.Contains(x.Series, `"stranger"`) {
			test.InputSeries = append(test.InputSeries, kube.InputSeries{Series: x.Series, Values: strings.TrimSuffix(x.Values, "x0") + fmt.Sprintf("x%d", end-1)})
			continue
		}
		there, _, _ := strings.Cut(strings.TrimPrefix(x.Values, "0x-1 "), "x")
		samples := func(value string, from, to int) string { return fmt.Sprintf("%sx%d ", value, to-from-1) }
		gone, unwanted := there, there
		switch {
		case strings.Contains(x.Series, `"other"`):
		case strings.Contains(x.Series, "ready"):
			gone, unwanted = "0", "0"
		case strings.Contains(x.Series, "replicas{"):
			unwanted = "0"
		}
		x.Values = samples(there, 0, shortly) + samples(gone, shortly, back) + samples(there, back, leave) + samples(gone, leave, lost) + "stale " +
			samples(gone, lost+1, leave+10) + samples(there, leave+10, none) + samples(unwanted, none, end)
		test.InputSeries = append(test.InputSeries, x)
		name, _, _ := strings.Cut(x.Series, "{")
		own := selects(x.Series, name)
		for _, l := range own.labels {
			if l.name != "replicaset" && !strings.Contains(name, "created") { // others have pods that are wanted, and ready
				test.InputSeries = append(test.InputSeries, own.with(l.name, "stranger").sampled(kube.Level(5, end)))
			}
		}
	}
	// It is sure when no sample of a minute and a half says otherwise, and that twice.
	s.tell(&test, []kube.Rule{r}, s.hears(r, nil, leave+2, leave+10), end, back-1, back, none+5)
	return []kube.RuleTest{test}
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
				if x.suffix == "owner" {
					for _, l := range m.labels {
						all = append(all, m.with(l.name, "stranger").with("replicaset", "other").sampled(kube.Level(1, int64(minutes))))
					}
				} else if x.suffix != "created" {
					all = append(all, m.with("replicaset", "other").sampled(kube.Level(5, int64(minutes))))
				} else {
					all = append(all, m.with("replicaset", "other").sampled(kube.Level(-10*age, int64(minutes))))
				}
				m = m.with("replicaset", "own")
			}
			if x.suffix == "created" { // others are older
				for _, l := range m.labels {
					all = append(all, m.with(l.name, "stranger").sampled(kube.Level(-10*age, int64(minutes))))
				}
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
		var facts []fact
		for _, o := range s.app.SLO.Objectives {
			d := disturbance{}
			if x.expr(slo.Measure(s.app, objectsOf(s.app), o)) != "" {
				d = x.d
			}
			if d.count > 0 {
				p := forecast{clock: s.clock, app: s.app, objective: o}
				facts = slices.Concat(facts, p.number(slo.Total, back-1, 0, true), p.number(slo.Errors, back-1, 0, true))
			}
			if r, ok := s.alert(x.alert, o.Name); ok {
				all = append(all, s.hears(r, nil, 0, back)...)
			}
			well := lasting(minutes, s.well())
			test.InputSeries = append(test.InputSeries, append(feed(s.app, o, s.clock, well, d), others(feed(s.app, o, s.clock, well, disturbance{}), o)...)...)
		}
		if len(all) == 0 {
			continue
		}
		test.InputSeries = unique(test.InputSeries)
		s.record(&test, facts)
		s.tell(&test, s.rules, all, minutes)
		tests = append(tests, test)
	}
	return tests
}
