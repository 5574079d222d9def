package compile

import (
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
)

// besides is a generator with a file about whatever it is asked about.
var besides = generator.Generator{
	Name: "besides",
	Files: func(a app.App) []generator.File {
		return []generator.File{{Tree: "t.d", Name: a.Name + ".txt", Content: "app"}}
	},
	NamespaceFiles: func(app.Namespace) []generator.File {
		return []generator.File{{Tree: "t.d", Name: "namespace.txt", Content: "ns"}}
	},
	PlatformFiles: func(f app.Fleet) []generator.File {
		return []generator.File{{Tree: "t.d", Name: f.Env.Name + ".txt", Content: "all"}}
	},
}

// TestFilesForOtherTools wants what is about apps when it is asked for, what is about the platform always, and neither among manifests.
func TestFilesForOtherTools(t *testing.T) {
	env := &app.Environment{Name: "prod"}
	fleet := &app.Fleet{Env: env, Namespaces: []app.Namespace{{Env: env, Name: "shop"}}, Apps: []app.App{{Env: env, Name: "web", Namespace: "shop"}}}
	apps := everyUnit([]*app.Fleet{fleet})
	for _, tt := range []struct {
		name string
		todo []unit
		opts Options
		want string
	}{
		{"apps", apps, Options{}, ""},
		{"apps with tests", apps, Options{WithTests: true}, "t.d/prod/shop/namespace.txt t.d/prod/shop/web.txt"},
		{"the platform", platformUnits([]*app.Fleet{fleet}), Options{}, "t.d/prod.txt"},
	} {
		results, err := render(tt.todo, []generator.Generator{besides}, tt.opts)
		made := sum(tt.todo, results, tt.todo)
		if err != nil || len(made.files) > 0 || made.objects > 0 {
			t.Errorf("%s: %d manifests, %v", tt.name, len(made.files), err)
		}
		var paths []string
		for _, f := range made.beside {
			paths = append(paths, f.Path)
		}
		if got := strings.Join(paths, " "); got != tt.want {
			t.Errorf("%s: the files are %q, want %q", tt.name, got, tt.want)
		}
	}
	wrong := besides
	wrong.Files = func(app.App) []generator.File { return []generator.File{{Tree: "t.d", Name: "other.txt", Content: ""}} }
	if _, err := render(apps, []generator.Generator{wrong}, Options{WithTests: true}); err == nil || !strings.Contains(err.Error(), `prod/shop/web: t.d/other.txt: the name does not begin with "web."`) {
		t.Errorf("a file of nobody: %v", err)
	}
}
