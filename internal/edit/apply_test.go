package edit

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scantling/scantling/internal/load"
)

// project is a project in memory over one on the disk.
type project struct {
	dir   string
	texts map[string][]byte // by absolute path

	loaded []load.AppSpec // nil: not yet, or stale
}

func (p *project) path(file string) string { return filepath.Join(p.dir, filepath.FromSlash(file)) }

func (p *project) read(file string) ([]byte, error) {
	if text, ok := p.texts[p.path(file)]; ok {
		return text, nil
	}
	return os.ReadFile(p.path(file))
}

func (p *project) apps(t *testing.T) []load.AppSpec {
	t.Helper()
	if p.loaded != nil {
		return p.loaded
	}
	loaded, found, err := load.Load(load.Options{Dir: p.dir, Overlay: p.texts})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		switch d.Rule {
		case "syntax-error", "not-evaluable", "conflicting-values", "duplicate-field":
			t.Fatalf("%s: %s: %s", d.Pos, d.Path, d.Problem)
		}
	}
	p.loaded = loaded.Apps
	return loaded.Apps
}

func (p *project) app(t *testing.T, name string) load.AppSpec {
	t.Helper()
	apps := p.apps(t)
	i := slices.IndexFunc(apps, func(a load.AppSpec) bool { return a.Name == name })
	if i < 0 {
		t.Fatalf("app %s is gone", name)
	}
	return apps[i]
}

// apply edits and wants the tree that the sets describe, and nothing else changed.
func (p *project) apply(t *testing.T, name, env string, sets ...Set) (refused string) {
	t.Helper()
	before := p.apps(t)
	a := p.app(t, name)
	changes, d, err := Apply(a, env, sets, p.read)
	if err != nil {
		t.Fatal(err)
	}
	if d != nil {
		if len(changes) > 0 {
			t.Error("refused, and changed")
		}
		return d.Pos.String() + ": " + d.Path + ": " + d.Problem
	}
	old := map[string][]byte{}
	for _, c := range changes {
		old[p.path(c.File)] = c.Before
		p.texts[p.path(c.File)] = c.After
	}
	p.loaded = nil
	after := p.apps(t)
	if d := Check(before, after, name, env, sets); d != nil {
		for path, text := range old {
			p.texts[path] = text
		}
		p.loaded = nil
		return d.Pos.String() + ": " + d.Path + ": " + d.Problem
	}
	want := a.Node
	for _, s := range sets {
		keys := s.Keys()
		if env != "" {
			keys = append([]string{"environments", env}, keys...)
		}
		want = with(want, keys, s)
	}
	if diff := cmp.Diff(plainTree(want), plainTree(p.app(t, name).Node)); diff != "" {
		t.Fatalf("%v %s: the spec is not what it should be:\n%s\n%s", sets, env, diff, p.show(changes))
	}
	return ""
}

func (p *project) show(changes []Change) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "-- %s --\n%s\n-- becomes --\n%s\n", c.File, c.Before, c.After)
	}
	return b.String()
}

// text is all that the project holds in memory.
func (p *project) text(t *testing.T, a load.AppSpec) string {
	var b strings.Builder
	for _, file := range files(a) {
		text, err := p.read(file)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

// plainTree is a node without places and order.
func plainTree(n *load.Node) any {
	switch n.Kind {
	case load.Struct:
		m := map[string]any{}
		for _, f := range n.Fields {
			m[f.Key] = plainTree(f)
		}
		return m
	case load.List:
		var l []any
		for _, e := range n.Elems {
			l = append(l, plainTree(e))
		}
		return l
	}
	return fmt.Sprint(n.Kind, n.Text)
}

const newRef = "registry.acme.io/new:2"

// edits are what releases do to a spec, and a few things more.
var edits = [][]Set{
	{String("image", newRef)},
	{String("rollout.canary.image", newRef)},
	{String("rollout.canary.image", newRef), Int("rollout.canary.weight", 10)},
	{Int("rollout.canary.weight", 0)},
	{String("rollout.blueGreen.active", "green"), String("image", newRef), String("rollout.blueGreen.idle.image", newRef), String("rollout.blueGreen.idle.phase", "previous")},
	{String("rollout.blueGreen.idle.image", newRef), String("rollout.blueGreen.idle.phase", "preview")},
	{Remove("rollout.blueGreen.idle")},
	{Remove("rollout.canary.weight")},
	{Remove("rollout.canary.image"), Remove("rollout.canary.weight")},
	{String("image", newRef), Remove("rollout.canary.image"), Remove("rollout.canary.weight")},
}

// fits reports whether an app can be edited so: a rollout is of one kind.
func fits(a load.AppSpec, env string, sets []Set) bool {
	for _, s := range sets {
		for kind, other := range map[string]string{"canary": "blueGreen", "blueGreen": "canary"} {
			for _, top := range []*load.Node{a.Node, a.Node.At("environments", "prod"), a.Node.At("environments", "prod-eu")} {
				if strings.HasPrefix(s.Path, "rollout."+kind) && (top.At("rollout", other) != nil || top.At("rollout", "rolling") != nil) {
					return false
				}
			}
		}
	}
	return true
}

// removesAll reports whether an edit removes all that a release adds.
func removesAll(sets []Set) bool {
	return slices.Contains(sets, Remove("rollout.blueGreen.idle")) || slices.Contains(sets, Remove("rollout.canary.image")) && slices.Contains(sets, Remove("rollout.canary.weight"))
}

// undo returns what takes an edit back: the old values, and removal of what was not there. It is for the app as a whole.
func undo(a load.AppSpec, env string, sets []Set) []Set {
	var back []Set
	for _, s := range sets {
		if env != "" {
			s.Path = "environments." + env + "." + s.Path
		}
		keys := s.Keys()
		if n := a.Node.At(keys...); n != nil {
			back = append(back, Set{s.Path, n.Kind, n.Text})
			continue
		}
		for i := range keys { // the outermost struct that was not there
			if a.Node.At(keys[:i+1]...) == nil {
				if r := Remove(strings.Join(keys[:i+1], ".")); !slices.Contains(back, r) {
					back = append(back, r)
				}
				break
			}
		}
	}
	return back
}

// TestApplyAndUndo edits every layout in every way. What is not removed comes back byte by byte.
func TestApplyAndUndo(t *testing.T) {
	for _, l := range layouts() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			for _, env := range []string{"", "prod", "prod-eu"} {
				for _, sets := range edits {
					p := newProject(t, l)
					a := p.app(t, "web")
					if !fits(a, env, sets) {
						continue
					}
					before := p.text(t, a)
					if refused := p.apply(t, "web", env, sets...); refused != "" {
						if !strings.Contains(refused, "an override cannot remove it") || env == "" {
							t.Errorf("%s %v: refused: %s", env, sets, refused)
						}
						continue
					}
					after := p.text(t, p.app(t, "web"))
					for _, line := range strings.Split(before, "\n") {
						if i := strings.Index(line, "keep"); i >= 0 && !strings.Contains(after, strings.TrimRight(line[i:], "\r")) {
							t.Errorf("%s %v: the comment %q is gone:\n%s", env, sets, line[i:], after)
						}
					}
					if env == "" && removesAll(sets) && strings.Contains(after, "its own") {
						t.Errorf("%v: a comment of what went stayed:\n%s", sets, after)
					}
					if slices.ContainsFunc(sets, Set.removes) || len(sets) > 1 && strings.HasPrefix(l.name, "cue template") {
						continue // where a template has the struct as well, {} stays of it
					}
					if refused := p.apply(t, "web", "", undo(a, env, sets)...); refused != "" {
						t.Errorf("%s %v: undo refused: %s\n%s", env, sets, refused, after)
						continue
					}
					if diff := cmp.Diff(before, p.text(t, p.app(t, "web"))); diff != "" {
						t.Errorf("%s %v and back: %s\nbetween:\n%s", env, sets, diff, after)
					}
				}
			}
		})
	}
}

// TestApplyAtRandom edits a layout many times in a row.
func TestApplyAtRandom(t *testing.T) {
	for _, l := range layouts() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			p := newProject(t, l)
			for range 40 {
				sets := edits[r.IntN(len(edits))]
				env := []string{"", "prod", "prod-eu"}[r.IntN(3)]
				if !fits(p.app(t, "web"), env, sets) {
					continue
				}
				refused := p.apply(t, "web", env, sets...)
				if refused != "" && !strings.Contains(refused, "an override cannot remove it") {
					t.Fatalf("%s %v: refused: %s\n%s", env, sets, refused, p.text(t, p.app(t, "web")))
				}
			}
		})
	}
}

// TestApplyToProjects edits the apps of every golden and blueprint, each in a third of the ways.
func TestApplyToProjects(t *testing.T) {
	for _, dir := range projects(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			p := &project{dir: dir}
			original := p.apps(t)
			edited, refusals := 0, 0
			for i, a := range original {
				for j, sets := range edits {
					env := []string{"", "some-env"}[j%2]
					if (i+j)%3 > 0 || !fits(a, env, sets) {
						continue
					}
					p.texts, p.loaded = map[string][]byte{}, original
					before := p.text(t, a)
					edited++
					if refused := p.apply(t, a.Name, env, sets...); refused != "" {
						refusals++
						continue
					}
					if slices.ContainsFunc(sets, Set.removes) {
						continue
					}
					if refused := p.apply(t, a.Name, "", undo(a, env, sets)...); refused != "" {
						t.Errorf("%s: %v: undo refused: %s", a.Name, sets, refused)
					} else if diff := cmp.Diff(before, p.text(t, a)); diff != "" {
						t.Errorf("%s: %v and back: %s", a.Name, sets, diff)
					}
				}
			}
			if refusals*2 > edited {
				t.Errorf("%d edits, %d refused", edited, refusals)
			}
		})
	}
}

// projects are the directories of all goldens and blueprints.
func projects(t *testing.T) []string {
	cases, _ := filepath.Glob("../../testdata/golden/*.txtar")
	prints, _ := filepath.Glob("../../blueprints/*/app.*")
	if len(cases) == 0 || len(prints) == 0 {
		t.Fatal("no goldens or no blueprints")
	}
	var dirs []string
	for _, app := range prints {
		dir, err := filepath.Abs(filepath.Dir(app))
		if err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	for _, file := range cases {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(file), ".txtar"))
		for _, f := range archive.Files {
			if strings.HasPrefix(f.Name, "want") {
				continue
			}
			path := filepath.Join(dir, filepath.FromSlash(f.Name))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f.Data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		dirs = append(dirs, dir)
	}
	return dirs
}
