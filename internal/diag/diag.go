// Package diag is how Scantling talks about mistakes: what is wrong, at which line the user wrote it, what was wanted instead, and how to mend it.
package diag

import (
	"cmp"
	"slices"
	"strconv"
)

// Severity says what a diagnostic does to the run.
type Severity uint8

// The severities, from the one that stops a render to the one that only informs.
const (
	Error   Severity = iota // nothing is written, exit code 1
	Warning                 // the render goes on; exit code 1 only with --fail-on warning
	Note                    // something was left out or assumed, on purpose
)

// String returns the name that the text and json formats print.
func (s Severity) String() string {
	switch s {
	case Warning:
		return "warning"
	case Note:
		return "note"
	default:
		return "error"
	}
}

// Pos is a place in a file that the user wrote. The zero Pos means "no place".
type Pos struct {
	File string // as the user would name it: relative to the current directory
	Line int    // from 1; 0: the file as a whole
	Col  int    // from 1, in bytes; 0: the line as a whole
}

// IsValid reports whether p names a file.
func (p Pos) IsValid() bool { return p.File != "" }

// String returns file:line:col, the form that editors and terminals make clickable.
func (p Pos) String() string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return p.File + ":" + strconv.Itoa(p.Line)
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
}

// Compare orders positions by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// Diagnostic is one thing to tell the person who wrote the spec.
type Diagnostic struct {
	Severity Severity
	Rule     string // kebab-case and stable: "image-needs-tag"; docs/rules.md lists them
	Pos      Pos    // the user's own line
	Path     string // "apps.checkout.tier"; empty where there is no path, as for a syntax error
	Problem  string // what is wrong, with the offending value; lower case, no full stop
	Want     string // what would be right; may be empty
	Help     string // a fix to paste or a command to run; may be empty
	Env      string // the environment it was seen in, when not all of them have it; may be empty
}

// Sort orders ds by position, then severity, path and text, and drops repetitions: two diagnostics with the same position and
// problem are one, whichever environment or app they were seen in.
func Sort(ds []Diagnostic) []Diagnostic {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(a.Pos.Compare(b.Pos), cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Problem, b.Problem))
	})
	type key struct {
		pos     Pos
		problem string
	}
	seen := make(map[key]bool, len(ds))
	return slices.DeleteFunc(ds, func(d Diagnostic) bool {
		k := key{d.Pos, d.Problem}
		dup := seen[k] && d.Pos.IsValid()
		seen[k] = true
		return dup
	})
}

// Worst returns the gravest severity among ds, and false when ds is empty.
func Worst(ds []Diagnostic) (worst Severity, any bool) {
	worst = Note
	for _, d := range ds {
		worst = min(worst, d.Severity)
	}
	return worst, len(ds) > 0
}

// HasErrors reports whether one of ds is an error.
func HasErrors(ds []Diagnostic) bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}
