// Package extension makes the platform's own objects for each app, as platform.extensions has them, and holds them to what our own objects are held to.
package extension

import (
	"fmt"
	"slices"
	"sync"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
)

// Evaluate decides the Extensions of every app of the fleets, by jobs workers, and returns what is wrong with them; what is wrong for
// several apps is said once. A nil x decides nothing.
func Evaluate(x *load.Extensions, fleets []*app.Fleet, jobs int) []diag.Diagnostic {
	var apps []*app.App
	for _, f := range fleets {
		for i := range f.Apps {
			apps = append(apps, &f.Apps[i])
		}
	}
	if x == nil || len(apps) == 0 {
		return nil
	}
	found, wrong := evaluate(x, apps, max(1, min(jobs, len(apps)/20+1)))
	if diag.HasErrors(wrong) {
		return wrong
	}
	return slices.Concat(wrong, fold(apps, found), shared(apps))
}

// evaluate lets workers evaluate the extensions for one app after the other. What is wrong whatever the app is comes last.
func evaluate(x *load.Extensions, apps []*app.App, workers int) (found [][]diag.Diagnostic, wrong []diag.Diagnostic) {
	found = make([][]diag.Diagnostic, len(apps))
	first, wrong := x.Extender()
	if diag.HasErrors(wrong) {
		return found, wrong
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			extender := first
			if w > 0 {
				extender, _ = x.Extender()
			}
			names := extender.Names()
			for i := w; i < len(apps); i += workers {
				found[i] = extend(extender, names, apps[i])
			}
		})
	}
	wg.Wait()
	return found, wrong
}

// extend decides what the extensions make of one app.
func extend(x *load.Extender, names []string, a *app.App) (found []diag.Diagnostic) {
	facts, environment := appFacts(a), environmentFacts(a.Env)
	for _, name := range names {
		n, wrong := x.Objects(name, facts, environment)
		found = append(found, wrong...)
		if diag.HasErrors(wrong) || n == nil {
			continue
		}
		path := load.Join("platform.extensions", name) + ".objects"
		if n.Kind != load.List {
			found = append(found, diag.Diagnostic{Rule: "wrong-type", Pos: n.Pos, Path: path, Problem: "objects is not a list", Want: "a list of objects", Help: "put square brackets around it"})
			continue
		}
		for i, e := range n.Elems {
			r := reader{app: a, path: fmt.Sprintf("%s[%d]", path, i), node: e}
			if fields, ok := r.object(); ok {
				a.Origins = append(a.Origins, app.Origin{Path: fmt.Sprintf("extensions[%d]", len(a.Extensions)), By: app.ByPlatform, Pos: e.Pos})
				a.Extensions = append(a.Extensions, app.Extension{Path: r.path, Pos: e.Pos, Object: fields})
			}
			found = append(found, r.found...)
		}
	}
	return found
}

// Join returns the objects that are generated for an app with those of its extensions after them.
func Join(a *app.App, objects []generator.Object) ([]generator.Object, []diag.Diagnostic) {
	if len(a.Extensions) == 0 {
		return objects, nil
	}
	out := slices.Clone(objects)
	have := make(map[identity]bool, len(objects))
	for _, o := range objects {
		have[identityOf(o)] = true
	}
	var found []diag.Diagnostic
	for _, e := range a.Extensions {
		o := typed(e.Object)
		if have[identityOf(o)] {
			found = append(found, twice(e, "an object of this kind and name is generated for the app", "patch the generated object, or give this one another name"))
			continue
		}
		out = append(out, o)
	}
	return out, found
}

// twice says that an object's name is taken.
func twice(e app.Extension, problem, help string) diag.Diagnostic {
	return diag.Diagnostic{Rule: "extension-has-own-name", Pos: e.Pos, Path: e.Path, Problem: problem, Help: help}
}

// shared reports objects that two apps, or two extensions, would write to one place, each once.
func shared(apps []*app.App) []diag.Diagnostic {
	type place struct {
		env string
		id  identity
	}
	owner, said := map[place]*app.App{}, map[string]bool{}
	var found []diag.Diagnostic
	for _, a := range apps {
		for _, e := range a.Extensions {
			id := identityOf(kube.Passthrough(e.Object))
			at := place{a.Env.Name, id}
			first := owner[at]
			if first == nil {
				owner[at] = a
				continue
			}
			if said[e.Path] {
				continue
			}
			said[e.Path] = true
			if first == a {
				found = append(found, twice(e, fmt.Sprintf("the extensions make two objects %s/%s", id.kind, id.name), "give each object a name of its own"))
			} else {
				found = append(found, twice(e, fmt.Sprintf("apps %q and %q would share %s/%s", first.Name, a.Name, id.kind, id.name), `make the app's name a part of it: name: "\(app.name)-..."`))
			}
		}
	}
	return found
}

// fold joins what was found for several apps at one place: the first of them is named.
func fold(apps []*app.App, found [][]diag.Diagnostic) []diag.Diagnostic {
	type mistake struct {
		pos     diag.Pos
		path    string
		problem string
	}
	index, names := map[mistake]int{}, map[mistake][]string{}
	environments, only := map[string]bool{}, map[mistake]string{}
	var out []diag.Diagnostic
	var keys []mistake
	for i, ds := range found {
		env := apps[i].Env.Name
		environments[env] = true
		for _, d := range ds {
			k := mistake{d.Pos, d.Path, d.Problem}
			if _, ok := index[k]; !ok {
				index[k], only[k] = len(out), env
				out, keys = append(out, d), append(keys, k)
			}
			if only[k] != env {
				only[k] = ""
			}
			if !slices.Contains(names[k], apps[i].Name) {
				names[k] = append(names[k], apps[i].Name)
			}
		}
	}
	for i, k := range keys {
		if len(environments) > 1 {
			out[i].Env = only[k]
		}
		switch n := len(names[k]); n {
		case 1:
			out[i].Problem += fmt.Sprintf(" (for app %q)", names[k][0])
		case 2:
			out[i].Problem += fmt.Sprintf(" (for app %q and one more)", names[k][0])
		default:
			out[i].Problem += fmt.Sprintf(" (for app %q and %d more)", names[k][0], n-1)
		}
	}
	return out
}
