package rulecheck

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// shares begins the names of records that lie between 0 and 1.
const shares = "slo:sli_error:ratio_rate"

// missing wants every record that is asked for to be made, by whatever object of the set. Only records have a colon in their names.
func (s *set) missing(q question) {
	parser.Inspect(q.expr, func(node parser.Node, _ []parser.Node) error {
		v, ok := node.(*parser.VectorSelector)
		if ok && strings.Contains(v.Name, ":") && !slices.ContainsFunc(s.made[v.Name], func(made labels.Labels) bool { return selects(v, made) }) {
			s.findings = append(s.findings, manifest.Finding{Rule: "no-record", Object: q.object, Detail: fmt.Sprintf("%s asks for %s, which no rule records", q.from, v)})
		}
		return nil
	})
}

// selects reports whether a selector matches the labels that a rule adds to what it records. By its name it does.
func selects(v *parser.VectorSelector, made labels.Labels) bool {
	return !slices.ContainsFunc(v.LabelMatchers, func(m *labels.Matcher) bool {
		return m.Name != labels.MetricName && !m.Matches(made.Get(m.Name))
	})
}

// unreachable finds an alert that waits for more than everything to be bad.
func (s *set) unreachable(q question) {
	parser.Inspect(q.expr, func(node parser.Node, _ []parser.Node) error {
		b, ok := node.(*parser.BinaryExpr)
		if !ok || !q.alert || b.Op != parser.GTR && b.Op != parser.GTE {
			return nil
		}
		v, isSelector := b.LHS.(*parser.VectorSelector)
		n, isNumber := b.RHS.(*parser.NumberLiteral)
		if isSelector && isNumber && strings.HasPrefix(v.Name, shares) && (n.Val > 1 || n.Val == 1 && b.Op == parser.GTR) {
			s.findings = append(s.findings, manifest.Finding{Rule: "unreachable", Object: q.object, Detail: fmt.Sprintf("%s wants %s, a share, to be more than %v", q.from, v.Name, n.Val)})
		}
		return nil
	})
}
