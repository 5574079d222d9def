package load

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"

	"github.com/scantling/scantling/internal/diag"
)

// Extensions are the platform's own objects, as they are written. What they come to depends on the app, so each app has them evaluated
// for itself, and they are cut out of the platform before that is evaluated.
type Extensions struct {
	d     *discovery
	group group // of the platform, whole
}

// withoutExtensions returns a group of files without its platform.extensions, and whether there were any. The syntax that it is given
// stays as it is.
func withoutExtensions(g group) (cut group, any bool) {
	if !slices.ContainsFunc(g.files, func(s source) bool { return isPlatformFile(filepath.Base(s.path)) && s.tree != nil }) {
		return g, false
	}
	g.files = slices.Clone(g.files)
	for i, s := range g.files {
		tree := *s.tree
		var found bool
		tree.Decls, found = cutField(tree.Decls, "platform", "extensions")
		if found {
			tree.Decls = cutImports(s.tree.Decls, tree.Decls)
			g.files[i].tree, any = &tree, true
		}
	}
	return g, any
}

// cutField returns declarations without the field that names lead to, through structs that are written out.
func cutField(decls []ast.Decl, names ...string) (kept []ast.Decl, found bool) {
	for _, d := range decls {
		f, ok := d.(*ast.Field)
		if !ok {
			kept = append(kept, d)
			continue
		}
		name, _, err := ast.LabelName(f.Label)
		lit, isStruct := f.Value.(*ast.StructLit)
		switch {
		case err != nil || name != names[0] || len(names) > 1 && !isStruct:
		case len(names) == 1:
			found = true
			continue
		default:
			inner, any := cutField(lit.Elts, names[1:]...)
			if any {
				field, value := *f, *lit
				value.Elts, field.Value = inner, &value
				d, found = &field, true
			}
		}
		kept = append(kept, d)
	}
	return kept, found
}

// cutImports returns the declarations that are kept without the imports that only what was cut has used.
func cutImports(all, kept []ast.Decl) []ast.Decl {
	before, after := usedNames(all), usedNames(kept)
	out := make([]ast.Decl, 0, len(kept))
	for _, d := range kept {
		if imports, ok := d.(*ast.ImportDecl); ok {
			specs := slices.DeleteFunc(slices.Clone(imports.Specs), func(s *ast.ImportSpec) bool {
				return before[localName(s)] && !after[localName(s)]
			})
			if len(specs) == 0 {
				continue
			}
			d = &ast.ImportDecl{Import: imports.Import, Lparen: imports.Lparen, Specs: specs, Rparen: imports.Rparen}
		}
		out = append(out, d)
	}
	return out
}

// usedNames are the identifiers in declarations other than imports.
func usedNames(decls []ast.Decl) map[string]bool {
	names := map[string]bool{}
	for _, d := range decls {
		if _, ok := d.(*ast.ImportDecl); ok {
			continue
		}
		ast.Walk(d, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				names[id.Name] = true
			}
			return true
		}, nil)
	}
	return names
}

// extensionsRefused reports extensions that were not cut out: those of YAML, and those that do not stand in the struct of the platform.
func extensionsRefused(platform *Node, found []diag.Diagnostic) []diag.Diagnostic {
	n := platform.Field("extensions")
	if n == nil || n.Kind == Struct && len(n.Fields) == 0 {
		return found
	}
	problem, want, help := "YAML cannot say what an extension makes of an app", "platform.cue", "a platform in CUE holds the same fields; move it there as a whole"
	if strings.HasSuffix(n.KeyPos.File, ".cue") {
		problem, want, help = "extensions are not read from here", "extensions in the struct of the platform itself", "write platform: extensions: NAME: {...}"
	}
	found = slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return strings.HasPrefix(d.Path, "platform.extensions.") })
	return append(found, diag.Diagnostic{Rule: "extension-is-cue", Pos: n.KeyPos, Path: "platform.extensions", Problem: problem, Want: want, Help: help})
}

// An Extender evaluates the platform's extensions for one app after the other. Each worker has its own.
type Extender struct {
	e     *evaluator
	group group
	w     *walker
	value cue.Value // platform.extensions
}

// Extender reads the extensions once more, with what they refer to in the platform's files. What is wrong whatever the app is comes with it.
func (x *Extensions) Extender() (*Extender, []diag.Diagnostic) {
	r := &Extender{e: newEvaluator(x.d, fullBudget()), group: group{dir: x.group.dir}}
	for _, s := range x.group.files {
		s.parse() // each worker has syntax of its own: evaluating resolves names in it
		r.group.files = append(r.group.files, s)
	}
	dropAttributes(r.group.files)
	_, found := r.e.guard(r.group, func() (*Node, []diag.Diagnostic) { return nil, r.build() })
	return r, found
}

// build evaluates the platform with its extensions, of which the apps are still open.
func (r *Extender) build() []diag.Diagnostic {
	var decls []ast.Decl
	lets := 0
	imports := false
	for _, s := range r.group.files {
		if hasLet(s.tree) {
			lets++
		}
		imports = imports || hasImport(s.tree)
		decls = append(decls, s.tree.Decls...)
	}
	var v cue.Value
	if ok := true; imports || lets > 1 {
		if v, r.w, ok = r.e.imported(r.group); !ok {
			return r.w.found
		}
	} else {
		v, r.w = evaluate(r.e.ctx, r.group, decls)
	}
	r.value = v.LookupPath(cue.ParsePath("platform.extensions"))
	if r.value.Exists() && r.value.Err() == nil && r.value.IncompleteKind() != cue.StructKind {
		pos, _ := r.w.origin(r.value, "platform.extensions")
		r.w.add("wrong-type", pos, "platform.extensions", "extensions is not a struct", "")
		r.w.found[len(r.w.found)-1].Want = "extensions by name, such as extensions: certificate: {...}"
	}
	found := slices.DeleteFunc(r.w.found, func(d diag.Diagnostic) bool { return !strings.HasPrefix(d.Path, "platform.extensions") })
	for i, d := range found {
		for _, given := range []string{"app", "environment"} {
			if d.Problem == strconv.Quote(given)+" is not defined" {
				found[i].Help = fmt.Sprintf("add %s: _ to the extension: it stands for what is known of the %s", given, given)
			}
		}
	}
	r.w.found = nil
	return found
}

// Names returns the names of the extensions, in the order in which they are written.
func (r *Extender) Names() []string {
	var names []string
	if !r.value.Exists() {
		return nil
	}
	it, err := r.value.Fields(cue.Patterns(true))
	if err != nil {
		return nil
	}
	for it.Next() {
		if sel := it.Selector(); sel.LabelType() == cue.StringLabel && sel.ConstraintType() != cue.PatternConstraint {
			names = append(names, sel.Unquoted())
		}
	}
	return names
}

// Objects evaluates one extension for one app in one environment, which it sees as its fields app and environment. A nil node means
// that there is nothing more to say than the diagnostics do.
func (r *Extender) Objects(name string, app, environment map[string]any) (*Node, []diag.Diagnostic) {
	return r.e.guard(r.group, func() (*Node, []diag.Diagnostic) {
		path := join("platform.extensions", name)
		v := r.value.LookupPath(cue.MakePath(cue.Str(name)))
		keyPos, _ := r.w.origin(v, path)
		for _, fact := range []struct {
			given string
			facts map[string]any
		}{{"app", app}, {"environment", environment}} {
			given, at := fact.given, cue.MakePath(cue.Str(fact.given))
			if own := v.LookupPath(at); own.Exists() && own.IncompleteKind() != cue.TopKind && own.Unify(r.e.ctx.Encode(fact.facts)).Err() != nil {
				pos, _ := r.w.origin(own, join(path, given))
				return nil, []diag.Diagnostic{{Rule: "conflicting-values", Pos: pos, Path: join(path, given), Problem: fmt.Sprintf("the extension says of the %s what is not so", given),
					Want: given + ": _", Help: "the " + given + " is given; ask with if, as in if app.tier == \"critical\" {...}"}}
			}
			v = v.FillPath(at, fact.facts)
		}
		r.w.found = nil
		objects := v.LookupPath(cue.ParsePath("objects"))
		if !objects.Exists() && v.Err() == nil {
			return nil, []diag.Diagnostic{{Rule: "missing-field", Pos: keyPos, Path: path, Problem: "objects is missing", Want: "the objects that the extension makes of an app", Help: "add objects: [...]"}}
		}
		n := r.w.value(objects, path+".objects", 0)
		n.Key = "objects"
		return n, slices.Clone(r.w.found)
	})
}
