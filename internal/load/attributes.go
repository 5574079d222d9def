package load

import (
	"fmt"
	"slices"

	"cuelang.org/go/cue/ast"

	"github.com/scantling/scantling/internal/diag"
)

// dropAttributes reports the attributes that would make a spec depend on more than its text, and takes out those that are about a
// whole file. Any others mean nothing to CUE: they are notes of other tools.
func dropAttributes(files []source) (found []diag.Diagnostic) {
	for _, s := range files {
		walkFields(s.tree.Decls, func(path string, n ast.Node) {
			a, ok := n.(*ast.Attribute)
			if !ok {
				return
			}
			reason, help := "a spec renders the same everywhere", "remove it; what differs between environments stands below environments"
			name, _ := a.Split()
			switch name {
			case "if", "ignore", "tag", "experiment":
			case "embed", "extern":
				reason, help = "a spec reads no other file", "write the value here, or import it as a package of this module"
			default:
				return
			}
			found = append(found, diag.Diagnostic{Rule: "attribute-not-read", Pos: position(a.Pos()), Path: path,
				Problem: fmt.Sprintf("attributes such as @%s are not read: %s", name, reason), Help: help})
		})
		s.tree.Decls = slices.DeleteFunc(s.tree.Decls, func(d ast.Decl) bool {
			_, ok := d.(*ast.Attribute)
			return ok
		})
	}
	return found
}

// walkFields visits every node below decls with the path of the field that it is in.
func walkFields(decls []ast.Decl, visit func(path string, n ast.Node)) {
	path := []string{""}
	last := func() string { return path[len(path)-1] }
	for _, d := range decls {
		ast.Walk(d, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok {
				name, _, _ := ast.LabelName(f.Label)
				path = append(path, join(last(), name))
			}
			visit(last(), n)
			return true
		}, func(n ast.Node) {
			if _, ok := n.(*ast.Field); ok {
				path = path[:len(path)-1]
			}
		})
	}
}
