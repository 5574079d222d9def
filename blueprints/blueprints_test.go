package blueprints_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/blueprints"
	"github.com/scantling/scantling/internal/cli"
)

var update = flag.Bool("update", false, "rewrite want/ of each blueprint")

// specLines is how short a blueprint's app files stay together, in lines that are neither blank nor comment alone.
var specLines = map[string]int{"web": 8, "api": 30, "worker": 16, "cron": 14, "stateful": 22, "postgres-drill": 20, "canary": 12, "blue-green": 10, "online-boutique": 180}

// scantling runs the command and returns its exit code, stdout and stderr.
func scantling(args ...string) (code int, stdout, stderr string) {
	var out, diagnostics bytes.Buffer
	code = cli.Main(args, strings.NewReader(""), &out, &diagnostics)
	return code, out.String(), diagnostics.String()
}

// TestBlueprintRenders holds what generate writes against want/, file by file and byte by byte.
func TestBlueprintRenders(t *testing.T) {
	for _, name := range blueprints.Names() {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			if *update {
				out = mustAbs(t, filepath.Join(name, "want"))
			}
			code, _, stderr := scantling("generate", "-C", name, "-o", out)
			if code != 0 {
				t.Fatalf("exit code %d\n%s", code, stderr)
			}
			got := readTree(t, out)
			if diff := cmp.Diff(readTree(t, filepath.Join(name, "want")), got); diff != "" {
				t.Errorf("run with -update and read the diff (-want +got):\n%s", diff)
			}
			for file, text := range got {
				if strings.HasSuffix(file, ".yaml") && !strings.HasPrefix(text, "apiVersion: ") && !strings.HasPrefix(text, "---\n") {
					t.Errorf("%s is no manifest: %.60q", file, text)
				}
			}
			for line := range strings.Lines(stderr) {
				if strings.Contains(line, "warning") {
					t.Errorf("a blueprint warns: %s", line)
				}
			}
		})
	}
}

// TestReadmeCommands runs what each README shows, in an empty directory, one line after the other.
func TestReadmeCommands(t *testing.T) {
	for _, name := range blueprints.Names() {
		t.Run(name, func(t *testing.T) {
			readme := readFile(t, filepath.Join(name, "README.md"))
			t.Chdir(t.TempDir())
			_, block, _ := strings.Cut(readme, "```sh\n")
			block, _, _ = strings.Cut(block, "```\n")
			var stdout string
			for line := range strings.Lines(block) {
				args := strings.Fields(line)
				var code int
				var stderr string
				code, stdout, stderr = scantling(args[1:]...)
				if code != 0 {
					t.Fatalf("%s: exit code %d\n%s", strings.TrimSpace(line), code, stderr)
				}
			}
			if n := strings.Count(stdout, "\nkind: "); n < 8 {
				t.Errorf("the last command printed %d objects", n)
			}
		})
	}
}

// TestBlueprintsAreShort keeps the specs as short as the READMEs promise, and the READMEs short as well.
func TestBlueprintsAreShort(t *testing.T) {
	for _, b := range blueprints.All() {
		lines := 0
		err := fs.WalkDir(blueprints.FS, b.Name, func(path string, _ fs.DirEntry, err error) error {
			base := filepath.Base(path)
			if err != nil || strings.HasPrefix(base, "platform.") || filepath.Ext(base) != ".cue" && filepath.Ext(base) != ".yaml" {
				return err
			}
			for line := range strings.Lines(readFile(t, path)) {
				if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "//") {
					lines++
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if lines == 0 || lines > specLines[b.Name] {
			t.Errorf("%s: the spec has %d lines, promised are at most %d", b.Name, lines, specLines[b.Name])
		}
		if n := strings.Count(readFile(t, b.Name+"/README.md"), "\n"); n > 90 {
			t.Errorf("%s: the README has %d lines", b.Name, n)
		}
		if len(b.Summary) < 20 || len(b.Summary) > 100 {
			t.Errorf("%s: the first sentence of the README is no summary: %q", b.Name, b.Summary)
		}
	}
}

// TestNamesAreDirectories wants every directory here to be a blueprint, and the other way round.
func TestNamesAreDirectories(t *testing.T) {
	entries, err := fs.ReadDir(blueprints.FS, ".")
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, e := range entries {
		dirs = append(dirs, e.Name())
	}
	names := blueprints.Names()
	slices.Sort(names)
	if diff := cmp.Diff(dirs, names); diff != "" {
		t.Error(diff)
	}
	if got := slices.Sorted(maps.Keys(specLines)); !slices.Equal(got, names) {
		t.Errorf("specLines knows %q", got)
	}
}

// TestProjectReadmeIsTrue wants the repository's README to show the spec of blueprints/api, how many objects it becomes, and what is
// said about two mistakes in it.
func TestProjectReadmeIsTrue(t *testing.T) {
	readme, spec := readFile(t, "../README.md"), readFile(t, "api/app.cue")
	_, orders, _ := strings.Cut(spec, "\torders: {\n")
	orders, _, ok := strings.Cut(orders, "\n\t}\n")
	if !ok {
		t.Fatal("api/app.cue has no app orders")
	}
	if shown := "apps: orders: {\n\t" + strings.ReplaceAll(strings.TrimPrefix(orders, "\t\t"), "\n\t", "\n") + "\n}\n"; !strings.Contains(readme, shown) {
		t.Errorf("README.md does not show this spec:\n%s", shown)
	}
	for _, unit := range []string{"orders", "namespace"} {
		path := "api/want/prod/sales/" + unit + ".yaml"
		objects := strings.Count("\n"+readFile(t, path), "\nkind: ")
		if count := regexp.MustCompile(fmt.Sprintf(`\[%d( objects)?\]\(blueprints/%s\)`, objects, path)); !count.MatchString(readme) {
			t.Errorf("README.md does not say that %s has %d objects", path, objects)
		}
	}

	dir := t.TempDir()
	wrong := strings.NewReplacer("min: 3", "mim: 3", "pool: 8,", "pool: 80,").Replace(spec)
	for name, text := range map[string]string{"app.cue": wrong, "platform.cue": readFile(t, "api/platform.cue")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	_, _, reported := scantling("check", "-C", dir)
	_, block, _ := strings.Cut(readme, "```\napp.cue:")
	block, _, _ = strings.Cut(block, "```\n")
	for line := range strings.Lines("app.cue:" + block) {
		if !strings.Contains(reported, line) {
			t.Errorf("check does not say what README.md shows: %s\nit says\n%s", line, reported)
		}
	}
}

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readTree returns every file below dir by its slash-separated path.
func readTree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = readFile(t, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
