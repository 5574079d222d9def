// Package load turns the spec and platform files of a project into data with positions, and finds every mistake in them at once.
package load

import (
	"cmp"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/scantling/scantling/internal/diag"
)

// Options says what to load.
type Options struct {
	Paths []string // files and directories, relative to Dir; none: Dir itself
	Dir   string   // the directory that paths and positions are relative to; empty: the current one
	Jobs  int      // files evaluated at the same time; 0: as many as there are processors

	Overlay map[string][]byte // text by absolute path, read instead of what is on the disk
}

// Project is every spec below one directory.
type Project struct {
	Root         string      // absolute
	Platform     *Node       // nil: no platform file, so LocalPlatform serves
	PlatformFile string      // as positions name it; empty: none
	Extensions   *Extensions // the platform's; nil: none
	Apps         []AppSpec   // by name
}

// AppSpec is one app as its team wrote it.
type AppSpec struct {
	Name     string
	Node     *Node
	File     string // that it begins in, as positions name it
	Dir      string // of that file, absolute: what files named in the spec are relative to
	Selected bool   // one of Options.Paths asked for it
}

// Load reads the project that holds the paths. Mistakes in specs are diagnostics; the error is for what is not the spec's fault,
// such as a path that does not exist.
func Load(opts Options) (*Project, []diag.Diagnostic, error) {
	return load(opts, fullBudget())
}

func load(opts Options, b *budget) (*Project, []diag.Diagnostic, error) {
	d, err := discover(opts)
	if err != nil {
		return nil, nil, err
	}
	if len(d.units) == 0 {
		return &Project{Root: d.root}, []diag.Diagnostic{d.nothing()}, nil
	}
	results := evaluateAll(d, b, cmp.Or(opts.Jobs, runtime.GOMAXPROCS(0)))
	p, found := d.collect(results)
	if b.reached.Load() {
		p.Apps = nil // some were not read, and nothing follows from those that were
	}
	return p, diag.Sort(found), nil
}

// evaluateAll evaluates the units, each by one of a few workers.
func evaluateAll(d *discovery, b *budget, jobs int) []result {
	results := make([]result, len(d.units))
	workers := max(1, min(jobs, len(d.units)/20+1))
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			e := newEvaluator(d, b)
			for i := range next {
				results[i] = e.unit(d.units[i])
			}
		})
	}
	for i := range d.units {
		next <- i
	}
	close(next)
	wg.Wait()
	return results
}

// result is what one directory's spec files hold.
type result struct {
	apps       []AppSpec
	platform   *Node
	file       string // the platform's
	extensions *Extensions
	found      []diag.Diagnostic
}

// collect makes one project of the results.
func (d *discovery) collect(results []result) (*Project, []diag.Diagnostic) {
	p := &Project{Root: d.root}
	var found []diag.Diagnostic
	for _, r := range results {
		found = append(found, r.found...)
		p.Apps = append(p.Apps, r.apps...)
		switch {
		case r.platform == nil:
		case p.Platform != nil:
			found = append(found, secondPlatform(r.platform, p.Platform))
		default:
			p.Platform, p.PlatformFile, p.Extensions = r.platform, r.file, r.extensions
		}
	}
	slices.SortStableFunc(p.Apps, func(a, b AppSpec) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), a.Node.KeyPos.Compare(b.Node.KeyPos))
	})
	p.Apps = slices.CompactFunc(p.Apps, func(b, a AppSpec) bool { // a comes first
		if a.Name != b.Name {
			return false
		}
		found = append(found, diag.Diagnostic{Rule: "app-names-unique", Pos: b.Node.KeyPos, Path: "apps." + b.Name,
			Problem: fmt.Sprintf("app %q is already in %s", b.Name, a.Node.KeyPos), Help: "rename one of them, or write both as one app"})
		return true
	})
	if len(p.Apps) == 0 && !diag.HasErrors(found) {
		found = append(found, d.nothing())
	}
	return p, foldTemplates(found)
}

// secondPlatform says that a project has one platform.
func secondPlatform(second, first *Node) diag.Diagnostic {
	return diag.Diagnostic{Rule: "one-platform", Pos: second.KeyPos, Path: "platform",
		Problem: fmt.Sprintf("the platform is already in %s", first.KeyPos), Help: "remove one of the two files"}
}

// nothing says that there is no app.
func (d *discovery) nothing() diag.Diagnostic {
	return diag.Diagnostic{Rule: "no-apps", Pos: diag.Pos{File: d.display(d.root)},
		Problem: "there is no app here", Want: "app.cue, app.yaml or app.json in this directory or below it",
		Help: "scantling init --blueprint web writes one"}
}

// foldTemplates reports a mistake in a template once, however many apps it hits.
func foldTemplates(found []diag.Diagnostic) []diag.Diagnostic {
	type key struct {
		pos     diag.Pos
		problem string
	}
	first := map[key]int{}
	more := map[int]int{}
	var out []diag.Diagnostic
	for _, d := range found {
		k := key{d.Pos, d.Problem}
		if i, ok := first[k]; ok && d.Pos.Line > 0 {
			if out[i].Path != d.Path {
				more[i]++
			}
			continue
		}
		first[k] = len(out)
		out = append(out, d)
	}
	for i, n := range more {
		out[i].Problem += fmt.Sprintf(" (and in %d more places)", n)
		if n == 1 {
			out[i].Problem = out[i].Problem[:len(out[i].Problem)-len("places)")] + "place)"
		}
	}
	return out
}

// display is an absolute path as the user would name it.
func (d *discovery) display(path string) string {
	rel, err := filepath.Rel(d.dir, path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}
