package extension

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/emit"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/resolve"
)

// TestExtensions holds what extensions come to, as manifests, and all that is said about them. A Deployment of each app's name stands
// for what is generated.
func TestExtensions(t *testing.T) {
	golden.Run(t, "testdata/*.txtar", func(t *testing.T, dir string) golden.Output {
		p, found, err := load.Load(load.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		fleets, more := resolve.Fleets(p, resolve.Options{Reported: found})
		wrong := Evaluate(p.Extensions, fleets, 2)
		found = append(append(found, more...), wrong...)
		var out bytes.Buffer
		for _, f := range fleets {
			for i := range f.Apps {
				a := &f.Apps[i]
				joined, twice := Join(a, []generator.Object{&appsv1.Deployment{TypeMeta: kube.Type("apps/v1", "Deployment"), ObjectMeta: kube.Meta(*a, a.Name)}})
				found = append(found, twice...)
				if diag.HasErrors(found) {
					continue
				}
				for _, o := range joined[1:] {
					fmt.Fprintf(&out, "# %s %T\n", f.Env.Name, o)
					text, err := emit.AppendYAML(nil, o)
					if err != nil {
						t.Fatal(err)
					}
					out.Write(text)
				}
			}
		}
		for _, d := range diag.Sort(found) {
			if d.Severity == diag.Error {
				if d.Env != "" {
					d.Problem += " (in " + d.Env + ")"
				}
				fmt.Fprintf(&out, "%s: %s: %s [%s]\n", d.Pos, d.Path, d.Problem, d.Rule)
				for _, line := range []string{"want: " + d.Want, "help: " + d.Help} {
					if len(line) > len("want: ") {
						fmt.Fprintf(&out, "\t%s\n", line)
					}
				}
			}
		}
		return golden.Output{"want": out.String()}
	})
}

// manyApps is a project of n apps with one extension.
func manyApps(t testing.TB, n int) (*load.Project, []*app.Fleet) {
	dir := t.TempDir()
	var apps strings.Builder
	for i := range n {
		fmt.Fprintf(&apps, "apps: app%d: {team: \"shop\", tier: \"standard\", image: \"registry.acme.io/web:1.0\"}\n", i)
	}
	for name, text := range map[string]string{"app.cue": apps.String(), "platform.cue": `package platform
platform: environments: prod: kubernetes: "1.34"
platform: extensions: one: {
	app: _
	environment: _
	objects: [
		{apiVersion: "v1", kind: "ConfigMap", metadata: name: "\(app.name)-extra", data: {for k, v in app.labels {"x-\(k)": v}, env: environment.name}},
		if app.tier == "critical" {apiVersion: "v1", kind: "ConfigMap", metadata: name: "\(app.name)-critical"},
	]
}
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, _, err := load.Load(load.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	fleets, _ := resolve.Fleets(p, resolve.Options{})
	return p, fleets
}

// TestWorkersAgree holds that the number of workers changes nothing.
func TestWorkersAgree(t *testing.T) {
	render := func(jobs int) string {
		p, fleets := manyApps(t, 100)
		if found := Evaluate(p.Extensions, fleets, jobs); len(found) > 0 {
			t.Fatal(found)
		}
		var out []byte
		for i := range fleets[0].Apps {
			objects, _ := Join(&fleets[0].Apps[i], nil)
			for _, o := range objects {
				out, _ = emit.AppendYAML(out, o)
			}
		}
		return string(out)
	}
	one := render(1)
	if strings.Count(one, "kind: ConfigMap") != 100 {
		t.Fatalf("%d objects", strings.Count(one, "kind: ConfigMap"))
	}
	if render(4) != one {
		t.Error("four workers make something else than one")
	}
}

// BenchmarkEvaluate is 1,000 apps with one extension: a second of CPU is what it may take.
func BenchmarkEvaluate(b *testing.B) {
	p, fleets := manyApps(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		for i := range fleets[0].Apps {
			fleets[0].Apps[i].Extensions = nil
		}
		if found := Evaluate(p.Extensions, fleets, 1); len(found) > 0 {
			b.Fatal(found)
		}
	}
}
