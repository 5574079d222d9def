package load

import (
	"os"
	"path"
	"path/filepath"
	"slices"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	cueload "cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/schema"
)

// withImports evaluates a group through CUE's own loader, in contexts that are thrown away. Nothing is fetched: packages are the
// user's own, those below cue.mod, CUE's built-in ones, and our schema.
func (e *evaluator) withImports(g group) (*Node, []diag.Diagnostic) {
	v, w, ok := e.imported(g)
	if !ok {
		return nil, w.found
	}
	return w.root(v), w.found
}

// imported returns the value of a group with imports, and a walker that has reported what is wrong with them; false: there is no value.
func (e *evaluator) imported(g group) (cue.Value, *walker, bool) {
	w := newWalker(g, e.d.display)
	w.refuseImports()
	names, config, found := e.loader(g)
	if len(found) > 0 {
		w.found = append(w.found, found...)
		return cue.Value{}, w, false
	}
	v, err := instance(names, config)
	for range 5 { // what is mended may uncover another
		if !w.mend(err) {
			break
		}
		v, err = instance(names, config)
	}
	if err != nil && !hasFields(v) {
		w.found = w.importErrors(err)
		return v, w, false
	}
	return v, w, true
}

func hasFields(v cue.Value) bool {
	if v == (cue.Value{}) {
		return false
	}
	it, err := v.Fields(cue.Patterns(true))
	return err == nil && it.Next()
}

// loader returns how CUE's loader is to see the group: its files as they are parsed, our schema, and a module.
func (e *evaluator) loader(g group) (names []string, config *cueload.Config, found []diag.Diagnostic) {
	root := moduleRoot(g.dir)
	overlay := schemaOverlay(filepath.Join(root, "cue.mod", "pkg", "scantling.dev", "schema"))
	module := filepath.Join(root, "cue.mod", "module.cue")
	overlay[module], found = moduleFile(module, e.d.display(module))
	for _, s := range g.files {
		names = append(names, "./"+filepath.Base(s.path))
		overlay[s.path] = cueload.FromFile(s.tree)
	}
	env := []string{"CUE_REGISTRY=none", "HOME=" + root, "CUE_CACHE_DIR=" + filepath.Join(root, ".none")}
	return names, &cueload.Config{Dir: g.dir, ModuleRoot: root, Overlay: overlay, Env: env}, found
}

// instance loads and evaluates the files of a package.
func instance(names []string, config *cueload.Config) (cue.Value, error) {
	insts := cueload.Instances(names, config)
	if err := insts[0].Err; err != nil {
		return cue.Value{}, err
	}
	v := cuecontext.New().BuildInstance(insts[0])
	return v, v.Err()
}

// moduleFile returns a module.cue without the modules that it depends on: none can be fetched, and one that holds our schema
// too would make its import ambiguous. Where there is no such file, any module serves.
func moduleFile(path, name string) (cueload.Source, []diag.Diagnostic) {
	text, err := os.ReadFile(path)
	if err != nil {
		return cueload.FromString("module: \"scantling.local/spec\"\nlanguage: version: \"v0.9.0\"\n"), nil
	}
	tree, err := parser.ParseFile(name, text)
	if err != nil {
		return nil, syntaxErrors(err, name, text)
	}
	tree.Decls = slices.DeleteFunc(tree.Decls, func(d ast.Decl) bool {
		f, ok := d.(*ast.Field)
		if !ok {
			return false
		}
		label, _, err := ast.LabelName(f.Label)
		return err == nil && label == "deps"
	})
	return cueload.FromFile(tree), nil
}

// schemaOverlay lays this build's schema over dir, whatever an older build has left there.
func schemaOverlay(dir string) map[string]cueload.Source {
	overlay := map[string]cueload.Source{}
	for _, stale := range siblings(dir) {
		overlay[filepath.Join(dir, stale)] = cueload.FromString("package schema\n")
	}
	for name, text := range CUE() {
		overlay[filepath.Join(dir, name)] = cueload.FromBytes(text)
	}
	return overlay
}

// CUE returns the files of the schema by name, for cue vet, cue lsp and import "scantling.dev/schema".
func CUE() map[string][]byte {
	files, err := schemaFiles()
	if err != nil {
		panic("schema: " + err.Error()) // embedded, so a test rules it out
	}
	out := map[string][]byte{}
	for _, f := range files {
		name := path.Base(f.Filename)
		out[name], _ = schema.Files.ReadFile(name)
	}
	return out
}

// moduleRoot returns the nearest directory at or above dir with a cue.mod; else dir.
func moduleRoot(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if isFile(filepath.Join(at, "cue.mod", "module.cue")) {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}
