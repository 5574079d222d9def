package emit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Result is what Write did. All paths are relative to the tree, and sorted.
type Result struct {
	Written   []string
	Removed   []string
	Edited    []string // those of Written and Removed that somebody had changed by hand
	Unchanged int
}

// ConflictError names what stands in the way of a file we have to write and is not ours.
type ConflictError struct {
	Dir   string
	Paths []string
}

// Error gives each path a line.
func (e *ConflictError) Error() string {
	var lines []string
	for _, p := range e.Paths {
		lines = append(lines, filepath.Join(e.Dir, filepath.FromSlash(p))+": is in the way, and not written by scantling")
	}
	return strings.Join(lines, "\n")
}

// tree is a rendered tree on disk.
type tree struct {
	dir  string // for messages
	root folder
}

// folder is what a tree needs of *os.Root, which keeps every name, and every symbolic link in it, inside the directory.
type folder interface {
	Lstat(name string) (fs.FileInfo, error)
	ReadFile(name string) ([]byte, error)
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
	Mkdir(name string, perm fs.FileMode) error
	Rename(oldname, newname string) error
	Remove(name string) error
}

// Write brings the tree at dir in step with files, which are all that the selected part of it holds: it writes those that are
// new or differ, and removes those that the index owns, selected says are ours to judge (nil: all) and files lack. Files that
// are the same keep their times. Files that are not in the index are never touched: one in the way is a *ConflictError,
// before anything is written.
//
// The order makes every interruption safe. First the index is replaced by one marked unfinished, which owns the old and the
// new files with both contents; then each file is written in full beside its place; only when all are complete they are
// renamed into place; then old files are removed; last comes the final index. An error before the renames undoes everything.
// A run that is killed leaves a tree of whole files, old or new, all owned by its index, and the next run finishes it.
// Nothing is synced to disk: after a power cut the next run finds what differs and writes it again.
//
// Runs on one directory wait for each other by a lock on the directory, where the file system has locks (not on Windows).
func Write(dir string, files []File, selected func(path string) bool) (Result, error) {
	made, err := makeDirs(dir)
	if err != nil {
		return Result{}, err
	}
	result, err := write(dir, files, selected)
	if err != nil {
		for _, d := range made {
			os.Remove(d) // fails, as it should, where something is in it
		}
	}
	return result, err
}

func write(dir string, files []File, selected func(path string) bool) (Result, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Result{}, err
	}
	defer root.Close()
	unlock, err := lock(dir, true)
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	t := &tree{dir, root}
	return t.write(files, selected)
}

// makeDirs makes dir and returns the directories it had to make, deepest first.
func makeDirs(dir string) (made []string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Lstat(d); !errors.Is(err, fs.ErrNotExist) {
			return made, os.MkdirAll(dir, 0o777)
		}
		made = append(made, d)
	}
}

// write does the work of Write, under the lock.
func (t *tree) write(files []File, selected func(path string) bool) (Result, error) {
	old, oldBytes, err := t.readIndex()
	if err != nil {
		return Result{}, err
	}
	if old.unfinished {
		for _, p := range old.paths() {
			if err := t.root.Remove(tempName(p)); err != nil && !missing(err) {
				return Result{}, t.named(err)
			}
		}
	}
	s, err := t.survey(files, old, selected)
	if err != nil {
		return Result{}, err
	}
	if len(s.foreign) > 0 {
		return Result{}, &ConflictError{Dir: t.dir, Paths: s.foreign}
	}
	result := Result{Removed: s.leftover, Edited: s.edited, Unchanged: len(files) - len(s.write)}
	for _, f := range s.write {
		result.Written = append(result.Written, f.Path)
	}
	if len(s.write)+len(s.leftover) > 0 {
		if err := t.apply(s, old, oldBytes); err != nil {
			return Result{}, err
		}
	}
	t.tidy(slices.Concat(s.leftover, s.gone))
	if final := s.owned.format(); !bytes.Equal(final, oldBytes) {
		if err := t.writeIndex(final); err != nil {
			return Result{}, t.named(err)
		}
	}
	return result, nil
}

// missing reports whether err says that a file, or a directory on the way to it, is not there.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) || notDirectory(err) }

// named adds the tree to an error, whose own path is relative to it.
func (t *tree) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", t.dir, err)
}
