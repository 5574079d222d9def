package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// replacement is a file that waits beside the one whose place it takes.
type replacement struct {
	path string
	temp string
}

// write puts the changed files in the place of the old ones: all are written in full before the first takes its place.
func (e *editing) write() error {
	var ready []replacement
	drop := func(err error) error {
		for _, r := range ready {
			err = errors.Join(err, os.Remove(r.temp))
		}
		return err
	}
	for _, c := range e.changes {
		r, err := prepare(e.std.path(c.File), c.Before, c.After)
		if err != nil {
			return drop(err)
		}
		ready = append(ready, r)
	}
	for len(ready) > 0 {
		if err := os.Rename(ready[0].temp, ready[0].path); err != nil {
			return drop(err)
		}
		ready = ready[1:]
	}
	return nil
}

// prepare writes new content beside a file, with the old one's mode.
func prepare(path string, before, after []byte) (replacement, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return replacement{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return replacement{}, err
	}
	now, err := os.ReadFile(path)
	if err != nil {
		return replacement{}, err
	}
	if !bytes.Equal(now, before) {
		return replacement{}, fmt.Errorf("%s: somebody else changed the file meanwhile", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return replacement{}, err
	}
	_, err = f.Write(after)
	if err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Close()); err != nil {
		return replacement{}, errors.Join(err, os.Remove(f.Name()))
	}
	return replacement{path, f.Name()}, nil
}
