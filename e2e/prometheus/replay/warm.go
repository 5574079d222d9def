package replay

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
)

// warmRule is a record that Warm makes, and the group whose hours it keeps.
type warmRule struct {
	*rules.RecordingRule
	*group
	depth int // of the records that it is made of
}

// Warm scrapes until a time, and makes those records whose past somebody asks for, and what they are made of, day by day: as
// "promtool tsdb create-blocks-from rules" makes them, a month in seconds. After it, all rules are there.
func (r *Replay) Warm(until time.Time) {
	r.t.Helper()
	warm := r.asked()
	for {
		day := until
		for _, g := range r.groups {
			day = earlier(day, g.next.Add(24*time.Hour))
		}
		r.scrape(day)
		for _, rule := range warm {
			r.make(rule, day)
		}
		for _, g := range r.groups {
			for !g.next.After(day) {
				g.next = g.next.Add(g.Interval())
			}
		}
		if day.Equal(until) {
			return
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// make writes the samples of a record from the next evaluation of its group until a time.
func (r *Replay) make(rule warmRule, until time.Time) {
	r.t.Helper()
	query, err := r.engine.NewRangeQuery(context.Background(), r.db, nil, rule.Query().String(), rule.next, until, rule.Interval())
	if err != nil {
		r.t.Fatal(err)
	}
	defer query.Close()
	matrix, err := query.Exec(context.Background()).Matrix()
	if err != nil {
		r.t.Fatal(err)
	}
	to := r.db.AppenderV2(context.Background())
	step := rule.Interval().Milliseconds()
	for _, s := range matrix {
		name := labels.NewBuilder(s.Metric)
		name.Set(labels.MetricName, rule.RecordingRule.Name())
		rule.Labels().Range(func(l labels.Label) { name.Set(l.Name, l.Value) })
		if err := appendAll(to, name.Labels(), s.Floats, step, until.UnixMilli()); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := to.Commit(); err != nil {
		r.t.Fatal(err)
	}
}

// appendAll appends the samples of a series, and marks it as stale where it ends, as a group does.
func appendAll(to storage.AppenderV2, name labels.Labels, points []promql.FPoint, step, until int64) error {
	var ref storage.SeriesRef
	add := func(t int64, v float64) (err error) {
		ref, err = to.Append(ref, name, 0, t, v, nil, nil, storage.AOptions{})
		return err
	}
	for i, p := range points {
		if err := add(p.T, p.F); err != nil {
			return err
		}
		next := until + 1
		if i+1 < len(points) {
			next = points[i+1].T
		}
		if next > p.T+step && p.T+step <= until {
			if err := add(p.T+step, math.Float64frombits(value.StaleNaN)); err != nil {
				return err
			}
		}
	}
	return nil
}

// asked are the records whose past is asked for by a rule, and those that they are made of, which come first.
func (r *Replay) asked() []warmRule {
	past, parts := map[string]bool{}, map[string][]string{}
	for _, g := range r.groups {
		for _, rule := range g.Rules() {
			parser.Inspect(rule.Query(), func(node parser.Node, above []parser.Node) error {
				if s, ok := node.(*parser.VectorSelector); ok {
					parts[rule.Name()] = append(parts[rule.Name()], s.Name)
					past[s.Name] = past[s.Name] || slices.ContainsFunc(above, ranges)
				}
				return nil
			})
		}
	}
	depth := map[string]int{}
	for name, asked := range maps.All(past) {
		if asked {
			deepen(name, parts, depth)
		}
	}
	var all []warmRule
	for _, g := range r.groups {
		for _, rule := range g.Rules() {
			if record, ok := rule.(*rules.RecordingRule); ok && depth[rule.Name()] > 0 {
				all = append(all, warmRule{record, g, depth[rule.Name()]})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b warmRule) int { return cmp.Compare(a.depth, b.depth) })
	return all
}

func ranges(n parser.Node) bool {
	switch n.(type) {
	case *parser.MatrixSelector, *parser.SubqueryExpr:
		return true
	}
	return false
}

// deepen notes how deep a name stands: a raw series at 1, a record deeper than all that it is made of.
func deepen(name string, parts map[string][]string, depth map[string]int) int {
	if depth[name] == 0 {
		deepest := 0
		for _, part := range parts[name] {
			if part != name { // of another objective
				deepest = max(deepest, deepen(part, parts, depth))
			}
		}
		depth[name] = deepest + 1
	}
	return depth[name]
}
