package reach

import (
	"regexp"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// called is what a function makes of its series: most leave the labels, and drop the name.
func (f *finder) called(e *parser.Call) []labels.Labels {
	var found []labels.Labels
	for _, arg := range e.Args {
		switch arg.Type() {
		case parser.ValueTypeVector, parser.ValueTypeMatrix:
			found = f.find(arg)
		}
	}
	switch e.Func.Name {
	case "time", "pi", "vector", "scalar":
		return []labels.Labels{labels.EmptyLabels()}
	case "absent", "absent_over_time":
		return []labels.Labels{absent(e.Args[0])}
	case "label_replace":
		return f.replaced(e, found)
	case "histogram_quantile":
		if slices.ContainsFunc(found, func(s labels.Labels) bool { return s.Has("le") }) {
			return distinct(without(unnamed(found), "le"))
		}
	case "last_over_time", "first_over_time", "sort", "sort_desc":
		return found
	}
	return unnamed(found)
}

// absent has the labels that a selector wants to be equal.
func absent(arg parser.Expr) labels.Labels {
	b := labels.NewBuilder(labels.EmptyLabels())
	if s, ok := arg.(*parser.VectorSelector); ok {
		for _, m := range s.LabelMatchers {
			if m.Type == labels.MatchEqual && m.Name != labels.MetricName {
				b.Set(m.Name, m.Value)
			}
		}
	}
	return b.Labels()
}

func (f *finder) replaced(e *parser.Call, found []labels.Labels) []labels.Labels {
	text := func(i int) string { return e.Args[i].(*parser.StringLiteral).Val }
	dst, replacement, src := text(1), text(2), text(3)
	pattern := regexp.MustCompile("^(?s:" + text(4) + ")$")
	f.bear(e, found, []string{src})
	var out []labels.Labels
	hit := false
	for _, s := range found {
		b := labels.NewBuilder(s)
		if at := pattern.FindStringSubmatchIndex(s.Get(src)); at != nil {
			hit = true
			b.Set(dst, string(pattern.ExpandString(nil, replacement, s.Get(src), at)))
		}
		out = append(out, b.Labels())
	}
	if !hit && len(found) > 0 {
		var values []string
		for _, s := range found {
			values = append(values, s.Get(src))
		}
		f.slip(e, "no "+src+" is like that", values)
	}
	return distinct(out)
}

// combined is what an operator makes of two sides.
func (f *finder) combined(e *parser.BinaryExpr) []labels.Labels {
	left, right := f.find(e.LHS), f.find(e.RHS)
	switch {
	case e.VectorMatching == nil && e.LHS.Type() == parser.ValueTypeScalar:
		left, right = right, left
		fallthrough
	case e.VectorMatching == nil:
		if e.Op.IsComparisonOperator() && !e.ReturnBool {
			return left
		}
		return unnamed(left)
	case e.Op == parser.LOR:
		return distinct(append(slices.Clone(left), right...))
	}
	if len(left) == 0 || len(right) == 0 {
		return nil
	}
	v := e.VectorMatching
	if v.On {
		f.bear(e, left, v.MatchingLabels)
		f.bear(e, right, v.MatchingLabels)
	}
	one := right
	if v.Card == parser.CardOneToMany {
		one = left
	}
	f.bear(e, one, v.Include)
	joined := join(e, left, right)
	if len(joined) == 0 {
		f.slip(e, "no series of one side meets one of the other", []string{left[0].String(), right[0].String()})
	}
	if e.Op == parser.LUNLESS {
		return left
	}
	return distinct(joined)
}

// join returns the results for those series of both sides that meet.
func join(e *parser.BinaryExpr, left, right []labels.Labels) []labels.Labels {
	v := e.VectorMatching
	met := map[string][]labels.Labels{}
	for _, s := range right {
		key := signature(v, s)
		met[key] = append(met[key], s)
	}
	var out []labels.Labels
	for _, s := range left {
		for _, other := range met[signature(v, s)] {
			out = append(out, result(e, s, other))
		}
	}
	return out
}

func signature(v *parser.VectorMatching, s labels.Labels) string {
	b := labels.NewBuilder(s.DropMetricName())
	if v.On {
		return b.Keep(v.MatchingLabels...).Labels().String()
	}
	return b.Del(v.MatchingLabels...).Labels().String()
}

func result(e *parser.BinaryExpr, left, right labels.Labels) labels.Labels {
	v := e.VectorMatching
	if e.Op.IsSetOperator() {
		return left
	}
	many, one := left, right
	if v.Card == parser.CardOneToMany {
		many, one = right, left
	}
	b := labels.NewBuilder(many)
	if !e.Op.IsComparisonOperator() || e.ReturnBool {
		b.Del(labels.MetricName)
	}
	if v.Card == parser.CardOneToOne {
		if v.On {
			b.Keep(v.MatchingLabels...)
		} else {
			b.Del(v.MatchingLabels...)
		}
	}
	for _, name := range v.Include {
		b.Set(name, one.Get(name))
	}
	return b.Labels()
}

func without(found []labels.Labels, name string) []labels.Labels {
	var out []labels.Labels
	for _, s := range found {
		out = append(out, labels.NewBuilder(s).Del(name).Labels())
	}
	return out
}
