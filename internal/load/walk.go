package load

import (
	"slices"
	"strconv"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"github.com/scantling/scantling/internal/diag"
)

// A walker turns an evaluated value into nodes, each at the place where the user wrote it, and CUE's errors into diagnostics.
type walker struct {
	files     []source
	rename    func(string) string // from the evaluator's file name to the user's
	templates []span              // of [string]: {…} and the like: what stands there is not the app's own line
	poisoned  []token.Pos         // names that were not found; what follows from them is not reported
	found     []diag.Diagnostic
}

// span is a piece of a file.
type span struct{ from, to token.Pos }

func (s span) holds(p token.Pos) bool {
	return p.Filename() == s.from.Filename() && p.Offset() >= s.from.Offset() && p.Offset() < s.to.Offset()
}

func newWalker(g group, rename func(string) string) *walker {
	w := &walker{files: g.files, rename: rename}
	for _, s := range g.files {
		ast.Walk(s.tree, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok {
				if _, ok := f.Label.(*ast.ListLit); ok {
					w.templates = append(w.templates, span{f.Pos(), f.End()})
				}
			}
			return true
		}, nil)
	}
	return w
}

func (w *walker) root(v cue.Value) *Node {
	n := w.value(v, "", 0)
	if n.Kind != Struct {
		if len(w.found) == 0 {
			w.fail(v, v.Err(), "", n)
		}
		return nil
	}
	n.Pos = diag.Pos{File: w.files[0].name}
	n.KeyPos = n.Pos
	return n
}

// value walks v. It never stops at an error: siblings and children may hold more.
func (w *walker) value(v cue.Value, path string, depth int) *Node {
	if d, ok := v.Default(); ok {
		v = d
	}
	keyPos, pos := w.origin(v)
	n := &Node{Kind: Invalid, KeyPos: keyPos, Pos: pos}
	if depth > maxDepth {
		w.add("nested-too-deep", pos, path, "this is nested too deep", "")
		return n
	}
	kind := v.IncompleteKind()
	if w.isPoisoned(v) && kind != cue.StructKind && kind != cue.ListKind {
		return n
	}
	switch {
	case kind == cue.BottomKind:
		before := len(w.found)
		if w.fields(v, n, path, depth) && len(n.Fields) > 0 {
			n.Kind = Struct
		}
		if len(w.found) == before {
			n.Kind = Invalid
			w.fail(v, v.Err(), path, n)
		}
	case kind == cue.StructKind:
		n.Kind = Struct
		w.fields(v, n, path, depth)
	case kind == cue.ListKind:
		w.list(v, n, path, depth)
	case v.Kind() == cue.BottomKind:
		w.incomplete(v, path, n)
	default:
		w.scalar(v, kind, path, n)
	}
	return n
}

// fields adds the fields of v to n; false: v is no struct.
func (w *walker) fields(v cue.Value, n *Node, path string, depth int) bool {
	it, err := v.Fields(cue.Patterns(true)) // without Patterns a struct that holds an error has no fields
	if err != nil {
		return false
	}
	for it.Next() {
		sel := it.Selector()
		if sel.ConstraintType() == cue.PatternConstraint || sel.LabelType() != cue.StringLabel {
			continue
		}
		name := sel.Unquoted()
		f := w.value(it.Value(), join(path, name), depth+1)
		f.Key = name
		n.Fields = append(n.Fields, f)
	}
	slices.SortStableFunc(n.Fields, func(a, b *Node) int {
		if a.KeyPos.File != b.KeyPos.File {
			return 0
		}
		return a.KeyPos.Compare(b.KeyPos)
	})
	return true
}

func (w *walker) list(v cue.Value, n *Node, path string, depth int) {
	n.Kind = List
	it, err := v.List()
	if err != nil {
		n.Kind = Invalid
		w.fail(v, err, path, n)
		return
	}
	for i := 0; it.Next(); i++ {
		n.Elems = append(n.Elems, w.value(it.Value(), path+"["+strconv.Itoa(i)+"]", depth+1))
	}
}

func (w *walker) scalar(v cue.Value, kind cue.Kind, path string, n *Node) {
	switch kind {
	case cue.NullKind:
		n.Kind, n.Text = Null, "null"
	case cue.BoolKind:
		b, _ := v.Bool()
		n.Kind, n.Text = Bool, strconv.FormatBool(b)
	case cue.StringKind:
		n.Kind = String
		n.Text, _ = v.String()
	case cue.IntKind:
		i, err := v.Int(nil)
		if err != nil || i.BitLen() > 4*maxDigits {
			w.add("out-of-range", n.Pos, path, "the number is too large", "")
			return
		}
		n.Kind, n.Text = Int, i.String()
	case cue.FloatKind, cue.NumberKind:
		f, err := v.Float64()
		if err != nil {
			w.add("out-of-range", n.Pos, path, "the number is too large or too small", "")
			return
		}
		n.Kind, n.Text = Float, formatFloat(f)
	case cue.BytesKind:
		w.add("wrong-type", n.Pos, path, "bytes cannot stand in a spec", `use a text: double quotes instead of single ones`)
	default:
		w.incomplete(v, path, n)
	}
}

func (w *walker) add(rule string, pos diag.Pos, path, problem, help string) {
	w.found = append(w.found, diag.Diagnostic{Rule: rule, Pos: pos, Path: path, Problem: problem, Help: help})
}

// origin returns where the user wrote v: the label and the value of the field that is the app's own, else of the template's.
func (w *walker) origin(v cue.Value) (key, val diag.Pos) {
	var fields []*ast.Field
	sources(v, 0, func(x ast.Node) {
		if f, ok := x.(*ast.Field); ok {
			fields = append(fields, f)
		}
	})
	var best *ast.Field
	score := -1
	for _, f := range fields {
		if s := w.score(f); s > score {
			best, score = f, s
		}
	}
	if best != nil {
		return w.pos(best.Label.Pos()), w.pos(best.Value.Pos())
	}
	at := w.pos(v.Pos())
	if src := v.Source(); src != nil && src.Pos().IsValid() {
		at = w.pos(src.Pos())
	}
	return at, at
}

// score says how much a field is the user's own line for a value: not in a library, not the template's label, not in a
// template, and a value rather than a type.
func (w *walker) score(f *ast.Field) int {
	score := 0
	if _, ok := f.Label.(*ast.ListLit); !ok {
		score += 2
	}
	if !slices.ContainsFunc(w.templates, func(s span) bool { return s.holds(f.Pos()) }) {
		score += 4
	}
	if slices.ContainsFunc(w.files, func(s source) bool { return s.name == w.rename(f.Pos().Filename()) }) {
		score += 8
	}
	switch f.Value.(type) {
	case *ast.BasicLit, *ast.StructLit, *ast.ListLit, *ast.Interpolation:
		score++
	}
	return score
}

// sources calls visit with the syntax of every conjunct of v.
func sources(v cue.Value, depth int, visit func(ast.Node)) {
	if src := v.Source(); src != nil {
		visit(src)
		return
	}
	if depth > 8 { // conjuncts of conjuncts; more cannot improve the position
		return
	}
	if op, args := v.Expr(); op == cue.AndOp {
		for _, a := range args {
			sources(a, depth+1, visit)
		}
	}
}

func (w *walker) pos(p token.Pos) diag.Pos {
	at := position(p)
	if at.File != "" {
		at.File = w.rename(at.File)
	}
	return at
}
