package monitoring

import (
	"math"
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// weeks are stories about windows of days. What is recorded every two minutes is evaluated every two hours: as a share of few samples
// each window holds the same, and bad events are counted by as many fewer.
func (s stage) weeks() []kube.RuleTest {
	return slices.Concat(s.month(), s.fewBad(), s.nothingAsked(), s.nothingCounted())
}

// hours is what lasts for a number of evaluations.
func (s stage) hours(evaluations int, m minute) traffic {
	return lasting(evaluations*s.every/s.sample, m)
}

// days is how many evaluations some days have.
func (s stage) days(n float64) int { return int(n * 24 * 60 * 60 / float64(s.every)) }

// month is longer than the window of the promise by a day: so much of the budget goes that it does not last, but never so fast as to be
// trouble of one day, at the beginning and at the end. Once it goes as fast as only the hour minds, once as only six of them do; and each
// pair of windows for tickets has a burst that is just enough for it.
func (s stage) month() []kube.RuleTest {
	well := s.well()
	slowly := s.spending(1.6)
	t := slices.Concat(lasting(1, slowly), s.hours(s.days(1), slowly), s.hours(s.days(1.5), well))
	asked := []int{s.evaluations(t) - 1}
	flawless := minute{requests: usual}
	t = slices.Concat(t, s.hours(s.days(3), flawless), s.hours(1, s.spending(14.5)), s.hours(s.days(1), flawless), s.hours(3, s.spending(7)))
	for _, o := range s.app.SLO.Objectives {
		for _, p := range slo.Pairs(s.app, o) {
			if p.Page {
				continue
			}
			t = slices.Concat(t, s.hours(s.days(3), flawless), s.burst(o, p))
			asked = append(asked, s.evaluations(t)-1)
		}
	}
	t = slices.Concat(t, s.hours(s.days(3), well), s.hours(s.days(2), slowly))
	asked = append(asked, s.evaluations(t)-1)
	period := s.times(lengthOf(slo.Period(s.app)))
	t = slices.Concat(t, s.hours(max(s.days(1), period+s.days(1)-s.evaluations(t)), well))
	test := s.only("ErrorBudgetBurn", "ErrorBudgetBurnSlow").traffic("a month in which the budget goes slowly, with bursts", t, disturbance{}, nil)
	var facts []fact
	for _, o := range s.app.SLO.Objectives {
		p := foretell(s.app, o, s.clock, t)
		for _, now := range append(asked, s.evaluations(t)-1) {
			facts = append(facts, p.shares(now, []string{"6h", "1d", "3d", slo.Period(s.app)})...)
		}
	}
	s.record(&test, facts)
	return []kube.RuleTest{test}
}

// burst is what suffices to bring the long window of a pair just above its threshold, as fast as it can.
func (s stage) burst(o app.Objective, p slo.Pair) traffic {
	threshold, _ := strconv.ParseFloat(p.Threshold, 64)
	whole := 1.02 * threshold * float64(s.times(lengthOf(p.Long))) // evaluations in which all is bad
	lasts := math.Ceil(whole)
	n := int64(usual * min(1, whole/lasts))
	bad := minute{requests: usual, failed: n}
	if o.UnderMillis > 0 {
		bad = minute{requests: usual, slow: n}
	}
	if !looked(o) {
		return s.hours(int(lasts), bad)
	}
	// A look finds all bad or nothing: first one of the looks of five minutes does, and days later all do, until they are enough.
	once := s.hours(1, minute{requests: usual})
	once[len(once)-1] = bad
	counts := float64(slo.LongSeconds) / float64(lookSeconds(o)) // of all that an evaluation finds bad
	lasts = max(lasts, math.Ceil(float64(o.GuardEvents)/counts))
	return slices.Concat(once, s.hours(s.days(3), minute{requests: usual}), once, s.hours(int(lasts), bad))
}

// fewBad is a story of few requests, in which two bad times together are enough to be told, if they are on one day.
func (s stage) fewBad() []kube.RuleTest {
	var most int64
	for _, o := range s.app.SLO.Objectives {
		if !looked(o) {
			most = max(most, o.GuardEvents)
		}
	}
	few := (3*most + 4) / 5 // of what is enough; each evaluation counts as if it were one sample
	if few == 0 || few >= most {
		return nil
	}
	good, bad := minute{requests: 1}, s.hours(1, minute{2 * few, few, few})
	window := s.days(1)
	t := slices.Concat(lasting(1, good), s.hours(3, good), bad, s.hours(window-3, good), bad, s.hours(window+2, good), bad, s.hours(2, good))
	return []kube.RuleTest{s.only("ErrorBudgetBurnSlow").traffic("few bad requests, and as few again on the same day; and then on another one", t, disturbance{}, nil, 4, window+2, s.evaluations(t)-3)}
}

// only is the stage with the rules of some alerts.
func (s stage) only(alerts ...string) stage {
	s.rules = slices.DeleteFunc(slices.Clone(s.rules), func(r kube.Rule) bool { return !slices.Contains(alerts, r.Alert) })
	return s
}

// nothingAsked is a story of a night in which there is nothing to be a share of, over any window.
func (s stage) nothingAsked() []kube.RuleTest {
	if !slices.ContainsFunc(s.app.SLO.Objectives, func(o app.Objective) bool { return !looked(o) }) {
		return nil
	}
	t := slices.Concat(lasting(1, minute{}), s.hours(young+1, minute{}))
	return []kube.RuleTest{s.only("ErrorBudgetBurn", "ErrorBudgetBurnSlow").traffic("for half a day nobody asks anything: of nothing, no share is bad", t, disturbance{}, slices.Concat(slo.ShortWindows(), slo.LongWindows(s.app)))}
}

// nothingCounted is a story in which an app is read for more than a day before it counts anything, and for a few hours it is not even read.
func (s stage) nothingCounted() []kube.RuleTest {
	const read = 2
	back, end := read+s.days(1)+2, read+s.days(1)+4
	test := kube.RuleTest{Name: "at first the app is not read, and then for more than a day it is, and counts nothing", Interval: secondsOf(s.sample)}
	var all []heard
	var facts []fact
	for _, o := range s.app.SLO.Objectives {
		d := disturbance{}
		if slo.Measure(s.app, objectsOf(s.app), o).Uncounted != "" {
			d.to, d.count = read*s.every/s.sample, back*s.every/s.sample
			p := forecast{clock: s.clock, app: s.app, objective: o}
			facts = slices.Concat(facts, p.number(slo.Total, back-1, 0, true), p.number(slo.Errors, back-1, 0, true))
		}
		if r, ok := s.alert("SLOUncounted", o.Name); ok {
			all = append(all, s.hears(r, nil, read, back)...)
		}
		t := append(lasting(1, s.well()), s.hours(end, s.well())...)
		test.InputSeries = append(test.InputSeries, append(feed(s.app, o, s.clock, t, d), others(feed(s.app, o, s.clock, t, disturbance{}), o)...)...)
	}
	if !slices.ContainsFunc(all, func(h heard) bool { return takesLong(h.rule) }) {
		return nil
	}
	test.InputSeries = unique(test.InputSeries)
	s.record(&test, facts)
	s.tell(&test, s.only("SLOUncounted").rules, all, end+1)
	return []kube.RuleTest{test}
}
