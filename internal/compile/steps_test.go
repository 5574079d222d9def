package compile_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/release"
	"github.com/scantling/scantling/internal/transition"
)

// fleet is many apps on their way, each in a file and a namespace of its own, and what they render to.
type fleet struct {
	dir     string
	files   map[string][]byte // by absolute path
	specs   compile.Specs
	made    map[string][]byte // manifests by app
	objects []manifest.Object
	spaces  map[string]*space
	parsed  cache
}

// cache holds objects by their text: most files stay as they are in a step.
type cache map[string][]manifest.Object

// begin renders apps that have no release in progress.
func begin(t *testing.T, all []combo) fleet {
	t.Helper()
	f := fleet{dir: t.TempDir(), files: map[string][]byte{}, parsed: cache{}}
	put(t, f.dir, "platform.cue", platformOfCombos)
	for _, c := range all {
		file := c.name + "/app.cue"
		put(t, f.dir, file, "")
		f.files[filepath.Join(f.dir, file)] = []byte("package shop\n\n" + c.String())
	}
	return f.render(t)
}

func (f fleet) render(t *testing.T) fleet {
	t.Helper()
	opts := compile.Options{Dir: f.dir, Overlay: f.files}
	specs, err := compile.Resolve(opts)
	if err != nil || specs.Failed {
		t.Fatalf("%v\n%s", err, text(t, slices.DeleteFunc(specs.Diagnostics, func(d diag.Diagnostic) bool { return d.Severity != diag.Error })))
	}
	manifests, err := compile.Generate(opts)
	if err != nil || manifests.Failed {
		t.Fatalf("%v\n%s", err, text(t, slices.DeleteFunc(manifests.Diagnostics, func(d diag.Diagnostic) bool { return d.Severity != diag.Error })))
	}
	f.specs, f.objects, f.made = specs, nil, map[string][]byte{}
	for _, file := range manifests.Files {
		some, ok := f.parsed[string(file.Data)]
		if !ok {
			if some, err = manifest.Parse(file.Path, file.Data); err != nil {
				t.Fatal(err)
			}
			f.parsed[string(file.Data)] = some
		}
		app := some[0].Namespace + some[0].Name[:btoi(some[0].Kind == "Namespace")*len(some[0].Name)]
		f.made[app] = append(f.made[app], file.Data...)
		f.objects = append(f.objects, some...)
	}
	f.spaces = spaces(t, f.objects)
	return f
}

// A move is what one call of a command does to an app.
type move func(release.Target) (release.Step, *diag.Diagnostic)

// take moves those apps that who picks, each by one step, and returns the fleet after it and the steps that were taken.
func (f fleet) take(t *testing.T, m move, who func(name string) bool) (after fleet, taken map[string]release.Step) {
	t.Helper()
	after = f
	after.files, taken = maps.Clone(f.files), map[string]release.Step{}
	for _, environment := range f.specs.Fleets {
		for _, a := range environment.Apps {
			i := slices.IndexFunc(f.specs.Project.Apps, func(s load.AppSpec) bool { return s.Name == a.Name })
			if !who(a.Name) {
				continue
			}
			step, refused := m(release.Target{Spec: f.specs.Project.Apps[i], App: a})
			if refused != nil {
				continue
			}
			changes, refused, err := edit.Apply(f.specs.Project.Apps[i], "", step.Sets, func(file string) ([]byte, error) {
				return f.files[filepath.Join(f.dir, file)], nil
			})
			if err != nil || refused != nil || len(changes) != 1 {
				t.Fatalf("%s: %v, %+v, %d files", a.Name, err, refused, len(changes))
			}
			after.files[filepath.Join(f.dir, changes[0].File)] = changes[0].After
			taken[a.Name] = step
		}
	}
	if len(taken) > 0 {
		after = after.render(t)
	}
	return after, taken
}

// TestStepsAreSafe walks every release that commits move from its begin to its end, and back from everywhere on the way. Half of the
// apps move at a time, so that the other half can be seen to stay as it is.
func TestStepsAreSafe(t *testing.T) {
	t.Parallel()
	all := declared()
	first := begin(t, all)
	at, steps, longest := first, map[string]int{}, 0
	for round := 0; ; round++ {
		moved := 0
		for half := range 2 {
			m := release.Target.Promote
			if round == 0 {
				m = beginRelease
			}
			after, taken := at.take(t, m, func(name string) bool { return slices.IndexFunc(all, named(name))%2 == half })
			safe(t, at, after, taken)
			for name := range taken {
				steps[name]++
			}
			at, moved = after, moved+len(taken)
		}
		if moved == 0 {
			break
		}
		longest++
		walkBack(t, first, at)
	}
	for _, c := range all {
		if want := 4; steps[c.name] < want {
			t.Errorf("%d steps, want %d at least\n%s", steps[c.name], want, c)
		}
	}
	for _, a := range slices.Concat(at.specs.Fleets[0].Apps, at.specs.Fleets[1].Apps) {
		if a.Other != nil || a.Image != imageTwo {
			t.Errorf("%s ends with %s, and beside it %+v", a.Name, a.Image, a.Other)
		}
	}
	if len(all) < 60 || longest < 7 {
		t.Errorf("%d releases, the longest of %d steps: the test has lost its subject", len(all), longest)
	}
}

func named(name string) func(combo) bool { return func(c combo) bool { return c.name == name } }

// beginRelease lets the second version run.
func beginRelease(target release.Target) (release.Step, *diag.Diagnostic) {
	if target.App.Rollout.Strategy == app.BlueGreen {
		return target.BeginIdle(imageTwo)
	}
	return target.BeginCanary(imageTwo)
}

// walkBack takes every release back, which leads to where it began, unless the new version is everywhere.
func walkBack(t *testing.T, first, at fleet) {
	t.Helper()
	everywhere := map[string]bool{}
	for _, a := range slices.Concat(at.specs.Fleets[0].Apps, at.specs.Fleets[1].Apps) {
		everywhere[a.Name] = a.Image == imageTwo && (a.Other == nil || a.Other.Image == imageTwo)
	}
	for {
		after, taken := at.take(t, release.Target.Rollback, func(string) bool { return true })
		safe(t, at, after, taken)
		for name := range taken {
			if everywhere[name] {
				t.Errorf("%s is taken back from everywhere by %v", name, taken[name].Sets)
			}
		}
		if at = after; len(taken) == 0 {
			break
		}
	}
	for name, text := range at.made {
		if !everywhere[name] && string(text) != string(first.made[name]) {
			t.Errorf("%s is not taken back: %s", name, cmp.Diff(string(first.made[name]), string(text)))
		}
	}
}

// safe holds a step against the rules of the product, and against what is said here.
func safe(t *testing.T, before, after fleet, taken map[string]release.Step) {
	t.Helper()
	for _, f := range transition.Check(before.objects, after.objects) {
		t.Errorf("%s %s: %s", f.Rule, f.Object, f.Problem)
	}
	for name, text := range after.made {
		step, moved := taken[name]
		if !moved && string(text) != string(before.made[name]) {
			t.Errorf("%s changes in the step of another app: %s", name, cmp.Diff(string(before.made[name]), string(text)))
		}
		if moved {
			for _, problem := range unsafeStep(name, before.spaces[name], after.spaces[name], step.Sets) {
				t.Errorf("%v: %s", step.Sets, problem)
			}
		}
	}
}

// unsafeStep is what a step of an app would break for its users.
func unsafeStep(name string, before, after *space, sets []edit.Set) (found []string) {
	l := (*lines)(&found)
	flips := slices.ContainsFunc(sets, func(s edit.Set) bool { return strings.HasSuffix(s.Path, ".active") })
	rolls := len(sets) == 1 && sets[0].Path == "image"
	serving := after.serving(name)
	for _, w := range after.owners {
		was := before.owner(w.Name)
		switch {
		case w.ends:
			continue
		case was.Kind != w.Kind: // or there was none
			l.must(!slices.Contains(serving, w), "%s has requests at once", w)
			continue
		}
		l.must(maps.Equal(was.selector, w.selector), "%s has another selector", w)
		l.must(reflect.DeepEqual(was.template, w.template) || rolls && w.Name == name, "the pods of %s change", w)
		had := slices.Contains(before.serving(name), was)
		if flips && slices.Contains(serving, w) {
			active := before.serving(name)[0]
			l.must(!had && was.least >= max(active.least, (active.most+1)/2), "%s gets everything with %d pods, and %s had %d to %d", w, was.least, active, active.least, active.most)
		}
		l.must(flips || !had || slices.Contains(serving, w) || w.Name == name+"-canary", "%s serves no more", w)
	}
	for _, w := range before.owners {
		gone := after.owner(w.Name).Kind != w.Kind
		l.must(w.ends || !gone || !slices.Contains(before.serving(name), w), "%s goes while it has requests", w)
	}
	l.must(len(serving) > 0 || len(after.kind("Service")) == 0, "nobody serves")
	return found
}

// serving returns the workloads that get requests which ask for nothing: by the weights of a route, or where none tells versions
// apart as the pods of the app's Service.
func (s *space) serving(app string) (all []*owner) {
	split := false
	for _, r := range s.rules() {
		for _, b := range r.backends {
			split = split || b.subset != "" || len(r.backends) > 1
			if !r.asked() && (!b.weighted || b.weight > 0) {
				all = append(all, s.reached(b)...)
			}
		}
	}
	if !split {
		all = s.behind(app)
	}
	return slices.DeleteFunc(all, func(w *owner) bool { return w.least == 0 })
}

// declared are the releases that commits move, before they begin, with every tier, scale and exposure that they can have.
func declared() (all []combo) {
	for _, r := range []state{
		{strategy: "blueGreen", active: "blue"}, {strategy: "blueGreen", active: "green"},
		{strategy: "canary", via: "istio", weight: -1}, {strategy: "canary", via: "istio", weight: -1, header: true, sticky: true},
		{strategy: "canary", via: "gateway", weight: -1}, {strategy: "canary", via: "gateway", weight: -1, header: true},
		{strategy: "canary", via: "replicas", weight: -1}, {strategy: "canary", via: "replicas", weight: -1, sticky: true},
	} {
		for i, tier := range tiers {
			for j, scale := range scales {
				for k, expose := range routers {
					c := combo{state: r, kind: "service", tier: tier, scale: scale, expose: expose, mesh: (i+j+k)%2 == 0, migrate: (j+k)%2 == 0}
					if r.via == "replicas" && k == 0 {
						c.kind = "worker"
					}
					c.name = fmt.Sprintf("s%d", len(all))
					if (r.header || r.sticky) && (i+j)%2 == 0 {
						continue // as without, but for a rule more
					}
					if len(c.contradictions()) == 0 && (k == 0 || (i+j+k)%3 == 0 || r.via == "gateway") {
						all = append(all, c)
					}
				}
			}
		}
	}
	callEachOther(all)
	return all
}
