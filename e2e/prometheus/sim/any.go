package sim

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/tsdbutil"
)

// Any is a world in which every selector of some expressions selects something: for each value that it allows, from two pods.
type Any struct {
	next  time.Time
	step  int64
	lines []line
	known map[string]bool
}

type line struct {
	labels labels.Labels
	kind   kind
}

// kind is how a series goes on.
type kind int

const (
	gauge   kind = iota // 1
	zero                // 0: what is 1 where something is switched off
	counter             // it rises
	native              // a histogram that rises
)

// NewAny is a world from a time on, without anything in it.
func NewAny(start time.Time) *Any { return &Any{next: start, known: map[string]bool{}} }

// Add adds what an expression selects, but no records.
func (a *Any) Add(expr parser.Expr) {
	parser.Inspect(expr, func(node parser.Node, above []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok && !strings.HasPrefix(s.Name, "slo:") {
			for _, pod := range []string{"bcdfg", "hjklm"} {
				a.combine(s, kindOf(s.Name, above), labels.NewBuilder(labels.FromStrings("pod", "web-6d4b75cb6d-"+pod, "instance", pod)), names(s))
			}
		}
		return nil
	})
}

func names(s *parser.VectorSelector) []string {
	var all []string
	for _, m := range s.LabelMatchers {
		all = append(all, m.Name)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// combine adds a series for each combination of values of the labels that are left.
func (a *Any) combine(s *parser.VectorSelector, k kind, with *labels.Builder, left []string) {
	if len(left) == 0 {
		if l := with.Labels(); !a.known[l.String()] {
			a.known[l.String()] = true
			a.lines = append(a.lines, line{l, k})
		}
		return
	}
	for _, v := range values(s.LabelMatchers, left[0]) {
		b := labels.NewBuilder(with.Labels())
		a.combine(s, k, b.Set(left[0], v), left[1:]) // an empty value is none
	}
}

// values are some that all matchers of a label allow.
func values(matchers []*labels.Matcher, label string) []string {
	found := []string{"", "200", "other"}
	for _, m := range matchers {
		switch {
		case m.Name != label:
		case m.Type == labels.MatchEqual:
			found = append(found, m.Value)
		case m.Type == labels.MatchRegexp:
			if tree, err := syntax.Parse(m.Value, syntax.Perl); err == nil {
				found = append(found, examples(tree.Simplify())...)
			}
		}
	}
	found = slices.DeleteFunc(found, func(v string) bool {
		return slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return m.Name == label && !m.Matches(v) })
	})
	slices.Sort(found)
	return slices.Compact(found)
}

// examples are some strings that match an expression: one for each alternative at least.
func examples(tree *syntax.Regexp) []string {
	switch tree.Op {
	case syntax.OpLiteral:
		return []string{string(tree.Rune)}
	case syntax.OpCharClass:
		return []string{string(tree.Rune[0])}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"0"}
	case syntax.OpPlus, syntax.OpCapture:
		return examples(tree.Sub[0])
	case syntax.OpQuest:
		return append([]string{""}, examples(tree.Sub[0])...)
	case syntax.OpAlternate:
		var all []string
		for _, sub := range tree.Sub {
			all = append(all, examples(sub)...)
		}
		return all
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range tree.Sub {
			var longer []string
			for _, a := range all {
				for _, b := range examples(sub) {
					longer = append(longer, a+b)
				}
			}
			all = longer
		}
		return all
	}
	return []string{""} // what may be repeated never, and marks of begin and end
}

// kindOf tells from what is asked of a series what it is.
func kindOf(name string, above []parser.Node) kind {
	k := gauge
	for _, n := range above {
		call, ok := n.(*parser.Call)
		switch {
		case !ok:
		case call.Func.Name == "histogram_fraction" || call.Func.Name == "histogram_count":
			return native
		case call.Func.Name == "rate" || call.Func.Name == "increase":
			k = counter
		}
	}
	if strings.HasSuffix(name, "_suspend") {
		return zero
	}
	return k
}

// Scrape appends a sample of each series every half minute.
func (a *Any) Scrape(to storage.AppenderV2, before time.Time) error {
	for ; a.next.Before(before); a.next = a.next.Add(30 * time.Second) {
		a.step++
		for _, l := range a.lines {
			v, h := 1.0, (*histogram.Histogram)(nil)
			switch l.kind {
			case zero:
				v = 0
			case counter:
				v = 100 * float64(a.step)
			case native:
				h = tsdbutil.GenerateTestHistogram(a.step)
			}
			if _, err := to.Append(0, l.labels, 0, a.next.UnixMilli(), v, h, nil, storage.AOptions{}); err != nil {
				return fmt.Errorf("%s: %w", l.labels, err)
			}
		}
	}
	return nil
}
