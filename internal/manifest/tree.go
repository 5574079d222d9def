package manifest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// ReadTree reads every .yaml, .yml and .json file below a directory, in the order of their paths. Hidden files and directories are
// left out. File of an object is its path with dir before it; the errors of all files are joined.
func ReadTree(dir string) ([]Object, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != dir && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return filepath.SkipDir
			}
		case isManifest(path, d):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return readFiles(files)
}

// isManifest reports whether a file can hold manifests. A link counts as what it leads to, unless that is a directory: a tree that
// leads into itself has no end.
func isManifest(path string, d fs.DirEntry) bool {
	switch filepath.Ext(path) {
	case ".yaml", ".yml", ".json":
	default:
		return false
	}
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type().IsRegular()
	}
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular() // a link that leads nowhere is reported when it is read
}

// readFiles reads files, as many at the same time as there are processors, and returns their objects in the order given.
func readFiles(files []string) ([]Object, error) {
	objects := make([][]Object, len(files))
	problems := make([]error, len(files))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		workers.Go(func() {
			for i := range next {
				data, err := os.ReadFile(files[i])
				if err == nil {
					objects[i], err = Parse(files[i], data)
				}
				problems[i] = err
			}
		})
	}
	for i := range files {
		next <- i
	}
	close(next)
	workers.Wait()
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return slices.Concat(objects...), nil
}
