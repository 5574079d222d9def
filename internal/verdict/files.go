package verdict

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// marker is the file by which a directory that generate wrote is known: below it comes one directory an environment.
const marker = ".scantling"

// beside are the directories in it that hold no manifests: rules of Prometheus and what eksctl reads.
var beside = []string{"prometheus.d", "eksctl.d"}

// A file is one to read.
type file struct {
	name        string // as the caller would name it
	shown       string // instead, in messages; empty: the name
	path        string
	environment string // whose directory it is in; empty: none
	named       bool   // by the caller, not found below a directory
}

// The name by which stdin is asked for, and what messages call it.
const (
	stdinName  = "-"
	stdinShown = "stdin"
)

// finder finds the files below what the caller named.
type finder struct {
	dir          string   // what relative names start from; empty: the current directory
	environments []string // that the platform has
	files        []file
	left         Left
	seen         map[string]bool // environments and paths: one that is named twice is read once
	parts        map[string]bool // paths of patches, which are only parts of manifests
}

// kustomizations are the names of the files that kustomize begins with.
var kustomizations = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// add finds the files of one name, in the order of their paths.
func (f *finder) add(name string) error {
	if name == stdinName {
		f.files = append(f.files, file{name: stdinName, shown: stdinShown, named: true})
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
	if info.IsDir() || info.Mode().IsRegular() { // a pipe of the shell has no other name
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	if !info.IsDir() {
		f.found(file{name: name, path: path, environment: f.environment(path, ""), named: true})
		return nil
	}
	return filepath.WalkDir(path, func(below string, d fs.DirEntry, err error) error {
		shown := filepath.Join(name, strings.TrimPrefix(below, path))
		switch {
		case err != nil:
			return err
		case below != path && d.IsDir() && (strings.HasPrefix(d.Name(), ".") || isBeside(below)):
			return filepath.SkipDir
		case slices.Contains(kustomizations, d.Name()):
			f.left.kustomizations = append(f.left.kustomizations, filepath.Dir(shown))
			f.part(below)
		case !strings.HasPrefix(d.Name(), ".") && isManifest(below, d):
			environment := f.environment(below, path)
			if d.Type()&fs.ModeSymlink != 0 {
				if below, err = filepath.EvalSymlinks(below); err != nil {
					return fmt.Errorf("%s: this link leads nowhere", shown)
				}
			}
			f.found(file{name: shown, path: below, environment: environment})
		}
		return nil
	})
}

// found takes in a file once, however often it is named or linked to.
func (f *finder) found(file file) {
	key := file.environment + "\x00" + file.path
	if !f.seen[key] {
		f.files = append(f.files, file)
	}
	f.seen[key] = true
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
	return err != nil || info.Mode().IsRegular() // a link that leads nowhere is told of
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

// choose drops the files of other environments than the one that is meant. Files of none stay: they join it.
func (f *finder) choose(environment string) error {
	var there []string
	for _, file := range f.files {
		if file.environment != "" && !slices.Contains(there, file.environment) {
			there = append(there, file.environment)
		}
	}
	slices.Sort(there)
	if environment != "" && len(there) > 0 {
		if !slices.Contains(there, environment) {
			return fmt.Errorf("there are no manifests of environment %q: there are those of %s", environment, strings.Join(there, ", "))
		}
		f.files = slices.DeleteFunc(f.files, func(file file) bool { return file.environment != "" && file.environment != environment })
		there = []string{environment}
	}
	if len(there) == 1 {
		for i := range f.files {
			f.files[i].environment = there[0]
		}
	}
	return nil
}

// part notes the patches that a kustomization names. One that can't be read is for kustomize to refuse.
func (f *finder) part(kustomization string) {
	var k struct {
		Patches               []struct{ Path string }
		PatchesStrategicMerge []string
		PatchesJSON6902       []struct{ Path string } `json:"patchesJson6902"`
	}
	data, err := os.ReadFile(kustomization)
	if err != nil || yaml.Unmarshal(data, &k) != nil {
		return
	}
	paths := k.PatchesStrategicMerge // or patches themselves, which are no paths of anything
	for _, p := range slices.Concat(k.Patches, k.PatchesJSON6902) {
		paths = append(paths, p.Path)
	}
	for _, path := range paths {
		f.parts[filepath.Join(filepath.Dir(kustomization), path)] = true
	}
}

// whole drops the files that are only parts of manifests, but for those that the caller names.
func (f *finder) whole() {
	f.files = slices.DeleteFunc(f.files, func(file file) bool { return !file.named && f.parts[file.path] })
}
