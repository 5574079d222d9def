package verdict

import (
	"cmp"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/verify"
)

// Page is where guarantees are explained, below docs/.
const Page = "guarantees.md"

// Diagnostics returns what could not be read and what is violated, for the formats that annotate files.
func (r Report) Diagnostics() []diag.Diagnostic {
	found := slices.Clone(r.Problems)
	for _, c := range r.Clusters {
		for _, result := range c.Results {
			if result.State == verify.Violated {
				found = append(found, diagnostic(c, result))
			}
		}
	}
	return found
}

func diagnostic(c Cluster, r verify.Result) diag.Diagnostic {
	return diag.Diagnostic{
		Severity: r.Severity, Rule: r.Guarantee.Name, Pos: position(r.Object),
		Path:    strings.TrimSpace(described(r.Object) + " " + r.Path),
		Problem: r.Text, Want: r.Guarantee.Promise, Help: r.Guarantee.Source, Env: c.Environment,
	}
}

// Rules returns the guarantees as rules of diagnostics, by name.
func Rules() []diag.Rule {
	var rules []diag.Rule
	for _, g := range verify.All() {
		rules = append(rules, diag.Rule{ID: g.Name, Reason: g.Promise})
	}
	slices.SortFunc(rules, func(a, b diag.Rule) int { return cmp.Compare(a.ID, b.ID) })
	return rules
}
