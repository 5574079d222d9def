package transition

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/manifest"
)

// environments returns everything that the tests of the project render to, one environment at a time, by where it is written down.
func environments(t *testing.T) map[string][]manifest.Object {
	t.Helper()
	all := map[string][]manifest.Object{}
	dirs, _ := filepath.Glob("../../blueprints/*/want/*")
	for _, dir := range dirs {
		if strings.HasPrefix(filepath.Base(dir), ".") {
			continue
		}
		objects, err := manifest.ReadTree(dir)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.ToSlash(dir)] = objects
	}
	archives, _ := filepath.Glob("../../testdata/golden/*.txtar")
	for _, name := range archives {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(text).Files {
			path, ok := strings.CutPrefix(f.Name, "want/")
			if !ok || filepath.Ext(path) != ".yaml" {
				continue
			}
			objects, err := manifest.Parse(f.Name, f.Data)
			if err != nil {
				t.Fatal(err)
			}
			env, _, _ := strings.Cut(path, "/")
			all[name+"/"+env] = append(all[name+"/"+env], objects...)
		}
	}
	if len(all) < 25 {
		t.Fatalf("found only %d environments", len(all))
	}
	return all
}

// TestStandingStill wants no finding where nothing changes, where everything is new, and where everything goes.
func TestStandingStill(t *testing.T) {
	for name, objects := range environments(t) {
		for _, step := range []struct {
			what          string
			before, after []manifest.Object
		}{
			{"stays", objects, objects}, {"is new", nil, objects}, {"goes", objects, nil},
		} {
			for _, f := range Check(step.before, step.after) {
				t.Errorf("%s %s: %s: %s", name, step.what, f.Rule, f.Problem)
			}
		}
		if changes := Changes(objects, objects); len(changes) > 0 {
			t.Errorf("%s: %s", name, changes[0])
		}
	}
}

// TestOrderOfFiles wants the same findings in whatever order the objects come.
func TestOrderOfFiles(t *testing.T) {
	before := parse(t, blue, with(green, "replicas: 3", "replicas: 1"), serviceOf("web", "color: blue"), serviceOf("web-admin", "color: blue"))
	after := parse(t, with(green, "web:1", "web:2"), serviceOf("web", "color: green"), serviceOf("web-admin", "color: green"))
	want := Check(before, after)
	slices.Reverse(before)
	slices.Reverse(after)
	if got := Check(before, after); len(want) < 3 || !slices.Equal(got, want) {
		t.Errorf("%v\n%v", want, got)
	}
}

// A mutation breaks what one rule guarantees, in whatever is rendered; it reports whether there was something to break.
type mutation struct {
	rule   string
	mutate func(before, after []manifest.Object) (_, _ []manifest.Object, done bool)
}

func mutations() []mutation {
	return []mutation{
		{"selector-is-for-good", func(before, after []manifest.Object) (_, _ []manifest.Object, done bool) {
			for _, o := range after {
				if labels := manifest.Map(o.Fields, "spec", "selector", "matchLabels"); labels != nil && o.Group() == "apps" {
					labels["release"], done = "two", true
				}
			}
			return before, after, done
		}},
		{"flip-changes-only-traffic", func(before, after []manifest.Object) (_, _ []manifest.Object, done bool) {
			return exchange(before, after, func(w *workload, is manifest.Object) {
				manifest.Map(is.Fields, "spec", "template", "metadata", "labels")["tried"] = "never"
			})
		}},
		{"flip-finds-capacity", func(before, after []manifest.Object) (_, _ []manifest.Object, done bool) {
			return exchange(before, after, func(w *workload, _ manifest.Object) {
				manifest.Map(w.Fields, "spec")["replicas"] = int64(0)
			})
		}},
		{"backend-comes-at-zero", func(before, after []manifest.Object) (_, _ []manifest.Object, done bool) {
			return before, weigh(after, 40), has(after, "canary", "Deployment") && weighted(after)
		}},
		{"backend-leaves-at-zero", func(before, after []manifest.Object) (_, _ []manifest.Object, done bool) {
			done = has(before, "canary", "Deployment") && weighted(before)
			return weigh(before, 40), slices.DeleteFunc(after, func(o manifest.Object) bool { return track(o) == "canary" }), done
		}},
		{"serving-workload-stays", func(before, after []manifest.Object) (_, _ []manifest.Object, done bool) {
			served := newState(before)
			after = slices.Clone(after)
			for i, o := range after {
				for _, svc := range served.services {
					if slices.ContainsFunc(served.selected(svc.Namespace, svc.selector), func(w *workload) bool { return w.ID() == o.ID() }) {
						after[i].Name, done = o.Name+"-two", true
						manifest.Map(o.Fields, "metadata")["name"] = after[i].Name
					}
				}
			}
			return before, after, done
		}},
		{"ports-keep-their-names", func(before, after []manifest.Object) (_, _ []manifest.Object, done bool) {
			served := newState(before)
			for _, o := range after {
				svc, ok := served.services[address{o.Namespace, o.Name}]
				if o.Kind != "Service" || !ok || served.previews(svc) || len(part(served.selected(svc.Namespace, svc.selector), served.runs)) == 0 {
					continue
				}
				for _, p := range manifest.Maps(o.Fields, "spec", "ports") {
					if _, named := p["targetPort"].(string); named {
						p["targetPort"], done = "renamed", true
					}
				}
			}
			return before, after, done
		}},
		{"clones-are-handed-over", func(before, after []manifest.Object) (_, _ []manifest.Object, done bool) {
			var services []manifest.Object
			for i := range before {
				if o := before[i]; o.Kind == "Deployment" && newState(before).has(manifest.ID{Group: "flagger.app", Kind: "Canary", Namespace: o.Namespace, Name: o.Name}) {
					svc := manifest.Object{APIVersion: "v1", Kind: "Service", Namespace: o.Namespace, Name: o.Name}
					services, done = append(services, svc), true
				}
			}
			after = slices.DeleteFunc(slices.Clone(after), func(o manifest.Object) bool { return o.Kind == "Canary" })
			return before, append(after, services...), done
		}},
		{"replicas-are-handed-over", func(before, after []manifest.Object) (_, _ []manifest.Object, done bool) {
			scaled := newState(after)
			for _, o := range before {
				if w := scaled.byID[o.ID()]; w != nil && w.least > 1 && manifest.Map(o.Fields, "spec")["replicas"] == nil {
					manifest.Map(o.Fields, "spec")["replicas"], done = w.least, true
				}
			}
			return before, after, done
		}},
		{"pods-are-handed-over", func(before, after []manifest.Object) (_, _ []manifest.Object, done bool) {
			for _, o := range after {
				if n, stated := manifest.Int(o.Fields, "spec", "replicas"); o.Kind == "Deployment" && stated && n > 0 && appOf(o) != "" && !done {
					beside := o
					beside.Name += "-new"
					after, done = append(after, beside), true
					for _, was := range before {
						if was.ID() == o.ID() {
							manifest.Map(was.Fields, "spec")["replicas"] = n + 1
						}
					}
				}
			}
			return before, after, done
		}},
		{"weights-add-up", func(before, after []manifest.Object) (_, _ []manifest.Object, done bool) {
			return before, weigh(after, 101), weighted(after)
		}},
	}
}

// TestMutations breaks every rule in every environment where that can be done.
func TestMutations(t *testing.T) {
	broken := map[string]int{}
	for _, m := range mutations() {
		for name, objects := range environments(t) {
			before, after := clone(t, objects), clone(t, objects)
			if m.rule == "backend-comes-at-zero" {
				before = slices.DeleteFunc(weigh(before, 0), func(o manifest.Object) bool { return track(o) == "canary" })
			}
			before, after, done := m.mutate(before, after)
			if !done {
				continue
			}
			broken[m.rule]++
			found := Check(before, after)
			if !slices.ContainsFunc(found, func(f Finding) bool {
				return f.Rule == m.rule && (f.Severity == diag.Error || strings.HasSuffix(m.rule, "-are-handed-over"))
			}) {
				t.Errorf("%s: %s is broken, and not found: %v", name, m.rule, found)
			}
		}
	}
	for _, c := range checks() {
		if broken[c.Rule] == 0 {
			t.Errorf("nothing breaks %s", c.Rule)
		}
		if c.Doc == "" || !slices.ContainsFunc(diag.Rules(), func(r diag.Rule) bool { return r.ID == c.Rule }) {
			t.Errorf("%s is not described", c.Rule)
		}
	}
}

// clone returns objects that can be changed.
func clone(t *testing.T, objects []manifest.Object) []manifest.Object {
	t.Helper()
	var all []manifest.Object
	for _, o := range objects {
		again, err := manifest.Parse(o.File, []byte(key(o.Fields)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, again...)
	}
	return all
}

// exchange puts a second workload beside each that has a Service for itself, moves the traffic there, and calls spoil with what it was
// and is.
func exchange(before, after []manifest.Object, spoil func(was *workload, is manifest.Object)) (_, _ []manifest.Object, done bool) {
	s := newState(before)
	second := func(o manifest.Object) manifest.Object {
		again, err := manifest.Parse(o.File, []byte(strings.NewReplacer(
			fmt.Sprintf(`"name":%q`, o.Name), `"name":"second"`, fmt.Sprintf(`"app.kubernetes.io/name":%q`, o.Label("app.kubernetes.io/name")), `"app.kubernetes.io/name":"second"`).Replace(key(o.Fields))))
		if err != nil {
			panic(err)
		}
		return again[0]
	}
	for i, o := range after {
		svc, ok := s.services[address{o.Namespace, o.Name}]
		if o.Kind != "Service" || !ok || s.previews(svc) {
			continue
		}
		served := s.selected(o.Namespace, svc.selector)
		if len(served) != 1 || served[0].Kind != "Deployment" {
			continue
		}
		was, is := second(served[0].Object), second(served[0].Object)
		spoil(&workload{Object: was}, is)
		selector := manifest.Map(after[i].Fields, "spec", "selector")
		selector["app.kubernetes.io/name"] = "second"
		return append(before, was), append(after, is), true
	}
	return before, after, false
}

// weigh sets the weight of every canary in a route, and leaves the rest to the others.
func weigh(objects []manifest.Object, weight int64) []manifest.Object {
	for _, o := range objects {
		for _, refs := range weightedLists(o) {
			for i, b := range refs {
				b["weight"] = max(100-weight, 0)
				if i == len(refs)-1 {
					b["weight"] = weight
				}
			}
		}
	}
	return objects
}

func weighted(objects []manifest.Object) bool {
	return slices.ContainsFunc(objects, func(o manifest.Object) bool { return len(weightedLists(o)) > 0 })
}

// weightedLists returns the lists of two backends in a route: the stable one and the canary.
func weightedLists(o manifest.Object) [][]map[string]any {
	var all [][]map[string]any
	for _, rule := range slices.Concat(manifest.Maps(o.Fields, "spec", "rules"), manifest.Maps(o.Fields, "spec", "http"), manifest.Maps(o.Fields, "spec", "tcp")) {
		for _, refs := range [][]map[string]any{manifest.Maps(rule, "backendRefs"), manifest.Maps(rule, "route")} {
			if len(refs) == 2 {
				all = append(all, refs)
			}
		}
	}
	return all
}

// track returns whether an object is a canary's own.
func track(o manifest.Object) string { return o.Label("scantling.dev/track") }

func has(objects []manifest.Object, wanted, kind string) bool {
	return slices.ContainsFunc(objects, func(o manifest.Object) bool { return track(o) == wanted && o.Kind == kind })
}
