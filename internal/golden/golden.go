// Package golden lets a test be one readable file: what a person wrote above, what the program must answer below.
//
// A case is a txtar archive. Its comment says what it shows; the files named "want" or "want/..." are the wanted output, all
// others are the input. With -update the wanted output is rewritten from what the program does now.
package golden

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the wanted output of golden files")

// Output is what a case made: content by name, "want" or "want/...".
type Output map[string]string

// Run runs every archive that matches pattern as a parallel test: it writes the input into a fresh directory, calls run there,
// and compares the output.
func Run(t *testing.T, pattern string, run func(t *testing.T, dir string) Output) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases match %s (%v)", pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want := split(archive)
			dir := t.TempDir()
			write(t, dir, input)
			compare(t, file, archive.Comment, input, want, run(t, dir))
		})
	}
}

// Input writes the input of an archive into a fresh directory and returns that.
func Input(t *testing.T, file string) string {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	input, _ := split(archive)
	dir := t.TempDir()
	write(t, dir, input)
	return dir
}

// split parts the wanted output from the input.
func split(a *txtar.Archive) (input []txtar.File, want Output) {
	want = Output{}
	for _, f := range a.Files {
		if f.Name == "want" || strings.HasPrefix(f.Name, "want/") {
			want[f.Name] = string(f.Data)
		} else {
			input = append(input, f)
		}
	}
	return input, want
}

func write(t *testing.T, dir string, files []txtar.File) {
	t.Helper()
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func compare(t *testing.T, file string, comment []byte, input []txtar.File, want, got Output) {
	t.Helper()
	for name, text := range got {
		got[name] = ended(text)
	}
	if !*update {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the output changed (- wanted, + got; -update rewrites it):\n%s", file, diff)
		}
		return
	}
	updated := &txtar.Archive{Comment: comment, Files: slices.Clone(input)}
	for name, text := range got {
		updated.Files = append(updated.Files, txtar.File{Name: name, Data: []byte(text)})
	}
	slices.SortFunc(updated.Files[len(input):], func(a, b txtar.File) int { return strings.Compare(a.Name, b.Name) })
	if err := rewrite(file, txtar.Format(updated)); err != nil {
		t.Fatal(err)
	}
}

// rewrite leaves a file alone that already has this content, so that its time stays.
func rewrite(file string, content []byte) error {
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, content) {
		return nil
	}
	return os.WriteFile(file, content, 0o666)
}

// ended returns text as an archive can hold it: with a line break at its end.
func ended(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}
