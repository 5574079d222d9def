package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/edit"
)

// TestWriteIsAllOrNothing wants two files to change together: when one can't, the other stays, and nothing is left beside them.
func TestWriteIsAllOrNothing(t *testing.T) {
	for _, test := range []struct {
		name    string
		spoil   func(t *testing.T, dir string)
		changes bool
	}{
		{"both can", func(*testing.T, string) {}, true},
		{"one is changed meanwhile", func(t *testing.T, dir string) { put(t, filepath.Join(dir, "b.cue"), "by somebody else") }, false},
		{"one is gone", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "b.cue")); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			e := editing{std: &streams{dir: dir}}
			for _, file := range []string{"a.cue", "b.cue"} {
				put(t, filepath.Join(dir, file), "old "+file)
				e.changes = append(e.changes, edit.Change{File: file, Before: []byte("old " + file), After: []byte("new " + file)})
			}
			if err := os.Chmod(filepath.Join(dir, "a.cue"), 0o640); err != nil {
				t.Fatal(err)
			}
			test.spoil(t, dir)
			if err := e.write(); (err == nil) != test.changes {
				t.Error(err)
			}
			want := map[bool]string{true: "new a.cue", false: "old a.cue"}[test.changes]
			if text, err := os.ReadFile(filepath.Join(dir, "a.cue")); string(text) != want {
				t.Errorf("a.cue holds %q (%v), want %q", text, err, want)
			}
			if info, err := os.Stat(filepath.Join(dir, "a.cue")); err != nil || info.Mode().Perm() != 0o640 {
				t.Error("the file's mode changed", err)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestReplaceGivesBack wants the first of two files to have its old content and mode when the second can't take its place.
func TestReplaceGivesBack(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "a.cue"), filepath.Join(dir, "b.cue")
	var ready []replacement
	for _, path := range []string{first, second} {
		put(t, path, "old")
		r, err := prepare(path, []byte("old"), []byte("new"))
		if err != nil {
			t.Fatal(err)
		}
		ready = append(ready, r)
	}
	if err := errors.Join(os.Chmod(ready[0].temp, 0o640), os.Remove(second), os.MkdirAll(filepath.Join(second, "full"), 0o777)); err != nil {
		t.Fatal(err)
	}
	err := replace(ready)
	if err == nil || !strings.HasPrefix(err.Error(), second+" can't be replaced: ") {
		t.Errorf("error %v", err)
	}
	if text, err := os.ReadFile(first); string(text) != "old" {
		t.Errorf("a.cue holds %q (%v)", text, err)
	}
	if info, err := os.Stat(first); err != nil || info.Mode().Perm() != 0o640 {
		t.Error("the file's mode changed", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
