package slo

import (
	"math"
	"strconv"
	"time"

	"github.com/scantling/scantling/internal/app"
)

// FirstPageWithin is how many seconds the first page about an objective takes at most, when all of an even load begins to fail after a
// time without failures; false: there are no pages about it. Where requests are so few that GuardEvents take longer, so does the page.
func FirstPageWithin(a app.App, o app.Objective) (seconds int64, pages bool) {
	add := func(n int64) {
		if !pages || n < seconds {
			seconds, pages = n, true
		}
	}
	for _, p := range Pairs(a, o) {
		if p.Page {
			add(PageWithin(o, p))
		}
	}
	if Outage(a, o) {
		add(OutageWithin(o))
	}
	return seconds, pages
}

// PageWithin is likewise the time until one pair of windows pages: the short window passes its threshold before the long one does.
func PageWithin(o app.Objective, p Pair) int64 {
	long, _ := time.ParseDuration(p.Long) // those of pages have hours
	share, _ := strconv.ParseFloat(p.Threshold, 64)
	need := share * long.Seconds()
	if p.Long == "1h" { // see lastHour: the newest sample stands for all of its five minutes
		return seen(o, min(need, 300)+ramp(need-300))
	}
	return seen(o, ramp(need))
}

// OutageWithin is likewise the time until OutageExpr is true: 90 % of its 30 minutes.
func OutageWithin(o app.Objective) int64 { return seen(o, ramp(0.9*30*60)) }

// ramp is the time until the samples of a window add up to so many bad seconds. Each is a mean of the five minutes before it, of which
// x seconds into a failure x/300 are bad: their sum is x²/600, and from five minutes on x - 150.
func ramp(need float64) float64 {
	if need > 150 {
		return need + 150
	}
	return math.Sqrt(600 * max(0, need))
}

// seen adds the time until the next scrape, and until the next evaluation. A prober asks at a known pace, so its guard is counted in.
func seen(o app.Objective, seconds float64) int64 {
	if o.Source == "probe" {
		seconds = max(seconds, float64(o.GuardEvents*o.Seconds))
	}
	return int64(math.Ceil(seconds)) + 2*ShortSeconds
}
