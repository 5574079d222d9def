package emit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// survey is a tree on disk compared with the files it should hold. All its lists are sorted.
type survey struct {
	write    []File              // new, or different
	isNew    map[string]bool     // those of write that are not there at all
	leftover []string            // owned, there, and no longer made
	gone     []string            // owned, no longer made, and not there as a file
	edited   []string            // those of write and leftover with a content that is not ours
	foreign  []string            // in the way and not ours
	owned    index               // what is owned in the end
	parents  map[string]presence // of the files' directories
}

// survey compares; it writes nothing.
func (t *tree) survey(files []File, old index, selected func(path string) bool) (survey, error) {
	s := survey{isNew: map[string]bool{}, owned: index{hashes: make(map[string][]string, len(files))}, parents: map[string]presence{}}
	files = slices.SortedFunc(slices.Values(files), func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	for i, f := range files {
		if !treePath(f.Path) {
			return s, fmt.Errorf("%q cannot be a path in a rendered tree", f.Path)
		}
		if i > 0 && files[i-1].Path == f.Path {
			return s, fmt.Errorf("%s is made twice", f.Path)
		}
		if err := t.compare(&s, f, old); err != nil {
			return s, t.named(err)
		}
		s.owned.add(f.Path, Hash(f.Data))
	}
	for _, p := range old.paths() {
		if s.owned.hashes[p] != nil {
			continue
		}
		if selected != nil && !selected(p) {
			s.owned.add(p, old.hashes[p]...)
			continue
		}
		if there, err := t.at(p, s.parents); err != nil {
			return s, t.named(err)
		} else if there != isFile {
			s.gone = append(s.gone, p)
			continue
		}
		data, err := t.root.ReadFile(p)
		if err != nil {
			return s, t.named(err)
		}
		s.leftover = append(s.leftover, p)
		if !slices.Contains(old.hashes[p], Hash(data)) {
			s.edited = append(s.edited, p)
		}
	}
	slices.Sort(s.edited)
	s.foreign = slices.Compact(s.foreign)
	return s, nil
}

// compare sorts f into the survey.
func (t *tree) compare(s *survey, f File, old index) error {
	there, err := t.at(f.Path, s.parents)
	if err != nil {
		return err
	}
	switch there {
	case isBlocked:
		s.foreign = append(s.foreign, s.blocker(f.Path))
		return nil
	case isDirectory, isOther:
		s.foreign = append(s.foreign, f.Path)
		return nil
	case isMissing:
		s.isNew[f.Path] = true
		s.write = append(s.write, f)
		return nil
	}
	data, err := t.root.ReadFile(f.Path)
	if err != nil || bytes.Equal(data, f.Data) {
		return err
	}
	hashes, owned := old.hashes[f.Path]
	if !owned {
		s.foreign = append(s.foreign, f.Path)
		return nil
	}
	s.write = append(s.write, f)
	if !slices.Contains(hashes, Hash(data)) {
		s.edited = append(s.edited, f.Path)
	}
	return nil
}

// presence is what stands at a path.
type presence uint8

const (
	isMissing presence = iota + 1
	isFile
	isDirectory
	isOther   // a symbolic link, a socket: nothing that we made
	isBlocked // a step on the way is not a directory
)

// at returns what stands at p. Links are not followed, not even to directories inside the tree: two environments linked to one
// place would overwrite each other. parents remembers the directories on the way.
func (t *tree) at(p string, parents map[string]presence) (presence, error) {
	if dir := path.Dir(p); dir != "." {
		above, ok := parents[dir]
		if !ok {
			var err error
			if above, err = t.at(dir, parents); err != nil {
				return 0, err
			}
			parents[dir] = above
		}
		switch above {
		case isMissing, isBlocked:
			return above, nil
		case isFile, isOther:
			return isBlocked, nil
		}
	}
	info, err := t.root.Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return isMissing, nil
	case err != nil:
		return 0, err
	case info.Mode().IsRegular():
		return isFile, nil
	case info.IsDir():
		return isDirectory, nil
	}
	return isOther, nil
}

// blocker returns the first step on the way to p that should be a directory and is not.
func (s *survey) blocker(p string) string {
	for i, c := range p {
		if c == '/' && s.parents[p[:i]] != isDirectory {
			return p[:i]
		}
	}
	return p
}
