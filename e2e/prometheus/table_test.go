package prometheus

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/scantling/scantling/e2e/prometheus/replay"
	"github.com/scantling/scantling/e2e/prometheus/rivals"
	"github.com/scantling/scantling/e2e/prometheus/sim"
)

var update = flag.Bool("update", false, "rewrite what docs/slo.md says was measured")

// TestAgainstOthers measures the rules of all sides, and holds what docs/slo.md says of them.
func TestAgainstOthers(t *testing.T) {
	var table strings.Builder
	table.WriteString("| | true | Scantling | Sloth-style | Pyrra-style |\n|---|---|---|---|---|\n")
	row := func(name, truth string, cells [sides]string) {
		fmt.Fprintf(&table, "| %s | %s | %s |\n", name, truth, strings.Join(cells[:], " | "))
	}
	end := start.Add(period)
	var series [sides]int
	var read [sides]int64
	for _, m := range months() {
		app := m.app()
		r := contest(t, app)
		r.Warm(end.Add(-time.Hour / watched))
		r.Run(end)
		all, said := app.Truth(start, end), left(r, end)
		truth := sim.BudgetLeft(all.Bad, all.Total, 99.9)
		if !(math.Abs(said[ours]-truth) <= 0.01) {
			t.Errorf("%s: %.4f of the budget is left, want %.4f", m.name, said[ours], truth)
		}
		row("budget left after 28 days: "+m.name, percent(truth), texts(said, percent))
		if series == [sides]int{} { // they cost the same in each month
			series, read = costs(r)
		}
	}
	for _, o := range outages() {
		delays := o.delays(t)
		if o.at%day > 6*time.Hour && delays[ours] > 3*time.Minute {
			t.Errorf("%s: nobody is woken for %s, want 3 minutes at the most", o.name, delays[ours])
		}
		row("until somebody is woken: "+o.name, "–", texts(delays, minutes))
	}
	row("people woken on a clean day", "0", texts(falsePages(t), func(n int) string { return fmt.Sprint(n) }))
	row("series recorded", "–", texts(series, func(n int) string { return fmt.Sprint(n) }))
	row("samples read in an hour", "–", texts(read, millions))
	golden(t, "comparison", table.String())
}

// falsePages are how often each side wakes somebody on a clean day. No alert of ours at all may fire.
func falsePages(t *testing.T) [sides]int {
	t.Helper()
	r := contest(t, clean())
	r.Run(start.Add(day))
	for _, a := range r.Alerts {
		if side(a) == ours {
			t.Errorf("on a clean day %s fires at %s: %s", a.Name, a.From.Format(time.TimeOnly), a.Labels)
		}
	}
	count, _ := pages(r, start)
	return count
}

// watched is the part of an hour in which samples are counted: ten minutes, a multiple of all intervals.
const watched = 6

// costs are the series that each side has recorded for one objective, and the samples that it reads in an hour.
func costs(r *replay.Replay) (series [sides]int, read [sides]int64) {
	for group, n := range r.Read {
		switch {
		case strings.HasPrefix(group, "sloth-"):
			read[sloth] += watched * n
		case strings.HasPrefix(group, "pyrra-"):
			read[pyrra] += watched * n
		case !strings.HasSuffix(group, "-causes"):
			read[ours] += watched * n
		}
	}
	series[ours] = seriesOf(r, promised.Name)
	records := labels.MustNewMatcher(labels.MatchNotRegexp, labels.MetricName, "ALERTS.*")
	series[sloth] = r.Series(records, labels.MustNewMatcher(labels.MatchEqual, "rules", rivals.SlothLabel))
	series[pyrra] = r.Series(records, labels.MustNewMatcher(labels.MatchEqual, "rules", rivals.PyrraLabel))
	return series, read
}

// seriesOf counts the series that are recorded for an app.
func seriesOf(r *replay.Replay, app string) int {
	return r.Series(labels.MustNewMatcher(labels.MatchRegexp, labels.MetricName, "slo:.+"), labels.MustNewMatcher(labels.MatchEqual, "service", app))
}

// TestCost holds what docs/slo.md says that an app's rules cost.
func TestCost(t *testing.T) {
	var table strings.Builder
	table.WriteString("| | series recorded | samples read in an hour | of these for causes |\n|---|---|---|---|\n")
	for _, app := range []struct{ name, promises string }{{"search", "one objective"}, {"web", "two objectives"}} {
		r := playMonth(t, months()[0].app(), app.name)
		var all, causes int64
		for group, n := range r.Read {
			all += watched * n
			if strings.HasSuffix(group, "-causes") {
				causes += watched * n
			}
		}
		fmt.Fprintf(&table, "| %s | %d | %s | %s |\n", app.promises, seriesOf(r, app.name), millions(all), thousands(causes))
	}
	golden(t, "cost", table.String())
}

func texts[T any](values [sides]T, text func(T) string) (all [sides]string) {
	for i, v := range values {
		all[i] = text(v)
	}
	return all
}

func percent(share float64) string {
	if math.IsNaN(share) {
		return "no number"
	}
	digits := 1
	if math.Abs(share) > 10 {
		digits = 0
	}
	return strings.Replace(fmt.Sprintf("%.*f %%", digits, 100*share), "-", "−", 1)
}

func minutes(d time.Duration) string {
	if d >= lasts/2 {
		return "never"
	}
	return fmt.Sprintf("%.1f min", d.Minutes())
}

func thousands(n int64) string { return fmt.Sprintf("%.1f thousand", float64(n)/1e3) }

func millions(n int64) string { return fmt.Sprintf("%.1f million", float64(n)/1e6) }

// golden holds a block of docs/slo.md, between its two marks.
func golden(t *testing.T, block, want string) {
	t.Helper()
	path := filepath.Join(world.root, "docs", "slo.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(page, []byte("<!-- "+block+" -->\n"))
	got, after, closed := bytes.Cut(rest, []byte("<!-- end of "+block+" -->\n"))
	if !ok || !closed {
		t.Fatalf("%s has no block %s", path, block)
	}
	if string(got) == want {
		return
	}
	if !*update {
		t.Errorf("%s says of %s\n%s\nbut now it is\n%s", path, block, got, want)
		return
	}
	text := fmt.Sprintf("%s<!-- %s -->\n%s<!-- end of %s -->\n%s", before, block, want, block, after)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
