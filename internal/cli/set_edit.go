package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
	"github.com/scantling/scantling/internal/load"
)

// editing is a change of an app's spec on its way: read, made in memory, checked, written.
type editing struct {
	std     *streams
	printer diag.Printer
	opts    compile.Options
	name    string
	before  compile.Specs
	spec    load.AppSpec

	sets    []edit.Set // below the app, with an override's path written out
	changes []edit.Change
	after   compile.Specs
}

// openEdit reads the project that holds an app.
func (s *streams) openEdit(f *flags, name string) (*editing, error) {
	printer, err := f.printer(s.colored(s.err))
	if err != nil {
		return nil, err
	}
	opts, err := f.options(s.dir, nil)
	if err != nil {
		return nil, err
	}
	opts.Whole = true // the app that is named, and all that its edit changes, may be in another directory
	e := &editing{std: s, printer: printer, opts: opts, name: name}
	if e.before, err = compile.Resolve(opts); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(e.before.Project.Apps, func(a load.AppSpec) bool { return a.Name == name })
	switch {
	case i >= 0:
		e.spec = e.before.Project.Apps[i]
		return e, nil
	case e.before.Failed:
		return nil, e.refuse(e.before.Diagnostics...)
	}
	return nil, unknownApp(name, e.before.Project)
}

// refuse prints why there is no edit.
func (e *editing) refuse(found ...diag.Diagnostic) error {
	return errors.Join(e.printer.Print(e.std.err, found), errFinding)
}

// apply makes the changes in memory: of the app itself, or of its override for the environment that -e names. It refuses those
// that bring an error, or change what was not to be changed.
func (e *editing) apply(sets []edit.Set) error {
	changes, refused, err := e.edit(sets)
	switch {
	case err != nil:
		return err
	case refused != nil:
		return e.refuse(*refused)
	}
	e.sets, e.changes = sets, changes
	if e.opts.Overlay, err = e.overlay(); err != nil {
		return err
	}
	if e.after, err = compile.Resolve(e.opts); err != nil {
		return err
	}
	found := brought(e.before, e.after)
	if wrong := edit.Check(e.before.Project.Apps, e.after.Project.Apps, e.name, e.opts.Environment, sets); wrong != nil && len(found) == 0 {
		found = append(found, *wrong)
	}
	if len(found) > 0 {
		return e.leave(found...)
	}
	return nil
}

// edit returns the files with the changes made, or why they can't be.
func (e *editing) edit(sets []edit.Set) ([]edit.Change, *diag.Diagnostic, error) {
	return edit.Apply(e.spec, e.opts.Environment, sets, func(file string) ([]byte, error) { return os.ReadFile(e.std.path(file)) })
}

// leave prints why an edit that was made in memory is not written.
func (e *editing) leave(found ...diag.Diagnostic) error {
	err := e.refuse(found...)
	e.std.say("%s is unchanged", e.file())
	return err
}

// overlay is the text of the changed files, as the compiler wants it.
func (e *editing) overlay() (map[string][]byte, error) {
	texts := map[string][]byte{}
	for _, c := range e.changes {
		path, err := filepath.Abs(e.std.path(c.File))
		if err != nil {
			return nil, err
		}
		texts[path] = c.After
	}
	return texts, nil
}

// file names the files that are changed; where none is, the one that the app begins in.
func (e *editing) file() string {
	if len(e.changes) == 0 {
		return e.spec.File
	}
	names := make([]string, len(e.changes))
	for i, c := range e.changes {
		names[i] = c.File
	}
	return load.Prose(names, "and")
}

func unknownApp(name string, p *load.Project) error {
	names := make([]string, len(p.Apps))
	for i, a := range p.Apps {
		names[i] = a.Name
	}
	help := "the project has " + load.Prose(names, "and")
	if near := nearest(name, names); near != "" {
		help = fmt.Sprintf("did you mean %q?", near)
	}
	return &usageError{fmt.Sprintf("there is no app %q", name), help}
}

// brought returns the errors that an edit brought: those of before are none of its business. Lines may have moved, so they are
// not compared.
func brought(before, after compile.Specs) []diag.Diagnostic {
	type key struct{ file, path, problem string }
	old := map[key]bool{}
	for _, d := range before.Diagnostics {
		old[key{d.Pos.File, d.Path, d.Problem}] = true
	}
	return slices.DeleteFunc(slices.Clone(after.Diagnostics), func(d diag.Diagnostic) bool {
		return d.Severity != diag.Error || old[key{d.Pos.File, d.Path, d.Problem}]
	})
}
