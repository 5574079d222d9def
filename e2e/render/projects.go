package render

import (
	"bytes"
	_ "embed" // the projects of Own
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Project is a spec that the repository holds.
type Project struct {
	Name  string         // "blueprints/web", "golden/tiers"
	dir   string         // of a blueprint
	files *txtar.Archive // of others
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
		archive, err := txtar.ParseFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, Project{Name: "golden/" + strings.TrimSuffix(filepath.Base(file), ".txtar"), files: archive})
	}
	return slices.Clip(all), nil
}

// The names of Own.
const (
	ByVelero    = "recovery/velero" // data of every kind, kept restorable by every method; of volumes it is one of these two
	BySnapshots = "recovery/snapshots"
	Promises    = "promises" // measured in each way, with dashboards, node pools and spot capacity
)

var (
	//go:embed recovery.txtar
	recovery []byte
	//go:embed promises.txtar
	promises []byte
)

// Own are projects of the judges' own, on platforms that have every object of their own.
func Own() []Project {
	all := []Project{{Name: Promises, files: txtar.Parse(promises)}}
	for _, name := range []string{ByVelero, BySnapshots} {
		text := bytes.ReplaceAll(recovery, []byte("VOLUMES"), []byte(filepath.Base(name)))
		all = append(all, Project{Name: name, files: txtar.Parse(text)})
	}
	return all
}

// Dir returns the directory of the spec; one that the repository has not is made below temp.
func (p Project) Dir(temp string) (string, error) {
	if p.dir != "" {
		return p.dir, nil
	}
	dir := filepath.Join(temp, filepath.FromSlash(p.Name))
	return dir, Unpack(dir, p.files)
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
