package prometheus

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// broken returns the ways to break a rule.
func broken(t *testing.T, r rule) (all []mutant) {
	t.Helper()
	add := func(how string, changed rule) { all = append(all, mutant{how: how, rule: changed}) }
	if r.Alert != "" {
		for how, by := range map[string]float64{"no": 0, "half": 0.5, "twice": 2} {
			changed := r
			if changed.For = times(t, r.For, by); changed.For != r.For {
				add(how+" the for", changed)
			}
			changed = r
			if changed.KeepFiringFor = times(t, r.KeepFiringFor, by); changed.KeepFiringFor != r.KeepFiringFor {
				add(how+" the keep_firing_for", changed)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Labels)) {
		changed := r
		changed.Labels = maps.Clone(r.Labels)
		delete(changed.Labels, name)
		add("without a label: "+name, changed)
		changed.Labels = maps.Clone(r.Labels)
		changed.Labels[name] = "other"
		add("another label: "+name, changed)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Annotations)) {
		changed := r
		changed.Annotations = maps.Clone(r.Annotations)
		delete(changed.Annotations, name)
		add("without an annotation: "+name, changed)
	}
	prom := parser.NewParser(parser.Options{})
	for _, way := range ways {
		for n := 0; ; n++ {
			expr, err := prom.ParseExpr(r.Expr)
			if err != nil {
				t.Fatalf("%s: %v", r.Expr, err)
			}
			left := n
			done := false
			parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
				if !done {
					done = way.change(node, &left)
				}
				return nil
			})
			if !done {
				break
			}
			changed := r
			changed.Expr = expr.String()
			if _, err := prom.ParseExpr(changed.Expr); err == nil { // what does not parse is seen when it is loaded
				add(fmt.Sprintf("%s: %d", way.name, n), changed)
			}
		}
	}
	return all
}

// times is a time that is longer or shorter by a factor.
func times(t *testing.T, text string, by float64) string {
	t.Helper()
	if text == "" {
		return ""
	}
	if d := time.Duration(by * float64(span(t, text))); d > 0 {
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	return ""
}

// A way changes one place of an expression, and reports whether it did; left counts those that it lets pass before.
type way struct {
	name   string
	change func(n parser.Node, left *int) bool
}

// here counts down to the place that is to be changed.
func here(left *int) bool { *left--; return *left < 0 }

var ways = slices.Concat(
	operators("a comparison turned round", map[string]string{">": "<", "<": ">", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}),
	operators("a comparison that is nearly the same", map[string]string{">": ">=", "<": "<=", ">=": ">", "<=": "<", "==": ">="}),
	operators("and for or, or for and", map[string]string{"and": "or", "or": "and"}),
	operators("unless", map[string]string{"and": "unless", "unless": "and", "or": "unless"}),
	operators("or for unless", map[string]string{"unless": "or"}),
	operators("another arithmetic", map[string]string{"+": "-", "-": "+", "*": "/", "/": "*"}),
	[]way{
		{"ten times a number", number(10)},
		{"a tenth of a number", number(0.1)},
		{"a number 10 % too high", number(1.1)},
		{"a number 10 % too low", number(0.9)},
		{"a window of a fourth", window(1, 4)},
		{"a window of a half", window(1, 2)},
		{"twice the window", window(2, 1)},
		{"the left side alone", operand(true)},
		{"the right side alone", operand(false)},
		{"sides the wrong way round", swapped},
		{"no on()", func(n parser.Node, left *int) bool {
			b, ok := n.(*parser.BinaryExpr)
			if !ok || b.VectorMatching == nil || !b.VectorMatching.On || !here(left) {
				return false
			}
			b.VectorMatching.On, b.VectorMatching.MatchingLabels = false, nil
			return true
		}},
		{"bool or not", func(n parser.Node, left *int) bool {
			b, ok := n.(*parser.BinaryExpr)
			if !ok || !b.Op.IsComparisonOperator() || !here(left) {
				return false
			}
			b.ReturnBool = !b.ReturnBool
			return true
		}},
		{"no comparison", func(n parser.Node, left *int) bool {
			b, ok := n.(*parser.BinaryExpr)
			if !ok || !b.Op.IsComparisonOperator() || b.ReturnBool || b.LHS.Type() == parser.ValueTypeScalar || !here(left) {
				return false
			}
			b.RHS, b.Op, b.VectorMatching = b.LHS, parser.LOR, &parser.VectorMatching{Card: parser.CardManyToMany}
			return true
		}},
		{"another record's window", otherRecord},
		{"without a matcher", func(n parser.Node, left *int) bool {
			v, ok := n.(*parser.VectorSelector)
			if !ok {
				return false
			}
			for i, m := range v.LabelMatchers {
				if m.Name != labels.MetricName && here(left) {
					v.LabelMatchers = slices.Delete(slices.Clone(v.LabelMatchers), i, i+1)
					return true
				}
			}
			return false
		}},
		{"no offset", func(n parser.Node, left *int) bool {
			v, ok := n.(*parser.VectorSelector)
			if !ok || v.OriginalOffset == 0 || !here(left) {
				return false
			}
			v.OriginalOffset = 0
			return true
		}},
		{"sums that keep labels", func(n parser.Node, left *int) bool {
			a, ok := n.(*parser.AggregateExpr)
			if !ok || !here(left) {
				return false
			}
			a.Grouping, a.Without = nil, true
			return true
		}},
		{"sums that lose labels", func(n parser.Node, left *int) bool {
			a, ok := n.(*parser.AggregateExpr)
			if !ok || len(a.Grouping) == 0 && !a.Without || !here(left) {
				return false
			}
			a.Grouping, a.Without = nil, false
			return true
		}},
		{"another aggregation", aggregation},
		{"another function", function},
	},
)

// operators exchanges operators.
func operators(name string, other map[string]string) []way {
	byText := map[string]parser.ItemType{}
	for op, text := range parser.ItemTypeStr {
		byText[text] = op
	}
	for text, op := range map[string]parser.ItemType{"and": parser.LAND, "or": parser.LOR, "unless": parser.LUNLESS} {
		byText[text] = op
	}
	return []way{{name, func(n parser.Node, left *int) bool {
		b, ok := n.(*parser.BinaryExpr)
		if !ok || other[b.Op.String()] == "" || !here(left) {
			return false
		}
		b.Op = byText[other[b.Op.String()]]
		if b.VectorMatching != nil && b.Op.IsSetOperator() {
			b.VectorMatching.Card = parser.CardManyToMany
		}
		return true
	}}}
}

// number multiplies a number other than 0.
func number(by float64) func(parser.Node, *int) bool {
	return func(n parser.Node, left *int) bool {
		x, ok := n.(*parser.NumberLiteral)
		if !ok || x.Val == 0 || !here(left) {
			return false
		}
		x.Val *= by
		return true
	}
}

func window(times, over time.Duration) func(parser.Node, *int) bool {
	return func(n parser.Node, left *int) bool {
		switch x := n.(type) {
		case *parser.MatrixSelector:
			if here(left) {
				x.Range = x.Range * times / over
				return true
			}
		case *parser.SubqueryExpr:
			if here(left) {
				x.Range = x.Range * times / over
				return true
			}
		}
		return false
	}
}

// operand makes one operand of a set operator, or of an addition, stand for both.
func operand(first bool) func(parser.Node, *int) bool {
	return func(n parser.Node, left *int) bool {
		b, ok := n.(*parser.BinaryExpr)
		if !ok || !b.Op.IsSetOperator() && b.Op != parser.ADD && b.Op != parser.SUB && b.Op != parser.MUL || !here(left) {
			return false
		}
		alone := b.LHS
		if !first {
			alone = b.RHS
		}
		if alone.Type() == parser.ValueTypeScalar {
			b.Op, b.LHS, b.RHS, b.VectorMatching = parser.MUL, alone, &parser.NumberLiteral{Val: 1}, nil
			return true
		}
		b.LHS, b.RHS, b.Op, b.ReturnBool = alone, alone, parser.LOR, false
		b.VectorMatching = &parser.VectorMatching{Card: parser.CardManyToMany}
		return true
	}
}

func swapped(n parser.Node, left *int) bool {
	b, ok := n.(*parser.BinaryExpr)
	if !ok || b.Op != parser.DIV && b.Op != parser.SUB && b.Op != parser.LUNLESS || !here(left) {
		return false
	}
	b.LHS, b.RHS = b.RHS, b.LHS
	return true
}

func otherRecord(n parser.Node, left *int) bool {
	v, ok := n.(*parser.VectorSelector)
	if !ok || !strings.HasPrefix(v.Name, "slo:sli_error:ratio_rate") || !here(left) {
		return false
	}
	to := "slo:sli_error:ratio_rate5m"
	if v.Name == to {
		to = "slo:sli_error:ratio_rate1h"
	}
	rename(v, to)
	return true
}

func rename(v *parser.VectorSelector, to string) {
	v.Name = to
	for i, m := range v.LabelMatchers {
		if m.Name == labels.MetricName {
			v.LabelMatchers[i] = labels.MustNewMatcher(labels.MatchEqual, labels.MetricName, to)
		}
	}
}

func aggregation(n parser.Node, left *int) bool {
	a, ok := n.(*parser.AggregateExpr)
	other, known := map[parser.ItemType]parser.ItemType{parser.SUM: parser.MAX, parser.MAX: parser.SUM, parser.MIN: parser.MAX, parser.GROUP: parser.COUNT}[itemOf(a, ok)]
	if !known || !here(left) {
		return false
	}
	a.Op = other
	return true
}

func itemOf(a *parser.AggregateExpr, ok bool) parser.ItemType {
	if !ok {
		return 0
	}
	return a.Op
}

func function(n parser.Node, left *int) bool {
	c, ok := n.(*parser.Call)
	if !ok {
		return false
	}
	to := map[string]string{
		"rate": "increase", "sum_over_time": "avg_over_time", "count_over_time": "last_over_time", "max_over_time": "min_over_time", "absent": "-",
		"histogram_count": "histogram_sum",
	}[c.Func.Name]
	if to == "" || !here(left) {
		return false
	}
	if f, ok := parser.Functions[to]; ok {
		c.Func = f
		return true
	}
	c.Func = parser.Functions["abs"] // what is there, instead of what is not
	return true
}
