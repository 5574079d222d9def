package load

import (
	"fmt"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/schema"
)

// Embedded reads one of the built-in CUE files that is plain data, such as "tiers.cue". Positions name it as schema/tiers.cue.
func Embedded(name string) (*Node, error) {
	tree, err := embeddedTree(name)
	if err != nil {
		return nil, err
	}
	n, ok := literals{position, mergeStructs}.structLit(tree.Decls, diag.Pos{File: tree.Filename})
	if !ok {
		return nil, fmt.Errorf("%s: not plain data", tree.Filename)
	}
	return n, nil
}

// Docs returns the comments of an embedded file's fields by path, such as "tiers.critical.drain": those above a field and that
// behind its value.
func Docs(name string) (map[string]string, error) {
	tree, err := embeddedTree(name)
	if err != nil {
		return nil, err
	}
	docs := map[string]string{}
	addDocs(docs, "", tree.Decls)
	return docs, nil
}

func embeddedTree(name string) (*ast.File, error) {
	src, err := schema.Files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return parser.ParseFile("schema/"+name, src, parser.ParseComments)
}

func addDocs(docs map[string]string, path string, decls []ast.Decl) {
	for _, d := range decls {
		f, ok := d.(*ast.Field)
		if !ok {
			continue
		}
		name, _, err := ast.LabelName(f.Label)
		if err != nil {
			continue
		}
		at := join(path, name)
		var lines []string
		for _, g := range append(ast.Comments(f), ast.Comments(f.Value)...) {
			for _, c := range g.List {
				lines = append(lines, strings.TrimSpace(strings.TrimPrefix(c.Text, "//")))
			}
		}
		if len(lines) > 0 {
			docs[at] = strings.Join(lines, "\n")
		}
		if s, ok := f.Value.(*ast.StructLit); ok {
			addDocs(docs, at, s.Elts)
		}
	}
}

// LocalPlatform is the platform that serves where no platform file is.
func LocalPlatform() *Node {
	n, err := Embedded("local.cue")
	if err != nil {
		panic(err) // embedded, so a test rules it out
	}
	return n.Field("platform")
}
