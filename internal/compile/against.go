package compile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/transition"
)

// Against is Check, and then a look at the step: what the project renders to now is compared with the manifests in a directory,
// one environment at a time, and what the step itself would break is found. Nothing is written.
func Against(opts Options, dir string) (Specs, error) {
	specs, err := Check(opts)
	if err != nil || specs.Failed {
		return specs, err
	}
	opts.Progress = nil // each environment is rendered by itself
	was, err := openBaseline(specs, opts, dir)
	if err != nil {
		return Specs{}, err
	}
	var found []diag.Diagnostic
	for _, fleet := range specs.Fleets {
		here, err := was.compare(fleet)
		if err != nil {
			return Specs{}, err
		}
		found = append(found, diag.Sort(here)...)
	}
	if err := was.empty(); err != nil {
		return Specs{}, err
	}
	specs.Diagnostics = append(specs.Diagnostics, everywhere(found, len(specs.Fleets))...)
	specs.judge(opts)
	return specs, nil
}

// Pending is what of an app the manifests in a directory lack yet, in any environment of specs, which have no errors: the first
// change in the order of objects; nil: the directory is what the specs render to.
func Pending(specs Specs, opts Options, dir, name string) (*transition.Change, error) {
	opts.Progress = nil
	was, err := openBaseline(specs, opts, dir)
	if err != nil {
		return nil, err
	}
	var first *transition.Change
	for _, fleet := range specs.Fleets {
		before, after, err := was.both(fleet)
		if err != nil {
			return nil, err
		}
		changes := transition.Changes(before, after)
		if i := slices.IndexFunc(changes, func(c transition.Change) bool { return c.App == name }); i >= 0 && first == nil {
			first = &changes[i]
		}
	}
	return first, was.empty()
}

// everywhere takes the environment off what was found in all of them.
func everywhere(found []diag.Diagnostic, environments int) []diag.Diagnostic {
	seen := map[diag.Diagnostic]int{}
	same := func(d diag.Diagnostic) diag.Diagnostic { d.Env = ""; return d }
	for _, d := range found {
		seen[same(d)]++
	}
	for i, d := range found {
		if seen[same(d)] == environments {
			found[i].Env = ""
		}
	}
	return found
}

// baseline is a directory with the manifests that a project is compared with.
type baseline struct {
	opts  Options
	specs Specs
	dir   string    // as the user named it
	tree  bool      // the directory has one for each environment, as Generate lays files out; else all is of one environment
	asked selection // the part of the project to compare
	any   bool      // an object was read, or one that cannot be read was reported
}

func openBaseline(specs Specs, opts Options, dir string) (*baseline, error) {
	b := &baseline{opts: opts, specs: specs, dir: dir, asked: selectFrom(specs.Project, opts)}
	if info, err := os.Stat(b.path()); err != nil || !info.IsDir() {
		return nil, &UsageError{
			Problem: fmt.Sprintf("%q is not a directory that can be read", dir),
			Help:    "name one with manifests of before, such as scantling generate -o wrote it",
		}
	}
	all := environmentNames(specs.Project)
	b.tree = slices.ContainsFunc(all, func(env string) bool {
		info, err := os.Stat(b.path(env))
		return err == nil && info.IsDir()
	})
	if !b.tree && len(specs.Fleets) > 1 {
		return nil, &UsageError{
			Problem: fmt.Sprintf("%q has no directory for an environment, and the platform has several: %s", dir, load.Prose(all, "and")),
			Help:    "say which one its manifests are of, such as -e " + all[0],
		}
	}
	return b, nil
}

// path returns a place in the directory as the operating system finds it.
func (b *baseline) path(steps ...string) string {
	path := filepath.Join(append([]string{b.dir}, steps...)...)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(b.opts.Dir, path)
}

// where names the places that were looked at.
func (b *baseline) where(fleets []*app.Fleet) string {
	if !b.tree {
		return b.dir
	}
	var places []string
	for _, f := range fleets {
		places = append(places, filepath.Join(b.dir, f.Env.Name))
	}
	return load.Prose(places, "or")
}

// empty is the error of a directory in which nothing was found.
func (b *baseline) empty() error {
	if b.any {
		return nil
	}
	return &UsageError{
		Problem: "there are no manifests in " + b.where(b.specs.Fleets),
		Help:    "write those that are deployed now, such as with scantling generate -o " + b.dir + " at their commit",
	}
}

// both returns the objects of one environment, before and after.
func (b *baseline) both(fleet *app.Fleet) (before, after []manifest.Object, err error) {
	root := b.path()
	if b.tree {
		root = b.path(fleet.Env.Name)
	}
	before, err = manifest.ReadTree(root)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	b.any = b.any || len(before) > 0
	before = slices.DeleteFunc(before, func(o manifest.Object) bool { return !b.holds(o) })
	after, err = objects(fleet, b.asked, b.opts)
	return before, after, err
}

// compare judges the step of one environment. One that has no manifests yet has nothing to break.
func (b *baseline) compare(fleet *app.Fleet) ([]diag.Diagnostic, error) {
	before, after, err := b.both(fleet)
	if err != nil {
		return b.unreadable(err, fleet)
	}
	var found []diag.Diagnostic
	for _, f := range transition.Check(before, after) {
		found = append(found, diagnose(b.specs, f, fleet.Env))
	}
	return found, nil
}

// holds reports whether an object of before belongs to the part of the project that is compared.
func (b *baseline) holds(o manifest.Object) bool {
	if b.tree {
		file, err := filepath.Rel(b.path(), o.File)
		return err == nil && b.asked.owns(filepath.ToSlash(file))
	}
	name := o.Label("app.kubernetes.io/instance")
	return (b.asked.whole || b.asked.apps[name]) && b.asked.shard.holds(o.Namespace, name)
}

// unreadable turns the errors of a file that is no manifest into diagnostics.
func (b *baseline) unreadable(err error, fleet *app.Fleet) (found []diag.Diagnostic, _ error) {
	for _, one := range flatten(err) {
		bad, ok := errors.AsType[*manifest.SyntaxError](one)
		if !ok {
			return nil, err
		}
		file := bad.File
		if name, err := filepath.Rel(b.opts.Dir, file); err == nil && !filepath.IsAbs(b.dir) {
			file = name
		}
		b.any = true
		found = append(found, diag.Diagnostic{
			Rule: "manifest-is-readable", Pos: diag.Pos{File: file, Line: bad.Line}, Env: fleet.Env.Name,
			Problem: bad.Problem, Want: "Kubernetes manifests, in YAML or JSON",
		})
	}
	return found, nil
}

// flatten returns the single errors that were joined.
func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, flatten(one)...)
	}
	return all
}

// diagnose puts a finding where the spec leads to it: at the app's ports or its rollout, else at its name.
func diagnose(specs Specs, f transition.Finding, env *app.Environment) diag.Diagnostic {
	d := diag.Diagnostic{Severity: f.Severity, Rule: f.Rule, Problem: f.Problem, Want: f.Want, Help: f.Help, Env: env.Name}
	i := slices.IndexFunc(specs.Project.Apps, func(a load.AppSpec) bool { return a.Name == f.App })
	if i < 0 { // of an app that is gone: no line says so
		d.Problem = f.Object + ": " + f.Problem
		return d
	}
	node := specs.Project.Apps[i].Node
	d.Pos, d.Path = node.KeyPos, "apps."+f.App
	names := []string{"rollout"}
	if f.Path == "spec.ports" {
		names = []string{"port", "ports"}
	}
	for _, name := range names {
		for _, field := range []*load.Node{node.Field(name), node.At("environments", env.Group, name), node.At("environments", env.Name, name)} {
			if field != nil {
				d.Pos, d.Path = field.KeyPos, "apps."+f.App+"."+name
			}
		}
	}
	return d
}
