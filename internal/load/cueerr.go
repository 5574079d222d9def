package load

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/ast/astutil"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

	"github.com/scantling/scantling/internal/diag"
)

// An explanation is what a team is told instead of an error of the evaluator.
type explanation struct {
	rule, problem, help string
}

// explanations are the evaluator's messages by how their format begins.
var explanations = []struct {
	format string
	explanation
}{
	{"structural cycle", explanation{"not-evaluable", "the value contains itself", "break the circle of references"}},
	{"cycle", explanation{"not-evaluable", "the value depends on itself", "break the circle of references"}},
	{"division by zero", explanation{"not-evaluable", "division by zero", ""}},
	{"failed arithmetic", explanation{"not-evaluable", "the arithmetic fails, as in a division by zero", ""}},
	{"explicit error", explanation{"not-evaluable", "the file itself declares an error here", "remove the error value"}},
	{"index out of range", explanation{"not-evaluable", "the list has no such element", ""}},
	{"cannot use", explanation{"wrong-type", "a value of the wrong type is used here", ""}},
	{"invalid operands", explanation{"wrong-type", "these values cannot be combined", ""}},
	{"invalid operand", explanation{"wrong-type", "the operator does not take such a value", ""}},
	{"incompatible list lengths", explanation{"conflicting-values", "two lists of different lengths are one value", "lists are never joined: write one of them"}},
	{"unreferenced alias or let clause", explanation{"not-evaluable", "the let is never used", "remove it"}},
	{"Addition of lists", explanation{"not-evaluable", "lists are not added with +", `write list.Concat([A, B]), with import "list"`}},
	{"cannot call non-function", explanation{"unresolved-reference", "the package has no such function", ""}},
	{"imported and not used", explanation{"import", neverUsed, "remove it"}},
}

// fail reports err, the evaluator's verdict on v, at the user's own line.
func (w *walker) fail(v cue.Value, err error, path string, n *Node) {
	e := firstError(err)
	if e == nil {
		w.incomplete(v, path, n)
		return
	}
	format, args := e.Msg()
	whole := e.Error()
	switch {
	case strings.HasPrefix(format, "field not allowed"):
		w.text(v, path, n)
		w.notAllowed(path, n)
		return
	case strings.HasPrefix(format, "field is required"):
		w.excused++ // the rules say where to add it
		n.lacks = true
		return
	case strings.HasPrefix(format, "conflicting values"), strings.HasPrefix(format, "%d errors in empty disjunction"):
		w.conflict(v, err, path, n)
		return
	case strings.HasPrefix(format, "invalid value"):
		if w.text(v, path, n) { // a bound of a definition that the user imports: the rules judge the value
			return
		}
		w.add("out-of-range", n.Pos, path, "the value breaks a bound that is set on it", "")
		return
	case strings.HasPrefix(format, "undefined field"):
		w.add("unresolved-reference", w.errorPos(e, n.Pos), path, fmt.Sprintf("there is no %s here", argument(args)), "")
		return
	case strings.Contains(whole, "non-concrete"), strings.Contains(whole, "incomplete"):
		w.add("not-concrete", n.Pos, path, "the value depends on one that is not set", "")
		return
	}
	for _, x := range explanations {
		if strings.HasPrefix(format, x.format) || strings.Contains(whole, x.format) {
			w.add(x.rule, w.errorPos(e, n.Pos), path, x.problem, x.help)
			return
		}
	}
	w.add("not-evaluable", w.errorPos(e, n.Pos), path, "the value cannot be computed", "")
}

// text takes the value that the user wrote for v, although v as a whole is an error.
func (w *walker) text(v cue.Value, path string, n *Node) bool {
	ok := false
	for _, f := range w.usersFields(v, path) {
		if lit, isData := (literals{w.pos, mergeStructs}).value(f.Value); isData && !ok {
			lit.Key, lit.KeyPos = n.Key, n.KeyPos
			*n, ok = *lit, true
			w.excused++
		}
	}
	return ok
}

// isUsers reports whether p is in one of the spec's files.
func (w *walker) isUsers(p token.Pos) bool {
	name := w.rename(p.Filename())
	return slices.ContainsFunc(w.files, func(s source) bool { return s.name == name })
}

// conflict reports that a value is written twice, with both places.
func (w *walker) conflict(v cue.Value, err error, path string, n *Node) {
	var places []diag.Pos
	var texts []string
	fields := slices.Clone(w.usersFields(v, path))
	slices.SortStableFunc(fields, func(a, b *ast.Field) int { return cmp.Compare(w.score(a, path), w.score(b, path)) }) // the app's own line last
	for _, f := range fields {
		if at := w.pos(f.Value.Pos()); !slices.Contains(places, at) {
			places = append(places, at)
			texts = append(texts, w.excerpt(f.Value))
		}
	}
	if len(places) < 2 && w.text(v, path, n) {
		return // the other side is a definition that the user imports: the rules judge the value
	}
	if len(places) < 2 {
		w.add("conflicting-values", w.errorPos(firstError(err), n.Pos), path, "the value is set in two ways that contradict each other", "write it once")
		return
	}
	help := "write it once"
	switch {
	case strings.HasPrefix(texts[0], "["):
		help = "lists are never joined: write it once"
	case strings.ContainsAny(texts[0][:1], `"0123456789-`) && !strings.Contains(texts[0], "|"):
		help = fmt.Sprintf("write it once, or make the first a default: *%s | _", texts[0])
	}
	last := len(places) - 1
	w.add("conflicting-values", places[last], path, fmt.Sprintf("conflicting values %s (%s) and %s", texts[0], places[0], texts[last]), help)
}

// excerpt is the text of an expression as the user wrote it, on one line.
func (w *walker) excerpt(x ast.Expr) string {
	from, to := x.Pos(), x.End()
	name := w.rename(from.Filename())
	for _, s := range w.files {
		if s.name == name && from.Offset() >= 0 && to.Offset() <= len(s.text) && from.Offset() < to.Offset() {
			return clip(visible(strings.Join(strings.Fields(string(s.text[from.Offset():to.Offset()])), " ")))
		}
	}
	return "a value"
}

// incomplete reports a value that is still a type, or waits for one that is.
func (w *walker) incomplete(v cue.Value, path string, n *Node) {
	problem, help := "there is a type here instead of a value", "write the value"
	if op, _ := v.Expr(); op == cue.OrOp {
		problem, help = "there are several values to choose from here", "write one of them, or mark one with * as the default"
	} else if err := v.Err(); err != nil {
		problem, help = "the value depends on one that is not set", ""
	} else if v.IncompleteKind() == cue.TopKind {
		problem = "there is no value"
	}
	w.add("not-concrete", n.Pos, path, problem, help)
}

// errorPos is where err says it happened, if that is in a spec file.
func (w *walker) errorPos(err errors.Error, other diag.Pos) diag.Pos {
	if err == nil {
		return other
	}
	for _, p := range slices.Concat([]token.Pos{err.Position()}, err.InputPositions()) {
		if p.IsValid() && w.isUsers(p) {
			return w.pos(p)
		}
	}
	return other
}

// replaceUnresolved reports names in decls that mean nothing and puts "any value" in their place, so that the rest can be evaluated.
// It returns the names.
func (w *walker) replaceUnresolved(err error, decls []ast.Decl) (names []string) {
	unresolved := map[token.Pos]bool{}
	for _, e := range errors.Errors(err) {
		if format, _ := e.Msg(); strings.HasPrefix(format, "reference %q not found") && e.Position().IsValid() {
			unresolved[e.Position()] = true
		}
	}
	if len(unresolved) == 0 {
		return nil
	}
	walkFields(decls, func(path string, x ast.Node) {
		id, ok := x.(*ast.Ident)
		if !ok || !unresolved[id.NamePos] {
			return
		}
		if !slices.Contains(w.dropped, id.Name) {
			w.add("unresolved-reference", w.pos(id.NamePos), path, fmt.Sprintf("%q is not defined", clip(id.Name)), w.nearName(id.Name))
		}
		w.poisoned = append(w.poisoned, id.NamePos)
		names = append(names, id.Name)
	})
	for _, d := range decls {
		astutil.Apply(d, nil, func(c astutil.Cursor) bool {
			if id, ok := c.Node().(*ast.Ident); ok && unresolved[id.NamePos] {
				c.Replace(anyValue(id.NamePos))
			}
			return true
		})
	}
	return names
}

// anyValue is the unification of nothing. An _ would be the same, but is refused where something concrete must stand.
func anyValue(at token.Pos) ast.Expr {
	return &ast.CallExpr{Fun: &ast.Ident{Name: "__and", NamePos: at}, Lparen: at, Args: []ast.Expr{&ast.ListLit{Lbrack: at, Rbrack: at}}, Rparen: at}
}

// nearName suggests what a name that means nothing may have been meant to be.
func (w *walker) nearName(name string) string {
	const most = 100 // names; comparing each with all others takes its time
	if len(w.poisoned) < most {
		if near := nearest(name, w.names()); near != "" && near != name {
			return fmt.Sprintf("did you mean %s?", near)
		}
	}
	return fmt.Sprintf("a text stands in quotes: %q", clip(name))
}

// names are the names that mean something somewhere in the spec's files.
func (w *walker) names() []string {
	if len(w.known) > 0 {
		return w.known
	}
	w.known = []string{"true", "false", "null", "string", "int", "number", "bool"}
	for _, s := range w.files {
		ast.Walk(s.tree, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.Field:
				if label, _, err := ast.LabelName(x.Label); err == nil {
					w.known = append(w.known, label)
				}
			case *ast.LetClause:
				w.known = append(w.known, x.Ident.Name)
			case *ast.ImportSpec:
				w.known = append(w.known, localName(x))
			}
			return true
		}, nil)
	}
	slices.Sort(w.known)
	w.known = slices.Compact(w.known)
	return w.known
}

// isPoisoned reports whether v follows from a name that was not found.
func (w *walker) isPoisoned(v cue.Value) bool {
	if len(w.poisoned) == 0 {
		return false
	}
	hit := false
	sources(v, 0, func(x ast.Node) {
		if f, ok := x.(*ast.Field); ok {
			x = f.Value
		}
		s := span{x.Pos(), x.End()}
		hit = hit || slices.ContainsFunc(w.poisoned, s.holds)
	})
	return hit || v.IncompleteKind() == cue.TopKind
}

// lacks reports whether a struct is made with a name that was not found, so that nothing can be said to be missing from it.
func (w *walker) lacks(v cue.Value, path string) bool {
	return len(w.poisoned) > 0 && slices.ContainsFunc(w.usersFields(v, path), func(f *ast.Field) bool { return w.mixes(f.Value) })
}

// mixes reports whether a name that was not found is one of the parts of the struct x, rather than of a field in it.
func (w *walker) mixes(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.StructLit:
		return slices.ContainsFunc(x.Elts, func(d ast.Decl) bool {
			embed, ok := d.(*ast.EmbedDecl)
			return ok && w.mixes(embed.Expr)
		})
	case *ast.BinaryExpr:
		return w.mixes(x.X) || w.mixes(x.Y)
	case *ast.ParenExpr:
		return w.mixes(x.X)
	case *ast.CallExpr:
		return slices.Contains(w.poisoned, x.Pos())
	case *ast.SelectorExpr:
		return w.mixes(x.X)
	}
	return false
}

// argument is the first argument of an evaluator's message, which names a field.
func argument(args []any) string {
	if len(args) == 0 {
		return "such field"
	}
	return "field " + clip(visible(strings.Trim(fmt.Sprint(args[0]), `"`)))
}
