// Package reach tells what an expression finds in a world of series, whatever their values are: which labels its result can have,
// and what in it can never find anything.
package reach

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/scantling/scantling/e2e/exporters/series"
)

// A Slip is something in an expression that finds nothing. At and What tell which it is, Seen what there is instead.
type Slip struct{ At, What, Seen string }

func (s Slip) String() string {
	if s.Seen == "" {
		return s.At + ": " + s.What
	}
	return s.At + ": " + s.What + "; there is " + s.Seen
}

// Find returns the label sets that the result of an expression can have, and the slips in it. A comparison is taken to hold.
func Find(expr parser.Expr, in series.World) ([]labels.Labels, []Slip) {
	f := finder{world: in}
	found := f.find(expr)
	return distinct(found), f.slips
}

type finder struct {
	world series.World
	slips []Slip
}

func (f *finder) slip(at parser.Node, what string, seen []string) {
	const enough = 12
	slices.Sort(seen)
	seen = slices.Compact(seen)
	if len(seen) > enough {
		seen = append(seen[:enough], "…")
	}
	f.slips = append(f.slips, Slip{at.String(), what, strings.Join(seen, " ")})
}

func (f *finder) find(expr parser.Expr) []labels.Labels {
	switch e := expr.(type) {
	case *parser.VectorSelector:
		return f.selected(e)
	case *parser.MatrixSelector:
		return f.find(e.VectorSelector)
	case *parser.SubqueryExpr:
		return f.find(e.Expr)
	case *parser.ParenExpr:
		return f.find(e.Expr)
	case *parser.StepInvariantExpr:
		return f.find(e.Expr)
	case *parser.UnaryExpr:
		return unnamed(f.find(e.Expr))
	case *parser.AggregateExpr:
		return f.aggregated(e)
	case *parser.Call:
		return f.called(e)
	case *parser.BinaryExpr:
		return f.combined(e)
	case *parser.NumberLiteral, *parser.StringLiteral:
		return []labels.Labels{labels.EmptyLabels()}
	}
	panic(fmt.Sprintf("%T in an expression", expr))
}

func (f *finder) aggregated(e *parser.AggregateExpr) []labels.Labels {
	inner := f.find(e.Expr)
	f.bear(e, inner, e.Grouping)
	switch e.Op {
	case parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
		return inner
	}
	var out []labels.Labels
	for _, s := range unnamed(inner) {
		if e.Without {
			out = append(out, labels.NewBuilder(s).Del(e.Grouping...).Labels())
		} else {
			out = append(out, labels.NewBuilder(s).Keep(e.Grouping...).Labels())
		}
	}
	return distinct(out)
}

// bear wants some series with each of the labels.
func (f *finder) bear(at parser.Node, found []labels.Labels, names []string) {
	if len(found) == 0 {
		return // which is a slip further in
	}
	for _, name := range names {
		if !slices.ContainsFunc(found, func(s labels.Labels) bool { return s.Has(name) }) {
			f.slip(at, "no label "+name, labelNames(found))
		}
	}
}

func labelNames(found []labels.Labels) []string {
	var names []string
	for _, s := range found {
		s.Range(func(l labels.Label) { names = append(names, l.Name) })
	}
	return names
}

func unnamed(found []labels.Labels) []labels.Labels {
	var out []labels.Labels
	for _, s := range found {
		out = append(out, s.DropMetricName())
	}
	return out
}

func distinct(found []labels.Labels) []labels.Labels {
	seen := map[string]bool{}
	var out []labels.Labels
	for _, s := range found {
		if key := s.String(); !seen[key] {
			seen[key] = true
			out = append(out, s)
		}
	}
	return out
}
