package monitoring

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// outages are stories in which nothing works for a while after little failed, and then all is well again: everything fails, or for
// an objective of latency everything is slow.
func (s stage) outages() (tests []kube.RuleTest) {
	for _, way := range []struct {
		name string
		m    minute
	}{
		{"everything fails", minute{usual, usual, 0}},
		{"everything is slow", minute{usual, 0, usual}},
	} {
		concerned := slices.DeleteFunc(slices.Clone(s.app.SLO.Objectives), func(o app.Objective) bool { return (o.UnderMillis > 0) != (way.m.slow > 0) })
		if len(concerned) == 0 {
			continue
		}
		tell := func(well, bad int, stated string) bool {
			name := fmt.Sprintf("%s for %d minutes, after %d that were well%s", way.name, bad, well, stated)
			t, asked := s.outage(concerned, well, bad, way.m)
			tests = append(tests, s.traffic(name, s.over(t, well+bad), disturbance{}, shortWindows(well+bad), asked...))
			return !slices.ContainsFunc(concerned, func(o app.Objective) bool { return !s.loud(o, t) })
		}
		well, bad, within := s.lengths(concerned, way.m)
		stated := ""
		if within > 0 {
			stated = fmt.Sprintf(": a page within %d s", within)
		}
		if !tell(well, bad, stated) { // where half may be bad, another page comes hours later, but for what has just been made
			tell(5, 100, "")
		}
	}
	return tests
}

// shortWindows are those that a story tells apart that long after its beginning: a fourth of them is shorter.
func shortWindows(minutes int) []string {
	return slices.DeleteFunc([]string{"5m", "30m", "1h", "2h", "6h"}, func(w string) bool { return lengthOf(w)/4 > time.Duration(minutes)*time.Minute })
}

// minutes are so many of a story.
func (s stage) minutes(n int, m minute) traffic { return lasting(n*60/s.sample, m) }

// outage is a story of minutes that are well but for a burst, then bad, and then nearly well again: bad enough for any threshold that
// is too low. The sample 0 begins it. Asked is when the burst is at its worst.
func (s stage) outage(concerned []app.Objective, well, bad int, m minute) (t traffic, asked []int) {
	t = slices.Concat(lasting(1, s.spending(0.1)), s.minutes(well, s.spending(0.1)), s.minutes(bad, m), s.minutes(60, s.spending(4)))
	const before = 20 // minutes, in which whoever heard of the burst would be done with it
	if well < 2*before {
		return t, nil
	}
	at := len(s.minutes(well-before, m)) + 1
	with, lasts := s.burst5m(t, concerned, at, m)
	if s.firstPage(concerned, with) <= s.evaluations(t[:len(s.minutes(well, m))+1]) {
		return t, nil // this short after the beginning it is too much for all windows
	}
	return with, []int{(at + lasts - 1) * s.sample / s.every}
}

// burst5m puts so much of what is bad into a story, and for so short a time, that only windows of five minutes are above their
// thresholds; lasts is for how many samples.
func (s stage) burst5m(t traffic, concerned []app.Objective, at int, m minute) (with traffic, lasts int) {
	with = slices.Clone(t)
	for _, o := range concerned {
		for _, p := range slo.Pairs(s.app, o) {
			if p.Short != "5m" {
				continue
			}
			threshold, _ := strconv.ParseFloat(p.Threshold, 64)
			whole := 1.1 * threshold * (300/float64(s.sample) - 1) // samples that are all bad
			lasts = int(math.Ceil(whole))
			share := whole / float64(lasts)
			if looked(o) {
				share = 1
			}
			for i := range lasts {
				with[at+i] = minute{usual, int64(share * float64(m.failed)), int64(share * float64(m.slow))}
			}
		}
	}
	return with, lasts
}

// firstPage is the evaluation at which the first page of a story comes; none: one after its end.
func (s stage) firstPage(concerned []app.Objective, t traffic) int {
	first := s.evaluations(t)
	for _, o := range concerned {
		p := foretell(s.app, o, s.clock, t)
		for _, x := range p.conditions() {
			if _, ok := s.alert(x.alert, o.Name); !ok {
				continue
			}
			for now := range first {
				if x.holds(now) {
					first = now
					break
				}
			}
		}
	}
	return first
}

// lengths are how many minutes of a story are well, and how many bad, and within how many seconds a page is promised. With less of a
// past, windows of hours would be full of what is bad too soon: so it is long enough for the page to come as late as after six hours.
func (s stage) lengths(concerned []app.Objective, m minute) (well, bad int, within int64) {
	for _, o := range concerned {
		if soon, ok := slo.FirstPageWithin(s.app, o); ok && (within == 0 || soon < within) {
			within = soon
		}
	}
	if within == 0 {
		return 30, 10, 0
	}
	bad = 10 * int(within/600+1)
	delay := func(well int) int {
		t, _ := s.outage(concerned, well, bad, m)
		return s.firstPage(concerned, t) - well*60/s.every
	}
	latest := delay(6 * 60)
	for well = 60; well < 6*60 && delay(well) < latest; well += 30 {
	}
	return well, bad, within
}

// loud reports whether all that is said of an objective when nothing works is said in a story.
func (s stage) loud(o app.Objective, t traffic) bool {
	p := foretell(s.app, o, s.clock, t)
	for _, x := range p.conditions() {
		if _, ok := s.alert(x.alert, o.Name); ok && len(s.whenever(kube.Rule{}, nil, len(p.total), x.holds)) == 0 {
			return false
		}
	}
	return true
}

// over cuts a story when the last page is over, or shortly after its outage, which ends in a minute.
func (s stage) over(t traffic, outage int) traffic {
	end := (outage + 10) * 60 / s.every
	for _, o := range s.app.SLO.Objectives {
		p := foretell(s.app, o, s.clock, t)
		for _, x := range p.conditions() {
			r, _ := s.alert(x.alert, o.Name)
			for _, h := range s.whenever(r, nil, len(p.total), x.holds) {
				if h.until < len(p.total) {
					end = max(end, h.until+1)
				}
			}
		}
	}
	return t[:min(end, len(t))]
}
