package verdict

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// Input says what is read.
type Input struct {
	Paths        []string // files, directories, and - for Stdin
	Dir          string   // what relative paths start from; empty: the current directory
	Stdin        io.Reader
	Environment  string   // of a directory that holds several, the one that is meant; empty: all
	Environments []string // that the platform has
}

// Manifests are what was read: one set an environment.
type Manifests struct {
	Sets     []Objects
	Problems []diag.Diagnostic // files that should be manifests and cannot be read
	Charts   []string          // templates, which nobody can read before they are rendered
	Others   []string          // files below directories that hold something else, such as values
}

// Objects are those of one cluster.
type Objects struct {
	Environment string // by the directory that they are in; empty: they do not say
	*inventory.Set
}

// Read reads manifests of anybody.
func Read(in Input) (Manifests, error) {
	f := finder{dir: in.Dir, environments: in.Environments}
	for _, name := range in.Paths {
		if err := f.add(name); err != nil {
			return Manifests{}, err
		}
	}
	if slices.ContainsFunc(f.files, func(f file) bool { return f.environment == in.Environment }) && in.Environment != "" {
		f.files = slices.DeleteFunc(f.files, func(f file) bool { return f.environment != "" && f.environment != in.Environment })
	}
	var m Manifests
	sets := map[string]*inventory.Set{}
	for r := range each(f.files, in.Stdin) {
		if r.err != nil {
			return Manifests{}, r.err
		}
		m.leave(r)
		if len(r.objects) == 0 {
			continue
		}
		if sets[r.environment] == nil {
			sets[r.environment] = inventory.Begin()
			m.Sets = append(m.Sets, Objects{r.environment, sets[r.environment]})
		}
		sets[r.environment].Add(r.objects)
	}
	for _, s := range m.Sets {
		s.Finish()
	}
	slices.SortStableFunc(m.Sets, func(a, b Objects) int { return cmp.Compare(a.Environment, b.Environment) })
	return m, nil
}

// content is what was read of a file.
type content struct {
	file
	objects  []manifest.Object
	err      error // of reading
	syntax   error
	template bool // text that Helm makes manifests of
}

// each reads files, a few ahead of who takes them, and yields them in their order.
func each(files []file, stdin io.Reader) func(yield func(content) bool) {
	return func(yield func(content) bool) {
		ahead := make(chan chan content, 2*runtime.GOMAXPROCS(0))
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			defer close(ahead)
			for _, f := range files {
				one := make(chan content, 1)
				select {
				case ahead <- one:
				case <-stop:
					return
				}
				go func() { one <- f.read(stdin) }()
			}
		}()
		for one := range ahead {
			if !yield(<-one) {
				return
			}
		}
	}
}

func (f file) read(stdin io.Reader) content {
	c := content{file: f}
	var data []byte
	if f.name == "-" {
		data, c.err = io.ReadAll(stdin)
	} else {
		data, c.err = os.ReadFile(f.path)
	}
	if c.err == nil {
		c.objects, c.syntax = manifest.Parse(f.name, data)
		c.template = bytes.Contains(data, []byte("{{")) && (c.syntax != nil ||
			slices.ContainsFunc(c.objects, func(o manifest.Object) bool { return strings.Contains(o.Name+o.Namespace, "{{") }))
	}
	if c.template {
		c.objects = nil
	}
	return c
}

// leave notes what of a file is not taken in.
func (m *Manifests) leave(c content) {
	switch {
	case c.template:
		m.Charts = append(m.Charts, c.name)
	case c.syntax == nil:
	case !c.named && isOther(c.syntax):
		m.Others = append(m.Others, c.name)
	default:
		for _, err := range flat(c.syntax) {
			d := diag.Diagnostic{Rule: "manifest-is-readable", Pos: diag.Pos{File: c.name}, Problem: err.Error()}
			if s, ok := errors.AsType[*manifest.SyntaxError](err); ok {
				d.Pos.Line, d.Problem = s.Line, s.Problem
			}
			m.Problems = append(m.Problems, d)
		}
	}
}

// isOther reports whether a file is well-formed, and of nobody who applies it.
func isOther(err error) bool {
	return !slices.ContainsFunc(flat(err), func(err error) bool {
		s, ok := errors.AsType[*manifest.SyntaxError](err)
		return !ok || !strings.HasPrefix(s.Problem, "this is not a Kubernetes object")
	})
}

func flat(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// ChartOf returns the directory of the chart that a template is of.
func ChartOf(template string) string {
	dir := filepath.Dir(template)
	for d := dir; ; d = filepath.Dir(d) {
		if filepath.Base(d) == "templates" {
			return filepath.Dir(d)
		}
		if d == filepath.Dir(d) {
			return dir
		}
	}
}
