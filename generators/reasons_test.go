package generators_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scantling/scantling/blueprints"
	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// TestReasons holds every scalar of the output to one of three: it is identity, its value moves when a field of the input moves
// (found by running the generator again with that field changed), or Reasons says why it is what it is. And no reason speaks of
// a path that never appears. The apps of the corpus are replayed whole; those of the blueprints and golden projects where they
// bring in a path that has not been seen.
func TestReasons(t *testing.T) {
	ofApp, ofNamespace, ofPlatform := runs[app.App]{}, runs[app.Namespace]{}, runs[app.Fleet]{}
	seen := map[string]paths{}
	for _, g := range generators.All {
		seen[g.Name] = paths{}
		if g.Run != nil {
			ofApp[g.Name] = g.Run
		}
		if g.RunNamespace != nil {
			ofNamespace[g.Name] = g.RunNamespace
		}
		if g.RunPlatform != nil {
			ofPlatform[g.Name] = g.RunPlatform
		}
	}
	for _, a := range corpus(t) {
		replay(t, seen, a, ofApp)
	}
	for _, ns := range namespaces(t) {
		replay(t, seen, ns, ofNamespace)
	}
	for _, f := range fleets(t) {
		replay(t, seen, f, ofPlatform)
	}
	projectApps, projectSpaces := projects(t)
	for _, a := range projectApps {
		replay(t, seen, a, ofApp.bringing(t, seen, a))
	}
	for _, ns := range projectSpaces {
		replay(t, seen, ns, ofNamespace.bringing(t, seen, ns))
	}
	for _, g := range generators.All {
		t.Run(g.Name, func(t *testing.T) { seen[g.Name].judge(t, g.Reasons) })
	}
}

// runs is what generators make of an app or a namespace, by their names.
type runs[T any] map[string]func(T) []generator.Object

// bringing returns those that make a path of in that has not been seen.
func (all runs[T]) bringing(t *testing.T, seen map[string]paths, in T) runs[T] {
	t.Helper()
	out := runs[T]{}
	for name, run := range all {
		for path := range flatten(t, run(in)) {
			if _, ok := seen[name][reasonKey(path)]; !ok {
				out[name] = run
			}
		}
	}
	return out
}

// paths is every output path that appeared, as a key of Reasons, and whether its value moved.
type paths map[string]bool

func (p paths) judge(t *testing.T, reasons generator.Reasons) {
	if len(p) == 0 {
		t.Error("the corpus has no app that this generator makes anything of")
	}
	for path, moved := range p {
		if !moved && !identity(path) && !explained(reasons, path) {
			t.Errorf("%s depends on no input and has no reason", path)
		}
	}
	for reason := range reasons {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(p)), func(path string) bool { return covers(reason, path) }) {
			t.Errorf("a reason is given for %s, which never appears", reason)
		}
	}
}

// identity reports whether a path says what the object is; the labels that package kube fixes belong to that.
func identity(path string) bool {
	_, field, _ := strings.Cut(path, " ")
	return slices.Contains([]string{"apiVersion", "kind", "metadata.name", "metadata.namespace"}, field) ||
		strings.HasSuffix(field, "."+kube.LabelComponent) || strings.HasSuffix(field, "."+kube.LabelManagedBy)
}

func explained(reasons generator.Reasons, path string) bool {
	for reason := range reasons {
		if covers(reason, path) {
			return true
		}
	}
	return false
}

// covers reports whether a reason's path is path, or lies above it.
func covers(reason, path string) bool {
	rest, ok := strings.CutPrefix(path, reason)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// replay runs the generators on in, and again for each leaf of it with only that leaf changed, and records which values moved.
func replay[T any](t *testing.T, seen map[string]paths, in T, all runs[T]) {
	t.Helper()
	objects, base := map[string][]generator.Object{}, map[string]map[string]string{}
	for name, run := range all {
		made := run(in)
		if len(made) == 0 {
			continue
		}
		objects[name], base[name] = made, flatten(t, made)
		for path := range base[name] {
			key := reasonKey(path)
			seen[name][key] = seen[name][key] || false
		}
	}
	for i := 0; len(base) > 0; i++ {
		changed := clone(t, in)
		if !mutate(&changed, i) {
			return
		}
		for name, old := range base {
			made := all[name](changed)
			if reflect.DeepEqual(made, objects[name]) {
				continue
			}
			for path, value := range flatten(t, made) {
				if was, ok := old[path]; ok && was != value {
					seen[name][reasonKey(path)] = true
				}
			}
		}
	}
}

// projects returns the apps and namespaces of every blueprint and golden project, in each of its environments.
func projects(t *testing.T) (apps []app.App, spaces []app.Namespace) {
	t.Helper()
	var dirs []string
	for _, name := range blueprints.Names() {
		dirs = append(dirs, filepath.Join("../blueprints", name))
	}
	archives, err := filepath.Glob("../testdata/golden/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no golden projects: %v", err)
	}
	for _, archive := range archives {
		dirs = append(dirs, golden.Input(t, archive))
	}
	for _, dir := range dirs {
		specs, err := compile.Resolve(compile.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		for _, fleet := range specs.Fleets {
			apps = append(apps, fleet.Apps...)
			spaces = append(spaces, fleet.Namespaces...)
		}
	}
	if len(apps) < 40 {
		t.Fatalf("the projects have only %d apps", len(apps))
	}
	return apps, spaces
}

// reasonKey makes a key of Reasons of a path of flatten.
func reasonKey(path string) string {
	var out strings.Builder
	_, path, _ = strings.Cut(path, " ") // the object's number
	for i, step := range strings.Split(path, "\x00") {
		switch {
		case strings.HasPrefix(step, "["):
			out.WriteString("[]")
		case i > 1:
			out.WriteString("." + step)
		case i == 1:
			out.WriteString(" " + step)
		default:
			out.WriteString(step)
		}
	}
	return out.String()
}

// flatten returns every scalar of the objects by its path: the object's number, then kind, keys and indexes, between NULs because
// keys may have dots.
func flatten(t *testing.T, objects []generator.Object) map[string]string {
	t.Helper()
	out := map[string]string{}
	for i, o := range objects {
		doc := document(t, o)
		delete(doc, "status")
		walk(out, fmt.Sprintf("%d %s", i, doc["kind"]), doc)
	}
	return out
}

func walk(out map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			walk(out, path+"\x00"+key, value)
		}
	case []any:
		for i, value := range v {
			walk(out, path+"\x00["+strconv.Itoa(i), value)
		}
	default:
		out[path] = fmt.Sprint(v)
	}
}

func document(t *testing.T, o generator.Object) map[string]any {
	t.Helper()
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// clone returns a deep copy.
func clone[T any](t *testing.T, in T) T {
	t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out T
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
