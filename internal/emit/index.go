package emit

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// IndexName is the file at the root of a rendered tree that says which files in it are ours. A directory that holds one is
// output, and no spec is looked for in it.
const IndexName = ".scantling"

const (
	indexHeader     = "# Written by scantling generate, which owns these files (sha256sum -c checks them). Do not edit."
	indexUnfinished = "# A run did not finish. Run it again: it will."
)

// index says which files of a tree are ours, and with what content. A path has several hashes while a run is unfinished, or
// after a merge that kept both sides: the file is as we left it if it has any of them.
type index struct {
	hashes     map[string][]string
	unfinished bool
}

// Hash returns the content hash by which the index knows a file: SHA-256 in hexadecimal.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// add records that path may have this hash.
func (x *index) add(path string, hashes ...string) {
	for _, h := range hashes {
		if !slices.Contains(x.hashes[path], h) {
			x.hashes[path] = append(x.hashes[path], h)
		}
	}
}

// paths returns the owned paths in order.
func (x *index) paths() []string { return slices.Sorted(maps.Keys(x.hashes)) }

// format returns the bytes of the index file: nothing when nothing is owned.
func (x *index) format() []byte {
	if len(x.hashes) == 0 {
		return nil
	}
	b := []byte(indexHeader + "\n")
	if x.unfinished {
		b = append(b, indexUnfinished+"\n"...)
	}
	for _, path := range x.paths() {
		for _, h := range slices.Sorted(slices.Values(x.hashes[path])) {
			b = append(b, h+"  "+path+"\n"...)
		}
	}
	return b
}

// parseIndex reads an index file. Its paths decide what is deleted, so each is checked as if a stranger had written it.
func parseIndex(data []byte) (index, error) {
	x := index{hashes: map[string][]string{}}
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimRight(line, "\r\n")
		hash, path, ok := strings.Cut(line, "  ")
		switch {
		case n == 1 && line != indexHeader:
			return x, fmt.Errorf("%s:1: not an index of scantling, or of another version", IndexName)
		case line == indexUnfinished:
			x.unfinished = true
		case strings.HasPrefix(line, "#"):
		case !ok || len(hash) != hex.EncodedLen(sha256.Size) || !treePath(path):
			return x, fmt.Errorf("%s:%d: %q is not a line of an index", IndexName, n, line)
		default:
			x.add(path, hash)
		}
	}
	return x, nil
}

// treePath reports whether path can be that of a file we make: relative, below at least one directory, and of safe steps only.
func treePath(path string) bool {
	steps := strings.Split(path, "/")
	return len(steps) > 1 && !slices.ContainsFunc(steps, func(s string) bool { return !fileName(s) })
}

// readIndex returns the index of the tree, empty if it has none, and the bytes it was read from.
func (t *tree) readIndex() (index, []byte, error) {
	info, err := t.root.Lstat(IndexName)
	if errors.Is(err, fs.ErrNotExist) {
		return index{hashes: map[string][]string{}}, nil, nil
	}
	if err != nil {
		return index{}, nil, t.named(err)
	}
	if !info.Mode().IsRegular() {
		return index{}, nil, &ConflictError{Dir: t.dir, Paths: []string{IndexName}}
	}
	data, err := t.root.ReadFile(IndexName)
	if err != nil {
		return index{}, nil, t.named(err)
	}
	x, err := parseIndex(data)
	return x, data, t.named(err)
}

// writeIndex replaces the index file in one step, or removes it when nothing is owned.
func (t *tree) writeIndex(data []byte) error {
	if len(data) == 0 {
		err := t.root.Remove(IndexName)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	temp := tempName(IndexName)
	if err := t.root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a run that was killed
		return err
	}
	if err := t.create(temp, data); err != nil {
		return err
	}
	if err := t.root.Rename(temp, IndexName); err != nil {
		return errors.Join(err, t.root.Remove(temp))
	}
	return nil
}
