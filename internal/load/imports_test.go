package load

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue/ast"
)

// TestStaleSchema shows that what an older build left below cue.mod neither counts nor is touched.
func TestStaleSchema(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "cue.mod/module.cue", "module: \"acme.io/shop\"\nlanguage: version: \"v0.9.0\"\n")
	write(t, dir, "cue.mod/pkg/scantling.dev/schema/app.cue", "package schema\n#App: team!: int\n")
	write(t, dir, "cue.mod/pkg/scantling.dev/schema/gone.cue", "package schema\n#App: tier!: \"gold\"\n")
	write(t, dir, "app.cue", "package web\nimport \"scantling.dev/schema\"\nschema.#Spec\n"+app("web"))
	p, found, err := Load(Options{Dir: dir})
	if err != nil || len(found) > 0 || len(p.Apps) != 1 {
		t.Errorf("%v %s", err, render(found))
	}
	text, err := os.ReadFile(filepath.Join(dir, "cue.mod/pkg/scantling.dev/schema/app.cue"))
	if err != nil || !strings.Contains(string(text), "team!: int") {
		t.Errorf("the user's file changed: %v %s", err, text)
	}
}

// TestImportsLeaveNothing shows that evaluating an import writes no file.
func TestImportsLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "app.cue", "package web\nimport \"scantling.dev/schema\"\napps: [string]: schema.#App\n"+app("web"))
	if _, found, err := Load(Options{Dir: dir}); err != nil || len(found) > 0 {
		t.Fatalf("%v %s", err, render(found))
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
}

// TestMemoryDoesNotGrow evaluates apps in one context and holds that it forgets them.
func TestMemoryDoesNotGrow(t *testing.T) {
	e := newEvaluator(&discovery{}, fullBudget())
	evaluate := func(n int) uint64 {
		for range n {
			s := source{name: "app.cue", text: []byte(strings.ReplaceAll(templated, "%d", "1"))}
			if found := s.parse(); len(found) > 0 {
				t.Fatal(render(found))
			}
			decls := append([]ast.Decl(nil), s.tree.Decls...)
			if root, found := build(e.ctx, group{files: []source{s}}, decls); root == nil || len(found) > 0 {
				t.Fatal(render(found))
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := evaluate(100)
	after := evaluate(500)
	const most = 4 << 10 // bytes an app; a context that retains them keeps 49 KiB
	if grown := int64(after) - int64(before); grown > 500*most {
		t.Errorf("500 apps left %d bytes behind", grown)
	}
}

// TestBuiltins imports each of CUE's packages that a spec may import.
func TestBuiltins(t *testing.T) {
	for _, name := range builtins {
		_, found := loadFile(t, "app.cue", "package p\nimport x \""+name+"\"\n_y: x\n"+app("web"))
		if len(found) > 0 {
			t.Errorf("%s: %s", name, render(found))
		}
	}
	if !slices.IsSorted(builtins) {
		t.Error("not sorted")
	}
}
