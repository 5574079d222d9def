package verdict

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// marker is the file by which a directory that generate wrote is known: below it comes one directory an environment.
const marker = ".scantling"

// beside are the directories in it that hold no manifests: rules of Prometheus and what eksctl reads.
var beside = []string{"prometheus.d", "eksctl.d"}

// A file is one to read.
type file struct {
	name        string // as the caller would name it
	path        string
	environment string // whose directory it is in; empty: none
	named       bool   // by the caller, not found below a directory
}

// finder finds the files below what the caller named.
type finder struct {
	dir          string   // what relative names start from; empty: the current directory
	environments []string // that the platform has
	files        []file
}

// add finds the files of one name, in the order of their paths.
func (f *finder) add(name string) error {
	if name == "-" {
		f.files = append(f.files, file{name: name, named: true})
		return nil
	}
	path := filepath.Join(f.dir, name)
	if filepath.IsAbs(name) {
		path = name
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("%s: %w", name, errors.Unwrap(err))
	}
	if !info.IsDir() {
		f.files = append(f.files, file{name: name, path: path, environment: f.environment(path, ""), named: true})
		return nil
	}
	return filepath.WalkDir(path, func(below string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case below != path && d.IsDir() && (strings.HasPrefix(d.Name(), ".") || isBeside(below)):
			return filepath.SkipDir
		case !strings.HasPrefix(d.Name(), ".") && isManifest(below, d):
			f.files = append(f.files, file{
				name: filepath.Join(name, strings.TrimPrefix(below, path)), path: below, environment: f.environment(below, path),
			})
		}
		return nil
	})
}

// isManifest reports whether a file can hold manifests. A link to a directory is not followed: it may lead into itself.
func isManifest(path string, d fs.DirEntry) bool {
	if !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) {
		return false
	}
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type().IsRegular()
	}
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular() // a link that leads nowhere is reported when it is read
}

// isBeside reports whether a directory of what generate wrote holds no manifests.
func isBeside(path string) bool {
	return slices.Contains(beside, filepath.Base(path)) && isMarked(filepath.Dir(path))
}

func isMarked(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, marker))
	return err == nil && info.Mode().IsRegular()
}

// environment returns that of a file: the directory below the one that generate wrote, or one below root that is called like an
// environment of the platform.
func (f *finder) environment(path, root string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	below := ""
	for dir := filepath.Dir(abs); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if isMarked(dir) {
			return below
		}
		below = filepath.Base(dir)
	}
	rel, err := filepath.Rel(root, path)
	if err != nil || root == "" {
		return ""
	}
	if first, _, inside := strings.Cut(filepath.ToSlash(rel), "/"); inside && slices.Contains(f.environments, first) {
		return first
	}
	return ""
}
