package compile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// A UsageError is a request that cannot be met whatever the specs say.
type UsageError struct {
	Problem string
	Help    string
}

// Error returns the problem alone; the help is for the terminal.
func (e *UsageError) Error() string { return e.Problem }

// localEnvironment is the only one of the platform that serves where there is no platform file.
const localEnvironment = "local"

// localPlatform says which platform serves when there is no file of one.
var localPlatform = diag.Diagnostic{
	Severity: diag.Note, Rule: "local-platform",
	Problem: "there is no platform file: the built-in local platform serves, one cluster that can do everything",
	Help:    "state your clusters in platform.cue or platform.yaml",
}

// selectEnvironments returns the environments to resolve; nil: all.
func selectEnvironments(p *load.Project, opts Options) ([]string, error) {
	all := environmentNames(p)
	switch {
	case opts.Environment != "" && !slices.Contains(all, opts.Environment):
		e := &UsageError{Problem: fmt.Sprintf("there is no environment %q", opts.Environment), Help: "the platform has " + load.Prose(all, "and")}
		if near := load.Nearest(opts.Environment, all); near != "" {
			e.Help = fmt.Sprintf("did you mean %q? %s", near, e.Help)
		}
		if members := environmentsOfGroup(p, opts.Environment); len(members) > 0 {
			e.Help = fmt.Sprintf("%s is a group: name one of its environments, %s", opts.Environment, load.Prose(members, "or"))
		}
		return nil, e
	case opts.Environment != "":
		return []string{opts.Environment}, nil
	case opts.Single && len(all) > 1:
		return nil, &UsageError{
			Problem: "the platform has several environments: " + strings.Join(all, ", "),
			Help:    fmt.Sprintf("name one, such as -e %s, or write all of them with -o DIR", all[0]),
		}
	}
	return nil, nil
}

// environmentNames returns the names of all environments, in the order of the platform.
func environmentNames(p *load.Project) []string {
	if p.Platform == nil {
		return []string{localEnvironment}
	}
	var all []string
	if envs := p.Platform.Field("environments"); envs != nil {
		for _, env := range envs.Fields {
			all = append(all, env.Key)
		}
	}
	return all
}

// environmentsOfGroup returns the names of a group's environments.
func environmentsOfGroup(p *load.Project, group string) []string {
	return slices.DeleteFunc(environmentNames(p), func(name string) bool {
		n := p.Platform.At("environments", name, "group")
		return n == nil || n.Text != group
	})
}

// nothingSelected is the error of paths that ask for no app at all: most likely they are not what was meant.
func nothingSelected(p *load.Project, opts Options) error {
	if len(opts.Paths) == 0 || opts.Platform || slices.ContainsFunc(p.Apps, func(a load.AppSpec) bool { return a.Selected }) {
		return nil
	}
	return &UsageError{Problem: "there is no app in " + load.Prose(opts.Paths, "or")}
}

// apart refuses an output that is no directory, and one that holds specs: what is written there is not read, so the next run would not
// find them.
func apart(p *load.Project, opts Options) error {
	if opts.Output == "" {
		return nil
	}
	out, err := filepath.Abs(filepath.Join(opts.Dir, opts.Output))
	if filepath.IsAbs(opts.Output) {
		out, err = opts.Output, nil
	}
	if err != nil {
		return err
	}
	if info, err := os.Stat(out); err == nil && !info.IsDir() {
		return &UsageError{Problem: fmt.Sprintf("%q is a file, not a directory to write into", opts.Output), Help: "name a directory, such as -o manifests"}
	}
	for _, a := range p.Apps {
		if inside, err := filepath.Rel(out, a.Dir); err == nil && filepath.IsLocal(inside) {
			return &UsageError{
				Problem: fmt.Sprintf("the output directory %q holds the spec of %s", opts.Output, a.Name),
				Help:    "choose a directory of its own, such as -o manifests",
			}
		}
	}
	return nil
}

// selectFrom returns the part of the project that opts ask for.
func selectFrom(p *load.Project, opts Options) selection {
	s := selection{apps: make(map[string]bool, len(p.Apps)), whole: true, env: opts.Environment, shard: opts.Shard, beside: opts.WithTests}
	for _, a := range p.Apps {
		s.apps[a.Name] = a.Selected || opts.Whole
		s.whole = s.whole && s.apps[a.Name]
	}
	return s
}
