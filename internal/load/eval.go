package load

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/errors"

	"github.com/scantling/scantling/internal/diag"
)

// An evaluator turns the files of one directory after the other into nodes. Each worker has its own.
type evaluator struct {
	d      *discovery
	ctx    *cue.Context
	budget *budget // shared by the workers
}

func newEvaluator(d *discovery, b *budget) *evaluator {
	return &evaluator{d: d, ctx: cuecontext.New(), budget: b}
}

// A group is the files that make one value: a package's CUE files in one directory, or one YAML file.
type group struct {
	dir   string
	files []source
}

// unit evaluates a directory's spec files.
func (e *evaluator) unit(u unit) (r result) {
	groups, found := e.groups(u)
	r.found = found
	for _, g := range groups {
		plain, extended := withoutExtensions(g)
		root, found := e.evaluate(plain)
		if p := root.Field("platform"); p != nil {
			found = extensionsRefused(p, found)
		}
		if extended {
			r.extensions = &Extensions{e.d, g}
		}
		r.found = append(r.found, found...)
		if root != nil {
			e.add(&r, u, g, root)
		}
	}
	return r
}

// groups reads and parses the files of a unit. A syntax error stops its group only.
func (e *evaluator) groups(u unit) (groups []group, found []diag.Diagnostic) {
	isCUE := func(name string) bool { return strings.HasSuffix(name, ".cue") }
	names := slices.Clone(u.files)
	if slices.ContainsFunc(names, isCUE) {
		names = append(names, siblings(u.dir)...)
	}
	slices.Sort(names)
	byPackage := map[string]int{} // index in groups
	broken := map[string]bool{}
	for _, name := range slices.Compact(names) {
		s, refused := e.read(u.dir, name)
		wanted := slices.Contains(u.files, name)
		if refused != nil {
			s.parsePackage()
			if wanted || s.text == nil || e.sharesPackage(u, s.packageName()) {
				found = append(found, *refused)
			}
			continue
		}
		if !isCUE(name) {
			groups = append(groups, group{u.dir, []source{s}})
			continue
		}
		mistakes := s.parse()
		pkg := s.packageName()
		if pkg == "" { // belongs to nobody
			pkg = name + " alone"
		}
		if len(mistakes) > 0 {
			broken[pkg] = true
			if wanted || e.sharesPackage(u, pkg) {
				found = append(found, mistakes...)
			}
		}
		i, ok := byPackage[pkg]
		if !ok {
			i = len(groups)
			byPackage[pkg] = i
			groups = append(groups, group{dir: u.dir})
		}
		groups[i].files = append(groups[i].files, s)
	}
	for pkg, i := range byPackage {
		if broken[pkg] || !slices.ContainsFunc(groups[i].files, func(s source) bool { return slices.Contains(u.files, filepath.Base(s.path)) }) {
			groups[i].files = nil
		}
	}
	return slices.DeleteFunc(groups, func(g group) bool { return len(g.files) == 0 }), found
}

// sharesPackage reports whether a spec file of the unit is in package pkg.
func (e *evaluator) sharesPackage(u unit, pkg string) bool {
	return slices.ContainsFunc(u.files, func(name string) bool {
		s, refused := e.read(u.dir, name)
		if refused != nil || !strings.HasSuffix(name, ".cue") {
			return false
		}
		s.parse()
		return s.packageName() == pkg
	})
}

// evaluate turns a group into a node; nil: there is nothing to check any more.
func (e *evaluator) evaluate(g group) (*Node, []diag.Diagnostic) {
	if first := g.files[0]; !strings.HasSuffix(first.name, ".cue") {
		return e.guard(g, func() (*Node, []diag.Diagnostic) { return readYAML(first) })
	}
	found := dropAttributes(g.files)
	root, more := e.evaluateCUE(g)
	more = slices.DeleteFunc(more, func(d diag.Diagnostic) bool { // the value that the attribute was to bring
		return d.Rule == "not-concrete" && slices.ContainsFunc(found, func(a diag.Diagnostic) bool { return a.Path == d.Path })
	})
	return root, append(found, more...)
}

func (e *evaluator) evaluateCUE(g group) (*Node, []diag.Diagnostic) {
	var decls []ast.Decl
	lets := 0
	for _, s := range g.files {
		if hasLet(s.tree) {
			lets++
		}
		if hasImport(s.tree) || lets > 1 { // a let belongs to its file
			return e.guard(g, func() (*Node, []diag.Diagnostic) { return e.withImports(g) })
		}
		decls = append(decls, s.tree.Decls...)
	}
	if root, ok := (literals{position, mergeStructs}).structLit(decls, diag.Pos{File: g.files[0].name}); ok {
		return root, nil
	}
	ctx := e.ctx
	return e.guard(g, func() (*Node, []diag.Diagnostic) { return build(ctx, g, decls) })
}

// build evaluates declarations without a package: the context retains nothing of them.
func build(ctx *cue.Context, g group, decls []ast.Decl) (*Node, []diag.Diagnostic) {
	v, w := evaluate(ctx, g, decls)
	return w.root(v), w.found
}

// evaluate returns the value of declarations, and a walker that has reported the names in them that mean nothing.
func evaluate(ctx *cue.Context, g group, decls []ast.Decl) (cue.Value, *walker) {
	decls = slices.DeleteFunc(slices.Clone(decls), func(d ast.Decl) bool {
		_, ok := d.(*ast.Package)
		return ok
	})
	unbind(decls)
	value := func() cue.Value { return ctx.BuildExpr(&ast.StructLit{Elts: decls}) }
	if hasDefinition(decls) { // a struct's definitions stay open, a file's do not; but the context keeps the file
		value = func() cue.Value {
			return cuecontext.New().BuildFile(&ast.File{Filename: g.files[0].name, Decls: decls})
		}
	}
	w := newWalker(g, func(name string) string { return name })
	v := value()
	for range 3 { // a name that is replaced may uncover another
		if len(w.replaceUnresolved(v.Err(), decls)) == 0 {
			break
		}
		v = value()
	}
	return v, w
}

func hasImport(tree *ast.File) bool {
	return len(slices.Collect(tree.ImportSpecs())) > 0
}

func hasLet(tree *ast.File) bool {
	return slices.ContainsFunc(tree.Decls, func(d ast.Decl) bool {
		_, ok := d.(*ast.LetClause)
		return ok
	})
}

// unbind forgets what the parser resolved names to: it knew one file only, and a package has several.
func unbind(decls []ast.Decl) {
	for _, d := range decls {
		ast.Walk(d, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				id.Node, id.Scope = nil, nil
			}
			return true
		}, nil)
	}
}

// add checks the group's value and files its apps and its platform.
func (e *evaluator) add(r *result, u unit, g group, root *Node) {
	c := checker{mark: true}
	holds := func(is func(string) bool) bool {
		return slices.ContainsFunc(g.files, func(s source) bool { return is(filepath.Base(s.path)) })
	}
	root = c.top(root, holds(isPlatformFile), holds(func(name string) bool { return isAppFile(name) || slices.Contains(u.explicit, name) }))
	c.texts(root, "")
	c.check(root, specRule(), "", false)
	r.found = append(r.found, c.found...)
	if p := root.Field("platform"); p != nil && p.Kind == Struct && r.platform != nil {
		r.found = append(r.found, secondPlatform(p, r.platform))
	} else if p != nil && p.Kind == Struct {
		r.platform, r.file = p, g.files[0].name
		if p.KeyPos.File != "" {
			r.file = p.KeyPos.File
		}
	}
	var files []string
	for _, s := range g.files {
		files = append(files, s.path)
	}
	apps := root.Field("apps")
	if apps == nil {
		return
	}
	for _, n := range apps.Fields {
		r.apps = append(r.apps, AppSpec{Name: n.Key, Node: n, File: n.KeyPos.File, Dir: u.dir, Selected: e.d.isSelected(files)})
	}
}

// top sees to it that apps and platform stand in their own files, and that a helper of the user's is not taken for a misspelling.
func (c *checker) top(root *Node, platform, apps bool) *Node {
	kept := *root
	kept.Fields = nil
	for _, f := range root.Fields {
		home := ""
		switch {
		case f.Key == "apps" && !apps:
			home = "app.cue or app.yaml"
		case f.Key == "platform" && !platform:
			home = "platform.cue or platform.yaml"
		case f.Key == "apiVersion" && f.Kind == String && !strings.HasPrefix(f.Text, "scantling.dev/"):
			c.report("unknown-version", f, "apiVersion", fmt.Sprintf("%q is not a spec of scantling", clip(f.Text)), `"scantling.dev/v1alpha1", or no apiVersion`, "scantling init --blueprint web writes a spec to begin with")
			return &Node{Kind: Struct, Pos: root.Pos, KeyPos: root.KeyPos}
		case f.Key == "apiVersion" && f.Kind == String && f.Text != "scantling.dev/v1alpha1":
			c.report("unknown-version", f, "apiVersion", fmt.Sprintf("unknown spec version %q; this build knows v1alpha1", clip(f.Text)), `"scantling.dev/v1alpha1"`, "upgrade scantling or change the version")
			continue
		case specRule().Field(f.Key) == nil && f.Kind == Struct && nearest(f.Key, specRule().names()) == "" && appRule().Field(f.Key) == nil && strings.HasSuffix(f.KeyPos.File, ".cue"):
			c.found = append(c.found, diag.Diagnostic{Rule: "unknown-field", Pos: f.KeyPos, Path: join("", f.Key), Problem: fmt.Sprintf("unknown field %q", clip(f.Key)),
				Want: "apps or platform", Help: fmt.Sprintf("a helper of your own begins with _: _%s", clip(f.Key))})
			continue
		}
		if home != "" {
			c.found = append(c.found, diag.Diagnostic{Rule: "wrong-file", Pos: f.KeyPos, Path: f.Key, Problem: f.Key + " cannot stand in this file", Help: "move it to " + home})
			continue
		}
		kept.Fields = append(kept.Fields, f)
	}
	return &kept
}

// firstError returns the first of the errors inside err, or nil.
func firstError(err error) errors.Error {
	if all := errors.Errors(err); len(all) > 0 {
		return all[0]
	}
	return nil
}
