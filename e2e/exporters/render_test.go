package exporters

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"golang.org/x/tools/txtar"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// world is what TestMain sets up once.
var world struct {
	root      string // of the repository
	scantling string // the compiler as users get it
	fixed     fixed
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	klog.SetLogger(logr.Discard()) // about each set
	log.SetLogger(logr.Discard())
	dir, err := os.MkdirTemp("", "exporters-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if err := setUp(ctx, dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func setUp(ctx context.Context, dir string) error {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("looking for the module: %w", err)
	}
	world.root = filepath.Dir(filepath.Dir(strings.TrimSpace(string(out))))
	world.scantling = filepath.Join(dir, "scantling")
	if err := build(world.root, world.scantling, "./cmd/scantling"); err != nil {
		return err
	}
	service := filepath.Join(dir, "orders")
	if err := build(filepath.Join(world.root, "blueprints", "api", "service"), service, "."); err != nil {
		return err
	}
	world.fixed, err = start(ctx, dir, service)
	return err
}

func build(dir, binary, pkg string) error {
	cmd := exec.Command("go", "build", "-o", binary, pkg)
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s in %s: %w\n%s", pkg, dir, err, said)
	}
	return nil
}

// projects are the directories of all specs that the repository holds, and of those beside this test, by name.
func projects(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, platform := range glob(t, world.root, "blueprints", "*", "platform.*") {
		all["blueprints/"+filepath.Base(filepath.Dir(platform))] = filepath.Dir(platform)
	}
	for _, file := range append(glob(t, world.root, "testdata", "golden", "*.txtar"), glob(t, "testdata", "*.txtar")...) {
		all[strings.TrimSuffix(filepath.Base(file), ".txtar")] = unpack(t, file)
	}
	return all
}

func glob(t *testing.T, pattern ...string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(pattern...))
	if err != nil || len(found) == 0 {
		t.Fatalf("nothing is like %s (%v)", filepath.Join(pattern...), err)
	}
	return found
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
		if strings.HasPrefix(f.Name, "want") {
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

var capabilities = regexp.MustCompile(`(capabilities: )\[`)

// withGrafana copies a project, with a Grafana in each of its environments.
func withGrafana(t *testing.T, project string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(project)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasPrefix(d.Name(), "platform.") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || strings.Contains(string(text), `"grafana"`) {
			return err
		}
		return os.WriteFile(path, capabilities.ReplaceAll(text, []byte(`${1}["grafana", `)), 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// scantling runs the compiler in a project, and returns what it prints.
func scantling(t *testing.T, project string, args ...string) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(project, "images.yaml")); err == nil && args[0] == "generate" {
		args = append(args, "--images", "images.yaml")
	}
	cmd := exec.Command(world.scantling, args...)
	var out, said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = project, &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("scantling %s: %v\n%s", strings.Join(args, " "), err, said.Bytes())
	}
	return out.String()
}
