package generators_test

import (
	"reflect"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
)

// TestPure runs every generator many times at once on the same input: the objects are equal, and the input is as it was.
func TestPure(t *testing.T) {
	apps, spaces, platforms := corpus(t), namespaces(t), fleets(t)
	run := func() map[string][]generator.Object { return everything(apps, spaces, platforms) }
	first := run()
	results := make([]map[string][]generator.Object, 8)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() { results[i] = run() })
	}
	wg.Wait()
	for _, again := range results {
		if !reflect.DeepEqual(first, again) {
			t.Fatalf("a second run differs:\n%s", cmp.Diff(flat(t, first), flat(t, again)))
		}
	}
	if diff := cmp.Diff(corpus(t), apps); diff != "" {
		t.Errorf("the generators changed their input:\n%s", diff)
	}
	if diff := cmp.Diff(namespaces(t), spaces); diff != "" {
		t.Errorf("the generators changed their input:\n%s", diff)
	}
	if diff := cmp.Diff(fleets(t), platforms); diff != "" {
		t.Errorf("the generators changed their input:\n%s", diff)
	}
}

// TestNames wants each generator to have a name of its own and something to run.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range generators.All {
		if g.Name == "" || seen[g.Name] {
			t.Errorf("%q is no name, or that of two generators", g.Name)
		}
		runs := 0
		for _, is := range []bool{g.Run != nil, g.RunNamespace != nil, g.RunPlatform != nil} {
			if is {
				runs++
			}
		}
		if runs != 1 {
			t.Errorf("%s runs for %d of an app, a namespace and a platform", g.Name, runs)
		}
		seen[g.Name] = true
	}
}

// everything returns all objects by generator.
func everything(apps []app.App, spaces []app.Namespace, platforms []app.Fleet) map[string][]generator.Object {
	out := map[string][]generator.Object{}
	for _, g := range generators.All {
		for _, a := range apps {
			if g.Run != nil {
				out[g.Name] = append(out[g.Name], g.Run(a)...)
			}
		}
		for _, ns := range spaces {
			if g.RunNamespace != nil {
				out[g.Name] = append(out[g.Name], g.RunNamespace(ns)...)
			}
		}
		for _, f := range platforms {
			if g.RunPlatform != nil {
				out[g.Name] = append(out[g.Name], g.RunPlatform(f)...)
			}
		}
	}
	return out
}

func flat(t *testing.T, all map[string][]generator.Object) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	for name, objects := range all {
		out[name] = flatten(t, objects)
	}
	return out
}
