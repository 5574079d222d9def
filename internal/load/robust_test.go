package load

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scantling/scantling/internal/diag"
)

// loadFile loads one file and checks that all that is said about it is fit for a user.
func loadFile(t *testing.T, name, text string) (*Project, []diag.Diagnostic) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	p, found, err := Load(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		jargon(t, dir, d)
	}
	if len(found) == 0 {
		for _, a := range p.Apps {
			whole(t, a.Node)
		}
	}
	return p, found
}

// whole fails when a tree that nothing was said about holds what nobody may rely on.
func whole(t *testing.T, n *Node) {
	if n.Kind == Invalid || n.Kind == Null || n.Pos.Line == 0 || n.KeyPos.Line == 0 {
		t.Errorf("an incomplete node passed: %+v", n)
	}
	for _, f := range n.Fields {
		whole(t, f)
	}
	for _, e := range n.Elems {
		whole(t, e)
	}
}

// TestHostileFiles feeds what nobody writes: the answer is one short diagnostic, soon.
func TestHostileFiles(t *testing.T) {
	app := `team: "a", tier: "standard", image: "a:1"`
	for _, c := range []struct{ name, file, text, want string }{
		{"nested braces", "app.cue", strings.Repeat("{", 100_000), "nested-too-deep"},
		{"nested fields", "app.cue", strings.Repeat("a: ", 100_000) + "1", "nested-too-deep"},
		{"nested fields in a small file", "app.cue", strings.Repeat("a: ", 1300) + "1", ""},
		{"nested parentheses in a small file", "app.cue", "apps: " + strings.Repeat("(", 2000) + "1" + strings.Repeat(")", 2000), ""},
		{"nested lists in a small file", "app.cue", "_x: 1\napps: " + strings.Repeat("[", 2000) + strings.Repeat("]", 2000), ""},
		{"a circle of definitions", "app.cue", "#A: {b: #B}\n#B: {a: #A}\napps: web: #A", ""},
		{"a growing definition", "app.cue", "#A: {n: int, next: #A & {n: 1}}\napps: web: #A", ""},
		{"nested lists", "app.cue", "apps: " + strings.Repeat("[", 3000) + strings.Repeat("]", 3000), "nested-too-deep"},
		{"nested signs", "app.cue", "apps: " + strings.Repeat("-", 100_000) + "1", "nested-too-deep"},
		{"nested flow", "app.yaml", strings.Repeat("[", 100_000), "syntax-error"},
		{"nested block", "app.yaml", strings.Repeat("- ", 100_000), "syntax-error"},
		{"large file", "app.yaml", "apps: {}\n" + strings.Repeat("# x\n", 3<<20), "unreadable-file"},
		{"not UTF-8", "app.cue", "apps: \xff\xfe", "unreadable-file"},
		{"UTF-16", "app.yaml", "\xff\xfea\x00p\x00", "unreadable-file"},
		{"zero byte", "app.cue", "apps: web: {\x00}", "syntax-error"},
		{"zero byte in YAML", "app.yaml", "apps: {\x00}", "syntax-error"},
		{"binary in YAML", "app.yaml", "apps: !!binary aGk=", "wrong-type"},
		{"self alias", "app.yaml", "a: &a [*a]\n", "aliases-too-large"},
		{"merged into itself", "app.yaml", "apps:\n  w: &x\n    <<: *x\n", "aliases-too-large"},
		{"merged into what it lies in", "app.yaml", "apps: &x\n  w:\n    a:\n      - <<: [*x]\n", "aliases-too-large"},
		{"huge number", "app.cue", "apps: web: {" + app + ", port: " + strings.Repeat("9", 5000) + "}", "out-of-range"},
		{"huge exponent", "app.cue", "apps: web: {" + app + ", port: 1e999999999}", ""},
		{"huge negative exponent", "app.yaml", "apps: {web: {team: a, tier: standard, image: 'a:1', port: 1e-999999999}}", ""},
		{"self reference", "app.cue", "apps: apps", ""},
		{"only a value", "app.cue", "3", "wrong-type"},
		{"only a list", "app.cue", "[1]", "wrong-type"},
		{"only an error", "app.cue", "_|_", ""},
		{"long alternatives", "app.cue", "_x: 1" + strings.Repeat(" | 1", 20_000), "nested-too-deep"},
		{"many syntax errors", "app.cue", strings.Repeat("a b\n", 100_000), "syntax-error"},
		{"many unknown names", "app.cue", "apps: web: {" + app + ", env: {" + strings.ReplaceAll(wide(1000), `"v"`, "nowhere") + "}}", "unresolved-reference"},
		{"a long text", "app.cue", "apps: web: {" + app + `, args: [10 * (1000000 * "x")]}`, "out-of-range"},
		{"a text far too long", "app.cue", "apps: web: {" + app + `, args: [1000000000 * "x"]}`, ""},
		{"merges of merges", "app.yaml", merges(60), ""},
		{"wide struct", "app.cue", "apps: web: {" + app + ", env: {" + wide(20_000) + "}}", "-"},
		{"exponential", "app.cue", "_a: [1,1,1,1,1,1,1,1,1,1]\napps: web: {" + app + ", args: [for a in _a for b in _a for c in _a {\"\\(a)\\(b)\\(c)\"}]}", "-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, found := loadFile(t, c.file, c.text)
			switch {
			case c.want == "-" && len(found) > 0:
				t.Errorf("unexpected: %s", render(found))
			case c.want == "-":
			case len(found) == 0:
				t.Error("nothing was found")
			case c.want != "" && found[0].Rule != c.want:
				t.Errorf("want %s, got %s", c.want, render(found))
			}
		})
	}
}

// merges is n structs, each of which has what the one before it has, and one field more.
func merges(n int) string {
	text := "a0: &a0 {x: 1}\n"
	for i := range n {
		text += fmt.Sprintf("a%d: &a%d {<<: *a%d, k%d: 1}\n", i+1, i+1, i, i)
	}
	return text
}

func wide(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("A" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + "_" + itoa(i) + ": \"v\", ")
	}
	return b.String()
}

func itoa(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return itoa(i/10) + string(rune('0'+i%10))
}

// TestLinksEnd shows that a circle of links and a broken link do no harm.
func TestLinksEnd(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/app.cue", `apps: web: {team: "a", tier: "standard", image: "a:1"}`)
	for link, target := range map[string]string{"a/loop": "..", "a/self": "self"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	p, found, err := Load(Options{Dir: dir})
	if err != nil || len(found) > 0 || len(p.Apps) != 1 {
		t.Errorf("%v %v %v", p, found, err)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// seeds adds every file of the golden cases with one of the extensions.
func seeds(f *testing.F, extensions ...string) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		f.Fatal("no cases", err)
	}
	for _, name := range cases {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			for _, ext := range extensions {
				if strings.HasSuffix(file.Name, ext) {
					f.Add(bytes.TrimSpace(file.Data))
				}
			}
		}
	}
}

// FuzzLoadCUE feeds any text as CUE: it may be wrong, but neither panic nor hang nor be answered in the evaluator's words.
func FuzzLoadCUE(f *testing.F) {
	seeds(f, ".cue")
	f.Fuzz(func(t *testing.T, text []byte) { loadFile(t, "app.cue", string(text)) })
}

// FuzzLoadYAML does the same for YAML and JSON.
func FuzzLoadYAML(f *testing.F) {
	seeds(f, ".yaml", ".json")
	f.Fuzz(func(t *testing.T, text []byte) { loadFile(t, "app.yaml", string(text)) })
}

// TestGuard shows that neither a panic nor endless work in a library takes the run with it.
func TestGuard(t *testing.T) {
	g := group{files: []source{{name: "app.cue"}}}
	e := newEvaluator(&discovery{}, fullBudget())
	root, found := e.guard(g, func() (*Node, []diag.Diagnostic) { panic("x") })
	if root != nil || len(found) != 1 || found[0].Rule != "not-evaluable" {
		t.Errorf("panic: %v %s", root, render(found))
	}
	forever := make(chan bool)
	defer close(forever)
	e.budget = &budget{time: time.Millisecond, heap: 1 << 40}
	root, found = e.guard(g, func() (*Node, []diag.Diagnostic) { <-forever; return nil, nil })
	if root != nil || len(found) != 1 || found[0].Pos.File != "app.cue" {
		t.Errorf("endless: %v %s", root, render(found))
	}
	root, found = e.guard(g, func() (*Node, []diag.Diagnostic) { t.Error("it goes on"); return nil, nil })
	if root != nil || len(found) > 0 {
		t.Errorf("after a limit: %v %s", root, render(found))
	}
}

// TestLimits evaluates what grows too much, though not for so long that it would disturb the tests after it, and holds that it ends with one diagnostic, at the place to look at.
func TestLimits(t *testing.T) {
	const app = `apps: web: {team: "a", tier: "standard", image: "a:1", args: [`
	tight := func() *budget { return &budget{time: 200 * time.Millisecond, heap: 1 << 30} }
	small := func() *budget { return &budget{time: time.Hour, heap: 16 << 20} }
	chain := func(n int, step string) string { // of hidden fields, each made of the one before
		text := "_a0: \"xxxxxxxxxxxxxxxx\"\n"
		for i := range n {
			text += "_a" + itoa(i+1) + ": " + strings.ReplaceAll(step, "_a", "_a"+itoa(i)) + "\n"
		}
		return text
	}
	var alternatives strings.Builder
	alternatives.WriteString("_all: {}\n")
	for i := range 11 {
		fmt.Fprintf(&alternatives, "_all: {a%d: 1} | {a%d: 2}\n", i, i)
	}
	for _, c := range []struct {
		name, text string
		budget     *budget
		at, want   string
	}{
		{"a range", "package p\nimport \"list\"\n" + app + `for i in list.Range(0, 40000, 1) {"\(i)"}]}`, tight(), "app.cue:3:63", "longer than 200ms"},
		{"nested loops", "_x: [for a in [1, 2] {a}]\nlet l = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + app + `for a in l for b in l for c in l for d in l for e in [1, 2, 3, 4] {"x"}]}`, tight(), "app.cue:3:63", "longer than 200ms"},
		{"alternatives", alternatives.String() + app + "if _all.a1 != _|_ {_all.a1}]}", tight(), "app.cue", "longer than 200ms"},
		{"doubled texts", chain(23, "_a + _a") + app + "_a23]}", small(), "app.cue", "more than 16 MiB of memory"},
		{"doubled interpolations", chain(23, `"\(_a)\(_a)"`) + app + "_a23]}", small(), "app.cue", "more than 16 MiB of memory"},
		{"doubled lists", chain(16, "[_a, _a]") + app + "_a16]}", small(), "app.cue", "more than 16 MiB of memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "app.cue", c.text)
			write(t, dir, "other/app.cue", strings.Replace(app, "web", "other", 1)+"]}")
			p, found, err := load(Options{Dir: dir}, c.budget)
			if err != nil || len(found) != 1 || found[0].Pos.String() != c.at || !strings.Contains(found[0].Problem, c.want) || len(p.Apps) > 0 {
				t.Errorf("%v %v\n%s", err, p.Apps, render(found))
			}
		})
	}
}
