package emit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// files makes files out of "PATH CONTENT" pairs.
func files(pairs ...string) (list []File) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, File{pairs[i], []byte(pairs[i+1])})
	}
	return list
}

// onDisk returns what is in dir: the content of files, "/" for empty directories, "-> TARGET" for links; the index only on demand.
func onDisk(t *testing.T, dir string, withIndex bool) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, p)
		switch {
		case err != nil || rel == "." || rel == IndexName && !withIndex:
			return err
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(p)
			found[rel] = "-> " + target
			return err
		case d.IsDir():
			if entries, err := os.ReadDir(p); err != nil || len(entries) == 0 {
				found[rel] = "/"
			}
			return nil
		}
		b, err := os.ReadFile(p)
		found[rel] = string(b)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return found
}

func contents(list []File) map[string]string {
	m := map[string]string{}
	for _, f := range list {
		m[f.Path] = string(f.Data)
	}
	return m
}

func mustWrite(t *testing.T, dir string, list []File, selected func(string) bool) Result {
	t.Helper()
	r, err := Write(dir, list, selected)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s:\n%s", what, diff)
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "out")
	first := files("prod/shop/web.yaml", "web 1", "prod/shop/api.yaml", "api 1", "prod/pay/checkout.yaml", "checkout 1", "test/shop/web.yaml", "test")
	same(t, "first run", Result{Written: []string{"prod/pay/checkout.yaml", "prod/shop/api.yaml", "prod/shop/web.yaml", "test/shop/web.yaml"}}, mustWrite(t, dir, first, nil))
	same(t, "first tree", contents(first), onDisk(t, dir, false))

	long := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for name := range onDisk(t, dir, true) {
		if err := os.Chtimes(filepath.Join(dir, name), long, long); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "second run", Result{Unchanged: 4}, mustWrite(t, dir, first, nil))
	for name := range onDisk(t, dir, true) {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.ModTime().Equal(long) {
			t.Errorf("%s was written again: %v", name, err)
		}
	}

	put(t, dir, "prod/shop/README.md", "mine")
	put(t, dir, "prod/shop/web.yaml", "by hand")
	put(t, dir, "test/shop/web.yaml", "by hand")
	third := files("prod/shop/web.yaml", "web 1", "prod/shop/new.yaml", "new")
	same(t, "third run", Result{
		Written: []string{"prod/shop/new.yaml", "prod/shop/web.yaml"},
		Removed: []string{"prod/pay/checkout.yaml", "prod/shop/api.yaml", "test/shop/web.yaml"},
		Edited:  []string{"prod/shop/web.yaml", "test/shop/web.yaml"},
	}, mustWrite(t, dir, third, nil))
	want := contents(third)
	want["prod/shop/README.md"] = "mine"
	same(t, "third tree", want, onDisk(t, dir, false)) // without prod/pay and test

	same(t, "empty run", Result{Removed: []string{"prod/shop/new.yaml", "prod/shop/web.yaml"}}, mustWrite(t, dir, nil, nil))
	same(t, "empty tree, without an index", map[string]string{"prod/shop/README.md": "mine"}, onDisk(t, dir, true))
}

func TestWriteSelected(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, dir, files("prod/shop/web.yaml", "1", "prod/shop/api.yaml", "1", "test/shop/web.yaml", "1"), nil)
	prod := func(p string) bool { return strings.HasPrefix(p, "prod/") }
	same(t, "result", Result{Written: []string{"prod/shop/web.yaml"}, Removed: []string{"prod/shop/api.yaml"}}, mustWrite(t, dir, files("prod/shop/web.yaml", "2"), prod))
	same(t, "tree", map[string]string{"prod/shop/web.yaml": "2", "test/shop/web.yaml": "1"}, onDisk(t, dir, false))
	same(t, "what was not selected is still owned", Result{Removed: []string{"test/shop/web.yaml"}, Unchanged: 1}, mustWrite(t, dir, files("prod/shop/web.yaml", "2"), nil))
}

// TestForeign puts things in the way. Nothing may change, neither theirs nor ours.
func TestForeign(t *testing.T) {
	outside := t.TempDir()
	put(t, outside, "web.yaml", "outside")
	link := func(target, name string) func(string) error {
		return func(dir string) error {
			p := filepath.Join(dir, name)
			return errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.Symlink(target, p))
		}
	}
	for name, tt := range map[string]struct {
		foreign string
		prepare func(dir string) error
	}{
		"a file of another content": {"prod/shop/web.yaml", func(dir string) error {
			return errors.Join(os.MkdirAll(dir+"/prod/shop", 0o755), os.WriteFile(dir+"/prod/shop/web.yaml", []byte("theirs"), 0o644))
		}},
		"a directory": {"prod/shop/web.yaml", func(dir string) error { return os.MkdirAll(dir+"/prod/shop/web.yaml/x", 0o755) }},
		"a file for a directory": {"prod/shop", func(dir string) error {
			return errors.Join(os.Mkdir(dir+"/prod", 0o755), os.WriteFile(dir+"/prod/shop", nil, 0o644))
		}},
		"a link to a file outside":      {"prod/shop/web.yaml", link(outside+"/web.yaml", "prod/shop/web.yaml")},
		"a link to nothing":             {"prod/shop/web.yaml", link("nothing", "prod/shop/web.yaml")},
		"a link to a directory outside": {"prod/shop", link(outside, "prod/shop")},
		"a link to a directory inside":  {"prod", link("test", "prod")}, // in the way of two
		"an index that is a directory":  {IndexName, func(dir string) error { return os.Mkdir(dir+"/"+IndexName, 0o755) }},
		"an index that is a link":       {IndexName, link(outside+"/web.yaml", IndexName)},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := tt.prepare(dir); err != nil {
				t.Fatal(err)
			}
			before := onDisk(t, dir, true)
			_, err := Write(dir, files("aaa/shop/web.yaml", "1", "prod/shop/web.yaml", "1", "prod/pay/web.yaml", "1", "test/shop/web.yaml", "1"), nil)
			conflict, ok := errors.AsType[*ConflictError](err)
			if !ok {
				t.Fatalf("the error is %v", err)
			}
			same(t, "conflict", []string{tt.foreign}, conflict.Paths)
			same(t, "message", filepath.Join(dir, tt.foreign)+": is in the way, and not written by scantling", err.Error())
			same(t, "tree", before, onDisk(t, dir, true))
			same(t, "outside", map[string]string{"web.yaml": "outside"}, onDisk(t, outside, true))
		})
	}
}

// TestForeignTemporary: not even a file that is called as our unfinished ones is overwritten, or removed.
func TestForeignTemporary(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "prod/shop/.web.yaml.tmp", "theirs")
	before := onDisk(t, dir, true)
	if _, err := Write(dir, files("prod/shop/api.yaml", "1", "prod/shop/web.yaml", "1"), nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the error is %v", err)
	}
	same(t, "tree", before, onDisk(t, dir, true))
}

// TestAdopt: a file with just the content we would write becomes ours, so that a lost index is found again.
func TestAdopt(t *testing.T) {
	dir := t.TempDir()
	list := files("prod/shop/web.yaml", "1", "prod/shop/api.yaml", "1")
	mustWrite(t, dir, list, nil)
	if err := os.Remove(filepath.Join(dir, IndexName)); err != nil {
		t.Fatal(err)
	}
	same(t, "again", Result{Unchanged: 2}, mustWrite(t, dir, list, nil))
	same(t, "owned", Result{Unchanged: 1, Removed: []string{"prod/shop/api.yaml"}}, mustWrite(t, dir, list[:1], nil))
}

// TestReplacedByLink: an owned file that became a link is not ours any more, neither to write nor to remove.
func TestReplacedByLink(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, dir, files("prod/shop/web.yaml", "1", "prod/shop/api.yaml", "1"), nil)
	p := filepath.Join(dir, "prod/shop/web.yaml")
	if err := errors.Join(os.Remove(p), os.Symlink("api.yaml", p)); err != nil {
		t.Fatal(err)
	}
	same(t, "result", Result{Unchanged: 1}, mustWrite(t, dir, files("prod/shop/api.yaml", "1"), nil))
	same(t, "tree", map[string]string{"prod/shop/web.yaml": "-> api.yaml", "prod/shop/api.yaml": "1"}, onDisk(t, dir, false))
}

func TestBadPaths(t *testing.T) {
	for _, p := range []string{"../x/a.yaml", "/etc/x.yaml", "a/../../x.yaml", "a.yaml", "a//b.yaml", "a/.b.yaml", "", "a/", `a\..\b/c`} {
		dir := t.TempDir()
		if _, err := Write(dir, files(p, "x"), nil); err == nil {
			t.Errorf("%q is written", p)
		}
		same(t, p, map[string]string{}, onDisk(t, dir, true))
		put(t, dir, IndexName, fmt.Sprintf("%s\n%s  %s\n", indexHeader, Hash(nil), p))
		before := onDisk(t, dir, true)
		if _, err := Write(dir, nil, nil); err == nil || !strings.Contains(err.Error(), IndexName+":2: ") {
			t.Errorf("an index with %q: %v", p, err)
		}
		same(t, p, before, onDisk(t, dir, true))
	}
	dir := t.TempDir()
	if _, err := Write(dir, files("a/b.yaml", "1", "a/c.yaml", "", "a/b.yaml", "1"), nil); err == nil || !strings.Contains(err.Error(), "a/b.yaml is made twice") {
		t.Errorf("a path twice: %v", err)
	}
}

func TestIndex(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, dir, files("b/c.yaml", "1", "a/z.yaml", "2"), nil)
	want := indexHeader + "\n" + Hash([]byte("2")) + "  a/z.yaml\n" + Hash([]byte("1")) + "  b/c.yaml\n"
	same(t, "index", want, onDisk(t, dir, true)[IndexName])

	// A merge that kept both sides: either content is as we left it.
	put(t, dir, IndexName, want+Hash([]byte("3"))+"  b/c.yaml\n")
	put(t, dir, "b/c.yaml", "3")
	same(t, "merged", Result{Written: []string{"b/c.yaml"}, Unchanged: 1}, mustWrite(t, dir, files("b/c.yaml", "1", "a/z.yaml", "2"), nil))
	same(t, "index after the merge", want, onDisk(t, dir, true)[IndexName])

	for _, bad := range []string{"hello\n", indexHeader + "\n<<<<<<< HEAD\n", indexHeader + "\nabc  a/b.yaml\n"} {
		put(t, dir, IndexName, bad)
		before := onDisk(t, dir, true)
		if _, err := Write(dir, files("b/c.yaml", "new"), nil); err == nil || !strings.Contains(err.Error(), IndexName+":") {
			t.Errorf("index %q: %v", bad, err)
		}
		same(t, "tree", before, onDisk(t, dir, true))
	}
}

func TestCheck(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	list := files("prod/shop/web.yaml", "1", "prod/shop/api.yaml", "1", "test/shop/web.yaml", "1")
	check := func(list []File, selected func(string) bool) (got []string) {
		t.Helper()
		before := onDisk(t, dir, true)
		stale, err := Check(dir, list, selected)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "check writes nothing", before, onDisk(t, dir, true))
		for _, s := range stale {
			got = append(got, s.Path+" "+s.Why)
		}
		return got
	}
	same(t, "no directory", []string{"prod/shop/api.yaml missing", "prod/shop/web.yaml missing", "test/shop/web.yaml missing"}, check(list, nil))
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("check makes the directory")
	}
	mustWrite(t, dir, list, nil)
	same(t, "fresh", []string(nil), check(list, nil))
	put(t, dir, "prod/shop/web.yaml", "by hand")
	put(t, dir, "prod/shop/other.yaml", "theirs")
	stale := append(files("prod/shop/other.yaml", "1", "prod/shop/new.yaml", "1"), list[0])
	same(t, "stale", []string{
		"prod/shop/api.yaml left over", "prod/shop/new.yaml missing", "prod/shop/other.yaml differs", "prod/shop/web.yaml differs", "test/shop/web.yaml left over",
	}, check(stale, nil))
	same(t, "selected", []string{"prod/shop/web.yaml differs"}, check(list[:2], func(p string) bool { return strings.HasPrefix(p, "prod/") }))
}

// TestConcurrentRuns: shards that write one directory at the same time lose nothing.
func TestConcurrentRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	want := map[string]string{}
	var wg sync.WaitGroup
	for shard := range 8 {
		var list []File
		for i := range 20 {
			list = append(list, File{fmt.Sprintf("prod/shop/app-%d-%d.yaml", shard, i), []byte("x")})
		}
		for _, f := range list {
			want[f.Path] = "x"
		}
		wg.Go(func() {
			mine := func(p string) bool { return strings.HasPrefix(p, fmt.Sprintf("prod/shop/app-%d-", shard)) }
			if _, err := Write(dir, list, mine); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	same(t, "tree", want, onDisk(t, dir, false))
	same(t, "all are owned", 160, len(mustWrite(t, dir, nil, nil).Removed))
}
