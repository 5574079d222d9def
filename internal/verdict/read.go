package verdict

import (
	"bytes"
	"cmp"
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
	Environment  string   // of directories that hold several, the one that is meant; empty: all
	Environments []string // that the platform has
}

// Manifests are what was read.
type Manifests struct {
	Sets     []Objects         // by environment
	Problems []diag.Diagnostic // of what should be manifests, and is not
	Left     Left
}

// Objects are those of one cluster.
type Objects struct {
	Environment string // by the directory that they are in; empty: that does not say
	*inventory.Set
}

// Empty reports whether there is nothing to verify: beside the templates of a chart lie at most the kinds that it defines.
func (m Manifests) Empty() bool {
	for _, s := range m.Sets {
		if s.Size() > len(s.Objects) {
			return false
		}
		for _, o := range s.Objects {
			if len(m.Left.templates) == 0 || o.Kind != "CustomResourceDefinition" {
				return false
			}
		}
	}
	return len(m.Problems) == 0
}

// Read reads manifests of anybody. Each environment is a cluster of its own; what is in none joins the only one there is.
func Read(in Input) (Manifests, error) {
	f := finder{dir: in.Dir, environments: in.Environments, seen: map[string]bool{}, parts: map[string]bool{}}
	for _, name := range in.Paths {
		if err := f.add(name); err != nil {
			return Manifests{}, err
		}
	}
	f.whole()
	if err := f.choose(in.Environment); err != nil {
		return Manifests{}, err
	}
	m := Manifests{Left: f.left}
	sets := map[string]*inventory.Set{}
	for c := range each(f.files, in.Stdin) {
		if c.err != nil {
			return Manifests{}, c.err
		}
		m.leave(c)
		if len(c.objects) == 0 {
			continue
		}
		if sets[c.environment] == nil {
			sets[c.environment] = inventory.Begin()
			m.Sets = append(m.Sets, Objects{c.environment, sets[c.environment]})
		}
		sets[c.environment].Add(c.objects)
	}
	for _, s := range m.Sets {
		s.Finish()
	}
	slices.SortFunc(m.Sets, func(a, b Objects) int { return cmp.Compare(a.Environment, b.Environment) })
	return m, nil
}

// content is what was read of a file.
type content struct {
	file
	objects  []manifest.Object
	problems []*manifest.SyntaxError
	template bool  // text that Helm makes manifests of
	err      error // of reading the file
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
	if f.name == stdinName {
		data, c.err = io.ReadAll(stdin)
	} else {
		data, c.err = os.ReadFile(f.path)
	}
	if c.err != nil {
		return c
	}
	c.objects, c.problems = manifest.Salvage(cmp.Or(f.shown, f.name), data)
	c.ruleFiles()
	if len(c.objects) == 0 && !bytes.Contains(data, []byte("apiVersion")) { // data of a program, which it reads in its own way
		for _, p := range c.problems {
			p.Other = true
		}
	}
	if c.template = f.name != stdinName && bytes.Contains(data, action) && c.isTemplate(); c.template {
		c.objects, c.problems = nil, nil
	}
	return c
}

// ruleFiles takes in what is not for the API server, but for Prometheus. It is called after its file.
func (c *content) ruleFiles() {
	c.problems = slices.DeleteFunc(c.problems, func(p *manifest.SyntaxError) bool {
		name := strings.TrimSuffix(filepath.Base(p.File), filepath.Ext(p.File))
		o, ok := inventory.RuleFile(p.Fields, name, p.File, p.Line)
		if ok {
			c.objects = append(c.objects, o)
		}
		return ok
	})
}

// action is how what Helm fills in begins.
var action = []byte("{{")

// isTemplate reports whether a file that mentions an action is a template: it is no YAML, or its objects have no names yet.
func (c content) isTemplate() bool {
	return slices.ContainsFunc(c.problems, func(p *manifest.SyntaxError) bool { return !p.Other }) ||
		slices.ContainsFunc(c.objects, func(o manifest.Object) bool { return strings.Contains(o.Name+o.Namespace, string(action)) })
}

// leave notes what of a file is not taken in.
func (m *Manifests) leave(c content) {
	isOther := !slices.ContainsFunc(c.problems, func(p *manifest.SyntaxError) bool { return !p.Other })
	switch {
	case c.template:
		m.Left.templates = append(m.Left.templates, c.file)
	case !c.named && len(c.objects) == 0 && len(c.problems) > 0 && isOther:
		m.Left.others++
	default:
		for _, p := range c.problems {
			m.Problems = append(m.Problems, diag.Diagnostic{
				Rule: "manifest-is-readable", Pos: diag.Pos{File: p.File, Line: p.Line}, Problem: p.Problem, Env: c.environment,
			})
		}
	}
}
