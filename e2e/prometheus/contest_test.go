package prometheus

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/scantling/scantling/e2e/prometheus/replay"
	"github.com/scantling/scantling/e2e/prometheus/rivals"
	"github.com/scantling/scantling/e2e/prometheus/sim"
)

const (
	day    = 24 * time.Hour
	period = 28 * day
	scrape = 30 * time.Second // twice what is rendered for the critical tier, and what a Prometheus without a ServiceMonitor might do
)

// The sides of a contest: the rules that are rendered for an app, and those that others would write for its availability.
const (
	ours = iota
	sloth
	pyrra
	sides
)

// promised is what the apps of testdata/shop.txtar promise.
var promised = rivals.Objective{
	Name: "search", Budget: 0.001, Days: 28, Metric: "http_requests_total", By: `namespace="shop",job="search"`, Bad: `code=~"5.."`,
}

// rulesOf is the rule file of an app of testdata/shop.txtar.
func rulesOf(t *testing.T, app string) string {
	t.Helper()
	file, ok := render(t, unpack(t, "testdata/shop.txtar"))["prod/shop/"+app]
	if !ok {
		t.Fatalf("no rules are rendered for %s", app)
	}
	return file
}

// contest plays an app before the rules of all sides.
func contest(t *testing.T, app *sim.App) *replay.Replay {
	t.Helper()
	app.Name, app.Every = promised.Name, scrape
	files, dir := []string{rulesOf(t, app.Name)}, t.TempDir()
	for name, text := range map[string]string{"sloth": rivals.Sloth(promised), "pyrra": rivals.Pyrra(promised)} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return replay.New(t, app.Start(start), start, files...)
}

// side tells whose an alert is.
func side(a replay.Alert) int {
	switch a.Labels.Get("rules") {
	case rivals.SlothLabel:
		return sloth
	case rivals.PyrraLabel:
		return pyrra
	}
	return ours
}

// left is what each side says is left of the budget; NaN where it says so, or nothing.
func left(r *replay.Replay, at time.Time) (all [sides]float64) {
	for i, query := range []string{
		ours:  `slo:period_error_budget_remaining:ratio{namespace="shop",service="search",slo="availability"}`,
		sloth: rivals.SlothLeft(promised),
		pyrra: rivals.PyrraLeft(promised),
	} {
		all[i] = math.NaN()
		if v := r.Query(query, at); len(v) == 1 {
			all[i] = v[0].F
		}
	}
	return all
}

// pages counts the alerts of each side that woke somebody from a time on, and returns when the first one did: zero: none.
func pages(r *replay.Replay, from time.Time) (count [sides]int, first [sides]time.Time) {
	for _, a := range r.Alerts {
		if a.Labels.Get("severity") != "page" || a.From.Before(from) {
			continue
		}
		if i := side(a); count[i] == 0 {
			count[i], first[i] = 1, a.From
		} else {
			count[i]++
		}
	}
	return count, first
}

// lives are what becomes of the pods in a number of days: a container starts again each day, and each week all pods are replaced.
func lives(pods, days int) []sim.Event {
	var all []sim.Event
	for d := range days {
		all = append(all, sim.Event{At: time.Duration(d)*day + 5*time.Hour + 10*time.Minute, Pod: d % pods, What: sim.Restarted})
		for p := range pods {
			if d%7 == 6 {
				all = append(all, sim.Event{At: time.Duration(d)*day + 6*time.Hour + time.Duration(p)*time.Minute, Pod: p, What: sim.Replaced})
			}
		}
	}
	return all
}
