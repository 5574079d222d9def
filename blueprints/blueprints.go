// Package blueprints holds whole projects that a user starts from; they are documentation, tests and benchmarks at once.
package blueprints

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

// FS holds each blueprint as a directory named like it. Its rendered manifests (want/) stay out: they are for tests and readers.
//
//go:embed */README.md */*.cue */*.yaml
var FS embed.FS

// A Blueprint is one project to start from.
type Blueprint struct {
	Name    string
	Summary string // one sentence, without its full stop
}

// names is in the order of a reader who meets the tool: the smallest first.
var names = []string{"web", "api", "worker", "cron", "stateful", "postgres-drill", "canary", "blue-green", "online-boutique"}

// All returns the blueprints, the smallest first.
func All() []Blueprint {
	all := make([]Blueprint, len(names))
	for i, name := range names {
		all[i] = Blueprint{Name: name, Summary: summary(name)}
	}
	return all
}

// Names returns the names of the blueprints, the smallest first.
func Names() []string { return slices.Clone(names) }

// Files returns the project of a blueprint, or false when there is no blueprint of that name.
func Files(name string) (fs.FS, bool) {
	if info, err := fs.Stat(FS, name); err != nil || !info.IsDir() {
		return nil, false
	}
	sub, err := fs.Sub(FS, name)
	return sub, err == nil
}

// summary returns the first sentence below the title of a blueprint's README.
func summary(name string) string {
	readme, err := FS.ReadFile(name + "/README.md")
	if err != nil {
		return ""
	}
	_, body, _ := strings.Cut(string(readme), "\n\n")
	sentence, _, _ := strings.Cut(body, ".\n")
	return strings.Join(strings.Fields(sentence), " ")
}
