package patch

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/emit"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/resolve"
)

// blueprintObjects calls do for each app of the blueprints with what is rendered for it.
func blueprintObjects(t *testing.T, do func(a app.App, objects []generator.Object)) {
	t.Helper()
	dirs, err := filepath.Glob("../../blueprints/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no blueprints", err)
	}
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		p, _, err := load.Load(load.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		fleets, _ := resolve.Fleets(p, resolve.Options{})
		for _, f := range fleets {
			for _, a := range f.Apps {
				var objects []generator.Object
				for _, g := range generators.All {
					if g.Run != nil {
						objects = append(objects, g.Run(a)...)
					}
				}
				do(a, objects)
			}
		}
	}
}

func yaml(t *testing.T, o any) []byte {
	t.Helper()
	text, err := emit.AppendYAML(nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestOnlyWhatIsPatchedMoves patches one field of every object of the blueprints: all other lines of its YAML are as they were, also
// where a field that our type lacks makes a document of it.
func TestOnlyWhatIsPatchedMoves(t *testing.T) {
	kinds := map[string]bool{}
	documents := 0
	blueprintObjects(t, func(a app.App, objects []generator.Object) {
		for i, o := range objects {
			if r := (report{patch: app.Patch{Target: kube.Kind(o) + "/" + o.GetName()}}); r.target(objects, a.Namespace) != i {
				if o.GetNamespace() == a.Namespace {
					t.Errorf("%s of the app's namespace is not found", r.patch.Target)
				}
				continue
			}
			fields := []string{"metadata.annotations.zz"}
			if schemaOf(o) == nil {
				fields = append(fields, "zz")
			}
			for _, field := range fields {
				merge := map[string]any{"metadata": map[string]any{"annotations": map[string]any{"zz": "patched"}}}
				if field == "zz" {
					merge = map[string]any{"zz": "patched"}
				}
				a.Patches = []app.Patch{{Target: kube.Kind(o) + "/" + o.GetName(), Merge: merge}}
				before := yaml(t, o)
				after, found := Apply(&a, objects)
				if len(found) > 0 {
					t.Fatalf("%s: %+v", a.Patches[0].Target, found)
				}
				if !bytes.Equal(before, yaml(t, o)) {
					t.Errorf("%s: the object that was given has changed", a.Patches[0].Target)
				}
				if _, ok := after[i].(kube.Passthrough); ok {
					documents++
				}
				if got := withoutPatch(yaml(t, after[i]), before); !bytes.Equal(got, before) {
					t.Errorf("%s: got\n%s\nwant\n%s", a.Patches[0].Target, got, before)
				}
				kinds[kube.Kind(o)] = true
			}
		}
	})
	if len(kinds) < 12 || documents == 0 {
		t.Errorf("only %d kinds and %d documents were tried", len(kinds), documents)
	}
}

// withoutPatch takes the patched line out of a manifest, and the line of annotations above it if there was none before.
func withoutPatch(after, before []byte) []byte {
	lines := strings.SplitAfter(string(after), "\n")
	i := slices.IndexFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "zz: patched" })
	if i < 0 {
		return nil
	}
	from := i
	if strings.TrimSpace(lines[i-1]) == "annotations:" && len(before) == len(after)-len(lines[i])-len(lines[i-1]) {
		from--
	}
	return []byte(strings.Join(slices.Delete(lines, from, i+1), ""))
}
