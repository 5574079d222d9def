// Package verdict is what verify tells: it reads manifests of anybody, and prints what the guarantees came to, for people and for programs.
package verdict

import (
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/verify"
)

// Report is what the guarantees came to.
type Report struct {
	Clusters []Cluster
	Problems []diag.Diagnostic // of what could not be read
}

// Cluster is what they came to on one set of objects.
type Cluster struct {
	Environment string // empty: none is known
	Facts       bool   // a platform stated what is true of it
	Objects     int
	Results     []verify.Result
}

// Fails reports whether something was found that is as grave, or graver. A note is what is unknown.
func (r Report) Fails(failOn diag.Severity) bool {
	t := r.tally()
	return len(r.Problems) > 0 || t.errors > 0 || failOn >= diag.Warning && t.warnings > 0 || failOn >= diag.Note && t.notes+t.unknown > 0
}

// Summary says in one line what was found.
func (r Report) Summary() string {
	if len(r.Clusters) == 0 {
		return "nothing could be verified: " + count(len(r.Problems), "unreadable place")
	}
	objects := 0
	apps := map[app]bool{}
	for _, c := range r.Clusters {
		objects += c.Objects
		for _, a := range c.apps() {
			if a.name != "" {
				apps[a] = true
			}
		}
	}
	parts := []string{count(objects, "object")}
	if len(apps) > 0 {
		parts = append([]string{count(len(apps), "app")}, parts...)
	}
	if len(r.Clusters) > 1 {
		parts = append(parts, count(len(r.Clusters), "environment"))
	}
	found := r.tally().String()
	if n := len(r.Problems); n > 0 {
		found = count(n, "unreadable place") + ", " + found
	}
	return strings.Join(parts, ", ") + ": " + found
}

func (r Report) tally() tally {
	var t tally
	for _, c := range r.Clusters {
		for _, result := range c.Results {
			t.add(result)
		}
	}
	return t
}

// tally counts results.
type tally struct{ errors, warnings, notes, unknown, waived, proved int }

func (t *tally) add(r verify.Result) {
	switch {
	case r.State == verify.Proved:
		t.proved++
	case r.State == verify.Unknown:
		t.unknown++
	case r.State == verify.Waived:
		t.waived++
	case r.Severity == diag.Error:
		t.errors++
	case r.Severity == diag.Note:
		t.notes++
	default:
		t.warnings++
	}
}

func (t *tally) sum(o tally) {
	t.errors += o.errors
	t.warnings += o.warnings
	t.notes += o.notes
	t.unknown += o.unknown
	t.waived += o.waived
	t.proved += o.proved
}

// String lists what there is, the gravest first.
func (t tally) String() string {
	parts := t.violations()
	if len(parts) == 0 {
		parts = append(parts, "nothing violated")
	}
	if t.unknown > 0 {
		parts = append(parts, fmt.Sprint(t.unknown, " unknown"))
	}
	if t.waived > 0 {
		parts = append(parts, fmt.Sprint(t.waived, " waived"))
	}
	return strings.Join(append(parts, fmt.Sprint(t.proved, " proved")), ", ")
}

// violations lists what is violated, the gravest first.
func (t tally) violations() []string {
	var parts []string
	for _, part := range []struct {
		n    int
		noun string
	}{{t.errors, "error"}, {t.warnings, "warning"}, {t.notes, "note"}} {
		if part.n > 0 {
			parts = append(parts, count(part.n, part.noun))
		}
	}
	return parts
}
