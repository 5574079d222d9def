package judge_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/e2e/judge"
	"github.com/scantling/scantling/e2e/judge/manifest"
)

// oddities is testdata/oddities.yaml.
type oddities struct {
	Lists, Apps, Platform map[string]any
	Odd                   map[string][]any // values by the field's path
}

// TestOddities tries values that look right but are rare: whatever Scantling lets through, the API server accepts. What kube-score
// thinks of it is the user's business.
func TestOddities(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "oddities.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var cases oddities
	if err := yaml.UnmarshalStrict(text, &cases); err != nil {
		t.Fatal(err)
	}
	t.Parallel()
	scantling := buildScantling(t)
	server := slices.DeleteFunc(judges(t), func(j judge.Judge) bool { return j.Name == "kube-score" })
	var rendered, refused atomic.Int32
	t.Run("fields", func(t *testing.T) {
		for _, field := range slices.Sorted(maps.Keys(cases.Odd)) {
			t.Run(field, func(t *testing.T) {
				t.Parallel()
				for _, value := range cases.Odd[field] {
					docs := generate(t, scantling, cases.project(strings.Split(field, "."), value))
					if docs == nil {
						refused.Add(1)
						continue
					}
					rendered.Add(1)
					findings, _, err := judge.Ask(server, docs)
					if err != nil {
						t.Fatalf("%v: %v", value, err)
					}
					for _, f := range findings {
						t.Errorf("%v: %s", value, f)
					}
				}
			})
		}
	})
	t.Logf("%d odd values rendered and judged, %d refused", rendered.Load(), refused.Load())
	if rendered.Load() < 100 || refused.Load() < 50 {
		t.Error("the project around the odd values is broken")
	}
}

// project is the platform and the one app that the field is of, or all apps where it is the platform's, with the value in its place.
func (o oddities) project(field []string, value any) map[string]any {
	apps := o.Apps
	if field[0] == "apps" {
		apps = map[string]any{field[1]: o.Apps[field[1]]}
	}
	project := runtime.DeepCopyJSON(map[string]any{"apps": apps, "platform": o.Platform})
	for _, app := range project["apps"].(map[string]any) {
		app := app.(map[string]any)
		app["team"], app["tier"], app["image"] = "shop", "standard", "registry.acme.io/a:1.0"
	}
	above := project
	for _, name := range field[:len(field)-1] {
		if above[name] == nil {
			above[name] = map[string]any{}
		}
		above = above[name].(map[string]any)
	}
	above[field[len(field)-1]] = value
	return project
}

func buildScantling(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "scantling")
	build := exec.Command("go", "build", "-o", binary, "./cmd/scantling")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building scantling: %v\n%s", err, output)
	}
	return binary
}

// generate renders a project. Nothing comes back when its spec is refused, which must be done with a place in it.
func generate(t *testing.T, scantling string, project map[string]any) []manifest.Document {
	t.Helper()
	docs, said := compile(t, scantling, project)
	if docs == nil {
		t.Logf("refused: %s", said)
	}
	return docs
}

// compile renders a project, or returns why its spec is refused.
func compile(t *testing.T, scantling string, project map[string]any, flags ...string) (docs []manifest.Document, said string) {
	t.Helper()
	dir := t.TempDir()
	for file, part := range map[string]string{"app.yaml": "apps", "platform.yaml": "platform"} {
		text, err := json.Marshal(map[string]any{part: project[part]})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "out")
	output, err := exec.Command(scantling, append([]string{"generate", "-C", dir, "-o", out}, flags...)...).CombinedOutput()
	if err != nil {
		if !strings.Contains(string(output), ".yaml:1:") {
			t.Fatalf("%v\n%s", err, output)
		}
		return nil, string(output)
	}
	docs = []manifest.Document{}
	err = filepath.WalkDir(out, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		more, err := manifest.Parse(path, data)
		docs = append(docs, more...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs, string(output)
}
