package emit

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var errInjected = errors.New("injected")

// faulty is a folder whose operation number at fails, counted over those that change something; with dead, so does all after
// it, as if the process had been killed there.
type faulty struct {
	*os.Root
	at   int
	dead bool
	n    int
}

func (f *faulty) fails() bool {
	f.n++
	return f.n == f.at || f.dead && f.n > f.at
}

func (f *faulty) Mkdir(name string, perm fs.FileMode) error {
	if f.fails() {
		return errInjected
	}
	return f.Root.Mkdir(name, perm)
}

func (f *faulty) Rename(from, to string) error {
	if f.fails() {
		return errInjected
	}
	return f.Root.Rename(from, to)
}

func (f *faulty) Remove(name string) error {
	if f.fails() {
		return errInjected
	}
	return f.Root.Remove(name)
}

// OpenFile fails later, in the middle of the file: half of it is written, and what is returned cannot be written.
func (f *faulty) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if f.dead && f.n >= f.at {
		return nil, errInjected
	}
	if !f.fails() {
		return f.Root.OpenFile(name, flag, perm)
	}
	if err := f.Root.WriteFile(name, []byte("half"), perm); err != nil {
		return nil, err
	}
	return f.Root.Open(name)
}

// TestInterrupted stops a run at each of its steps in turn.
func TestInterrupted(t *testing.T) {
	before := files("prod/shop/web.yaml", "web 1", "prod/shop/api.yaml", "api 1", "old/shop/web.yaml", "old", "test/shop/web.yaml", "test")
	after := files("prod/shop/web.yaml", "web 2", "prod/shop/new.yaml", "new", "prod/pay/checkout.yaml", "checkout", "test/shop/web.yaml", "test")
	valid := func(p, content string) bool {
		return contents(before)[p] == content || contents(after)[p] == content
	}
	for _, dead := range []bool{true, false} {
		steps := 0
		for at := 1; ; at++ {
			dir := t.TempDir()
			mustWrite(t, dir, before, nil)
			untouched := onDisk(t, dir, true)
			root, err := os.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			f := &faulty{Root: root, at: at, dead: dead}
			_, err = (&tree{dir, f}).write(after, nil)
			root.Close()
			if f.n < at {
				if err != nil {
					t.Fatal(err)
				}
				steps = at
				break
			}
			found := onDisk(t, dir, true)
			for p, content := range found {
				if strings.HasSuffix(p, ".yaml") && !valid(p, content) {
					t.Errorf("step %d, dead %v: %s holds %q", at, dead, p, content)
				}
				if !dead && strings.HasSuffix(p, ".tmp") {
					t.Errorf("step %d: %s stays behind", at, p)
				}
			}
			started := found["prod/shop/web.yaml"] != "web 1" || found["prod/pay/checkout.yaml"] != "" || found["old/shop/web.yaml"] == ""
			if !dead && err != nil && !started {
				same(t, "an error before the first rename undoes all", untouched, found)
			}
			r, err := Write(dir, after, nil)
			if err != nil {
				t.Fatalf("step %d, dead %v: the next run: %v", at, dead, err)
			}
			if len(r.Edited) > 0 {
				t.Errorf("step %d, dead %v: the next run takes %s for edited", at, dead, r.Edited)
			}
			got := onDisk(t, dir, false)
			if !dead { // a directory that could not be removed stays
				maps.DeleteFunc(got, func(_, content string) bool { return content == "/" })
			}
			same(t, "the next run finishes", contents(after), got)
			same(t, "and settles", Result{Unchanged: len(after)}, mustWrite(t, dir, after, nil))
		}
		if steps < 15 {
			t.Errorf("only %d steps were tried", steps)
		}
	}
}

// TestFailedFirstRun leaves no directory behind that was not there.
func TestFailedFirstRun(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "a", "b")
	long := "prod/shop/" + strings.Repeat("x", 300) + ".yaml" // no file system here takes such a name
	if _, err := Write(dir, files("prod/shop/a.yaml", "1", long, "1"), nil); err == nil {
		t.Fatal("no error")
	}
	same(t, "what is left", map[string]string{}, onDisk(t, top, true))
}
