package manifest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// slowly reads a chunk as the parser does.
func slowly(c chunk) ([]Object, error) {
	p := parser{file: "a.yaml"}
	p.parse(c)
	return p.result()
}

// same fails when both ways to read a chunk don't agree, and reports whether the quick one read it. Labels are those of chunks before it.
func same(t *testing.T, c chunk, labels map[string]any) bool {
	t.Helper()
	fields, line, ok := quickly(c, labels)
	if !ok {
		return false
	}
	p := parser{file: "a.yaml"}
	p.object(fields, line)
	got, failed := p.result()
	want, wrong := slowly(c)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%q\n%s", c.text, diff)
	}
	if (failed == nil) != (wrong == nil) || failed != nil && failed.Error() != wrong.Error() {
		t.Errorf("%q: %v, want %v", c.text, failed, wrong)
	}
	return true
}

// TestQuickReadsBlueprints wants what we render to be read quickly, and as the parser reads it.
func TestQuickReadsBlueprints(t *testing.T) {
	files, err := filepath.Glob("../../blueprints/*/want/*/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	all, quick := 0, 0
	labels := map[string]any{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range documents(string(data)) {
			if all++; same(t, c, labels) {
				quick++
			}
		}
	}
	if quick*100 < all*96 {
		t.Errorf("only %d of %d objects are read quickly", quick, all)
	}
}

// TestQuickGivesUp wants what means more than it seems to be left to the parser.
func TestQuickGivesUp(t *testing.T) {
	for _, value := range []string{
		"yes", "On", "null", "~", "", " ", "010", "0x1f", "1_000", "1e3", "1.5", ".5", "-0", "2001-01-01", "1:30", "99999999999999999999", "0b1", "1d", "+1",
		"a # c", "a: b", "a:", "a ", "a\t", "ä", "&a b", "*a", "!a b", "|", ">-", "[a]", "{a: b}", `"a\n"`, `'it's'`, `'it'''s'`, `'a''`, `'''`, `"a" # c`, `"a": "b"`, "'a", "- a", "? a", "@a", "%a", "1 *\t", "1 * # c", "1 2",
		"|\n", "|\n\n  a\n", "|\na\n", "|2\n   a\n", "|+\n  a\n", "|\n  \ta\n", "|\n  a\n   \n", "|\n  ä\n", "|\n  a\n b\n", "|\n  a\n# c\n", "| # c\n  a\n",
		"a\n  b", "a\n\nx: 1", "\n\t- a", "\n   a: 1\n  b: 2", "\n- - a", "\n-", "\n- a: 1\n b: 2", "\n# c\n  a: 1", "a\nkey: b", "a\n...", "a\r", "a\n---", "a\n  - b",
	} {
		text := "kind: X\nkey: " + value + "\n"
		if _, _, ok := quickly(chunk{text, 1}, map[string]any{}); ok {
			t.Errorf("%q is read quickly", text)
		}
	}
}

// FuzzQuick wants both ways to agree on whatever the quick one reads.
func FuzzQuick(f *testing.F) {
	for _, value := range []string{
		"a", "x b:1 c", "true", "-12", "250m", "10.0.0.0/8", "1Gi", `"a #: b"`, `'a \'`, `'it''s "a"'`, `''''`, "|\n  a\n  \tb\n   \t\n", "|\n  a\n \tb\n", "{}", "[]", "\n  a: 1\n  b:\n  - c\n  - d: e\n    f: g\n  h:\n    - i\n", "\n- a:\n    b: c\n  d: 1\n- e",
		"0mx", "1s-2", "1.2.3", "25%", "/a", "\n   - a\n  b: c", "\n- a\n  b: c", "\n- a:\n  - b\n  c: d",
		"|\n  a\n", "|-\n  a\n", "|\n  a: b\n\n    - c\t|\n  # d\n\n\nx: y\n", "\n- a: |\n    b\n  c: |-\n   d\n", "|\n  a", "|\n  a\n \n", "30 2 * * *", "a#b",
		"\n  k8s:app: a\n  b:c:\n    d: e", "\n- a:b: c", "\n- a:b", "\n- a:: c", "\n- a: b:", "\n- a:",
	} {
		f.Add("---\napiVersion: v1\nkind: X\nmetadata:\n  name: a\nkey: " + value)
	}
	const labelled = "apiVersion: v1\nkind: X\nmetadata:\n  labels:\n    a: b\n    c: d\n  name: a\n"
	for _, second := range []string{
		labelled, "labels:\n    a: b\n    c: d\n", "a:\n  labels:\n    a: b\n    c: d\n\n", "a:\n  labels:\n    a: b\n    c: d\n    e: f\n",
		"a:\n  labels:\n    a: b\n    c: d\n   e: f\n", "a:\n- labels:\n    a: b\n    c: d\n- c\n", "a:\n  labels:\n    a: b\n    c: d", "labels:\n- a\n",
	} {
		f.Add(labelled + "---\n" + second)
	}
	f.Fuzz(func(t *testing.T, text string) {
		labels := map[string]any{}
		for _, c := range documents(text) {
			same(t, c, labels)
		}
	})
}
