package load

import (
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/errors"
	cueload "cuelang.org/go/cue/load"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/schema"
)

// needsLoader reports whether a file cannot be evaluated on its own syntax alone: it imports, or uses attributes that do.
func needsLoader(tree *ast.File) bool {
	if len(slices.Collect(tree.ImportSpecs())) > 0 {
		return true
	}
	return slices.ContainsFunc(tree.Decls, func(d ast.Decl) bool {
		a, ok := d.(*ast.Attribute)
		return ok && !strings.HasPrefix(a.Text, "@scantling")
	})
}

// withImports evaluates a group through CUE's own loader, in a context that is thrown away. Nothing is fetched: packages are the
// user's own below cue.mod, CUE's built-in ones, and our schema.
func (e *evaluator) withImports(g group) (*Node, []diag.Diagnostic) {
	root := moduleRoot(g.dir)
	overlay := schemaOverlay(filepath.Join(root, "cue.mod", "pkg", "scantling.dev", "schema"))
	if root == g.dir && !isFile(filepath.Join(root, "cue.mod", "module.cue")) {
		overlay[filepath.Join(root, "cue.mod", "module.cue")] = cueload.FromString("module: \"scantling.local/spec\"\nlanguage: version: \"v0.9.0\"\n")
	}
	config := &cueload.Config{Dir: g.dir, ModuleRoot: root, Overlay: overlay, Env: []string{"CUE_REGISTRY=none", "HOME=" + root, "CUE_CACHE_DIR=" + filepath.Join(root, ".none")}}
	var names []string
	for _, s := range g.files {
		names = append(names, "./"+filepath.Base(s.path))
		overlay[s.path] = cueload.FromBytes(s.text)
	}
	w := newWalker(g, e.d.display)
	insts := cueload.Instances(names, config)
	if len(insts) == 0 {
		return nil, []diag.Diagnostic{{Rule: "not-evaluable", Pos: diag.Pos{File: g.files[0].name}, Problem: "this file cannot be evaluated"}}
	}
	if err := insts[0].Err; err != nil {
		return nil, w.importErrors(err)
	}
	v := cuecontext.New().BuildInstance(insts[0])
	if !v.Exists() || v.Err() != nil && !v.LookupPath(appsPath).Exists() {
		return nil, w.importErrors(v.Err())
	}
	return w.root(v), w.found
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

var (
	tooNew      = regexp.MustCompile(`language version "?(v[0-9.]+)"?.*too new`)
	noPackage   = regexp.MustCompile(`(?:cannot find package|import failed: .*package|no required module provides package|package) "?([^\s":]+)`)
	quotedNames = regexp.MustCompile(`reference "([^"]+)" not found`)
)

const neverUsed = "the import is never used"

// importErrors says why a package could not be put together.
func (w *walker) importErrors(err error) []diag.Diagnostic {
	other := diag.Pos{File: w.files[0].name}
	for _, e := range errors.Errors(err) {
		pos := w.errorPos(e, other)
		message := e.Error()
		d := diag.Diagnostic{Rule: "import", Pos: pos}
		switch {
		case tooNew.MatchString(message):
			version := tooNew.FindStringSubmatch(message)[1]
			d.Problem, d.Help = fmt.Sprintf("cue.mod/module.cue asks for CUE %s, which is newer than this build knows", version), "upgrade scantling, or lower language.version"
			d.Pos = other
		case quotedNames.MatchString(message):
			name := quotedNames.FindStringSubmatch(message)[1]
			d.Rule, d.Problem, d.Help = "unresolved-reference", fmt.Sprintf("%q is not defined", clip(name)), w.nearName(name)
		case strings.Contains(message, "imported and not used"):
			d.Problem, d.Help = neverUsed, "remove it"
		case noPackage.MatchString(message):
			name := strings.Trim(noPackage.FindStringSubmatch(message)[1], `"`)
			d.Pos = w.importPos(name, pos)
			d.Problem = fmt.Sprintf("the package %q is not to be found", clip(name))
			d.Help = "packages come from this module's own directories and from cue.mod/pkg; nothing is downloaded"
		default:
			d.Rule, d.Problem = "not-evaluable", "this file cannot be evaluated with what it imports"
		}
		w.found = append(w.found, d)
	}
	w.found = slices.DeleteFunc(w.found, func(d diag.Diagnostic) bool { // what is not to be found cannot be used either
		return d.Problem == neverUsed && slices.ContainsFunc(w.found, func(other diag.Diagnostic) bool { return other.Pos == d.Pos && other.Problem != neverUsed })
	})
	if len(w.found) == 0 {
		w.found = append(w.found, diag.Diagnostic{Rule: "not-evaluable", Pos: other, Problem: "this file cannot be evaluated with what it imports"})
	}
	return w.found
}

// importPos is where a package is imported.
func (w *walker) importPos(name string, other diag.Pos) diag.Pos {
	for _, s := range w.files {
		for spec := range s.tree.ImportSpecs() {
			if p, err := strconv.Unquote(spec.Path.Value); err == nil && (p == name || strings.HasPrefix(p, name+":") || strings.HasPrefix(p, name+"@") || strings.HasPrefix(name, p+"@")) {
				return w.pos(spec.Path.Pos())
			}
		}
	}
	return other
}
