package load

import (
	"fmt"
	"path/filepath"

	"github.com/scantling/scantling/internal/diag"
)

// File reads a YAML or JSON file that is no spec, such as a list of images: nil with the mistakes that keep it from being read.
// The file is relative to dir, as positions in it are.
func File(dir, file string) (*Node, []diag.Diagnostic, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, nil, err
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(abs, file)
	}
	e := newEvaluator(&discovery{dir: abs}, fullBudget())
	s, refused := e.read(filepath.Dir(file), filepath.Base(file))
	if refused != nil {
		return nil, nil, fmt.Errorf("%s: %s", s.name, refused.Problem)
	}
	n, found := e.guard(group{files: []source{s}}, func() (*Node, []diag.Diagnostic) { return readYAML(s) })
	for i := range found {
		if found[i].Rule == "wrong-type" || found[i].Rule == "empty-file" {
			found[i].Problem, found[i].Help = "the file has no names with values", "one line for each: NAME: VALUE"
		}
	}
	return n, found, nil
}
