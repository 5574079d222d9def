package load

import (
	"fmt"
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
	byPath    map[string][]*ast.Field
	poisoned  []token.Pos // names that were not found; what follows from them is not reported
	known     []string    // what names returns
	dropped   []string    // imports that were taken out; their names mean nothing any more
	excused   int         // errors left to the rules
	closed    []string    // definitions of the user's that were reported to be closed
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
		switch {
		case len(w.found) > 0:
		case n.Kind != Invalid:
			n.Pos.Line = max(n.Pos.Line, 1)
			w.add("wrong-type", n.Pos, "", fmt.Sprintf("the file holds %s, not a spec", n.Kind.phrase()), "a spec begins with apps: or platform:")
		default:
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
	keyPos, pos := w.origin(v, path)
	n := &Node{Kind: Invalid, KeyPos: keyPos, Pos: pos}
	if depth > maxDepth {
		w.add("nested-too-deep", pos, path, "this is nested too deep", "")
		return n
	}
	kind := v.IncompleteKind()
	poisoned := w.isPoisoned(v)
	if poisoned && kind != cue.StructKind && kind != cue.ListKind && kind != cue.BottomKind {
		return n
	}
	switch {
	case kind == cue.BottomKind:
		before := len(w.found) + w.excused
		if w.fields(v, n, path, depth) {
			n.Kind, n.lacks = Struct, w.lacks(v, path)
		}
		if len(w.found)+w.excused == before && !poisoned {
			n.Kind = Invalid
			w.fail(v, v.Err(), path, n)
		}
	case kind == cue.StructKind:
		n.Kind, n.lacks = Struct, w.lacks(v, path)
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

// fields adds the fields of v to n; false: there are none.
func (w *walker) fields(v cue.Value, n *Node, path string, depth int) (any bool) {
	it, err := v.Fields(cue.Patterns(true)) // without Patterns a struct that holds an error has no fields
	if err != nil {
		return false
	}
	for it.Next() {
		sel := it.Selector()
		if c := sel.ConstraintType(); c == cue.PatternConstraint || c == cue.RequiredConstraint || sel.LabelType() != cue.StringLabel {
			continue
		}
		name := sel.Unquoted()
		any = true
		f := w.value(it.Value(), join(path, name), depth+1)
		f.Key = name
		if f.Kind == Invalid && f.lacks { // required by a definition that the user imports, and not written
			continue
		}
		n.Fields = append(n.Fields, f)
	}
	slices.SortStableFunc(n.Fields, func(a, b *Node) int {
		if a.KeyPos.File != b.KeyPos.File {
			return 0
		}
		return a.KeyPos.Compare(b.KeyPos)
	})
	return any
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
		text, _ := v.String()
		if len(text) > maxFileBytes {
			w.add("out-of-range", n.Pos, path, fmt.Sprintf("the text has %d MiB, more than a whole spec may have", len(text)>>20), "")
			return
		}
		n.Kind, n.Text = String, text
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
func (w *walker) origin(v cue.Value, path string) (key, val diag.Pos) {
	fields := w.usersFields(v, path)
	if len(fields) == 1 {
		return w.pos(fields[0].Label.Pos()), w.pos(fields[0].Value.Pos())
	}
	var best *ast.Field
	score := -1
	for _, f := range fields {
		if s := w.score(f, path); s > score {
			best, score = f, s
		}
	}
	if best != nil {
		return w.pos(best.Label.Pos()), w.pos(best.Value.Pos())
	}
	at := diag.Pos{File: w.files[0].name}
	for _, p := range []token.Pos{sourcePos(v), v.Pos()} {
		if p.IsValid() && w.isUsers(p) {
			at = w.pos(p)
			break
		}
	}
	return at, at
}

func sourcePos(v cue.Value) token.Pos {
	if src := v.Source(); src != nil {
		return src.Pos()
	}
	return token.NoPos
}

// usersFields returns the fields of the spec's files that v is made of: its conjuncts, and those at its path where the evaluator
// names only a package's.
func (w *walker) usersFields(v cue.Value, path string) []*ast.Field {
	var fields []*ast.Field
	sources(v, 0, func(x ast.Node) {
		if f, ok := x.(*ast.Field); ok && w.isUsers(f.Pos()) {
			fields = append(fields, f)
		}
	})
	if len(fields) > 0 {
		return fields
	}
	return w.indexed()[path]
}

// indexed returns the fields of the spec's files by path.
func (w *walker) indexed() map[string][]*ast.Field {
	if w.byPath == nil {
		w.byPath = map[string][]*ast.Field{}
		for _, s := range w.files {
			w.index("", s.tree.Decls, 0)
		}
	}
	return w.byPath
}

// index notes the fields of decls by path, also through & and embedding.
func (w *walker) index(path string, decls []ast.Decl, depth int) {
	for _, d := range decls {
		switch d := d.(type) {
		case *ast.EmbedDecl:
			w.indexExpr(path, d.Expr, depth)
		case *ast.Field:
			name, _, err := ast.LabelName(d.Label)
			if err != nil {
				continue
			}
			at := join(path, name)
			w.byPath[at] = append(w.byPath[at], d)
			w.indexExpr(at, d.Value, depth+1)
		}
	}
}

func (w *walker) indexExpr(path string, x ast.Expr, depth int) {
	if depth > maxDepth {
		return
	}
	switch x := x.(type) {
	case *ast.StructLit:
		w.index(path, x.Elts, depth)
	case *ast.ParenExpr:
		w.indexExpr(path, x.X, depth+1)
	case *ast.BinaryExpr:
		w.indexExpr(path, x.X, depth+1)
		w.indexExpr(path, x.Y, depth+1)
	}
}

// score says how much a field is the user's own line for a value: spelled out at its path, not the template's label, not in a template, and a value rather than a type.
func (w *walker) score(f *ast.Field, path string) int {
	score := 0
	if slices.Contains(w.indexed()[path], f) {
		score += 8
	}
	if _, ok := f.Label.(*ast.ListLit); !ok {
		score += 2
	}
	if !slices.ContainsFunc(w.templates, func(s span) bool { return s.holds(f.Pos()) }) {
		score += 4
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
