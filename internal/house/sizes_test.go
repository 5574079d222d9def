package house

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The sizes that keep a file readable in one sitting, in lines. Source: the codebases that this one wants to stand beside.
const (
	maxFile       = 400
	maxFunc       = 80
	maxFuncP90    = 45
	maxMain       = 15
	maxReadme     = 120
	maxADR        = 40
	repositoryTop = "../.."
)

// source is one Go file of the repository that is not a test.
type source struct {
	path string
	text []byte
	file *ast.File
	fset *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(repositoryTop, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if strings.HasPrefix(name, ".") && name != ".." || name == "testdata" || name == "e2e" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, source{strings.TrimPrefix(path, repositoryTop+"/"), text, file, fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("found only %d Go files", len(all))
	}
	return all
}

// TestSizes keeps files and functions short.
func TestSizes(t *testing.T) {
	var lengths []int
	for _, s := range sources(t) {
		if n := bytes.Count(s.text, []byte("\n")); n > maxFile {
			t.Errorf("%s has %d lines, more than %d: split it by concern", s.path, n, maxFile)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1
			if n > maxFunc {
				t.Errorf("%s: %s has %d lines, more than %d", s.path, f.Name.Name, n, maxFunc)
			}
			lengths = append(lengths, n)
		}
	}
	slices.Sort(lengths)
	if p90 := lengths[len(lengths)*9/10]; p90 > maxFuncP90 {
		t.Errorf("one function in ten has more than %d lines, wanted at most %d", p90, maxFuncP90)
	}
	texts := map[string]int{"cmd/scantling/main.go": maxMain, "README.md": maxReadme}
	adrs, _ := filepath.Glob(filepath.Join(repositoryTop, "docs/adr/*.md"))
	for _, adr := range adrs {
		texts[strings.TrimPrefix(adr, repositoryTop+"/")] = maxADR
	}
	for path, limit := range texts {
		text, err := os.ReadFile(filepath.Join(repositoryTop, path))
		if err != nil {
			t.Error(err)
		} else if n := bytes.Count(text, []byte("\n")); n > limit {
			t.Errorf("%s has %d lines, more than %d", path, n, limit)
		}
	}
}

// TestExportedNamesAreDocumented wants a comment on every exported name, and one on every package.
func TestExportedNamesAreDocumented(t *testing.T) {
	documented := map[string]bool{} // packages
	for _, s := range sources(t) {
		dir := filepath.Dir(s.path)
		documented[dir] = documented[dir] || s.file.Doc != nil
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil {
					t.Errorf("%s: %s has no comment", s.path, d.Name.Name)
				}
			case *ast.GenDecl:
				undocumented(d, func(name string) { t.Errorf("%s: %s has no comment", s.path, name) })
			}
		}
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package %s has no comment", dir)
		}
	}
}

// undocumented calls report for each exported name of d that neither has a comment nor stands in a group with one.
func undocumented(d *ast.GenDecl, report func(name string)) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
				report(spec.Name.Name)
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				if name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
					report(name.Name)
				}
			}
		}
	}
}

// exportedReceiver reports whether a function is no method, or one of an exported type.
func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if index, ok := typ.(*ast.IndexExpr); ok {
		typ = index.X
	}
	name, ok := typ.(*ast.Ident)
	return ok && name.IsExported()
}
