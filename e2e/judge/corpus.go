package judge

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// A Set is what one project renders for one environment: what would be applied together.
type Set struct {
	Name string // blueprints/api prod, testdata/golden/calls prod
	Docs []manifest.Document
}

// Corpus reads the wanted output of every golden and blueprint of the repository at root. That Scantling still renders exactly
// this is held by the tests beside them.
func Corpus(root string) ([]Set, error) {
	sets := map[string]*Set{}
	add := func(project, path string, data []byte) error {
		if filepath.Ext(path) != ".yaml" {
			return nil // the index of owned files, what was said
		}
		environment, _, _ := strings.Cut(path, "/")
		name := project + " " + environment
		if sets[name] == nil {
			sets[name] = &Set{Name: name}
		}
		docs, err := manifest.Parse(name+": "+path, data)
		sets[name].Docs = append(sets[name].Docs, docs...)
		return err
	}
	if err := goldens(root, add); err != nil {
		return nil, err
	}
	if err := blueprints(root, add); err != nil {
		return nil, err
	}
	var all []Set
	for _, s := range sets {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b Set) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func goldens(root string, add func(project, path string, data []byte) error) error {
	files, err := filepath.Glob(filepath.Join(root, "testdata", "golden", "*.txtar"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no goldens below %s (%v)", root, err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			return err
		}
		for _, f := range archive.Files {
			if path, ok := strings.CutPrefix(f.Name, "want/"); ok {
				if err := add("testdata/golden/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), path, f.Data); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func blueprints(root string, add func(project, path string, data []byte) error) error {
	dirs, err := filepath.Glob(filepath.Join(root, "blueprints", "*", "want"))
	if err != nil || len(dirs) == 0 {
		return fmt.Errorf("no blueprints below %s (%v)", root, err)
	}
	for _, dir := range dirs {
		err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(filepath.Join(dir, path))
			if err != nil {
				return err
			}
			return add("blueprints/"+filepath.Base(filepath.Dir(dir)), path, data)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
