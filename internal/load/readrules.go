package load

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/scantling/scantling/schema"
)

// schemaFiles are the embedded files that constrain; the tier tables and the local platform are data.
func schemaFiles() ([]*ast.File, error) {
	names, err := fs.Glob(schema.Files, "*.cue")
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		if name == "tiers.cue" || name == "local.cue" {
			continue
		}
		src, err := schema.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile("schema/"+name, src, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// A ruleReader turns the syntax of the schema into rules.
type ruleReader struct {
	defs map[string]*Rule // by name without #; filled before the definitions are read, for they name one another
}

func readRules() (map[string]*Rule, error) {
	files, err := schemaFiles()
	if err != nil {
		return nil, err
	}
	r := ruleReader{map[string]*Rule{}}
	defs := map[string]*ast.Field{}
	for _, f := range files {
		for _, d := range f.Decls {
			field, ok := d.(*ast.Field)
			if !ok {
				continue
			}
			name, _, err := ast.LabelName(field.Label)
			if err != nil || !strings.HasPrefix(name, "#") {
				return nil, fmt.Errorf("%v: not a definition", field.Pos())
			}
			name = name[1:]
			defs[name] = field
			r.defs[name] = &Rule{}
		}
	}
	for name, field := range defs {
		rule, err := r.expr(field.Value)
		if err != nil {
			return nil, err
		}
		doc, _ := docs(field)
		rule.Name = name
		if rule.Type == StructType {
			rule.Doc = doc
		} else {
			rule.Phrase = doc
		}
		*r.defs[name] = *rule
	}
	return r.defs, nil
}

// docs splits the comment above a field into its text and its example.
func docs(field *ast.Field) (doc, example string) {
	var lines []string
	for _, g := range ast.Comments(field) {
		if !g.Doc {
			continue
		}
		for _, c := range g.List {
			line := strings.TrimPrefix(strings.TrimPrefix(c.Text, "//"), " ")
			if e, ok := strings.CutPrefix(line, "Example: "); ok {
				example = e
				continue
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n"), example
}

func (r ruleReader) expr(x ast.Expr) (*Rule, error) {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return r.expr(x.X)
	case *ast.Ident:
		return r.ident(x)
	case *ast.StructLit:
		return r.structLit(x)
	case *ast.ListLit:
		return r.list(x)
	case *ast.UnaryExpr:
		return constraint(x)
	case *ast.BasicLit:
		if x.Kind == token.FALSE {
			return &Rule{Type: FalseType}, nil
		}
	case *ast.BinaryExpr:
		return r.binary(x)
	}
	return nil, fmt.Errorf("%v: the rule reader does not know %T", x.Pos(), x)
}

func (r ruleReader) ident(x *ast.Ident) (*Rule, error) {
	if name, ok := strings.CutPrefix(x.Name, "#"); ok {
		if def := r.defs[name]; def != nil {
			return def, nil
		}
		return nil, fmt.Errorf("%v: no definition %s", x.Pos(), x.Name)
	}
	types := map[string]Type{"_": AnyType, "bool": BoolType, "int": IntType, "number": NumberType, "string": StringType}
	t, ok := types[x.Name]
	if !ok {
		return nil, fmt.Errorf("%v: the rule reader does not know %s", x.Pos(), x.Name)
	}
	return &Rule{Type: t}, nil
}

func (r ruleReader) list(x *ast.ListLit) (*Rule, error) {
	if len(x.Elts) == 1 {
		if e, ok := x.Elts[0].(*ast.Ellipsis); ok && e.Type != nil {
			elem, err := r.expr(e.Type)
			return &Rule{Type: ListType, Elem: elem}, err
		}
	}
	return nil, fmt.Errorf("%v: the rule reader only knows lists of the form [...T]", x.Pos())
}

// constraint reads =~"re", !="x" and the bounds of numbers.
func constraint(x *ast.UnaryExpr) (*Rule, error) {
	lit, ok := x.X.(*ast.BasicLit)
	if !ok {
		return nil, fmt.Errorf("%v: the rule reader only knows constraints on literals", x.Pos())
	}
	switch x.Op {
	case token.MAT, token.NEQ:
		s, err := literal.Unquote(lit.Value)
		if err != nil {
			return nil, err
		}
		if x.Op == token.NEQ {
			return &Rule{Type: StringType, Not: []string{s}}, nil
		}
		rule := &Rule{Type: StringType, match: lazyRegexp(s)}
		if body, ok := strings.CutPrefix(s, "^("); ok && !strings.ContainsAny(body, `[]{}*+?\(^`) {
			rule.Enum = strings.Split(strings.TrimSuffix(body, ")$"), "|")
		}
		return rule, nil
	case token.GTR, token.GEQ, token.LSS, token.LEQ:
		limit, err := strconv.ParseFloat(lit.Value, 64)
		return &Rule{Type: NumberType, Bounds: []Bound{{x.Op.String(), limit}}}, err
	}
	return nil, fmt.Errorf("%v: the rule reader does not know %s", x.Pos(), x.Op)
}

// binary reads A & B, where both constrain a scalar, and A | B, where the two are of different kinds.
func (r ruleReader) binary(x *ast.BinaryExpr) (*Rule, error) {
	a, err := r.expr(x.X)
	if err != nil {
		return nil, err
	}
	b, err := r.expr(x.Y)
	if err != nil {
		return nil, err
	}
	switch x.Op {
	case token.OR:
		both := *a
		both.Or = b
		return &both, nil
	case token.AND:
		if a.Type == AnyType || b.Type == AnyType {
			return nil, fmt.Errorf("%v: the rule reader only knows & between a type and its bounds", x.Pos())
		}
		both := *a
		both.Bounds = slices.Concat(a.Bounds, b.Bounds)
		both.Not = slices.Concat(a.Not, b.Not)
		return &both, nil
	}
	return nil, fmt.Errorf("%v: the rule reader does not know %s", x.Pos(), x.Op)
}

func (r ruleReader) structLit(x *ast.StructLit) (*Rule, error) {
	rule := &Rule{Type: StructType}
	var one [][]string
	for _, d := range x.Elts {
		var err error
		switch d := d.(type) {
		case *ast.Ellipsis:
			rule.Open = true
		case *ast.Attribute:
			key, body := d.Split()
			names := strings.FieldsFunc(body, func(c rune) bool { return c == ',' || c == ' ' })
			if key == "one" {
				one = append(one, names)
			} else {
				rule.Exclusive = append(rule.Exclusive, names)
			}
		case *ast.Field:
			err = r.field(rule, d)
		default:
			err = fmt.Errorf("%v: the rule reader does not know %T", d.Pos(), d)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, names := range one {
		if len(names) == 0 {
			names = rule.names()
		}
		rule.One = names
		rule.Exclusive = append(rule.Exclusive, names)
	}
	return rule, nil
}

func (r ruleReader) field(rule *Rule, field *ast.Field) error {
	val, err := r.expr(field.Value)
	if err != nil {
		return err
	}
	for _, a := range field.Attrs {
		if key, body := a.Split(); key == "partial" {
			partial := &Rule{Type: StructType, Partial: r.defs[strings.TrimPrefix(body, "#")]}
			if val.Type == FalseType {
				val = &Rule{Type: FalseType, Or: partial}
			} else {
				val = partial
			}
		}
	}
	if l, ok := field.Label.(*ast.ListLit); ok { // [#Name]: #Value
		rule.Val = val
		rule.Key, err = r.expr(l.Elts[0])
		return err
	}
	name, _, err := ast.LabelName(field.Label)
	doc, example := docs(field)
	rule.Fields = append(rule.Fields, RuleField{Name: name, Required: field.Constraint == token.NOT, Doc: doc, Example: example, Rule: val})
	return err
}
