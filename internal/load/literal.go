package load

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"

	"github.com/scantling/scantling/internal/diag"
)

// A literals reads syntax that is plain data: what YAML becomes, and most CUE files are. It saves the evaluator's time, and it
// sees what the evaluator unifies away, such as a key that is written twice.
type literals struct {
	pos func(token.Pos) diag.Pos
	dup func(first, second *Node) bool // whether a field may be written twice; the second is then merged into the first
}

// structLit reads the declarations of a struct; false: they are more than data.
func (l literals) structLit(decls []ast.Decl, pos diag.Pos) (*Node, bool) {
	n := &Node{Kind: Struct, Pos: pos, KeyPos: pos}
	seen := make(map[string]*Node, len(decls))
	for _, d := range decls {
		switch d := d.(type) {
		case *ast.Field:
			f, ok := l.field(d)
			if !ok {
				return nil, false
			}
			if first := seen[f.Key]; first != nil {
				if !l.dup(first, f) {
					return nil, false
				}
				continue
			}
			seen[f.Key] = f
			n.Fields = append(n.Fields, f)
		case *ast.Package, *ast.CommentGroup:
		default:
			return nil, false
		}
	}
	return n, true
}

func (l literals) field(d *ast.Field) (*Node, bool) {
	if d.Constraint != token.ILLEGAL || d.Alias != nil || len(d.Attrs) > 0 {
		return nil, false
	}
	switch label := d.Label.(type) {
	case *ast.Ident:
		if strings.HasPrefix(label.Name, "_") || strings.HasPrefix(label.Name, "#") {
			return nil, false
		}
	case *ast.BasicLit:
		if label.Kind != token.STRING {
			return nil, false
		}
	default:
		return nil, false
	}
	name, _, err := ast.LabelName(d.Label)
	if err != nil {
		return nil, false
	}
	n, ok := l.value(d.Value)
	if !ok {
		return nil, false
	}
	n.Key, n.KeyPos = name, l.pos(d.Label.Pos())
	return n, true
}

func (l literals) value(x ast.Expr) (*Node, bool) {
	pos := l.pos(x.Pos())
	switch x := x.(type) {
	case *ast.StructLit:
		return l.structLit(x.Elts, pos)
	case *ast.ListLit:
		n := &Node{Kind: List, Pos: pos, KeyPos: pos}
		for _, e := range x.Elts {
			elem, ok := l.value(e)
			if !ok {
				return nil, false
			}
			n.Elems = append(n.Elems, elem)
		}
		return n, true
	case *ast.UnaryExpr:
		lit, ok := x.X.(*ast.BasicLit)
		if !ok || x.Op != token.SUB {
			return nil, false
		}
		n, ok := l.number(lit, "-")
		if ok {
			n.Pos, n.KeyPos = pos, pos
		}
		return n, ok
	case *ast.BasicLit:
		return l.scalar(x)
	}
	return nil, false
}

func (l literals) scalar(x *ast.BasicLit) (*Node, bool) {
	n := &Node{Pos: l.pos(x.Pos()), KeyPos: l.pos(x.Pos())}
	switch x.Kind {
	case token.NULL:
		n.Kind, n.Text = Null, "null"
	case token.TRUE, token.FALSE:
		n.Kind, n.Text = Bool, x.Value
	case token.STRING:
		if strings.HasPrefix(strings.TrimLeft(x.Value, "#"), "'") {
			return nil, false // bytes
		}
		s, err := literal.Unquote(x.Value)
		if err != nil {
			return nil, false
		}
		n.Kind, n.Text = String, s
	case token.INT, token.FLOAT:
		return l.number(x, "")
	default:
		return nil, false
	}
	return n, true
}

func (l literals) number(x *ast.BasicLit, sign string) (*Node, bool) {
	n := &Node{Kind: Int, Pos: l.pos(x.Pos()), KeyPos: l.pos(x.Pos()), raw: sign + x.Value}
	if octal, ok := strings.CutPrefix(x.Value, "0o"); ok && !strings.HasSuffix(n.Pos.File, ".cue") { // YAML's 007, as its reader has it
		n.raw = sign + "0" + octal
	}
	var info literal.NumInfo
	if err := literal.ParseNum(x.Value, &info); err != nil || len(x.Value) > maxDigits || info.Multiplier() != 0 {
		return nil, false
	}
	text := strings.ReplaceAll(x.Value, "_", "")
	if !info.IsInt() {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, false
		}
		n.Kind, n.Text = Float, sign+formatFloat(f)
		return n, true
	}
	if len(text) > 1 && text[0] == '0' { // 0x1F, 0o17, 0b1
		i, err := strconv.ParseInt(text, 0, 64)
		if err != nil {
			return nil, false
		}
		text = strconv.FormatInt(i, 10)
	}
	if text == "0" {
		sign = ""
	}
	n.Text = sign + text
	return n, true
}

// maxDigits is how many characters a number may have; no field needs more, and arithmetic on longer ones takes for ever.
const maxDigits = 64

// formatFloat writes a float as a person would: 99.9, not 9.99e+01.
func formatFloat(f float64) string {
	if a := math.Abs(f); a != 0 && (a < 1e-9 || a >= 1e21) {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// position is p as diagnostics name it.
func position(p token.Pos) diag.Pos {
	if !p.IsValid() {
		return diag.Pos{File: p.Filename()}
	}
	at := p.Position()
	return diag.Pos{File: at.Filename, Line: at.Line, Col: at.Column}
}

// mergeStructs is the dup of CUE: two structs of the same name are one, as far as their fields agree.
func mergeStructs(first, second *Node) bool {
	if first.Kind != Struct || second.Kind != Struct {
		return false
	}
	for _, f := range second.Fields {
		if old := first.Field(f.Key); old == nil {
			first.Fields = append(first.Fields, f)
		} else if !mergeStructs(old, f) {
			return false
		}
	}
	first.Fields = slices.Clip(first.Fields)
	return true
}
