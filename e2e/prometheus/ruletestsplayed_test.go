package prometheus

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// A play is one story and what the rules of its file say in it, played by Prometheus' engine. promtool asks each rule at each moment;
// here a rule is asked once for the whole story, and when one is changed, only those that read it are asked again. That is some hundred
// times as fast, so that thousands of changes can be tried.
type play struct {
	engine   *promql.Engine
	story    toldStory
	interval time.Duration
	steps    int // evaluations
	rules    []rule
	reads    []map[string]bool // names of the series that each rule reads
	asks     []map[string]bool // likewise each test of an expression
	writes   map[string][]int  // the rules that write a series, by its name
	raw      map[string][]promql.Series
}

// utterance is what a rule writes, and of an alert what is heard at each step.
type utterance struct {
	series []promql.Series
	firing map[int][]string // labels and annotations
}

// newPlay loads a story; the rules are in the order in which they are evaluated.
func newPlay(t *testing.T, engine *promql.Engine, interval time.Duration, story toldStory, rules []rule) *play {
	t.Helper()
	p := &play{engine: engine, story: story, interval: interval, rules: rules, writes: map[string][]int{}, raw: map[string][]promql.Series{}}
	var last time.Duration
	for _, x := range story.AlertRuleTest {
		last = max(last, span(t, x.EvalTime))
	}
	for _, x := range story.PromQLExprTest {
		last = max(last, span(t, x.EvalTime))
		p.asks = append(p.asks, namesIn(t, x.Expr))
	}
	p.steps = int(last/interval) + 1
	for i, r := range rules {
		p.reads = append(p.reads, namesIn(t, r.Expr))
		name := "ALERTS"
		if r.Record != "" {
			name = r.Record
		}
		p.writes[name] = append(p.writes[name], i)
	}
	for _, x := range story.InputSeries {
		name, values, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(x.Series + " " + x.Values)
		if err != nil {
			t.Fatal(err)
		}
		s := promql.Series{Metric: name}
		for i, v := range values {
			at := int64(i) * span(t, story.Interval).Milliseconds()
			switch {
			case v.Omitted:
			case v.Histogram != nil:
				s.Histograms = append(s.Histograms, promql.HPoint{T: at, H: v.Histogram})
			default:
				s.Floats = append(s.Floats, promql.FPoint{T: at, F: v.Value})
			}
		}
		p.raw[name.Get(labels.MetricName)] = append(p.raw[name.Get(labels.MetricName)], s)
	}
	return p
}

func span(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := model.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(d)
}

// namesIn are the names of the series that an expression selects.
func namesIn(t *testing.T, text string) map[string]bool {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			names[s.Name] = true
		}
		return nil
	})
	return names
}

// all plays the story with the rules as they are.
func (p *play) all() ([]utterance, error) {
	heard := make([]utterance, len(p.rules))
	for i, r := range p.rules {
		var err error
		if heard[i], err = p.ask(r, heard); err != nil {
			return nil, err
		}
	}
	return heard, nil
}

// with reports whether the story comes out as it should, when one rule is another one; heard is what they say as they are.
func (p *play) with(at int, changed rule, heard []utterance) bool {
	heard = slices.Clone(heard)
	names := map[string]bool{}
	for i, r := range p.rules {
		if i == at {
			r = changed
		} else if !overlap(p.reads[i], names) {
			continue
		}
		now, err := p.ask(r, heard)
		if err != nil {
			return false
		}
		if !same(now, heard[i]) {
			names[r.Record], names["ALERTS"] = true, names["ALERTS"] || r.Alert != ""
		}
		heard[i] = now
		if r.Alert != "" && p.wrongAlert(r.Alert, heard) != "" {
			return false
		}
	}
	return p.wrongExpression(names, heard) == ""
}

func overlap(a, b map[string]bool) bool {
	for name := range a {
		if b[name] {
			return true
		}
	}
	return false
}

// same reports whether two rules say the same.
func same(a, b utterance) bool {
	return slices.EqualFunc(a.series, b.series, func(x, y promql.Series) bool {
		return labels.Equal(x.Metric, y.Metric) && slices.EqualFunc(x.Floats, y.Floats, func(v, w promql.FPoint) bool {
			return v.T == w.T && math.Float64bits(v.F) == math.Float64bits(w.F)
		})
	}) && maps.EqualFunc(a.firing, b.firing, slices.Equal)
}

// wrongAlert says which test of an alert fails; of all alerts, if none is named.
func (p *play) wrongAlert(name string, heard []utterance) string {
	for _, x := range p.story.AlertRuleTest {
		if name != "" && x.Alertname != name {
			continue
		}
		at, err := model.ParseDuration(x.EvalTime)
		if err != nil {
			return err.Error()
		}
		var got, want []string
		for i, r := range p.rules {
			if r.Alert == x.Alertname {
				got = append(got, heard[i].firing[int(time.Duration(at)/p.interval)]...)
			}
		}
		for _, e := range x.ExpAlerts {
			b := labels.NewBuilder(labels.FromMap(e.ExpLabels))
			want = append(want, whole(b.Set(labels.AlertName, x.Alertname).Labels(), e.ExpAnnotations))
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			return fmt.Sprintf("%s at %s: %q, want %q", x.Alertname, x.EvalTime, got, want)
		}
	}
	return ""
}

// whole is an alert with all that is utterance of it.
func whole(name labels.Labels, annotations map[string]string) string {
	return name.String() + " " + labels.FromMap(annotations).String()
}

// wrongExpression says which test of an expression fails that reads one of some series; of all of them, if none is named.
func (p *play) wrongExpression(names map[string]bool, heard []utterance) string {
	for i, x := range p.story.PromQLExprTest {
		if names != nil && !overlap(p.asks[i], names) {
			continue
		}
		at, err := model.ParseDuration(x.EvalTime)
		if err != nil {
			return err.Error()
		}
		query, err := p.engine.NewInstantQuery(context.Background(), p.seen(heard), nil, x.Expr, time.UnixMilli(0).Add(time.Duration(at)))
		if err != nil {
			return err.Error()
		}
		result := query.Exec(context.Background())
		vector, err := result.Vector()
		if err != nil {
			return err.Error()
		}
		var got, want []string
		for _, v := range vector {
			got = append(got, fmt.Sprintf("%s %v", v.Metric, v.F))
		}
		for _, e := range x.ExpSamples {
			want = append(want, fmt.Sprintf("%s %v", e.Labels, e.Value))
		}
		query.Close()
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			return fmt.Sprintf("%s at %s: %q, want %q", x.Expr, x.EvalTime, got, want)
		}
	}
	return ""
}

// ask asks a rule at each step.
func (p *play) ask(r rule, heard []utterance) (utterance, error) {
	end := time.UnixMilli(0).Add(time.Duration(p.steps-1) * p.interval)
	query, err := p.engine.NewRangeQuery(context.Background(), p.seen(heard), nil, r.Expr, time.UnixMilli(0), end, p.interval)
	if err != nil {
		return utterance{}, err
	}
	defer query.Close()
	result := query.Exec(context.Background())
	if result.Err != nil {
		return utterance{}, result.Err
	}
	matrix, err := result.Matrix()
	if err != nil {
		return utterance{}, err
	}
	found := map[string]promql.Series{}
	for _, s := range matrix {
		b := labels.NewBuilder(s.Metric).Del(labels.MetricName)
		for name, v := range r.Labels {
			b.Set(name, v)
		}
		if b.Set(labels.AlertName, r.Alert); r.Alert == "" {
			b.Set(labels.MetricName, r.Record)
		}
		name := b.Labels()
		before, ok := found[name.String()]
		if ok && clash(before.Floats, s.Floats) {
			return utterance{}, fmt.Errorf("%s twice", name)
		}
		points := append(slices.Clone(before.Floats), s.Floats...)
		slices.SortFunc(points, func(x, y promql.FPoint) int { return int(x.T - y.T) })
		found[name.String()] = promql.Series{Metric: name, Floats: points}
	}
	var out utterance
	for _, key := range slices.Sorted(maps.Keys(found)) {
		if s := found[key]; r.Alert == "" {
			s.Floats = p.ended(s.Floats)
			out.series = append(out.series, s)
		} else if err := p.hear(&out, r, s); err != nil {
			return utterance{}, err
		}
	}
	return out, nil
}

func clash(a, b []promql.FPoint) bool {
	return slices.ContainsFunc(a, func(x promql.FPoint) bool {
		return slices.ContainsFunc(b, func(y promql.FPoint) bool { return x.T == y.T })
	})
}

// ended marks a series as stale where it ends, as a group of rules does.
func (p *play) ended(points []promql.FPoint) (out []promql.FPoint) {
	step := p.interval.Milliseconds()
	for i, x := range points {
		out = append(out, x)
		if x.T+step <= int64(p.steps-1)*step && (i+1 == len(points) || points[i+1].T > x.T+step) {
			out = append(out, promql.FPoint{T: x.T + step, F: math.Float64frombits(value.StaleNaN)})
		}
	}
	return out
}

// hear adds when an alert is pending and when it fires, by the times at which its condition is true: as rules.AlertingRule does.
func (p *play) hear(out *utterance, r rule, s promql.Series) error {
	wait, err := durationOf(r.For)
	if err != nil {
		return err
	}
	more, err := durationOf(r.KeepFiringFor)
	if err != nil {
		return err
	}
	if out.firing == nil {
		out.firing = map[int][]string{}
	}
	states := map[string][]promql.FPoint{}
	active, firing, since, over := false, false, 0, -1
	next := 0
	for step := range p.steps {
		holds := next < len(s.Floats) && s.Floats[next].T == int64(step)*p.interval.Milliseconds()
		switch {
		case holds:
			next++
			if !active {
				active, firing, since = true, false, step
			}
			over = -1
		case active && firing && more > 0:
			if over < 0 {
				over = step
			}
			if time.Duration(step-over)*p.interval >= more {
				active = false
			}
		default:
			active = false
		}
		if !active {
			over = -1
			continue
		}
		state := "pending"
		if firing = firing || time.Duration(step-since)*p.interval >= wait; firing {
			state = "firing"
			out.firing[step] = append(out.firing[step], whole(s.Metric, r.Annotations))
		}
		states[state] = append(states[state], promql.FPoint{T: int64(step) * p.interval.Milliseconds(), F: 1})
	}
	for _, state := range slices.Sorted(maps.Keys(states)) {
		name := labels.NewBuilder(s.Metric).Set(labels.MetricName, "ALERTS").Set("alertstate", state).Labels()
		out.series = append(out.series, promql.Series{Metric: name, Floats: p.ended(states[state])})
	}
	return nil
}

func durationOf(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := model.ParseDuration(text)
	return time.Duration(d), err
}
