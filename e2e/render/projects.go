package render

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Project is a spec that the repository holds.
type Project struct {
	Name string // "blueprints/web", "golden/tiers"
	dir  string // of a blueprint
	file string // of a golden case
}

// Projects are all blueprints and all golden cases of the repository.
func (s *Scantling) Projects() ([]Project, error) {
	var all []Project
	platforms, err := filepath.Glob(filepath.Join(s.Root, "blueprints", "*", "platform.*"))
	if err != nil {
		return nil, err
	}
	for _, p := range platforms {
		dir := filepath.Dir(p)
		all = append(all, Project{Name: "blueprints/" + filepath.Base(dir), dir: dir})
	}
	cases, err := filepath.Glob(filepath.Join(s.Root, "testdata", "golden", "*.txtar"))
	if err != nil {
		return nil, err
	}
	for _, file := range cases {
		all = append(all, Project{Name: "golden/" + strings.TrimSuffix(filepath.Base(file), ".txtar"), file: file})
	}
	return slices.Clip(all), nil
}

// Dir returns the directory of the spec; that of a golden case is unpacked below temp.
func (p Project) Dir(temp string) (string, error) {
	if p.dir != "" {
		return p.dir, nil
	}
	archive, err := txtar.ParseFile(p.file)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(temp, filepath.FromSlash(p.Name))
	return dir, Unpack(dir, archive)
}

// Unpack writes the files of an archive below dir, all but those that say what a case wants.
func Unpack(dir string, archive *txtar.Archive) error {
	for _, f := range archive.Files {
		if f.Name == "want" || strings.HasPrefix(f.Name, "want/") {
			continue
		}
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			return err
		}
	}
	return nil
}
