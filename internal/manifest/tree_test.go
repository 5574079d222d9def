package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadTree(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"b/two.yml":        named("two"),
		"a/one.yaml":       named("one"),
		"a/three.json":     `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "three"}}`,
		"a/notes.txt":      "no manifest",
		"a/.hidden.yaml":   "no manifest",
		".git/config.yaml": "no manifest",
	})
	if err := os.Symlink("one.yaml", filepath.Join(dir, "a", "link.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..", filepath.Join(dir, "a", "up.yaml")); err != nil {
		t.Fatal(err)
	}
	objects, err := ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range objects {
		file, _ := filepath.Rel(dir, o.File)
		got = append(got, filepath.ToSlash(file)+" "+o.Name)
	}
	if diff := cmp.Diff([]string{"a/link.yaml one", "a/one.yaml one", "a/three.json three", "b/two.yml two"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadTreeErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.yaml": "a: 1\n", "b.yaml": named("b"), "c.yaml": "\nc: [\n"})
	objects, err := ReadTree(dir)
	if err == nil || objects != nil {
		t.Fatal(objects, err)
	}
	want := "DIR/a.yaml:1: this is not a Kubernetes object: it has no apiVersion\nDIR/c.yaml:2: this is not YAML: did not find expected node content"
	if diff := cmp.Diff(want, strings.ReplaceAll(err.Error(), dir, "DIR")); diff != "" {
		t.Error(diff)
	}
	if _, err := ReadTree(filepath.Join(dir, "missing")); err == nil {
		t.Error("a directory that is not there has no objects, and no error")
	}
}
