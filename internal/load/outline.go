package load

import (
	"bytes"
	"path"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
)

// Form is how a value is written in a file.
type Form uint8

// The forms of a value.
const (
	Opaque   Form = iota // an expression, a list, an alias, text over several lines: nothing for a tool to touch
	Plain                // one text, number or word, on one line
	Braced               // fields between { and }
	Below                // YAML: fields on lines of their own
	Chained              // CUE: the one field that follows the colon without a brace
	TopOfCUE             // fields without braces around them
	Ellipsis             // CUE: not a value but the ... that stays last in its struct
)

// Written is a field as one place of a file has it; the same field may have others. Offsets are bytes of the text.
type Written struct {
	Key      string // empty: something else that stands among fields, such as a template or a let
	Start    int    // of the label
	LabelEnd int    // behind the label, its quotes included
	Value    int    // where the value begins; of CUE's #Base & {…} it is the struct alone
	ValueEnd int    // behind the value
	End      int    // behind the field, CUE's attributes included
	Form     Form
	Fields   []*Written // of Braced, Below, Chained and TopOfCUE, in the order of the text
}

// HasFields reports whether the value is a struct that is written out here.
func (w *Written) HasFields() bool { return w.Form >= Braced && w.Form <= TopOfCUE }

// Outline returns the fields of a CUE, YAML or JSON file with their places in its text; false: it cannot be read.
func Outline(file string, text []byte) (*Written, bool) {
	clean, offsets := withoutReturns(text)
	outline := outlineYAML
	if path.Ext(file) == ".cue" {
		outline = outlineCUE
	}
	root, ok := outline(clean)
	if ok && len(clean) < len(text) {
		root.move(offsets)
	}
	return root, ok
}

// withoutReturns returns the text without a byte order mark and with plain line ends, and where each byte of it was: the parsers
// lose count over \r.
func withoutReturns(text []byte) (clean []byte, offsets []int) {
	const mark = "\ufeff"
	shift := len(text) - len(bytes.TrimPrefix(text, []byte(mark)))
	if shift == 0 && bytes.IndexByte(text, '\r') < 0 {
		return text, nil
	}
	for i := shift; i < len(text); i++ {
		offsets = append(offsets, i)
		if text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n' {
			i++
		}
		clean = append(clean, text[i])
	}
	return clean, append(offsets, len(text))
}

func (w *Written) move(offsets []int) {
	for _, at := range []*int{&w.Start, &w.LabelEnd, &w.Value, &w.ValueEnd, &w.End} {
		*at = offsets[*at]
	}
	for _, f := range w.Fields {
		f.move(offsets)
	}
}

func outlineCUE(text []byte) (*Written, bool) {
	tree, err := parser.ParseFile("", text)
	if err != nil {
		return nil, false
	}
	return &Written{Form: TopOfCUE, ValueEnd: len(text), End: len(text), Fields: outlineDecls(tree.Decls)}, true
}

func outlineDecls(decls []ast.Decl) []*Written {
	var all []*Written
	for _, d := range decls {
		w := &Written{Start: d.Pos().Offset(), End: d.End().Offset()}
		switch d := d.(type) {
		case *ast.Ellipsis:
			w.Form = Ellipsis
		case *ast.Field:
			outlineField(w, d)
		}
		all = append(all, w)
	}
	return all
}

// outlineField notes a field that is named by a plain label; any other stays nameless.
func outlineField(w *Written, d *ast.Field) {
	switch d.Label.(type) {
	case *ast.Ident, *ast.BasicLit:
	default:
		return
	}
	name, ident, err := ast.LabelName(d.Label)
	if err != nil || d.Constraint != token.ILLEGAL || d.Alias != nil || ident && (name[0] == '_' || name[0] == '#') {
		return
	}
	w.Key, w.LabelEnd = name, d.Label.End().Offset()
	w.Value, w.ValueEnd = d.Value.Pos().Offset(), d.Value.End().Offset()
	switch x := d.Value.(type) {
	case *ast.BasicLit:
		if x.Kind != token.STRING || x.Value[0] == '"' && (len(x.Value) < 3 || x.Value[:3] != `"""`) {
			w.Form = Plain
		}
	case *ast.StructLit:
		w.Form, w.Fields = Braced, outlineDecls(x.Elts)
		if !x.Lbrace.IsValid() {
			w.Form = Chained
		}
	case *ast.BinaryExpr:
		if own := structs(x); len(own) == 1 {
			w.Form, w.Fields = Braced, outlineDecls(own[0].Elts)
			w.Value, w.ValueEnd = own[0].Pos().Offset(), own[0].End().Offset()
		}
	}
}

// structs returns the structs that are written out in a CUE expression such as #Base & {…}.
func structs(x ast.Expr) []*ast.StructLit {
	switch x := x.(type) {
	case *ast.StructLit:
		return []*ast.StructLit{x}
	case *ast.BinaryExpr:
		if x.Op == token.AND {
			return append(structs(x.X), structs(x.Y)...)
		}
	}
	return nil
}
