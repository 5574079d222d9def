// Package verdict is what verify tells: it reads manifests of anybody, and prints what the guarantees came to, for people and for programs.
package verdict

import (
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/verify"
)

// Report is what the guarantees came to.
type Report struct {
	Sets     []Verdict
	Problems []diag.Diagnostic // of what could not be read
}

// Verdict is that on one set of objects.
type Verdict struct {
	Environment string // empty: none is known
	Objects     int
	Results     []verify.Result
}

// Fails reports whether something was found that is at least as grave.
func (r Report) Fails(failOn diag.Severity) bool {
	for _, s := range r.Sets {
		for _, result := range s.Results {
			if result.State == verify.Violated && result.Severity <= failOn {
				return true
			}
		}
	}
	return len(r.Problems) > 0
}
