package compile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/golden"
)

// TestGolden renders whole projects, all environments of each, and holds every byte against what was wanted: the manifests in
// want/ENV/NAMESPACE/APP.yaml, and in want/stderr whatever was said about them.
func TestGolden(t *testing.T) {
	golden.Run(t, "../../testdata/golden/*.txtar", func(t *testing.T, dir string) golden.Output {
		manifests := generate(t, dir)
		out := golden.Output{}
		if manifests.Failed {
			t.Errorf("the specs have errors")
		}
		for _, f := range manifests.Files {
			out["want/"+f.Path] = string(f.Data)
		}
		if len(manifests.Diagnostics) > 0 {
			out["want/stderr"] = text(t, manifests.Diagnostics)
		}
		return out
	})
}

// TestErrors is the catalogue of wrong input: each case wants the whole text that a user reads, beside notes, and nothing else
// to come out.
func TestErrors(t *testing.T) {
	golden.Run(t, "../../testdata/errors/*.txtar", func(t *testing.T, dir string) golden.Output {
		manifests := generate(t, dir)
		for _, d := range manifests.Diagnostics {
			fit(t, dir, d)
		}
		mistakes := slices.DeleteFunc(manifests.Diagnostics, func(d diag.Diagnostic) bool { return d.Severity == diag.Note })
		if len(mistakes) == 0 {
			t.Error("no mistake was found")
		}
		if manifests.Failed && len(manifests.Files) > 0 {
			t.Error("files were rendered from specs with errors")
		}
		return golden.Output{"want": text(t, mistakes)}
	})
}

func generate(t *testing.T, dir string, also ...func(*compile.Options)) compile.Manifests {
	t.Helper()
	opts := compile.Options{Dir: dir}
	for _, option := range also {
		option(&opts)
	}
	if _, err := os.Stat(filepath.Join(dir, "images.yaml")); err == nil {
		opts.Images = "images.yaml"
	}
	manifests, err := compile.Generate(opts)
	if err != nil {
		t.Fatal(err)
	}
	return manifests
}

func text(t *testing.T, ds []diag.Diagnostic) string {
	t.Helper()
	var b strings.Builder
	if err := (diag.Printer{Format: diag.Text}).Print(&b, ds); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
