package diag

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var kebab = regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)+$`)

// TestRulesAreComplete holds the list of rules against the source: each rule that the code reports is in the list, and the list
// has no other.
func TestRulesAreComplete(t *testing.T) {
	used := usedInSource(t)
	if len(used) < 40 {
		t.Fatalf("found only %d rules in the source", len(used))
	}
	var listed []string
	for _, r := range Rules() {
		listed = append(listed, r.ID)
		if used[r.ID] == "" {
			t.Errorf("nothing reports %s any more: take it off the list", r.ID)
		}
		if len(r.Reason) < 20 || strings.HasSuffix(r.Reason, ".") || strings.ToLower(r.Reason[:1]) != r.Reason[:1] {
			t.Errorf("%s: the reason is not a sentence in lower case without a full stop: %q", r.ID, r.Reason)
		}
	}
	if !slices.IsSorted(listed) || len(slices.Compact(slices.Clone(listed))) != len(listed) {
		t.Error("the list is not sorted, or has a rule twice")
	}
	for _, id := range slices.Sorted(maps.Keys(used)) {
		if !slices.Contains(listed, id) {
			t.Errorf("%s reports %s, which the list of rules lacks", used[id], id)
		}
	}
}

// usedInSource returns every rule id that a string in the source gives to a diagnostic, with its file: as the value of a field
// Rule, or as an argument where a function has a parameter called rule.
func usedInSource(t *testing.T) map[string]string {
	t.Helper()
	used := map[string]string{}
	files := map[string]*ast.File{}
	parameters := map[string]int{} // index of the parameter rule, by directory and function
	fset := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		files[path] = file
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				noteParameter(parameters, filepath.Dir(path)+"."+n.Name.Name, n.Type)
			case *ast.AssignStmt:
				for i, right := range n.Rhs {
					if f, ok := right.(*ast.FuncLit); ok && i < len(n.Lhs) {
						if name, ok := n.Lhs[i].(*ast.Ident); ok {
							noteParameter(parameters, filepath.Dir(path)+"."+name.Name, f.Type)
						}
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			var value ast.Expr
			called := false // another function of that name may take something else there
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Rule" {
					value = n.Value
				}
			case *ast.CallExpr:
				if i, ok := parameters[filepath.Dir(path)+"."+calledName(n.Fun)]; ok && i < len(n.Args) {
					value, called = n.Args[i], true
				}
			}
			if lit, ok := value.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if id, _ := strconv.Unquote(lit.Value); !called || kebab.MatchString(id) {
					used[id] = strings.TrimPrefix(path, "../")
				}
			}
			return true
		})
	}
	return used
}

// noteParameter remembers which parameter of a function is called rule.
func noteParameter(parameters map[string]int, name string, f *ast.FuncType) {
	i := 0
	for _, field := range f.Params.List {
		for _, param := range field.Names {
			if typ, ok := field.Type.(*ast.Ident); ok && typ.Name == "string" && param.Name == "rule" {
				parameters[name] = i
			}
			i++
		}
	}
}

func calledName(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}
