package load

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/golden"
)

// TestDiagnostics loads small projects and compares all that is said about them.
func TestDiagnostics(t *testing.T) {
	golden.Run(t, "testdata/*.txtar", func(t *testing.T, dir string) golden.Output {
		p, found, err := Load(Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range found {
			jargon(t, dir, d)
		}
		var names []string
		for _, a := range p.Apps {
			names = append(names, a.Name)
		}
		return golden.Output{"want": "apps: " + strings.Join(names, " ") + "\n" + render(found)}
	})
}

func render(found []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range found {
		fmt.Fprintf(&b, "%s: %s: %s [%s]\n", d.Pos, d.Path, d.Problem, d.Rule)
		if d.Want != "" {
			fmt.Fprintf(&b, "\twant: %s\n", d.Want)
		}
		if d.Help != "" {
			fmt.Fprintf(&b, "\thelp: %s\n", d.Help)
		}
	}
	return b.String()
}

// jargon fails when a diagnostic speaks of the evaluator or the schema, in words that the user has not written, or has no place.
func jargon(t *testing.T, dir string, d diag.Diagnostic) {
	t.Helper()
	if !d.Pos.IsValid() || strings.HasPrefix(d.Pos.File, "/") || strings.Contains(d.Pos.File, "cue.mod/pkg") {
		t.Errorf("no place in the user's files: %+v", d)
	}
	if d.Rule == "" || d.Problem == "" {
		t.Errorf("no rule or no problem: %+v", d)
	}
	written, _ := os.ReadFile(filepath.Join(dir, d.Pos.File)) // a directory holds no words
	said := d.Problem + "\x00" + d.Want + "\x00" + d.Help
	words := []string{"_|_", "cue.mod/pkg/scantling", "field not allowed", "incomplete value", "empty disjunction", "schema/", "non-concrete", "structural cycle", "adt.", "%!"}
	for name := range schemaRules() {
		words = append(words, "#"+name)
	}
	for _, word := range words {
		if strings.Contains(said, word) && !bytes.Contains(written, []byte(word)) {
			t.Errorf("%q in %+v", word, d)
		}
	}
	if strings.ContainsAny(d.Problem+d.Want+d.Help, "\n\r\x00\x1b") {
		t.Errorf("control characters in %q", said)
	}
}
