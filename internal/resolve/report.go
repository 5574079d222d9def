package resolve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// reporter collects diagnostics.
type reporter struct {
	ds []diag.Diagnostic
}

// report adds one diagnostic.
func (r *reporter) report(d diag.Diagnostic) { r.ds = append(r.ds, d) }

// What the loader has said something about is not mentioned again by the methods below, nor is what follows from it.

// errorAt adds an error at a node's value; path is the field's, from the root of the file.
func (r *reporter) errorAt(n *load.Node, rule, path, problem, want, help string) {
	if n.Faulty() {
		return
	}
	r.report(diag.Diagnostic{Rule: rule, Pos: at(n, nil), Path: path, Problem: problem, Want: want, Help: help})
}

// errorAtKey adds an error at a node's label: for a name, and for what is missing from a struct.
func (r *reporter) errorAtKey(n *load.Node, rule, path, problem, want, help string) {
	if n.Faulty() {
		return
	}
	r.report(diag.Diagnostic{Rule: rule, Pos: n.KeyPos, Path: path, Problem: problem, Want: want, Help: help})
}

// warnAt adds a warning at a node's value.
func (r *reporter) warnAt(n *load.Node, rule, path, problem, want, help string) {
	if n.Faulty() {
		return
	}
	r.report(diag.Diagnostic{Severity: diag.Warning, Rule: rule, Pos: at(n, nil), Path: path, Problem: problem, Want: want, Help: help})
}

// path returns the full path of a field of the app: path("scale.min") is "apps.checkout.scale.min", path("") the app itself.
func (s *spec) path(field string) string { return strings.TrimSuffix("apps."+s.name+"."+field, ".") }

// fail adds an error about a field of the app, at its value; where it is absent, at the app's name.
func (s *spec) fail(field, rule, problem, want, help string) {
	if field != "" && s.get(field).Faulty() {
		return
	}
	s.w.report(diag.Diagnostic{Rule: rule, Pos: s.at(field), Path: s.path(field), Problem: problem, Want: want, Help: help})
}

// warn adds a warning about a field of the app, as fail does.
func (s *spec) warn(field, rule, problem, want, help string) {
	if field != "" && s.get(field).Faulty() {
		return
	}
	s.w.report(diag.Diagnostic{Severity: diag.Warning, Rule: rule, Pos: s.at(field), Path: s.path(field), Problem: problem, Want: want, Help: help})
}

// note adds a note about a field of the app, as fail does.
func (s *spec) note(field, rule, problem, want, help string) {
	s.w.report(diag.Diagnostic{Severity: diag.Note, Rule: rule, Pos: s.at(field), Path: s.path(field), Problem: problem, Want: want, Help: help})
}

// get returns the node that a path such as "scale.min" or "env.LOG_LEVEL" leads to, or nil.
func (s *spec) get(field string) *load.Node {
	n := s.node
	for len(field) > 0 && n != nil {
		end := len(field)
		for i, c := range field {
			if c == '.' || c == '[' && i > 0 {
				end = i
				break
			}
		}
		n, field = step(n, field[:end]), field[end:]
		if len(field) > 0 && field[0] == '.' {
			field = field[1:]
		}
	}
	return n
}

// step returns one field of a struct, or with "[i]" one element of a list.
func step(n *load.Node, name string) *load.Node {
	index, ok := strings.CutPrefix(name, "[")
	if !ok {
		return n.Field(name)
	}
	i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
	if err != nil || i < 0 || i >= len(n.Elems) {
		return nil
	}
	return n.Elems[i]
}

// at returns the place of a field of the app; where it is absent, that of the app's name.
func (s *spec) at(field string) diag.Pos {
	if field == "" {
		return s.node.KeyPos
	}
	return at(s.get(field), s.node)
}

// decided records who decided a field of app.App; see app.Origin.
func (s *spec) decided(path string, by app.By, pos diag.Pos, note string) {
	s.app.Origins = append(s.app.Origins, app.Origin{Path: path, By: by, Pos: pos, Note: note})
}

// fromSpec records that a node of the spec decided a field.
func (s *spec) fromSpec(path string, n *load.Node) { s.decided(path, app.BySpec, n.Pos, "") }

// derived records that a field follows from others.
func (s *spec) derived(path, format string, args ...any) {
	s.decided(path, app.ByDerived, diag.Pos{}, fmt.Sprintf(format, args...))
}

// originOf returns who decided a field.
func (s *spec) originOf(path string) app.Origin {
	i := slices.IndexFunc(s.app.Origins, func(o app.Origin) bool { return o.Path == path })
	if i < 0 {
		return app.Origin{}
	}
	return s.app.Origins[i]
}

// misspelt reports whether the loader has refused a capability of the environment: nobody knows which one was meant.
func (w *world) misspelt() bool {
	return w.facts.capabilities.Faulty() || slices.ContainsFunc(elems(w.facts.capabilities), (*load.Node).Faulty)
}

// lacks reports that a field of the spec needs a capability that the environment has not, and answers whether it is so.
func (s *spec) lacks(field, what, capability, help string) bool {
	if s.w.env.Has(capability) {
		return false
	}
	if s.w.misspelt() {
		return true
	}
	s.fail(field, "capability-missing", fmt.Sprintf("%s needs %s, which environment %q has not", what, capability, s.w.env.Name),
		fmt.Sprintf("%q in platform.environments.%s.capabilities (%s)", capability, s.w.env.Name, at(s.w.facts.capabilities, nil)), help)
	return true
}
