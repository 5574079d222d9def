package compile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/scantling/scantling/internal/diag"
)

// jargon is what no user should have to read: words of the evaluator, of Go, and of a message that went wrong.
var jargon = []string{
	"_|_", "field not allowed", "incomplete value", "empty disjunction", "non-concrete", "conjunct", "unification", "unify",
	"structural cycle", "cannot use value", "mismatched types", "(type ", "adt.", "schema/", "cue.mod/pkg/scantling",
	"nil", "%!", "interface", "strconv", "runtime error", "goroutine", "panic", "unmarshal", "EOF", ".go:",
	" ,", "a ,", `"" has`,
}

// fit checks that a diagnostic is fit for the person who made the mistake: at a line that they wrote, by a rule that is
// documented, in plain words.
func fit(t *testing.T, dir string, d diag.Diagnostic) {
	t.Helper()
	if !slices.ContainsFunc(diag.Rules(), func(r diag.Rule) bool { return r.ID == d.Rule }) {
		t.Errorf("the rule is not listed: %+v", d)
	}
	if d.Problem == "" || strings.HasSuffix(d.Problem, ".") || startsUpper(d.Problem) || startsUpper(d.Help) {
		t.Errorf("not in the form of all others: %+v", d)
	}
	said := d.Problem + "\n" + d.Want + "\n" + d.Help
	for _, word := range jargon {
		if strings.Contains(said, word) {
			t.Errorf("%q in %+v", word, d)
		}
	}
	located(t, dir, d)
}

// startsUpper reports whether a sentence begins with a capital. A word with further ones, such as YAML, is a name.
func startsUpper(s string) bool {
	first, size := utf8.DecodeRuneInString(s)
	second, _ := utf8.DecodeRuneInString(s[size:])
	return unicode.IsUpper(first) && unicode.IsLower(second) && !strings.HasPrefix(s, "Kubernetes")
}

// located checks that a diagnostic's place is one that exists in the files of dir.
func located(t *testing.T, dir string, d diag.Diagnostic) {
	t.Helper()
	if d.Rule == "no-apps" { // of the directory as a whole
		return
	}
	text, err := os.ReadFile(filepath.Join(dir, d.Pos.File))
	if err != nil || filepath.IsAbs(d.Pos.File) {
		t.Errorf("no file of the user's: %+v", d)
		return
	}
	lines := strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n")
	if d.Pos.Line > len(lines) || d.Pos.Line > 0 && d.Pos.Col > len(lines[d.Pos.Line-1])+1 {
		t.Errorf("the file has no such place: %+v", d)
	}
}
