package edit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/load"
)

// set edits the image of app web in a project of one file.
func set(t *testing.T, file, text, env, ref string) (after, refused string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	p, found, err := load.Load(load.Options{Dir: dir})
	if err != nil || len(p.Apps) != 1 {
		t.Fatal(err, found)
	}
	changes, d, err := Apply(p.Apps[0], env, []Set{String("image", ref)}, func(file string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, file)) })
	if err != nil {
		t.Fatal(err)
	}
	if d != nil {
		return "", d.Pos.String() + ": " + d.Problem
	}
	if len(changes) != 1 {
		t.Fatalf("%d files change", len(changes))
	}
	return string(changes[0].After), ""
}

func TestImage(t *testing.T) {
	for _, test := range []struct {
		name, file, before, env, after string
	}{
		{"CUE", "app.cue", `apps: web: {image: "a:1", port: 1} // "a:1"`, "", `apps: web: {image: "b:2", port: 1} // "a:1"`},
		{"CUE required label", "app.cue", `apps: web: {"image":"a:1"}`, "", `apps: web: {"image":"b:2"}`},
		{"CUE attribute", "app.cue", "apps: web: {\n\timage: \"a:1\" @x(y)\n}", "", "apps: web: {\n\timage: \"b:2\" @x(y)\n}"},
		{"CUE trailing comma", "app.cue", "apps: web: {\n\timage: \"a:1\",\n}\n", "prod", "apps: web: {\n\timage: \"a:1\",\n\tenvironments: prod: image: \"b:2\",\n}\n"},
		{"CUE CRLF", "app.cue", "apps: web: {\r\n\timage: \"a:1\"\r\n}\r\n", "prod", "apps: web: {\r\n\timage: \"a:1\"\r\n\tenvironments: prod: image: \"b:2\"\r\n}\r\n"},
		{"CUE quoted environment", "app.cue", `apps: web: {image: "a:1"}`, "prod-eu", `apps: web: {image: "a:1", environments: "prod-eu": image: "b:2"}`},
		{"CUE chain", "app.cue", `apps: web: image: "a:1"`, "prod", "apps: web: image: \"a:1\"\napps: web: environments: prod: image: \"b:2\""},
		{"CUE override chain", "app.cue", "apps: web: {\n\timage: \"a:1\"\n\tenvironments: prod: port: 1\n}\n", "prod", "apps: web: {\n\timage: \"a:1\"\n\tenvironments: prod: port: 1\n\tenvironments: prod: image: \"b:2\"\n}\n"},
		{"YAML plain", "app.yaml", "apps:\n  web:\n    image: a:1\n", "", "apps:\n  web:\n    image: b:2\n"},
		{"YAML none", "app.yaml", "apps:\n  web:\n    port: 1 # one\n", "", "apps:\n  web:\n    port: 1 # one\n    image: b:2\n"},
		{"YAML plain at the end", "app.yaml", "apps:\n  web:\n    image: a:1", "prod", "apps:\n  web:\n    image: a:1\n    environments:\n      prod:\n        image: b:2"},
		{"YAML quotes", "app.yaml", "apps: {web: {image: 'a:1'}}", "", "apps: {web: {image: 'b:2'}}"},
		{"YAML flow in block", "app.yaml", "apps:\n  web:\n    image: a:1\n    environments: {prod: {port: 1}}\n", "prod", "apps:\n  web:\n    image: a:1\n    environments: {prod: {port: 1, image: \"b:2\"}}\n"},
		{"YAML another environment", "app.yaml", "apps:\n  web:\n    image: a:1\n    environments:\n      dev: {port: 1}\n", "prod", "apps:\n  web:\n    image: a:1\n    environments:\n      dev: {port: 1}\n      prod:\n        image: b:2\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			after, refused := set(t, test.file, test.before, test.env, "b:2")
			if refused != "" {
				t.Fatal(refused)
			}
			if diff := cmp.Diff(test.after, after); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestImageRefused(t *testing.T) {
	for _, test := range []struct{ name, file, before, env, want string }{
		{"expression", "app.cue", `apps: web: {image: "a:" + "1"}`, "", "app.cue:1:20: the image is not written here"},
		{"multi-line", "app.cue", "apps: web: {image: \"\"\"\n\ta:1\n\t\"\"\"}", "", ": the image is not written here"},
		{"anchor", "app.yaml", "apps:\n  web:\n    image: &i a:1\n", "", ": the image is not written here"},
		{"folded", "app.yaml", "apps:\n  web:\n    image: >-\n      a:1\n", "", ": the image is not written here"},
		{"not there", "app.yaml", "apps:\n  web:\n    image: a:1\n    environments: {prod: false}\n", "prod", "the app is not in environment"},
	} {
		t.Run(test.name, func(t *testing.T) {
			after, refused := set(t, test.file, test.before, test.env, "b:2")
			if after != "" || !strings.Contains(refused, test.want) {
				t.Errorf("got %q and %q, want a refusal with %q", after, refused, test.want)
			}
		})
	}
}
