package slo

import (
	"fmt"
	"math/big"

	"github.com/scantling/scantling/internal/app"
)

// Pair is two windows over both of which the budget must burn too fast before somebody hears of it: the long one tells that it
// matters, the short one that it still happens.
type Pair struct {
	Short, Long string // such as "5m" and "1h"
	Page        bool   // somebody is woken; else it is a ticket
	Factor      string // how many times faster than the period allows
	Threshold   string // the share of bad events above which it fires; always below 1
}

// shares are the pairs of the SRE Workbook, chapter 5, table 5-8: how much of the budget is gone when the long window burns so fast.
func shares() []share {
	return []share{
		{"5m", "1h", 1, 2, true},
		{"30m", "6h", 6, 5, true},
		{"2h", "1d", 24, 10, false},
		{"6h", "3d", 72, 10, false},
	}
}

type share struct {
	short, long string
	hours       int64 // of the long window
	percent     int64 // of the budget
	page        bool
}

// factor is how many times faster than the period allows. Slower than the period allows is no reason to speak: so it is never below 1.
func (s share) factor(a app.App) *big.Rat {
	f := big.NewRat(s.percent*days(a)*24, 100*s.hours)
	if one := big.NewRat(1, 1); f.Cmp(one) < 0 {
		return one
	}
	return f
}

func (s share) threshold(a app.App, o app.Objective) *big.Rat {
	return new(big.Rat).Mul(s.factor(a), budget(o))
}

// speaks reports whether this pair is asked about the objective at all: few events say nothing in less than the longest windows.
func (s share) speaks(o app.Objective) bool {
	if o.LongOnly {
		return s.long == "3d"
	}
	return !s.page || o.Pages
}

// Pairs are the pairs of windows of an objective that can fire, pages first. A threshold of 1 or more is beyond what a ratio can be:
// such a pair is left out, and a page that is left out makes Outage true.
func Pairs(a app.App, o app.Objective) []Pair {
	var out []Pair
	for _, s := range shares() {
		if t := s.threshold(a, o); s.speaks(o) && t.Cmp(big.NewRat(1, 1)) < 0 {
			out = append(out, Pair{s.short, s.long, s.page, decimal(s.factor(a)), decimal(t)})
		}
	}
	return out
}

// Outage reports whether some page of an objective can never fire, so that a total outage needs an alert of its own.
func Outage(a app.App, o app.Objective) bool {
	for _, s := range shares() {
		if s.page && s.speaks(o) && s.threshold(a, o).Cmp(big.NewRat(1, 1)) >= 0 {
			return true
		}
	}
	return false
}

// days is the window of an app's promise; 28 where nobody says it, which has as many weekends wherever it begins.
func days(a app.App) int64 {
	if a.SLO == nil || a.SLO.WindowDays == 0 {
		return 28
	}
	return int64(a.SLO.WindowDays)
}

// Period is the window of an app's promise: "28d" or "30d".
func Period(a app.App) string { return fmt.Sprintf("%dd", days(a)) }

// ShortWindows are the windows of the ratios that are recorded every ShortSeconds.
func ShortWindows() []string { return []string{"5m", "30m", "1h", "6h"} }

// LongWindows are those of the ratios that are recorded every LongSeconds; the last one is the Period.
func LongWindows(a app.App) []string { return []string{"2h", "1d", "3d", Period(a)} }
