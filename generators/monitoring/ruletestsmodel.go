package monitoring

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// minute is what happens between two samples: of the requests some fail, and of the others some are slow.
type minute struct{ requests, failed, slow int64 }

// traffic is what happens in each minute of a story, or whatever is between two samples. What happens in minute n is measured at its
// end, by the sample n.
type traffic []minute

// clock is how a story passes: the seconds between two samples, and between two evaluations of all rules, whatever their groups say:
// promtool knows one interval for a file. An evaluation is called by its number, the first one by 0.
type clock struct{ sample, every int }

// Each group is told what depends on how often it is evaluated as often, or by as few samples as tell the same: a month at 2 min takes
// promtool a minute. All else is told each minute.
var (
	eachMinute = clock{60, 60}
	asShort    = clock{slo.ShortSeconds, slo.ShortSeconds}
	asLong     = clock{slo.LongSeconds, 2 * 60 * 60}
)

// time is when an evaluation is, as promtool reads it.
func (c clock) time(now int) string { return secondsOf(now * c.every) }

// secondsOf is a time in seconds, as promtool reads it.
func secondsOf(n int) string {
	switch {
	case n%3600 == 0:
		return fmt.Sprintf("%dh", n/3600)
	case n%60 == 0:
		return kube.Minute(int64(n / 60))
	}
	return fmt.Sprintf("%ds", n)
}

// times is the number of evaluations in a time, the last one just within.
func (c clock) times(d time.Duration) int {
	every := time.Duration(c.every) * time.Second
	return int((d + every - 1) / every)
}

// evaluations is their number in a story of samples, the first of which is at its beginning.
func (c clock) evaluations(t traffic) int { return (len(t)-1)*c.sample/c.every + 1 }

// lasting is the same in each of n minutes.
func lasting(n int, m minute) traffic {
	t := make(traffic, n)
	for i := range t {
		t[i] = m
	}
	return t
}

// forecast is an objective, and what its records say in a story. The stated times of a story follow from it: it is the arithmetic of
// the objective, not a reading of its expressions.
type forecast struct {
	clock
	app       app.App
	objective app.Objective
	pairs     []pair
	outages   bool      // nearly everything must fail until somebody hears of it at once
	total     []float64 // events per second at each evaluation, over the last five minutes
	bad       []float64 // bad ones
}

// pair is two windows, and the share of bad events above which both of them burn too fast.
type pair struct {
	short, long string
	threshold   float64
	page        bool
}

// foretell returns the forecast of an objective in a story.
func foretell(a app.App, o app.Objective, c clock, t traffic) forecast {
	p := forecast{clock: c, app: a, objective: o, outages: slo.Outage(a, o)}
	for _, x := range slo.Pairs(a, o) {
		threshold, _ := strconv.ParseFloat(x.Threshold, 64)
		p.pairs = append(p.pairs, pair{x.Short, x.Long, threshold, x.Page})
	}
	for now := range c.evaluations(t) {
		total, bad := c.counted(o, t, now)
		if looked(o) {
			total, bad = c.watched(o, t, now)
		}
		p.total, p.bad = append(p.total, total), append(p.bad, bad)
	}
	return p
}

// looked reports whether events are looks at a condition, not requests.
func looked(o app.Objective) bool {
	return o.Source == "probe" || o.Source == "cron" || o.Source == "queue" && o.UnderMillis == 0
}

// counted is what rate() over five minutes makes of counters. Its window is open on the left: with a sample each minute it has five,
// between which lie four minutes, and is taken for five. Where it begins before the story does, half of what is between two samples is
// added to what was seen.
func (c clock) counted(o app.Objective, t traffic, now int) (total, bad float64) {
	newest, whole := now*c.every/c.sample, (300-1)/c.sample
	seen := min(newest, whole)
	if seen == 0 {
		return 0, 0
	}
	for _, m := range t[newest-seen+1 : newest+1] {
		events, wrong := eventsOf(o, m)
		total, bad = total+float64(events), bad+float64(wrong)
	}
	covered := 300.0
	if newest < whole {
		covered = (float64(seen) + 0.5) * float64(c.sample)
	}
	factor := covered / float64(seen*c.sample) / 300
	return total * factor, bad * factor
}

// eventsOf is how many events of an objective a minute has, and how many of them are bad.
func eventsOf(o app.Objective, m minute) (total, bad int64) {
	switch {
	case o.UnderMillis == 0:
		return m.requests, m.failed
	case o.Source == "envoy": // its histogram does not tell failures from successes
		return m.requests, m.slow
	}
	return m.requests - m.failed, m.slow
}

// watched is what becomes of looks at a condition that holds from one sample to the next: those of the last five minutes, as events of
// 300 s.
func (c clock) watched(o app.Objective, t traffic, now int) (total, bad float64) {
	every, end := lookSeconds(o), now*c.every
	for at := end / every * every; at > end-300 && at >= 0; at -= every {
		m := t[at/c.sample]
		if o.UnderMillis > 0 && m.failed > 0 {
			continue // no answer is neither fast nor slow
		}
		total++
		if wrong(o, m) {
			bad++
		}
	}
	return total / 300, bad / 300
}

// lookSeconds is the time between two looks.
func lookSeconds(o app.Objective) int {
	if o.Source == "probe" && o.Seconds > 0 {
		return int(o.Seconds)
	}
	return slo.ShortSeconds
}

// wrong reports whether a look finds the app so in a minute.
func wrong(o app.Objective, m minute) bool {
	if o.UnderMillis > 0 {
		return m.slow > 0
	}
	return m.failed > 0
}

// ratio is bad events as a share of all over a window that ends now; false: there are none.
func (p forecast) ratio(window string, now int) (float64, bool) {
	of := func(recorded []float64) float64 { return p.sum(recorded, window, now) }
	switch window {
	case "5m": // what is recorded covers five minutes itself
		of = func(recorded []float64) float64 { return recorded[now] }
	case "1h":
		of = func(recorded []float64) float64 { return p.hour(recorded, now) }
	}
	total, bad := of(p.total), of(p.bad)
	return bad / total, total > 0
}

// hour adds up what was recorded in the last hour: what was just now covers five minutes itself.
func (p forecast) hour(recorded []float64, now int) float64 {
	before := now - 300/p.every
	if before < 0 || before == now {
		return p.sum(recorded, "1h", now)
	}
	return 300/slo.ShortSeconds*recorded[now] + p.sum(recorded, "55m", before)
}

// sum adds up what was recorded in a window that ends now.
func (p forecast) sum(recorded []float64, window string, now int) (s float64) {
	for _, x := range recorded[max(0, now-p.times(lengthOf(window))+1) : now+1] {
		s += x
	}
	return s
}

// lengthOf reads a time such as "5m", "6h" or "28d"; nothing: none.
func lengthOf(window string) time.Duration {
	if days, ok := strings.CutSuffix(window, "d"); ok {
		n, _ := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour
	}
	d, _ := time.ParseDuration(window)
	return d
}

// remaining is what is left of the budget, when no more than the story is known.
func (p forecast) remaining(now int) (float64, bool) {
	budget, _ := strconv.ParseFloat(slo.Budget(p.objective), 64)
	share, any := p.ratio(slo.Period(p.app), now)
	return 1 - share/budget, any
}

// condition is what makes an alert fire that waits for nothing.
type condition struct {
	alert string
	holds func(now int) bool
}

func (p forecast) conditions() []condition {
	return []condition{
		{"ErrorBudgetBurn", func(now int) bool { return p.burns(true, now) }},
		{"ErrorBudgetBurnSlow", func(now int) bool { return p.burns(false, now) }},
		{"SLOOutage", p.outage},
	}
}

// burns reports whether the budget burns too fast now: for a page, or for a ticket.
func (p forecast) burns(page bool, now int) bool {
	for _, x := range p.pairs {
		if x.page == page && p.above(x.short, x.threshold, now) && p.above(x.long, x.threshold, now) {
			return p.enough(page, now)
		}
	}
	return false
}

// outage reports whether nearly everything fails.
func (p forecast) outage(now int) bool {
	return p.outages && p.above("5m", 0.9, now) && p.above("30m", 0.9, now) && p.enough(true, now)
}

func (p forecast) above(window string, threshold float64, now int) bool {
	share, any := p.ratio(window, now)
	return any && share > threshold
}

// enough reports whether there were enough bad events, of which the rules count some for every sample that a group records.
func (p forecast) enough(page bool, now int) bool {
	events := max(300*p.bad[now], slo.ShortSeconds*p.sum(p.bad, "1h", now))
	if !page {
		events = slo.LongSeconds * p.sum(p.bad, slo.GuardWindow(p.objective), now)
	}
	return events >= float64(p.objective.GuardEvents)
}
