package load

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A unit is one directory's spec files, which are evaluated together.
type unit struct {
	dir      string   // absolute
	files    []string // base names of the app and platform files, sorted
	explicit []string // base names of files that the user named, whatever they are called
}

// A discovery is the files of a project.
type discovery struct {
	dir      string   // absolute: what positions are relative to
	root     string   // absolute
	selected []string // absolute paths that the user named
	units    []unit   // by directory
	overlay  map[string][]byte
}

// isAppFile reports whether a file of this name holds apps.
func isAppFile(name string) bool { return isSpecFile(name, "app") }

// isPlatformFile reports whether a file of this name holds the platform.
func isPlatformFile(name string) bool { return isSpecFile(name, "platform") }

func isSpecFile(name, stem string) bool {
	ext, ok := strings.CutPrefix(name, stem)
	return ok && slices.Contains([]string{".cue", ".yaml", ".yml", ".json"}, ext)
}

// discover finds the project of the paths and its files.
func discover(opts Options) (*discovery, error) {
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, err
	}
	d := &discovery{dir: dir, overlay: opts.Overlay}
	paths := opts.Paths
	if len(paths) == 0 {
		paths = []string{"."}
	}
	roots := map[string]string{} // root: the first path in it
	bare := true
	for _, path := range paths {
		abs := path
		if !filepath.IsAbs(path) {
			abs = filepath.Join(dir, path)
		}
		info, err := os.Stat(abs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, errors.Unwrap(err))
		}
		if !info.IsDir() && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s: neither a file nor a directory", path)
		}
		if base := filepath.Base(abs); !info.IsDir() && isPlatformFile(base) {
			abs = filepath.Dir(abs)
		}
		d.selected = append(d.selected, abs)
		root, ok := projectOf(abs)
		bare = bare && !ok
		if _, seen := roots[root]; !seen {
			roots[root] = path
		}
		d.root = root
	}
	if len(roots) > 1 && !bare {
		return nil, fmt.Errorf("%s: these paths are in different projects (the project of a path is the nearest directory with a platform file)", strings.Join(sortedValues(roots), ", "))
	}
	if len(roots) > 1 {
		d.root = dir
	}
	for _, root := range sortedKeys(roots) {
		if err := d.walk(root); err != nil {
			return nil, err
		}
	}
	d.addExplicit()
	return d, nil
}

// projectOf returns the nearest directory at or above path that holds a platform file; false: path itself, for there is none.
func projectOf(path string) (string, bool) {
	for dir := path; ; dir = filepath.Dir(dir) {
		if hasPlatformFile(dir) {
			return dir, true
		}
		if dir == filepath.Dir(dir) {
			return path, false
		}
	}
}

// Root returns the nearest directory at or above one that holds a platform file: the project that it is in, if there is one.
func Root(dir string) (root string, ok bool) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	return projectOf(abs)
}

func hasPlatformFile(dir string) bool {
	for _, ext := range []string{".cue", ".yaml", ".yml", ".json"} {
		if isFile(filepath.Join(dir, "platform"+ext)) {
			return true
		}
	}
	return false
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// walk adds the units at and below root. It does not follow links to directories, so it ends.
func (d *discovery) walk(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", d.display(path), errors.Unwrap(err))
		case !entry.IsDir():
			if isAppFile(entry.Name()) || isPlatformFile(entry.Name()) {
				d.add(filepath.Dir(path), entry.Name())
			}
			return nil
		case path != root && skipped(path, entry.Name()):
			return filepath.SkipDir
		}
		return nil
	})
}

// skipped reports whether a directory holds no specs of this project: hidden, modules, rendered output, or another project.
func skipped(path, name string) bool {
	if strings.HasPrefix(name, ".") || name == "cue.mod" || name == "node_modules" {
		return true
	}
	if _, err := os.Lstat(filepath.Join(path, ".scantling")); err == nil {
		return true
	}
	return hasPlatformFile(path)
}

func (d *discovery) add(dir, name string) {
	i, ok := slices.BinarySearchFunc(d.units, dir, func(u unit, dir string) int { return strings.Compare(u.dir, dir) })
	if !ok {
		d.units = slices.Insert(d.units, i, unit{dir: dir})
	}
	if !slices.Contains(d.units[i].files, name) {
		d.units[i].files = append(d.units[i].files, name)
	}
}

// addExplicit adds the files that the user named and that are not called app or platform.
func (d *discovery) addExplicit() {
	for _, path := range d.selected {
		info, err := os.Stat(path)
		if err != nil || info.IsDir() {
			continue
		}
		name := filepath.Base(path)
		d.add(filepath.Dir(path), name)
		for i := range d.units {
			if d.units[i].dir == filepath.Dir(path) && !isAppFile(name) {
				d.units[i].explicit = append(d.units[i].explicit, name)
			}
		}
	}
}

// isSelected reports whether one of the user's paths asks for something that is written in these files.
func (d *discovery) isSelected(files []string) bool {
	return slices.ContainsFunc(d.selected, func(path string) bool {
		return slices.ContainsFunc(files, func(file string) bool {
			return file == path || path == string(filepath.Separator) || strings.HasPrefix(file, path+string(filepath.Separator))
		})
	})
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func sortedValues(m map[string]string) []string {
	var values []string
	for _, k := range sortedKeys(m) {
		values = append(values, m[k])
	}
	return values
}
