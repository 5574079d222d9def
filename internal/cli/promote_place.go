package cli

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/release"
)

// decide asks for the step in every environment that has the app. Without -e they must take the same one.
func (e *editing) decide(next stepper) (first release.Step, refused *diag.Diagnostic) {
	fleets := e.fleets()
	if len(fleets) == 0 {
		return first, &diag.Diagnostic{Rule: "release-needs-environment", Pos: e.spec.Node.KeyPos, Path: "apps." + e.name, Problem: "the app is in no environment"}
	}
	if e.opts.Environment == "" && len(fleets) > 1 {
		for _, f := range fleets {
			if n := e.override(f); n != nil {
				return first, e.apart(n.KeyPos, fmt.Sprintf("environment %q has its own %s", f.Env.Name, n.Key), cmp.Or(e.movable(next), f.Env.Name))
			}
		}
	}
	for i, f := range fleets {
		step, refused := next(e.target(f, e.opts.Environment))
		if refused != nil {
			if len(e.before.Fleets) > 1 {
				refused.Env = f.Env.Name
				if other := e.movable(next); other != "" {
					refused.Help = whoseRelease + other
				}
			}
			return first, refused
		}
		if i == 0 {
			first = step
		} else if !slices.Equal(step.Sets, first.Sets) {
			return first, e.apart(e.spec.Node.KeyPos, fmt.Sprintf("environments %q and %q are not at the same step", fleets[0].Env.Name, f.Env.Name), f.Env.Name)
		}
	}
	return first, nil
}

// target is the app as it is in one environment; env: that whose override is edited.
func (e *editing) target(f *app.Fleet, env string) release.Target {
	at := slices.IndexFunc(f.Apps, func(a app.App) bool { return a.Name == e.name })
	return release.Target{Spec: e.spec, App: f.Apps[at], Environment: env}
}

// whoseRelease is the help for a step that not all environments can take, before the name of one that can.
const whoseRelease = "name the environment whose release moves, such as -e "

// apart refuses a step for environments that are released apart; one of them serves as the example.
func (e *editing) apart(pos diag.Pos, problem, example string) *diag.Diagnostic {
	return &diag.Diagnostic{Rule: "release-needs-environment", Pos: pos, Path: "apps." + e.name, Problem: problem, Help: whoseRelease + example}
}

// movable returns the first environment that can take the step by itself; empty: none can.
func (e *editing) movable(next stepper) string {
	for _, f := range e.fleets() {
		if _, refused := next(e.target(f, f.Env.Name)); refused == nil {
			return f.Env.Name
		}
	}
	return ""
}

// fleets are the environments that have the app.
func (e *editing) fleets() []*app.Fleet {
	return slices.DeleteFunc(slices.Clone(e.before.Fleets), func(f *app.Fleet) bool {
		return !slices.ContainsFunc(f.Apps, func(a app.App) bool { return a.Name == e.name })
	})
}

// override returns the first field by which an environment, or its group, is released apart from others; nil: none.
func (e *editing) override(f *app.Fleet) *load.Node {
	for _, name := range []string{f.Env.Name, f.Env.Group} {
		for _, field := range []string{"image", "rollout"} {
			if n := e.spec.Node.At("environments", name, field); n != nil {
				return n
			}
		}
	}
	return nil
}

// placed returns the sets where the app's only environment reads the fields from: its override, its group's, or the app itself.
// With -e the override is the place in any case.
func (e *editing) placed(sets []edit.Set) []edit.Set {
	fleets := e.fleets()
	if e.opts.Environment != "" || len(fleets) != 1 {
		return sets
	}
	placed := slices.Clone(sets)
	for i, s := range placed {
		for _, name := range []string{fleets[0].Env.Name, fleets[0].Env.Group} {
			if e.spec.Node.At(append([]string{"environments", name}, s.Keys()...)...) != nil {
				placed[i].Path = "environments." + name + "." + s.Path
				break
			}
		}
	}
	return placed
}

// shadowed refuses an edit that has no effect, because something else decides the field in an environment.
func (e *editing) shadowed(sets []edit.Set) *diag.Diagnostic {
	i := slices.IndexFunc(e.after.Project.Apps, func(a load.AppSpec) bool { return a.Name == e.name })
	for _, f := range e.fleets() {
		merged := load.Merge(e.after.Project.Apps[i].Node, f.Env.Group, f.Env.Name)
		for _, s := range sets {
			n := merged.At(s.Keys()...)
			if s.Holds(n) {
				continue
			}
			pos := e.spec.Node.KeyPos
			if n != nil {
				pos = n.KeyPos
			}
			return &diag.Diagnostic{Rule: "release-needs-environment", Pos: pos, Path: "apps." + e.name + "." + s.Path, Env: f.Env.Name,
				Problem: "the step would have no effect: this decides the field", Help: "edit it by hand, or name the environment with -e"}
		}
	}
	return nil
}
