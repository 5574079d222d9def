package cli

import (
	"os"
	"slices"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/cost"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/rightsize"
)

// resizing is the edit of several apps at once: made in memory, checked together, written together.
type resizing struct {
	editing
	report  rightsize.Report
	edits   []rightsize.Edit
	refused []diag.Diagnostic // errors: why nothing may be written
	month   *rightsize.Month  // what all edits together do to the costs; nil: not known
}

// make makes the edits in memory, and finds what is against them and what they cost.
func (r *resizing) make() error {
	made := map[string]rightsize.Edit{}
	for _, e := range r.edits {
		changes, refused, err := edit.Apply(r.specOf(e.App), e.Environment, e.Sets, r.read)
		switch {
		case err != nil:
			return err
		case refused != nil:
			r.refused = append(r.refused, *refused)
			continue
		}
		made[e.App] = e
		r.merge(changes)
	}
	if len(made) == 0 {
		return nil
	}
	var err error
	after := r.opts
	if after.Overlay, err = r.overlay(); err != nil {
		return err
	}
	if r.before.Fleets[0].Env.Prices == nil {
		if r.after, err = compile.Resolve(after); err != nil {
			return err
		}
	} else if err := r.reckon(after, made); err != nil {
		return err
	}
	r.refused = append(r.refused, brought(r.before, r.after)...)
	if len(r.refused) == 0 {
		r.check(made)
	}
	r.refused = diag.Sort(r.refused)
	return nil
}

// read returns a spec file as the edits before have left it.
func (r *resizing) read(file string) ([]byte, error) {
	if i := slices.IndexFunc(r.changes, func(c edit.Change) bool { return c.File == file }); i >= 0 {
		return r.changes[i].After, nil
	}
	return os.ReadFile(r.std.path(file))
}

// merge adds the changes of one more app.
func (r *resizing) merge(changes []edit.Change) {
	for _, c := range changes {
		if i := slices.IndexFunc(r.changes, func(old edit.Change) bool { return old.File == c.File }); i >= 0 {
			r.changes[i].After = c.After
			continue
		}
		r.changes = append(r.changes, c)
	}
}

// check wants each app to be what it was to become, and those that nobody edits to be what they were.
func (r *resizing) check(made map[string]rightsize.Edit) {
	edited := func(a load.AppSpec) bool { _, ok := made[a.Name]; return ok }
	others := slices.DeleteFunc(slices.Clone(r.before.Project.Apps), edited)
	if edit.Check(others, r.after.Project.Apps, "", "", r.edits[0].Sets) == nil {
		others = nil // no edit has changed them, so none need be asked about them
	}
	for _, e := range r.edits {
		before := append([]load.AppSpec{r.specOf(e.App)}, others...)
		if wrong := edit.Check(before, r.after.Project.Apps, e.App, e.Environment, e.Sets); wrong != nil {
			r.refused = append(r.refused, *wrong)
		}
	}
}

// reckon finds out what the edits do to the costs. A project that the edits break has none.
func (r *resizing) reckon(opts compile.Options, made map[string]rightsize.Edit) error {
	_, now, err := compile.Objects(r.opts)
	if err != nil {
		return err
	}
	var then []compile.AppObjects
	if r.after, then, err = compile.Objects(opts); err != nil || len(then) == 0 {
		return err
	}
	costs := map[string]cost.Range{}
	for _, a := range now {
		costs[a.App.Name] = cost.Of(a.App, a.Objects).Cost
	}
	currency := r.before.Fleets[0].Env.Prices.Currency
	r.month = &rightsize.Month{Currency: currency}
	for _, a := range then {
		before, after := costs[a.App.Name], cost.Of(a.App, a.Objects).Cost
		m := rightsize.Month{Least: after.Least - before.Least, Most: after.Most - before.Most, Currency: currency}
		i := slices.IndexFunc(r.edits, func(e rightsize.Edit) bool { return e.App == a.App.Name })
		if _, ok := made[a.App.Name]; ok && i >= 0 {
			r.edits[i].Month = &m
			r.month.Least += m.Least
			r.month.Most += m.Most
		}
	}
	return nil
}

// specOf is the spec of an app that the project has.
func (r *resizing) specOf(name string) load.AppSpec {
	i := slices.IndexFunc(r.before.Project.Apps, func(a load.AppSpec) bool { return a.Name == name })
	return r.before.Project.Apps[i]
}
