package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// replacement is a file that waits beside the one whose place it takes.
type replacement struct {
	path, temp    string
	before, after []byte
}

// write puts the changed files in the place of the old ones: all are written in full before the first takes its place, and where one
// can't, those before it get their old content back.
func (e *editing) write() error {
	var ready []replacement
	for _, c := range e.changes {
		r, err := prepare(e.std.path(c.File), c.Before, c.After)
		if err != nil {
			return errors.Join(err, drop(ready))
		}
		ready = append(ready, r)
	}
	return replace(ready)
}

func replace(ready []replacement) error {
	for i, r := range ready {
		err := os.Rename(r.temp, r.path)
		if err == nil {
			continue
		}
		err = errors.Join(named(err, r.path), drop(ready[i:]))
		for _, done := range ready[:i] {
			err = errors.Join(err, done.undo())
		}
		return err
	}
	return nil
}

// drop removes what waits.
func drop(ready []replacement) (err error) {
	for _, r := range ready {
		err = errors.Join(err, os.Remove(r.temp))
	}
	return err
}

func (r replacement) undo() error {
	back, err := prepare(r.path, r.after, r.before)
	if err != nil {
		return err
	}
	return os.Rename(back.temp, back.path)
}

// named is an error about a file that somebody knows, instead of the one that waits beside it.
func named(err error, path string) error {
	if refused, ok := errors.AsType[*fs.PathError](err); ok {
		err = refused.Err
	}
	if refused, ok := errors.AsType[*os.LinkError](err); ok {
		err = refused.Err
	}
	return fmt.Errorf("%s can't be replaced: %w", path, err)
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
		return replacement{}, named(err, path)
	}
	_, err = f.Write(after)
	if err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Close()); err != nil {
		return replacement{}, errors.Join(err, os.Remove(f.Name()))
	}
	return replacement{path, f.Name(), before, after}, nil
}
