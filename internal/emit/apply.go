package emit

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// apply makes the changes of s, up to the final index.
func (t *tree) apply(s survey, old index, oldBytes []byte) error {
	both := index{hashes: map[string][]string{}, unfinished: true}
	for _, x := range []index{old, s.owned} {
		for p, hashes := range x.hashes {
			both.add(p, hashes...)
		}
	}
	if err := t.writeIndex(both.format()); err != nil {
		return t.named(err)
	}
	var undo []string // what was made, in order
	for _, f := range s.write {
		if err := t.stage(f, s.parents, &undo); err != nil {
			for _, p := range slices.Backward(undo) {
				err = errors.Join(err, t.root.Remove(p))
			}
			return t.named(errors.Join(err, t.writeIndex(oldBytes)))
		}
	}
	var failed error
	for _, f := range s.write {
		// Every temporary file lies in its directory, so a failure here is not for want of space or rights. What can be
		// finished is: fewer files stay behind.
		if err := t.root.Rename(tempName(f.Path), f.Path); err != nil {
			failed = errors.Join(failed, err, t.root.Remove(tempName(f.Path)))
		}
	}
	for _, p := range s.leftover {
		if err := t.root.Remove(p); err != nil && !missing(err) {
			failed = errors.Join(failed, err)
		}
	}
	if failed != nil {
		return fmt.Errorf("%w\n%s is not finished: run again", t.named(failed), t.dir)
	}
	return nil
}

// stage writes f in full under its temporary name, and makes the directories that parents lacks; undo gets what was made.
func (t *tree) stage(f File, parents map[string]presence, undo *[]string) error {
	for i, c := range f.Path {
		if c != '/' || parents[f.Path[:i]] == isDirectory {
			continue
		}
		if err := t.root.Mkdir(f.Path[:i], 0o777); err != nil {
			return err
		}
		*undo = append(*undo, f.Path[:i])
		parents[f.Path[:i]] = isDirectory
	}
	temp := tempName(f.Path)
	if err := t.create(temp, f.Data); err != nil {
		return err
	}
	*undo = append(*undo, temp)
	return nil
}

// create writes a new file. It leaves none behind when it fails, and does not touch one that exists.
func (t *tree) create(name string, data []byte) error {
	f, err := t.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = cmp.Or(err, f.Close()); err != nil {
		return errors.Join(err, t.root.Remove(name))
	}
	return nil
}

// tidy removes the directories that are empty now that these paths are gone. A directory that is not stays, and so does one
// that cannot be removed: it does no harm.
func (t *tree) tidy(gone []string) {
	for _, p := range gone {
		for d := path.Dir(p); d != "."; d = path.Dir(d) {
			if err := t.root.Remove(d); err != nil && !missing(err) {
				break
			}
		}
	}
}

// tempName is where a file is written before it is renamed: in the same directory, hidden, and not called *.yaml, so that no
// tool applies half a file.
func tempName(p string) string {
	dir, base := path.Split(p)
	return dir + "." + strings.TrimPrefix(base, ".") + ".tmp"
}
