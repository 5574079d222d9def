// Package prometheus puts rules that the compiler rendered before Prometheus' own parser, groups and engine: with apps whose every request is known, and beside the rules that others would write.
package prometheus

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// world is what TestMain sets up once.
var world struct {
	root      string // of the repository
	dir       string // for what is made on the way
	scantling string // the compiler as users get it
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if err := setUp(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(world.dir)
	return m.Run()
}

func setUp() error {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("looking for the module: %w", err)
	}
	world.root = filepath.Dir(filepath.Dir(strings.TrimSpace(string(out))))
	if world.dir, err = os.MkdirTemp("", "rules-"); err != nil {
		return err
	}
	world.scantling = filepath.Join(world.dir, "scantling")
	build := exec.Command("go", "build", "-o", world.scantling, "./cmd/scantling")
	build.Dir, build.Stderr = world.root, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building scantling: %w", err)
	}
	return nil
}

// render renders a project and returns its rule files by their path below prometheus.d: "prod/shop/web".
func render(t *testing.T, project string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"generate", "-o", dir, "--with-tests"}
	if _, err := os.Stat(filepath.Join(project, "images.yaml")); err == nil {
		args = append(args, "--images", "images.yaml")
	}
	cmd := exec.Command(world.scantling, args...)
	var said bytes.Buffer
	cmd.Dir, cmd.Stderr = project, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("scantling %s: %v\n%s", strings.Join(args, " "), err, said.Bytes())
	}
	files := map[string]string{}
	top := filepath.Join(dir, "prometheus.d")
	err := filepath.WalkDir(top, func(path string, _ fs.DirEntry, err error) error {
		if name, ok := strings.CutSuffix(path, ".rules.yaml"); ok {
			files[strings.TrimPrefix(name, top+string(filepath.Separator))] = path
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

// projects are the directories of all specs that the repository holds, by name: "blueprints/web", "golden/tiers".
func projects(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, platform := range glob(t, "blueprints", "*", "platform.*") {
		dir := filepath.Dir(platform)
		all["blueprints/"+filepath.Base(dir)] = dir
	}
	for _, file := range glob(t, "testdata", "golden", "*.txtar") {
		all["golden/"+strings.TrimSuffix(filepath.Base(file), ".txtar")] = unpack(t, file)
	}
	return all
}

func glob(t *testing.T, pattern ...string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(append([]string{world.root}, pattern...)...))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("nothing is like %s", filepath.Join(pattern...))
	}
	return slices.Compact(found)
}

// unpack writes the files of an archive into a directory, all but those that say what a case wants.
func unpack(t *testing.T, file string) string {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range archive.Files {
		if f.Name == "want" || strings.HasPrefix(f.Name, "want/") {
			continue
		}
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
