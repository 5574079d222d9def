package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestErrorsWriteNothing generates from every project of the catalogue of wrong input: where it fails, standard output stays empty,
// the directory of the output is not even made, and every line that is wanted is on standard error.
func TestErrorsWriteNothing(t *testing.T) {
	files, err := filepath.Glob("../../testdata/errors/*.txtar")
	if err != nil || len(files) < 75 {
		t.Fatalf("%d cases (%v)", len(files), err)
	}
	failed := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		want, images := unpack(t, dir, archive)
		out := filepath.Join(t.TempDir(), "out")
		args := []string{"generate", "-C", dir, "-o", out}
		if images {
			args = append(args, "--images", "images.yaml")
		}
		var stdout, stderr bytes.Buffer
		code := Main(args, strings.NewReader(""), &stdout, &stderr)
		for line := range strings.Lines(want) {
			if !strings.Contains(stderr.String(), strings.TrimSpace(line)) {
				t.Errorf("%s: standard error lacks %q:\n%s", file, line, stderr.String())
				break
			}
		}
		if code == 0 { // warnings only
			continue
		}
		failed++
		_, err = os.Stat(out)
		if code != 1 || stdout.Len() > 0 || err == nil {
			t.Errorf("%s: exit code %d, and standard output %q, and the directory of the output is there: %v", file, code, stdout.String(), err == nil)
		}
	}
	if failed < 75 {
		t.Errorf("only %d cases fail", failed)
	}
}

// unpack writes the input of a case to dir.
func unpack(t *testing.T, dir string, archive *txtar.Archive) (want string, images bool) {
	t.Helper()
	for _, f := range archive.Files {
		if f.Name == "want" {
			want = string(f.Data)
			continue
		}
		images = images || f.Name == "images.yaml"
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return want, images
}
