package rightsize

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
	"github.com/scantling/scantling/internal/load"
)

// Edit is what becomes of an app's spec.
type Edit struct {
	App         string
	Environment string     // whose override is edited; empty: the app itself
	Sets        []edit.Set // below that
	Pos         diag.Pos   // where it belongs
	Text        string     // the fields, right in CUE and in YAML
	Removes     string     // what it stands instead of; empty: nothing is removed
	Month       *Month     // what it does to the costs; nil: not known
}

// Edits returns what becomes of the specs, by app. alone: the environment is the only one, so the apps themselves are edited unless they
// have an override for it; else nothing but the override is, for nobody has measured the others.
func (r Report) Edits(specs []load.AppSpec, alone bool) []Edit {
	var out []Edit
	for _, spec := range specs {
		var changed []Finding
		for _, f := range r.Findings {
			if f.App.Name == spec.Name && f.Change != nil {
				changed = append(changed, f)
			}
		}
		if len(changed) > 0 {
			slices.SortFunc(changed, func(a, b Finding) int { return strings.Compare(a.Sidecar, b.Sidecar) })
			out = append(out, editOf(spec, changed, alone))
		}
	}
	return out
}

func editOf(spec load.AppSpec, changed []Finding, alone bool) Edit {
	env := changed[0].App.Env
	e := Edit{App: spec.Name, Environment: env.Name, Pos: spec.Node.KeyPos}
	if alone && !overridden(spec, env, changed) {
		e.Environment = ""
	}
	own := spec.Node
	if e.Environment != "" {
		own = spec.Node.At("environments", env.Name)
		if own != nil {
			e.Pos = own.KeyPos
		}
	}
	var texts, sidecars []string
	for _, f := range changed {
		if f.Sidecar != "" {
			e.Sets = append(e.Sets, edit.String("sidecars."+f.Sidecar+".size", f.Change.Size))
			sidecars = append(sidecars, fmt.Sprintf("%s: {size: %q}", fieldName(f.Sidecar), f.Change.Size))
			continue
		}
		gone, kept := "resources", "size"
		if f.Change.Size == "" {
			gone, kept = kept, gone
		}
		if n := own.Field(gone); n != nil {
			e.Sets, e.Removes, e.Pos = append(e.Sets, edit.Remove(gone)), gone, n.KeyPos
		} else if n := own.Field(kept); n != nil {
			e.Pos = n.KeyPos
		}
		sets, text := mainSets(f, own.Field("resources"))
		e.Sets = append(e.Sets, sets...)
		texts = append(texts, text)
	}
	if len(sidecars) > 0 {
		texts = append(texts, "sidecars: {"+strings.Join(sidecars, ", ")+"}")
	}
	e.Text = strings.Join(texts, ", ")
	return e
}

// mainSets are the fields of the app's own container; written are the resources that stand in the place of the edit.
func mainSets(f Finding, written *load.Node) ([]edit.Set, string) {
	if f.Change.Size != "" {
		return []edit.Set{edit.String("size", f.Change.Size)}, fmt.Sprintf("size: %q", f.Change.Size)
	}
	var sets []edit.Set
	var texts []string
	want := f.Change.Resources
	for _, field := range []struct {
		name     string
		old, new int64
		text     string
		always   bool
	}{
		{"cpu", f.Now.CPUMilli, want.CPUMilli, CPUQuantity(want.CPUMilli), true},
		{"memory", f.Now.MemoryBytes, want.MemoryBytes, MemoryQuantity(want.MemoryBytes), true},
		{"cpuLimit", f.Now.CPULimitMilli, want.CPULimitMilli, CPUQuantity(want.CPULimitMilli), false},
		{"memoryLimit", f.Now.MemoryLimitBytes, want.MemoryLimitBytes, MemoryQuantity(want.MemoryLimitBytes), false},
	} {
		if field.old == field.new && (!field.always || written.Field(field.name) != nil) {
			continue
		}
		sets = append(sets, edit.String("resources."+field.name, field.text))
		texts = append(texts, fmt.Sprintf("%s: %q", field.name, field.text))
	}
	return sets, "resources: {" + strings.Join(texts, ", ") + "}"
}

// overridden reports whether an override of the environment, or of its group, decides what is to change.
func overridden(spec load.AppSpec, env *app.Environment, changed []Finding) bool {
	for _, name := range []string{env.Name, env.Group} {
		over := spec.Node.At("environments", name)
		for _, f := range changed {
			if f.Sidecar != "" && over.At("sidecars", f.Sidecar, "size") != nil || f.Sidecar == "" && (over.Field("size") != nil || over.Field("resources") != nil) {
				return true
			}
		}
	}
	return false
}

// fieldName writes a field's name as CUE wants it; YAML takes the quotes, too.
func fieldName(name string) string {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") == "" {
		return name
	}
	return strconv.Quote(name)
}
