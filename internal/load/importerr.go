package load

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"

	"github.com/scantling/scantling/internal/diag"
)

// builtins are CUE's own packages that a spec may import: pure functions of their arguments. The others describe commands, files
// and connections; math/bits is left out because a shift by a large number takes all memory there is.
var builtins = []string{
	"crypto/ed25519", "crypto/hmac", "crypto/md5", "crypto/sha1", "crypto/sha256", "crypto/sha512",
	"encoding/base64", "encoding/csv", "encoding/hex", "encoding/json", "encoding/toml", "encoding/yaml",
	"html", "list", "math", "net", "path", "regexp", "strconv", "strings", "struct", "text/tabwriter", "text/template", "time", "uuid",
}

// refuseImports reports the imports of packages that are neither pure nor the user's own, and goes on without them.
func (w *walker) refuseImports() {
	for _, spec := range w.importSpecs() {
		name := importPath(spec)
		if strings.HasPrefix(name, "scantling.dev/schema@") { // whatever version: the one of this build
			spec.Path.Value = `"scantling.dev/schema"`
			continue
		}
		first, _, _ := strings.Cut(name, "/")
		if strings.Contains(strings.Trim(first, "."), ".") || slices.Contains(builtins, name) {
			continue
		}
		problem, help := fmt.Sprintf("the package %q is not to be found", clip(name)), "CUE's own packages are "+list(builtins, "and")
		switch near := nearest(name, builtins); {
		case slices.Contains([]string{"tool", "os", "io", "embed"}, first), name == "net/http":
			problem, help = fmt.Sprintf("%q cannot be imported", clip(name)), "a spec is data: it starts nothing, reads no other file and opens no connection"
		case name == "math/bits", name == "encoding/openapi":
			problem = fmt.Sprintf("%q cannot be imported", name)
			help = "of CUE's own packages a spec may import " + list(builtins, "and")
		case first == "." || first == "..":
			help = `a package of your own begins with the name that cue.mod/module.cue gives: "acme.io/shop/lib"`
		case near != "":
			help = fmt.Sprintf("did you mean %q?", near)
		}
		w.add("import", w.pos(spec.Path.Pos()), "", problem, help)
		w.dropImport(spec)
	}
}

// mend removes from the files what keeps the others of their values from being evaluated: names that mean nothing, imports that
// are not there or not used. It reports each; false: there is nothing of the kind in err.
func (w *walker) mend(err error) bool {
	var decls []ast.Decl
	for _, s := range w.files {
		decls = append(decls, s.tree.Decls...)
	}
	names := w.replaceUnresolved(err, decls)
	mended := len(names) > 0
	for _, e := range errors.Errors(err) {
		spec, d := w.importError(e)
		if spec == nil {
			continue
		}
		if slices.Contains(w.importSpecs(), spec) {
			misspelled := nearest(localName(spec), names) != "" // a use of it, so that it is neither unused nor to be removed
			if !misspelled {
				w.found = append(w.found, d)
			}
			w.dropImport(spec)
			mended = true
		}
	}
	return mended
}

// dropImport takes an import out of its file. What uses it then means nothing, which needs no further report.
func (w *walker) dropImport(spec *ast.ImportSpec) {
	w.dropped = append(w.dropped, localName(spec))
	for _, s := range w.files {
		s.tree.Decls = slices.DeleteFunc(s.tree.Decls, func(d ast.Decl) bool {
			imports, ok := d.(*ast.ImportDecl)
			if !ok {
				return false
			}
			imports.Specs = slices.DeleteFunc(imports.Specs, func(other *ast.ImportSpec) bool { return other == spec })
			return len(imports.Specs) == 0
		})
		unbind(s.tree.Decls)
	}
}

func (w *walker) importSpecs() (specs []*ast.ImportSpec) {
	for _, s := range w.files {
		specs = slices.AppendSeq(specs, s.tree.ImportSpecs())
	}
	return specs
}

func importPath(spec *ast.ImportSpec) string {
	name, _ := strconv.Unquote(spec.Path.Value) // the parser has refused what is no string
	return name
}

// localName is what a file calls the package that it imports.
func localName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	name := importPath(spec)
	if _, after, ok := strings.Cut(name, ":"); ok {
		return after
	}
	name, _, _ = strings.Cut(name, "@")
	return path.Base(name)
}

var (
	tooNew     = regexp.MustCompile(`language version "?(v[0-9.]+)"?.*too new`)
	noPackage  = regexp.MustCompile(`(?:cannot find package|import failed: .*package|no required module provides package|package) "?([^\s":]+)`)
	undefined  = regexp.MustCompile(`reference "([^"]+)" not found`)
	redeclared = regexp.MustCompile(`^(\S+) redeclared as imported package name`)
)

const neverUsed = "the import is never used"

// importErrors says why a package could not be put together.
func (w *walker) importErrors(err error) []diag.Diagnostic {
	for _, e := range errors.Errors(err) {
		_, d := w.importError(e)
		w.found = append(w.found, d)
	}
	return w.found
}

// importError says what is wrong with a package, and with which import of a spec's file, if it is one.
func (w *walker) importError(e errors.Error) (*ast.ImportSpec, diag.Diagnostic) {
	other := diag.Pos{File: w.files[0].name}
	message := e.Error()
	d := diag.Diagnostic{Rule: "import", Pos: w.errorPos(e, other)}
	switch {
	case tooNew.MatchString(message):
		version := tooNew.FindStringSubmatch(message)[1]
		d.Problem, d.Help = fmt.Sprintf("cue.mod/module.cue asks for CUE %s, which is newer than this build knows", version), "upgrade scantling, or lower language.version"
		d.Pos = other
	case undefined.MatchString(message): // in a package that is imported
		d.Rule, d.Problem = "unresolved-reference", fmt.Sprintf("%q is not defined", clip(undefined.FindStringSubmatch(message)[1]))
		d.Pos = cmp.Or(w.packagePos(e), d.Pos)
	case redeclared.MatchString(message):
		d.Problem, d.Help = fmt.Sprintf("%q is both an import and a field", clip(redeclared.FindStringSubmatch(message)[1])), `give the import another name: import other "PATH"`
	case strings.Contains(message, "imported and not used"):
		d.Problem, d.Help = neverUsed, "remove it"
		for _, spec := range w.importSpecs() {
			if spec.Pos() == e.Position() {
				return spec, d
			}
		}
	case noPackage.MatchString(message):
		name := strings.Trim(noPackage.FindStringSubmatch(message)[1], `"`)
		d.Problem = fmt.Sprintf("the package %q is not to be found", clip(name))
		d.Help = "packages come from this module's own directories and from cue.mod/pkg; nothing is downloaded"
		for _, spec := range w.importSpecs() {
			if p := importPath(spec); p == name || strings.HasPrefix(p, name+":") || strings.HasPrefix(p, name+"@") || strings.HasPrefix(name, p+"@") {
				d.Pos = w.pos(spec.Path.Pos())
				return spec, d
			}
		}
	default:
		d.Rule, d.Problem = "not-evaluable", "this file cannot be evaluated with what it imports"
		if at := w.packagePos(e); at.IsValid() {
			d.Pos, d.Problem = at, "this file of a package that is imported cannot be evaluated"
		}
	}
	return nil, d
}

// packagePos is where err happened in a package that is imported; none: it is ours, or err is not about one.
func (w *walker) packagePos(err errors.Error) diag.Pos {
	for _, p := range append(err.InputPositions(), err.Position()) {
		if at := w.pos(p); p.IsValid() && !w.isUsers(p) && !strings.Contains(at.File, "cue.mod/pkg/scantling.dev/schema") {
			return at
		}
	}
	return diag.Pos{}
}
