package load

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"

	"github.com/scantling/scantling/internal/diag"
)

// A definition, #base, is closed in CUE: what is made of it may have no other fields. Teams meet that when they keep what their
// apps share in one.

// hasDefinition reports whether decls hold a definition at their top. Only a whole file closes its definitions.
func hasDefinition(decls []ast.Decl) bool {
	return slices.ContainsFunc(decls, func(d ast.Decl) bool {
		f, ok := d.(*ast.Field)
		return ok && isDefinition(f.Label)
	})
}

func isDefinition(x ast.Node) bool {
	id, ok := x.(*ast.Ident)
	return ok && strings.HasPrefix(id.Name, "#")
}

// notAllowed reports that a definition of the user's does not have the field at path, once for each definition. What the schema
// does not have is left to the rules, which say it better.
func (w *walker) notAllowed(path string, n *Node) {
	def := w.definitionAt(path)
	if def == nil {
		w.excused++
		return
	}
	name := def.Label.(*ast.Ident).Name
	if slices.Contains(w.closed, name) {
		w.excused++
		return
	}
	w.closed = append(w.closed, name)
	w.found = append(w.found, diag.Diagnostic{Rule: "closed-definition", Pos: n.KeyPos, Path: path,
		Problem: fmt.Sprintf("the definition %s (%s) does not allow field %q", name, w.pos(def.Label.Pos()), clip(path[strings.LastIndexByte(path, '.')+1:])),
		Want:    "the fields of " + name + ", or one that is open",
		Help:    fmt.Sprintf("add ... as its last line, or call it _%s: hidden fields are open", name[1:])})
}

// definitionAt returns the definition of the user's that the struct around path is made of; nil: none.
func (w *walker) definitionAt(path string) *ast.Field {
	for {
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			return w.definitionIn(w.patterns())
		}
		path = path[:i]
		if def := w.definitionIn(w.indexed()[path]); def != nil {
			return def
		}
	}
}

// patterns returns the fields such as [string]: {…}, which apply to many paths.
func (w *walker) patterns() []*ast.Field {
	var fields []*ast.Field
	for _, s := range w.files {
		ast.Walk(s.tree, func(x ast.Node) bool {
			if f, ok := x.(*ast.Field); ok {
				if _, ok := f.Label.(*ast.ListLit); ok {
					fields = append(fields, f)
				}
			}
			return true
		}, nil)
	}
	return fields
}

// definitionIn returns the first definition that the values of fields are made of and that does not come from an import.
func (w *walker) definitionIn(fields []*ast.Field) *ast.Field {
	for _, f := range fields {
		for _, name := range parts(f.Value) {
			if def := w.definition(name); def != nil && !imports(def.Value) {
				return def
			}
		}
	}
	return nil
}

// definition returns the definition of this name at the top of the spec's files.
func (w *walker) definition(name string) *ast.Field {
	for _, s := range w.files {
		for _, d := range s.tree.Decls {
			if f, ok := d.(*ast.Field); ok && isDefinition(f.Label) && f.Label.(*ast.Ident).Name == name {
				return f
			}
		}
	}
	return nil
}

// parts are the definitions that a value is made of, through & and embedding.
func parts(x ast.Expr) []string {
	switch x := x.(type) {
	case *ast.Ident:
		if isDefinition(x) {
			return []string{x.Name}
		}
	case *ast.ParenExpr:
		return parts(x.X)
	case *ast.BinaryExpr:
		return append(parts(x.X), parts(x.Y)...)
	case *ast.StructLit:
		var names []string
		for _, d := range x.Elts {
			if embed, ok := d.(*ast.EmbedDecl); ok {
				names = append(names, parts(embed.Expr)...)
			}
		}
		return names
	}
	return nil
}

// imports reports whether x is made of a package's definition, such as schema.#App.
func imports(x ast.Expr) bool {
	found := false
	ast.Walk(x, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		found = found || ok && isDefinition(sel.Sel)
		return !found
	}, nil)
	return found
}
