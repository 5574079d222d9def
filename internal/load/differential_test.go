package load

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"github.com/rogpeppe/go-internal/txtar"
)

// goSideRules are what the schema cannot say without disjunctions of structs: CUE accepts it, the checker does not.
var goSideRules = map[string]bool{"exclusive-fields": true}

// inOverride matches what stands in an override: open to CUE, so that nothing is required there.
var inOverride = regexp.MustCompile(`^apps\.[^.]+\.environments\.[^.]+\.|^platform\.environments\.[^.]+\.(databases|teams|apps)\.[^.]+\.`)

// TestCheckerAgreesWithCUE mutates good specs in every field and asks both judges, CUE and the checker: each wrong value that one
// of them finds, the other must find.
func TestCheckerAgreesWithCUE(t *testing.T) {
	ctx := cuecontext.New()
	spec := compileSchema(t, ctx)
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[bool]int{}
	for _, text := range goodSpecs(t) {
		base := ctx.CompileString(text)
		root := plain(t, base)
		for range 60 {
			mutant := mutate(root, specRule(), random)
			source := cueText(mutant)
			v := ctx.CompileString(source)
			if v.Err() != nil {
				t.Fatalf("%v\n%s", v.Err(), source)
			}
			cueErr := spec.Unify(v).Validate(cue.Concrete(true), cue.Final())
			var c checker
			c.check(mutant, specRule(), "", false)
			found := c.found[:0:0]
			for _, d := range c.found {
				one := d.Rule == "missing-field" && d.Problem == "nothing says what it is"
				if !goSideRules[d.Rule] && !one && !inOverride.MatchString(d.Path) {
					found = append(found, d)
				}
			}
			seen[cueErr == nil]++
			if (cueErr == nil) != (len(found) == 0) {
				t.Fatalf("CUE says %v, the checker says\n%s\nof\n%s", cueErr, render(found), source)
			}
		}
	}
	if seen[true] < 20 || seen[false] < 100 {
		t.Errorf("the mutants are lopsided: %v", seen)
	}
}

// compileSchema builds #Spec as cue vet would.
func compileSchema(t *testing.T, ctx *cue.Context) cue.Value {
	files, err := schemaFiles()
	if err != nil {
		t.Fatal(err)
	}
	var decls []ast.Decl
	for _, f := range files {
		for _, d := range f.Decls {
			if _, ok := d.(*ast.Field); ok {
				decls = append(decls, d)
			}
		}
	}
	unbind(decls)
	v := ctx.BuildExpr(&ast.StructLit{Elts: decls})
	if err := v.Err(); err != nil {
		t.Fatal(err)
	}
	return v.LookupPath(cue.ParsePath("#Spec"))
}

// goodSpecs are the files that the golden case of good specs holds, and one that uses every field by its documented example.
func goodSpecs(t *testing.T) []string {
	archive, err := txtar.ParseFile(filepath.Join("testdata", "good.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, f := range archive.Files {
		if strings.HasSuffix(f.Name, ".cue") {
			texts = append(texts, string(f.Data))
		}
	}
	var app, platform strings.Builder
	for _, f := range appRule().Fields {
		fmt.Fprintln(&app, f.Example)
	}
	for _, f := range platformRule().Fields {
		fmt.Fprintln(&platform, f.Example)
	}
	return append(texts, "apps: web: {\n"+app.String()+"}\n", "platform: {\n"+platform.String()+"}\n", everyField())
}

// everyField writes an environment by the examples of its fields.
func everyField() string {
	var b strings.Builder
	for _, f := range schemaRules()["Environment"].Fields {
		fmt.Fprintln(&b, "platform: environments: prod: {", f.Example, "}")
	}
	return b.String()
}

// plain is the concrete value as a tree.
func plain(t *testing.T, v cue.Value) *Node {
	w := &walker{rename: func(s string) string { return s }, files: []source{{name: "x", tree: &ast.File{}}}}
	n := w.value(v, "", 0)
	if len(w.found) > 0 {
		t.Fatal(render(w.found))
	}
	return n
}

// mutate changes one place of the tree: a value, a name, a missing field or a further one.
func mutate(n *Node, r *Rule, random *rand.Rand) *Node {
	changed := *n
	switch {
	case n.Kind == Struct && len(n.Fields) > 0 && random.IntN(8) > 0:
		changed.Fields = append([]*Node(nil), n.Fields...)
		i := random.IntN(len(n.Fields))
		f := *n.Fields[i]
		switch random.IntN(12) {
		case 0:
			changed.Fields = append(changed.Fields[:i:i], changed.Fields[i+1:]...)
			return &changed
		case 1:
			f.Key = f.Key + []string{"x", "_", "é", "A", "-"}[random.IntN(5)]
			if n.Field(f.Key) != nil {
				return &changed
			}
			changed.Fields[i] = &f
			return &changed
		}
		child := mutate(&f, nil, random)
		child.Key = f.Key
		changed.Fields[i] = child
		return &changed
	case n.Kind == List && len(n.Elems) > 0 && random.IntN(3) > 0:
		changed.Elems = append([]*Node(nil), n.Elems...)
		i := random.IntN(len(n.Elems))
		changed.Elems[i] = mutate(n.Elems[i], nil, random)
		return &changed
	}
	return oddities[random.IntN(len(oddities))]
}

// oddities are values on both sides of every bound and form of the schema.
var oddities = []*Node{
	{Kind: Int, Text: "0"}, {Kind: Int, Text: "1"}, {Kind: Int, Text: "-1"}, {Kind: Int, Text: "65535"}, {Kind: Int, Text: "65536"},
	{Kind: Int, Text: "100"}, {Kind: Int, Text: "99"}, {Kind: Int, Text: "1001"}, {Kind: Float, Text: "99.9"}, {Kind: Float, Text: "0.5"}, {Kind: Float, Text: "1.0"},
	{Kind: Bool, Text: "true"}, {Kind: Bool, Text: "false"}, {Kind: Null, Text: "null"},
	{Kind: String, Text: ""}, {Kind: String, Text: "a"}, {Kind: String, Text: "A b"}, {Kind: String, Text: "critical"}, {Kind: String, Text: "app"},
	{Kind: String, Text: "15m"}, {Kind: String, Text: "1h30m"}, {Kind: String, Text: "m"}, {Kind: String, Text: "512Mi"}, {Kind: String, Text: "/x"}, {Kind: String, Text: "a:1"},
	{Kind: String, Text: "10.0.0.0/8"}, {Kind: String, Text: "x\ny"}, {Kind: String, Text: "1.34"}, {Kind: String, Text: "a.b"}, {Kind: String, Text: "28d"},
	{Kind: Struct}, {Kind: List}, {Kind: List, Elems: []*Node{{Kind: String, Text: "a"}}},
	{Kind: Struct, Fields: []*Node{{Kind: Int, Text: "1", Key: "port"}}}, {Kind: Struct, Fields: []*Node{{Kind: Struct, Key: "redis"}}},
}

// cueText writes a tree as CUE.
func cueText(n *Node) string {
	switch n.Kind {
	case Struct:
		var b strings.Builder
		b.WriteString("{\n")
		for _, f := range n.Fields {
			fmt.Fprintf(&b, "%s: %s\n", strconv.Quote(f.Key), cueText(f))
		}
		return b.String() + "}"
	case List:
		var elems []string
		for _, e := range n.Elems {
			elems = append(elems, cueText(e))
		}
		return "[" + strings.Join(elems, ", ") + "]"
	case String:
		return strconv.Quote(n.Text)
	default:
		return n.Text
	}
}
