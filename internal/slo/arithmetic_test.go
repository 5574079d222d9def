package slo_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/slo"
)

func web(days int) app.App {
	return app.App{Name: "web", Namespace: "shop", SLO: &app.SLO{WindowDays: days}}
}

func availability(percent float64) app.Objective {
	return app.Objective{Name: "availability", Percent: percent, Source: "http", Pages: true}
}

// TestExactDecimals wants what the spec's writer would write: in floating point 1 - 0.999 is 0.0010000000000000009.
func TestExactDecimals(t *testing.T) {
	for percent, want := range map[float64]string{
		99.9: "0.999 0.001", 99.95: "0.9995 0.0005", 99.99: "0.9999 0.0001", 99.999: "0.99999 0.00001",
		99: "0.99 0.01", 95: "0.95 0.05", 93.05: "0.9305 0.0695", 83.3: "0.833 0.167", 33.3: "0.333 0.667", 50: "0.5 0.5",
	} {
		o := availability(percent)
		if got := slo.Target(o) + " " + slo.Budget(o); got != want {
			t.Errorf("%v %%: %s, want %s", percent, got, want)
		}
	}
}

// TestPairs wants the table of the SRE Workbook, for the window that is promised: pages at 2 % and 5 % of the budget, tickets at
// 10 %, and none slower than the window allows.
func TestPairs(t *testing.T) {
	for _, tt := range []struct {
		days    int
		percent float64
		want    []string
	}{
		{28, 99.9, []string{"page 5m/1h 13.44 0.01344", "page 30m/6h 5.6 0.0056", "2h/1d 2.8 0.0028", "6h/3d 1 0.001"}},
		{30, 99.9, []string{"page 5m/1h 14.4 0.0144", "page 30m/6h 6 0.006", "2h/1d 3 0.003", "6h/3d 1 0.001"}},
		{28, 99.95, []string{"page 5m/1h 13.44 0.00672", "page 30m/6h 5.6 0.0028", "2h/1d 2.8 0.0014", "6h/3d 1 0.0005"}},
		{30, 99.99, []string{"page 5m/1h 14.4 0.00144", "page 30m/6h 6 0.0006", "2h/1d 3 0.0003", "6h/3d 1 0.0001"}},
	} {
		var got []string
		for _, p := range slo.Pairs(web(tt.days), availability(tt.percent)) {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s/%s %s %s", map[bool]string{true: "page"}[p.Page], p.Short, p.Long, p.Factor, p.Threshold)))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v %% over %d days:\ngot  %q\nwant %q", tt.percent, tt.days, got, tt.want)
		}
	}
}

// TestFireability wants no threshold that a ratio cannot exceed, and word of an outage wherever a page was left out for that.
func TestFireability(t *testing.T) {
	for _, tt := range []struct {
		days    int
		percent float64
		pages   []string // the long windows
		outage  bool
	}{
		{30, 93.06, []string{"1h", "6h"}, false}, // 14.4 x 0.0694 is 0.99936
		{30, 93.05, []string{"6h"}, true},        // 14.4 x 0.0695 is 1.0008
		{28, 92.56, []string{"1h", "6h"}, false}, // 13.44 x 0.0744 is 0.999936
		{28, 92.55, []string{"6h"}, true},
		{30, 83.34, []string{"6h"}, true},
		{30, 83.33, nil, true}, // 6 x 0.1667 is 1.0002
		{30, 50, nil, true},
	} {
		a, o := web(tt.days), availability(tt.percent)
		var pages []string
		tickets := 0
		for _, p := range slo.Pairs(a, o) {
			if threshold, _ := new(big.Rat).SetString(p.Threshold); threshold.Cmp(big.NewRat(1, 1)) >= 0 {
				t.Errorf("%v %%: the pair %s/%s waits for more than everything: %s", tt.percent, p.Short, p.Long, p.Threshold)
			}
			if p.Page {
				pages = append(pages, p.Long)
			} else {
				tickets++
			}
		}
		if !slices.Equal(pages, tt.pages) || slo.Outage(a, o) != tt.outage || tickets == 0 {
			t.Errorf("%v %% over %d days: pages %q, outage %v, %d tickets; want %q, %v and some", tt.percent, tt.days, pages, slo.Outage(a, o), tickets, tt.pages, tt.outage)
		}
		if said := slo.OutageExpr(a, o) != ""; said != tt.outage {
			t.Errorf("%v %%: there is an expression of an outage: %v", tt.percent, said)
		}
	}
}

// TestWhoIsWoken wants tickets alone for what may wait, and the longest windows alone for what has few events.
func TestWhoIsWoken(t *testing.T) {
	waits, rare := availability(90), availability(90)
	waits.Pages = false
	rare.LongOnly = true
	for name, tt := range map[string]struct {
		o    app.Objective
		want string
	}{"may wait": {waits, "1d 3d"}, "has few events": {rare, "3d"}} {
		var long []string
		for _, p := range slo.Pairs(web(28), tt.o) {
			long = append(long, p.Long)
		}
		if got := strings.Join(long, " "); got != tt.want || slo.Burning(web(28), tt.o, true) != "" || slo.Outage(web(28), tt.o) {
			t.Errorf("what %s: windows %s, want %s and no pages", name, got, tt.want)
		}
	}
}

// TestGuard wants as many bad events as make an alert worth hearing: a ticket has a day for them, or slow trouble of an app with
// little traffic would never be told.
func TestGuard(t *testing.T) {
	o := availability(99.9)
	if expr := slo.Burning(web(28), o, true) + slo.Burning(web(28), o, false); strings.Contains(expr, ">=") {
		t.Errorf("there is enough traffic, yet something is counted: %s", expr)
	}
	o.GuardEvents = 5
	for page, want := range map[bool]string{
		true: `(300 * slo:sli_errors:rate5m{namespace="shop",service="web",slo="availability"} >= 5` +
			` or 30 * sum_over_time(slo:sli_errors:rate5m{namespace="shop",service="web",slo="availability"}[1h]) >= 5)`,
		false: `120 * sum_over_time(slo:sli_errors:sample2m{namespace="shop",service="web",slo="availability"}[1d]) >= 5`,
	} {
		if got := slo.Burning(web(28), o, page); !strings.HasSuffix(got, "\nand on (namespace, service, slo) "+want) {
			t.Errorf("page %v: %s\nwant a guard %s", page, got, want)
		}
	}
}
