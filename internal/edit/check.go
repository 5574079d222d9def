package edit

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// Check refuses an edit that did not do what was wanted, or more: one of a template changes other apps, too. Nil: it did what
// it should.
func Check(before, after []load.AppSpec, name, env string, sets []Set) *diag.Diagnostic {
	for _, a := range before {
		i := slices.IndexFunc(after, func(b load.AppSpec) bool { return b.Name == a.Name })
		switch {
		case i < 0:
			return &diag.Diagnostic{Rule: "set-needs-literal", Pos: a.Node.KeyPos, Path: "apps." + a.Name, Problem: "the app would be gone", Help: "edit the spec by hand"}
		case a.Name == name:
			if refused := checkOwn(a, after[i].Node, env, sets); refused != nil {
				return refused
			}
		case !same(a.Node, after[i].Node, true):
			return &diag.Diagnostic{
				Rule: "set-needs-literal", Pos: a.Node.KeyPos, Path: "apps." + name + "." + sets[0].Path,
				Problem: fmt.Sprintf("this is the %s of app %q, too", last(sets[0].Keys()), a.Name),
				Help:    "write one in each app" + orImages(last(sets[0].Keys())),
			}
		}
	}
	return nil
}

// checkOwn wants each field to be what it was set to, and no other to come or to go. What is computed from a changed field may
// change with it.
func checkOwn(a load.AppSpec, after *load.Node, env string, sets []Set) *diag.Diagnostic {
	e := newEditor(a, env)
	want := a.Node
	for _, s := range sets {
		keys := e.full(s.Keys())[2:]
		want = with(want, keys, s)
		if !s.Holds(after.At(keys...)) {
			pos := a.Node.KeyPos
			if old := a.Node.At(keys...); old != nil {
				pos = old.KeyPos
			}
			return e.refusal(pos, s.Path, fmt.Sprintf("the %s comes from more than one place, so it can't be changed here", last(s.Keys())), "edit it by hand")
		}
	}
	if !same(want, after, false) {
		return e.refusal(a.Node.KeyPos, sets[0].Path, fmt.Sprintf("other fields come or go with the %s", last(sets[0].Keys())), "edit it by hand")
	}
	return nil
}

// with returns n with a field set. n itself stays.
func with(n *load.Node, keys []string, s Set) *load.Node {
	if len(keys) == 0 {
		return &load.Node{Kind: s.Kind, Text: s.Text}
	}
	out := &load.Node{Kind: load.Struct}
	if n != nil {
		*out = *n
	}
	out.Fields = slices.Clone(out.Fields)
	i := slices.IndexFunc(out.Fields, func(f *load.Node) bool { return f.Key == keys[0] })
	switch {
	case i < 0 && s.removes():
		return out
	case i < 0:
		i = len(out.Fields)
		out.Fields = append(out.Fields, nil)
	case len(keys) == 1 && s.removes():
		out.Fields = slices.Delete(out.Fields, i, i+1)
		return out
	}
	field := *with(out.Fields[i], keys[1:], s)
	field.Key = keys[0]
	out.Fields[i] = &field
	return out
}

// same reports whether two nodes have the same fields and elements, in any order of fields; with texts, also the same values.
func same(a, b *load.Node, texts bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || len(a.Fields) != len(b.Fields) || len(a.Elems) != len(b.Elems) || texts && a.Text != b.Text {
		return false
	}
	for i, e := range a.Elems {
		if !same(e, b.Elems[i], texts) {
			return false
		}
	}
	return !slices.ContainsFunc(a.Fields, func(f *load.Node) bool { return !same(f, b.Field(f.Key), texts) })
}
