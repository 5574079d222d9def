package prometheus

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"

	"github.com/scantling/scantling/e2e/prometheus/replay"
	"github.com/scantling/scantling/e2e/prometheus/sim"
)

var start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) // a Monday

// nothing is a world in which nothing is scraped.
type nothing struct{}

func (nothing) Scrape(storage.AppenderV2, time.Time) error { return nil }

// TestExpressions lets Prometheus load each rule file that any project of the repository renders, and evaluate it where it knows
// nothing, and where every selector selects several pods, versions and codes.
func TestExpressions(t *testing.T) {
	all, files := projects(t), 0
	all["shop"] = unpack(t, "testdata/shop.txtar")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		rendered := render(t, all[name])
		files += len(rendered)
		for _, app := range slices.Sorted(maps.Keys(rendered)) {
			t.Run(name+"/"+app, func(t *testing.T) {
				empty := replay.New(t, nothing{}, start, rendered[app])
				recorded(t, empty.Rules())
				empty.Run(start.Add(10 * time.Minute))

				full := sim.NewAny(start)
				for _, rule := range empty.Rules() {
					full.Add(rule.Query())
				}
				r := replay.New(t, full, start, rendered[app])
				end := start.Add(20 * time.Minute)
				r.Run(end)
				valued(t, r, end)
			})
		}
	}
	if files < 30 {
		t.Errorf("only %d rule files were rendered", files)
	}
}

// recorded holds that each record that is asked for is made in the same file.
func recorded(t *testing.T, all []rules.Rule) {
	t.Helper()
	made := slices.DeleteFunc(slices.Clone(all), func(rule rules.Rule) bool {
		_, ok := rule.(*rules.RecordingRule)
		return !ok
	})
	for _, rule := range all {
		parser.Inspect(rule.Query(), func(node parser.Node, _ []parser.Node) error {
			s, ok := node.(*parser.VectorSelector)
			if ok && strings.HasPrefix(s.Name, "slo:") && !slices.ContainsFunc(made, func(record rules.Rule) bool { return selects(s, record) }) {
				t.Errorf("%s asks for %s, which no rule of the file records", rule.Name(), s)
			}
			return nil
		})
	}
}

// selects reports whether a selector selects what a rule records.
func selects(s *parser.VectorSelector, record rules.Rule) bool {
	with := record.Labels()
	return !slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
		if m.Name == labels.MetricName {
			return m.Value != record.Name()
		}
		return !m.Matches(with.Get(m.Name))
	})
}

// valued holds that each record has one value where there is something to measure.
func valued(t *testing.T, r *replay.Replay, at time.Time) {
	t.Helper()
	for _, rule := range r.Rules() {
		if _, ok := rule.(*rules.RecordingRule); !ok {
			continue
		}
		if got := r.Query(rule.Query().String(), at); len(got) != 1 {
			t.Errorf("%s%s has %d values, want one: %s", rule.Name(), rule.Labels(), len(got), rule.Query())
		}
	}
}
