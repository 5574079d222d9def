package prometheus

import (
	"testing"
	"time"

	"github.com/scantling/scantling/e2e/prometheus/replay"
	"github.com/scantling/scantling/e2e/prometheus/sim"
)

// outage is a time in which nobody is served.
type outage struct {
	name string
	at   time.Duration
	gone bool // no pod is there; else each request fails
}

func outages() []outage {
	return []outage{
		{name: "every request fails, at 600 a minute", at: day + 12*time.Hour},
		{name: "every request fails, at night, at 2 a minute", at: day + 2*time.Hour},
		{name: "all pods are gone", at: day + 12*time.Hour, gone: true},
	}
}

const lasts = 30 * time.Minute // an outage

// ordinary is a day of traffic.
func ordinary(at time.Duration) sim.Load {
	if h := at % day; h < 6*time.Hour {
		return sim.Load{PerMinute: 2, Slow: 0.02}
	}
	return sim.Load{PerMinute: 600, Slow: 0.02}
}

// app is one with an outage that begins some time later than it says.
func (o outage) app(later time.Duration) *sim.App {
	during := func(at time.Duration) bool { return at >= o.at+later && at < o.at+later+lasts }
	app := &sim.App{Pods: 3, Lost: 0.01, Load: ordinary}
	if o.gone {
		app.Gone = during
		return app
	}
	app.Load = func(at time.Duration) sim.Load {
		load := ordinary(at)
		if during(at) {
			load.Bad = 1
		}
		return load
	}
	return app
}

// delays are the times from the begin of an outage until each side wakes somebody, at the worst of some seconds at which it may begin;
// as long as it is watched: nobody is.
func (o outage) delays(t *testing.T) (worst [sides]time.Duration) {
	t.Helper()
	for _, later := range []time.Duration{0, 7 * time.Second, 16 * time.Second, 23 * time.Second} {
		begin := start.Add(o.at + later)
		r := contest(t, o.app(later))
		r.Warm(begin.Add(-5 * time.Minute))
		r.Run(begin.Add(lasts / 2))
		if early, _ := pages(r, start); early != [sides]int{} && r.Alerts[0].From.Before(begin) {
			t.Errorf("somebody is woken before the outage: %v", r.Alerts[0])
		}
		_, first := pages(r, begin)
		for i := range sides {
			delay := lasts / 2
			if !first[i].IsZero() {
				delay = first[i].Sub(begin)
			}
			worst[i] = max(worst[i], delay)
		}
	}
	return worst
}

// TestClear holds that alerts end after what they tell of.
func TestClear(t *testing.T) {
	for _, o := range outages() {
		t.Run(o.name, func(t *testing.T) {
			end := start.Add(o.at + lasts)
			app := o.app(0)
			app.Name, app.Every = promised.Name, scrape
			r := replay.New(t, app.Start(start), start, rulesOf(t, app.Name))
			r.Warm(end.Add(-lasts - time.Hour))
			r.Run(end.Add(time.Hour))
			woken := false
			for _, a := range r.Alerts {
				if a.Labels.Get("severity") != "page" {
					continue
				}
				woken = true
				if a.To.IsZero() {
					t.Errorf("%s still wakes people an hour after the outage", a.Name)
				}
			}
			if !woken {
				t.Error("nobody was woken")
			}
		})
	}
}

// clean is a day without anything that somebody should hear of: an idle hour, a night with a request a minute, of which one is bad,
// containers that start again, pods that are replaced, and scrapes that fail.
func clean() *sim.App {
	return &sim.App{
		Pods: 3, Lost: 0.01,
		Load: func(at time.Duration) sim.Load {
			switch h := at % day; {
			case h > 3*time.Hour && h < 4*time.Hour:
				return sim.Load{}
			case h < 6*time.Hour:
				return sim.Load{PerMinute: 1, Slow: 0.02}
			}
			return sim.Load{PerMinute: 600, Bad: 0.0002, Slow: 0.02}
		},
		Events: []sim.Event{
			{At: 2*time.Hour + 15*time.Minute, What: sim.Failed},
			{At: 5 * time.Hour, Pod: 1, What: sim.Restarted},
			{At: 10 * time.Hour, Pod: 0, What: sim.Replaced},
			{At: 10*time.Hour + time.Minute, Pod: 1, What: sim.Replaced},
			{At: 10*time.Hour + 2*time.Minute, Pod: 2, What: sim.Replaced},
			{At: 15 * time.Hour, Pod: 2, What: sim.Restarted},
		},
	}
}
