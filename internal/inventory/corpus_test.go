package inventory_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// corpus returns what Scantling renders of its blueprints and goldens, by file.
func corpus(t *testing.T) map[string][]manifest.Object {
	t.Helper()
	all := map[string][]manifest.Object{}
	files, err := filepath.Glob("../../testdata/golden/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if !strings.HasPrefix(f.Name, "want") || !strings.HasSuffix(f.Name, ".yaml") {
				continue
			}
			objects, err := manifest.Parse(f.Name, f.Data)
			if err != nil {
				continue // files for tools, as tests of rules
			}
			all[filepath.Base(file)+"/"+f.Name] = objects
		}
	}
	return all
}

// TestRendersAreReadable decodes every kind that is ever rendered.
func TestRendersAreReadable(t *testing.T) {
	workloads := 0
	for file, objects := range corpus(t) {
		s := inventory.New(objects)
		for _, p := range s.Unreadable {
			t.Errorf("%s: %s: %s", file, p.Short(), p.Text)
		}
		workloads += len(s.Workloads)
	}
	if workloads == 0 {
		t.Error("there was nothing to decode")
	}
}

// TestNothingPanics takes in objects in which one value after the other is something else, and asks of them what can be asked.
func TestNothingPanics(t *testing.T) {
	seen := map[string]bool{}
	for _, objects := range corpus(t) {
		for _, o := range objects {
			if o.Kind == "ConfigMap" || seen[o.Kind] {
				continue
			}
			seen[o.Kind] = true
			everyValue(o.Fields, func() {
				s := inventory.New([]manifest.Object{o, o})
				for _, w := range s.Workloads {
					w.Least()
					w.Surge(w.Most())
					w.Unavailable(inventory.EveryNode)
					w.Containers()
					s.Selected(w.Namespace, w.Selector)
				}
			})
		}
	}
}

// everyValue replaces each value below v by one of every type, and puts it back.
func everyValue(v any, try func()) {
	others := []any{nil, "", "-3%", int64(-1), 1.5, true, []any{}, []any{nil}, map[string]any{}, map[string]any{"": nil}}
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			for _, other := range others {
				v[key] = other
				try()
			}
			v[key] = value
			everyValue(value, try)
		}
	case []any:
		for i, value := range v {
			for _, other := range others {
				v[i] = other
				try()
			}
			v[i] = value
			everyValue(value, try)
		}
	}
}
