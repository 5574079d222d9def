package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/verify"
)

// mostAdvice is how much of what breaks nothing is listed by object: of more, one line for each guarantee can still be read.
const mostAdvice = 40

// mostNames is how many objects such a line names.
const mostNames = 3

func isAdvice(r verify.Result) bool { return r.State == verify.Violated && r.Severity != diag.Error }

// advice returns the lines that stand for all of what breaks nothing; none: there is so little that it is listed by object.
func (p *textPrinter) advice(results []verify.Result) []string {
	all := slices.DeleteFunc(slices.Clone(results), func(r verify.Result) bool { return !isAdvice(r) })
	if p.All || len(all) <= mostAdvice {
		return nil
	}
	lines := []string{diag.Bold(fmt.Sprintf("%s by guarantee, each with its first; --verbose lists them by object:", tallied(all)), p.Color)}
	for len(all) > 0 {
		n := slices.IndexFunc(all, func(r verify.Result) bool { return r.Guarantee != all[0].Guarantee })
		if n < 0 {
			n = len(all)
		}
		lines = append(lines, p.adviceOf(all[:n])...)
		all = all[n:]
	}
	return append(lines, "")
}

// adviceOf says of one guarantee where it is violated, and what happens there first.
func (p *textPrinter) adviceOf(same []verify.Result) []string {
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
	return strings.Join(t.advised(), ", ")
}
