package emit

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
)

// Stale is a file of a tree that is not as it would be written.
type Stale struct {
	Path string // relative to the tree
	Why  string // "missing", "differs" or "left over"
}

// Check returns what Write would change in the tree at dir, sorted by path, and writes nothing.
func Check(dir string, files []File, selected func(path string) bool) ([]Stale, error) {
	var stale []Stale
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		for _, f := range files {
			stale = append(stale, Stale{f.Path, "missing"})
		}
		return sorted(stale), nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	unlock, err := lock(dir, false)
	if err != nil {
		return nil, err
	}
	defer unlock()
	t := &tree{dir, root}
	x, _, err := t.readIndex()
	if err != nil {
		return nil, err
	}
	s, err := t.survey(files, x, selected)
	if err != nil {
		return nil, err
	}
	for _, f := range s.write {
		why := "differs"
		if s.isNew[f.Path] {
			why = "missing"
		}
		stale = append(stale, Stale{f.Path, why})
	}
	for _, p := range s.foreign {
		stale = append(stale, Stale{p, "differs"})
	}
	for _, p := range s.leftover {
		stale = append(stale, Stale{p, "left over"})
	}
	return sorted(stale), nil
}

func sorted(stale []Stale) []Stale {
	slices.SortFunc(stale, func(a, b Stale) int { return cmp.Compare(a.Path, b.Path) })
	return stale
}
