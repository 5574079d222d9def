// Package edit changes fields of an app in its spec files, and leaves every other byte as the team wrote it.
package edit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// Change is a file before and after an edit.
type Change struct {
	File   string // as positions name it
	Before []byte
	After  []byte
}

// Set is what one field of an app becomes.
type Set struct {
	Path string    // below the app: "rollout.canary.weight"
	Kind load.Kind // String or Int; Null: the field goes
	Text string    // as load.Node has it
}

// String sets a text.
func String(path, text string) Set { return Set{path, load.String, text} }

// Int sets a number.
func Int(path string, n int) Set { return Set{path, load.Int, strconv.Itoa(n)} }

// Remove removes a field with all that is in it.
func Remove(path string) Set { return Set{Path: path} }

// Keys are the names on the way to the field.
func (s Set) Keys() []string { return strings.Split(s.Path, ".") }

// Holds reports whether a field is what it is to become; nil: it is not there.
func (s Set) Holds(n *load.Node) bool {
	if n == nil || s.removes() {
		return n == nil && s.removes()
	}
	return n.Kind == s.Kind && n.Text == s.Text
}

func (s Set) removes() bool { return s.Kind == load.Null }

// Apply makes all changes, or none: of the app itself, or in its override for one environment. What is missing on the way to a
// field is added. A value that is not written out in one place is refused, with the place. Whoever calls it loads the result
// again and asks Check whether it is what was wanted.
func Apply(a load.AppSpec, env string, sets []Set, read func(file string) ([]byte, error)) ([]Change, *diag.Diagnostic, error) {
	e := newEditor(a, env)
	if own := a.Node.At("environments", env); env != "" && own != nil && own.Kind != load.Struct {
		return nil, e.refusal(own.Pos, "", fmt.Sprintf("the app is not in environment %q", env), ""), nil
	}
	for _, file := range files(a) {
		text, err := read(file)
		if err != nil {
			return nil, nil, err
		}
		d := &doc{file: file, before: text}
		if !d.update(text) {
			return nil, e.refusal(diag.Pos{File: file}, "", "the file cannot be edited", ""), nil
		}
		e.docs = append(e.docs, d)
	}
	if refused := e.run(sets); refused != nil {
		return nil, refused, nil
	}
	var changes []Change
	for _, d := range e.docs {
		if string(d.text) != string(d.before) {
			changes = append(changes, Change{d.file, d.before, d.text})
		}
	}
	return changes, nil, nil
}

// files are those that hold parts of an app, the one that it begins in first.
func files(a load.AppSpec) []string {
	all := []string{a.File}
	var walk func(n *load.Node)
	walk = func(n *load.Node) {
		for _, file := range []string{n.KeyPos.File, n.Pos.File} {
			if file != "" && !slices.Contains(all, file) {
				all = append(all, file)
			}
		}
		for _, f := range slices.Concat(n.Fields, n.Elems) {
			walk(f)
		}
	}
	walk(a.Node)
	return all
}

// editor is one edit on its way.
type editor struct {
	app  load.AppSpec
	env  string
	top  []string // path of what is edited: the app, or its override
	docs []*doc

	shared map[string]bool // structs that a template makes, too, by path
}

func newEditor(a load.AppSpec, env string) *editor {
	e := &editor{app: a, env: env, top: []string{"apps", a.Name}}
	if env != "" {
		e.top = append(e.top, "environments", env)
	}
	return e
}

// run makes the changes one after the other. New fields that share a new struct are added together.
func (e *editor) run(sets []Set) *diag.Diagnostic {
	added := &tree{}
	e.shared = map[string]bool{}
	for _, s := range sets {
		if keys := s.Keys(); e.node(keys) != nil {
			e.shared[parentOf(s.Path)] = e.templated(keys[:len(keys)-1])
		}
	}
	for _, s := range sets {
		n := e.node(s.Keys())
		var refused *diag.Diagnostic
		switch {
		case s.removes() && n != nil:
			refused = e.remove(s, n)
		case s.removes():
			if base := e.app.Node.At(s.Keys()...); base != nil && e.env != "" {
				refused = e.refusal(base.KeyPos, s.Path, "this is written for all environments, and an override cannot remove it", "remove it here by hand, or write it below the environments that need it")
			}
		case n != nil:
			refused = e.replace(s, n)
		default:
			added.add(s.Keys(), s)
		}
		if refused != nil {
			return refused
		}
	}
	return e.insertAll(nil, added)
}

// node returns what the spec had at a path below what is edited.
func (e *editor) node(keys []string) *load.Node {
	n := e.app.Node
	if e.env != "" {
		n = n.At("environments", e.env)
	}
	return n.At(keys...)
}

// templated reports whether a struct has a field that the app itself does not write.
func (e *editor) templated(keys []string) bool {
	return slices.ContainsFunc(e.node(keys).Fields, func(f *load.Node) bool {
		return len(e.places(e.full(append(slices.Clip(keys), f.Key)))) == 0
	})
}

// full returns the path from the top of the file.
func (e *editor) full(keys []string) []string { return slices.Concat(e.top, keys) }

func (e *editor) refusal(pos diag.Pos, path, problem, help string) *diag.Diagnostic {
	all := strings.Join(e.top, ".")
	if path != "" {
		all += "." + path
	}
	return &diag.Diagnostic{Rule: "set-needs-literal", Pos: pos, Path: all, Problem: problem, Help: help}
}

// replace puts the new value in the place of the old one.
func (e *editor) replace(s Set, n *load.Node) *diag.Diagnostic {
	var plain []place
	written := e.places(e.full(s.Keys()))
	for _, p := range written {
		if p.field().Form == load.Plain {
			plain = append(plain, p)
		}
	}
	what := last(s.Keys())
	switch {
	case len(plain) > 1:
		return e.refusal(plain[1].pos(), s.Path, fmt.Sprintf("the %s is written in %s, too, so it can't be set", what, plain[0].pos()), "remove it in one of the two places")
	case len(written) == 0:
		return e.refusal(n.Pos, s.Path, fmt.Sprintf("the %s is not written in the app itself, so it can't be set", what), "write one in each app"+orImages(what))
	case len(plain) == 0 && what == "image":
		return e.refusal(n.Pos, s.Path, "the image is not written here as one plain string, so it can't be set", "edit it by hand"+orImages(what))
	case len(plain) == 0:
		return e.refusal(n.Pos, s.Path, fmt.Sprintf("the %s is not written here as one plain value, so it can't be set", what), fmt.Sprintf("write %s: %s by hand", what, s.quoted()))
	}
	w := plain[0].field()
	return e.splice(plain[0].doc, cut{w.Value, w.ValueEnd, plain[0].doc.valueLike(s, w)})
}

// orImages is the other help for an image.
func orImages(what string) string {
	if what == "image" {
		return ", or give images at render time with --images FILE"
	}
	return ""
}

// remove takes a field out, wherever it is written.
func (e *editor) remove(s Set, n *load.Node) *diag.Diagnostic {
	path := e.full(s.Keys())
	found := e.places(path)
	if len(found) == 0 {
		return e.refusal(n.KeyPos, s.Path, fmt.Sprintf("the %s is not written in the app itself, so it can't be removed", last(s.Keys())), "remove it by hand")
	}
	for range found {
		left := e.places(path)
		if len(left) == 0 {
			break
		}
		again := e.shared[parentOf(s.Path)] || slices.ContainsFunc(e.places(path[:len(path)-1]), func(p place) bool { return p.field() != left[0].parent() })
		if refused := e.splice(left[0].doc, left[0].removal(again)...); refused != nil {
			return refused
		}
	}
	return nil
}

// insertAll adds new fields, each below the deepest struct that the spec has.
func (e *editor) insertAll(keys []string, t *tree) *diag.Diagnostic {
	for _, child := range t.children {
		path := slices.Concat(keys, []string{child.key})
		refused := (*diag.Diagnostic)(nil)
		if e.node(path) == nil || e.docs[0].cue && !slices.ContainsFunc(e.places(e.full(path)), func(p place) bool { return p.field().HasFields() }) {
			refused = e.insert(path, child)
		} else {
			refused = e.insertAll(path, child)
		}
		if refused != nil {
			return refused
		}
	}
	return nil
}

// insert adds one field to the deepest of the structs on the way to it that is written out.
func (e *editor) insert(keys []string, t *tree) *diag.Diagnostic {
	path := e.full(keys)
	for depth := len(path) - 1; depth >= 0; depth-- {
		parents := slices.DeleteFunc(e.places(path[:depth]), func(p place) bool { return !p.field().HasFields() })
		if len(parents) > 0 {
			p := parents[len(parents)-1]
			if i := slices.IndexFunc(parents, func(p place) bool { return p.field().Form != load.Chained }); i >= 0 {
				p = parents[i] // has room for another field
			}
			cuts, ok := p.insertion(path[depth:], t)
			if !ok {
				return e.refusal(p.pos(), strings.Join(keys, "."), "nothing can be added here", fmt.Sprintf("add %s by hand", strings.Join(keys, ".")))
			}
			return e.splice(p.doc, cuts...)
		}
		if n := e.app.Node.At(path[min(2, depth):depth]...); n != nil && !e.docs[0].cue {
			return e.refusal(n.Pos, strings.Join(keys, "."), fmt.Sprintf("%s is not written out here, so nothing can be added to it", last(path[:depth])), fmt.Sprintf("add %s by hand", strings.Join(keys, ".")))
		}
	}
	return e.refusal(e.app.Node.KeyPos, strings.Join(keys, "."), "nothing can be added here", "")
}

// places returns where a path is written in the files of the app.
func (e *editor) places(path []string) []place {
	var all []place
	for _, d := range e.docs {
		all = append(all, d.places(d.root, path, nil)...)
	}
	return all
}

// splice makes cuts in a file; one after which it cannot be read any more is refused.
func (e *editor) splice(d *doc, cuts ...cut) *diag.Diagnostic {
	if len(cuts) == 0 || !d.update(d.cut(cuts)) {
		return e.refusal(diag.Pos{File: d.file}, "", "the file is written in a way that can't be edited here", "edit it by hand")
	}
	return nil
}

func parentOf(path string) string {
	return path[:max(0, strings.LastIndexByte(path, '.'))]
}

func last(keys []string) string { return keys[len(keys)-1] }
