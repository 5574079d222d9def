package monitoring

import (
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/slo"
)

// minute is what happens in one: of the requests some fail, and of the others some are slow.
type minute struct{ requests, failed, slow int64 }

// traffic is what happens in each minute of a story. What happens in minute n is measured at its end, by the sample n.
type traffic []minute

// lasting is the same in each of n minutes.
func lasting(n int, m minute) traffic {
	t := make(traffic, n)
	for i := range t {
		t[i] = m
	}
	return t
}

// forecast is an objective, and what its records say in a story that is evaluated each minute. The stated minutes of a story follow
// from it: it is the arithmetic of the objective, not a reading of its expressions.
type forecast struct {
	app       app.App
	objective app.Objective
	pairs     []pair
	outages   bool      // nearly everything must fail until somebody hears of it at once
	total     []float64 // events per second at each minute, over the last five
	bad       []float64 // bad ones
}

// pair is two windows in minutes, and the share of bad events above which both of them burn too fast.
type pair struct {
	short, long int
	threshold   float64
	page        bool
}

// foretell returns the forecast of an objective in a story.
func foretell(a app.App, o app.Objective, t traffic) forecast {
	p := forecast{app: a, objective: o, outages: slo.Outage(a, o)}
	for _, x := range slo.Pairs(a, o) {
		threshold, _ := strconv.ParseFloat(x.Threshold, 64)
		p.pairs = append(p.pairs, pair{minutesOf(x.Short), minutesOf(x.Long), threshold, x.Page})
	}
	for now := range t {
		total, bad := counted(o, t, now)
		if looked(o) {
			total, bad = watched(o, t, now)
		}
		p.total, p.bad = append(p.total, total), append(p.bad, bad)
	}
	return p
}

// looked reports whether events are looks at a condition, not requests.
func looked(o app.Objective) bool {
	return o.Source == "probe" || o.Source == "cron" || o.Source == "queue" && o.UnderMillis == 0
}

// counted is what rate() over five minutes makes of counters with a sample each minute. Its window is open on the left: it has five
// samples, between which lie four minutes, and is taken for five. Where it begins before the story does, half a minute is added to
// what was seen.
func counted(o app.Objective, t traffic, now int) (total, bad float64) {
	seen := min(now, 4)
	if seen == 0 {
		return 0, 0
	}
	for _, m := range t[now-seen+1 : now+1] {
		events, wrong := eventsOf(o, m)
		total, bad = total+float64(events), bad+float64(wrong)
	}
	covered := float64(seen) + 1
	if now < 4 {
		covered = float64(seen) + 0.5
	}
	factor := covered / float64(seen) / 300
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

// watched is what becomes of looks at a condition that holds for a whole minute: those of the last five minutes, as events of 300 s.
func watched(o app.Objective, t traffic, now int) (total, bad float64) {
	every := lookSeconds(o)
	for at := now * 60 / every * every; at > now*60-300 && at >= 0; at -= every {
		m := t[at/60]
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

// ratio is bad events as a share of all over a window of minutes that ends now; false: there are none.
func (p forecast) ratio(n, now int) (float64, bool) {
	of := func(recorded []float64) float64 { return sum(recorded, n, now) }
	switch n {
	case 5:
		of = func(recorded []float64) float64 { return recorded[now] }
	case 60:
		of = func(recorded []float64) float64 { return hour(recorded, now) }
	}
	total, bad := of(p.total), of(p.bad)
	return bad / total, total > 0
}

// hour adds up what was recorded in the last hour: what was just now covers five minutes itself.
func hour(recorded []float64, now int) float64 {
	if now < 5 {
		return sum(recorded, 60, now)
	}
	return 300/slo.ShortSeconds*recorded[now] + sum(recorded, 55, now-5)
}

// sum adds up what was recorded in the last n minutes.
func sum(recorded []float64, n, now int) (s float64) {
	for _, x := range recorded[max(0, now-n+1) : now+1] {
		s += x
	}
	return s
}

// minutesOf reads a window such as "5m", "6h" or "28d".
func minutesOf(window string) int {
	n, _ := strconv.Atoi(window[:len(window)-1])
	return n * map[byte]int{'m': 1, 'h': 60, 'd': 24 * 60}[window[len(window)-1]]
}

// remaining is what is left of the budget, when no more than the story is known.
func (p forecast) remaining(now int) (float64, bool) {
	budget, _ := strconv.ParseFloat(slo.Budget(p.objective), 64)
	share, any := p.ratio(minutesOf(slo.Period(p.app)), now)
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
	return p.outages && p.above(5, 0.9, now) && p.above(30, 0.9, now) && p.enough(true, now)
}

func (p forecast) above(window int, threshold float64, now int) bool {
	share, any := p.ratio(window, now)
	return any && share > threshold
}

// enough reports whether there were enough bad events. The rules count one for every sample that a group records: promtool evaluates
// every group each minute, so that of what pages it counts half, and of the others double.
func (p forecast) enough(page bool, now int) bool {
	if p.objective.GuardEvents == 0 {
		return true
	}
	events := max(300*p.bad[now], slo.ShortSeconds*sum(p.bad, 60, now))
	if !page {
		events = slo.LongSeconds * sum(p.bad, 24*60, now)
	}
	return events >= float64(p.objective.GuardEvents)
}
