package prometheus

import (
	"math"
	"testing"
	"time"

	"github.com/scantling/scantling/e2e/prometheus/replay"
	"github.com/scantling/scantling/e2e/prometheus/sim"
)

// month is 28 days of an app.
type month struct {
	name string
	load func(at time.Duration) sim.Load
	late bool
}

// months are what budgets are measured in. Days begin in the morning, so that the first scrape finds requests.
func months() []month {
	uneven := func(at time.Duration) sim.Load {
		if at%day < 10*time.Hour {
			return sim.Load{PerMinute: 1000, Slow: 0.03}
		}
		return sim.Load{PerMinute: 2, Bad: 0.5, Slow: 0.03}
	}
	return []month{
		{name: "10 hours a day 1000 requests a minute, all good; 14 hours 2 a minute, half of them bad", load: uneven},
		{name: "the same, and on one day an hour without a request", load: func(at time.Duration) sim.Load {
			if at > 20*day+20*time.Hour && at < 20*day+21*time.Hour {
				return sim.Load{}
			}
			return uneven(at)
		}},
		{name: "600 requests a minute, and of 2000 one is bad", load: func(time.Duration) sim.Load {
			return sim.Load{PerMinute: 600, Bad: 0.0005, Slow: 0.02}
		}},
		{name: "the same, but the first bad one, whose counter is born with it, comes on the 26th day", late: true, load: func(at time.Duration) sim.Load {
			if at < 25*day {
				return sim.Load{PerMinute: 600}
			}
			return sim.Load{PerMinute: 600, Bad: 0.0005, Slow: 0.02}
		}},
	}
}

func (m month) app() *sim.App {
	return &sim.App{Load: m.load, Pods: 2, Events: lives(2, 28), Lost: 0.01, Late: m.late}
}

// TestBudget holds what is reported to be left of both budgets of an app against what is.
func TestBudget(t *testing.T) {
	end := start.Add(period)
	for _, m := range months() {
		t.Run(m.name, func(t *testing.T) {
			app := m.app()
			r := playMonth(t, app, "web")
			all := app.Truth(start, end)
			for name, want := range map[string]float64{
				"availability": sim.BudgetLeft(all.Bad, all.Total, 99.9),
				"latency":      sim.BudgetLeft(all.Slow, all.Total-all.Bad, 95),
			} {
				got := r.Query(`slo:period_error_budget_remaining:ratio{namespace="shop",service="web",slo="`+name+`"}`, end)
				if len(got) != 1 || math.Abs(got[0].F-want) > 0.01 {
					t.Errorf("%s: %v is left, want %.4f", name, got, want)
				}
			}
		})
	}
}

// playMonth plays a month of an app of testdata/shop.txtar before its own rules, of which all are there in the last ten minutes.
func playMonth(t *testing.T, app *sim.App, name string) *replay.Replay {
	t.Helper()
	app.Name, app.Every = name, scrape
	r := replay.New(t, app.Start(start), start, rulesOf(t, name))
	r.Warm(start.Add(period - time.Hour/watched))
	r.Run(start.Add(period))
	return r
}
