package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/verify"
)

// mostAdvice is how much of what breaks nothing is listed by object: of more, two lines for each guarantee can still be read.
const mostAdvice = 40

// mostErrors is how many errors of one guarantee are listed by object: more of them have one cause, as alternatives that lie in one directory.
const mostErrors = 30

// mostNames is how many objects such a line names.
const mostNames = 3

func isAdvice(r verify.Result) bool { return r.State == verify.Violated && r.Severity != diag.Error }

func isError(r verify.Result) bool { return r.State == verify.Violated && r.Severity == diag.Error }

// apart takes what there is too much of to be listed by object from the rest.
func (p *textPrinter) apart(results []verify.Result) (few, many []verify.Result) {
	if p.All {
		return results, nil
	}
	advice := 0
	errors := map[*verify.Guarantee]int{}
	for _, r := range results {
		advice += bit(isAdvice(r))
		errors[r.Guarantee] += bit(isError(r))
	}
	for _, r := range results {
		if isAdvice(r) && advice > mostAdvice || isError(r) && errors[r.Guarantee] > mostErrors {
			many = append(many, r)
		} else {
			few = append(few, r)
		}
	}
	slices.SortStableFunc(many, func(a, b verify.Result) int { return bit(isAdvice(a)) - bit(isAdvice(b)) })
	return few, many
}

// byGuarantee prints two lines for each guarantee that is violated in many places, the gravest first.
func (p *textPrinter) byGuarantee(many []verify.Result) {
	if len(many) == 0 {
		return
	}
	p.line("%s", diag.Bold(tallied(many)+" by guarantee, each with its first; --verbose lists them by object:", p.Color))
	for len(many) > 0 {
		n := slices.IndexFunc(many, func(r verify.Result) bool { return r.Guarantee != many[0].Guarantee || r.Severity != many[0].Severity })
		if n < 0 {
			n = len(many)
		}
		for _, line := range p.summed(many[:n]) {
			p.line("%s", line)
		}
		many = many[n:]
	}
	p.line("")
}

// summed says of one guarantee where it is violated, and what happens there first.
func (p *textPrinter) summed(same []verify.Result) []string {
	var names []string
	seen := map[*inventory.Object]bool{}
	for _, r := range same {
		if !seen[r.Object] && len(seen) < mostNames {
			names = append(names, diag.Printable(r.Object.String()))
		}
		seen[r.Object] = true
	}
	if more := len(seen) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	first := same[0]
	label := diag.Graded(first.Severity.String()+":", first.Severity, p.Color)
	return []string{
		fmt.Sprintf("\t%s %s: %s", label, diag.Bold(first.Guarantee.Name, p.Color), strings.Join(names, ", ")),
		fmt.Sprintf("\t\t%s %s", diag.Dim(position(first.Object).String()+":", p.Color), diag.Printable(first.Text)),
	}
}

// tallied is "54 warnings, 6 notes".
func tallied(results []verify.Result) string {
	var t tally
	for _, r := range results {
		t.add(r)
	}
	return strings.Join(t.violations(), ", ")
}
