// Package house holds the tests that keep the layout as docs/architecture.md draws it: who may import whom, how long a file may grow, what must be documented.
package house

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/scantling/scantling"

// kubernetes is what a room that knows Kubernetes' types may use.
var kubernetes = []string{"k8s.io/api/", "k8s.io/apimachinery/"}

// A room is one package, or a folder of packages with the same rights when its path ends in "/".
type room struct {
	path  string
	rooms []string // of ours that it may import, by the same rule
	third []string // prefixes of the third-party packages that it may import
}

// rooms is the whole house. A package that is not in it fails the test: give it a place here first.
var rooms = []room{
	{"cmd/scantling", []string{"internal/cli"}, nil},
	{"internal/cli", []string{"internal/compile", "internal/verdict", "internal/verify", "internal/explain", "internal/edit", "internal/release", "internal/transition", "internal/gate", "internal/cost", "internal/rightsize", "internal/prometheus", "internal/diag", "internal/emit", "internal/load", "internal/resolve", "internal/app", "schema", "blueprints"}, []string{"github.com/spf13/"}},
	{"internal/cli/gendocs", []string{"internal/cli"}, []string{"github.com/spf13/"}},
	{"internal/gate", []string{"internal/prometheus", "internal/slo", "internal/app", "internal/diag"}, nil},
	{"internal/cost", []string{"internal/generator", "internal/kube", "internal/app"}, append([]string{"github.com/robfig/cron/v3"}, kubernetes...)},
	{"internal/rightsize", []string{"internal/prometheus", "internal/edit", "internal/load", "internal/kube", "internal/app", "internal/diag"}, nil},
	{"internal/prometheus", nil, []string{"github.com/prometheus/"}},
	{"internal/explain", []string{"internal/compile", "internal/load", "internal/diag", "internal/slo", "internal/app"}, nil},
	{"internal/edit", []string{"internal/load", "internal/diag"}, nil},
	{"internal/release", []string{"internal/edit", "internal/load", "internal/app", "internal/diag"}, nil},
	{"internal/transition", []string{"internal/manifest", "internal/diag"}, nil},
	{"internal/verify", []string{"internal/inventory", "internal/simulate", "internal/reach", "internal/manifest", "internal/diag"}, append([]string{"k8s.io/pod-security-admission/", "github.com/robfig/cron/v3"}, kubernetes...)},
	{"internal/verdict", []string{"internal/verify", "internal/inventory", "internal/manifest", "internal/diag"}, []string{"sigs.k8s.io/yaml"}},
	{"internal/reach", []string{"internal/inventory", "internal/manifest"}, kubernetes},
	{"internal/simulate", nil, kubernetes},
	{"internal/simulate/oracle", []string{"internal/simulate"}, nil},
	{"internal/inventory", []string{"internal/manifest"}, kubernetes},
	{"internal/patch", []string{"internal/shape", "internal/generator", "internal/kube", "internal/load", "internal/app", "internal/diag"}, kubernetes},
	{"internal/extension", []string{"internal/shape", "internal/generator", "internal/kube", "internal/load", "internal/app", "internal/diag"}, kubernetes},
	{"internal/shape", []string{"internal/load"}, nil},
	{"internal/manifest", nil, []string{"go.yaml.in/yaml/", "sigs.k8s.io/yaml"}},
	{"internal/delivery", []string{"internal/generator", "internal/kube", "internal/app"}, kubernetes},
	{"internal/compile", []string{"internal/load", "internal/resolve", "internal/extension", "internal/verify", "internal/inventory", "internal/patch", "internal/transition", "internal/manifest", "internal/delivery", "generators", "internal/generator", "internal/emit", "internal/app", "internal/diag", "internal/kube"}, nil},
	{"internal/load", []string{"internal/diag", "schema"}, []string{"cuelang.org/go/", "go.yaml.in/yaml/"}},
	{"internal/resolve", []string{"internal/scripts", "internal/load", "internal/kube", "internal/app", "internal/diag", "schema"}, []string{"cuelang.org/go/", "github.com/robfig/cron/v3", "k8s.io/apimachinery/pkg/", "sigs.k8s.io/yaml"}},
	{"internal/emit", nil, kubernetes},
	{"generators", []string{"generators/", "internal/generator"}, nil},
	{"generators/", []string{"internal/generator", "internal/kube", "internal/slo", "internal/app"}, kubernetes},
	{"internal/kube", []string{"internal/app"}, kubernetes},
	{"internal/slo", []string{"internal/kube", "internal/app"}, nil},
	{"internal/scripts", nil, nil},
	{"internal/generator", []string{"internal/app"}, kubernetes},
	{"internal/app", []string{"internal/diag"}, nil},
	{"internal/diag", nil, nil},
	{"internal/golden", nil, []string{"github.com/rogpeppe/go-internal/txtar", "github.com/google/go-cmp/", "sigs.k8s.io/yaml"}},
	{"internal/house", nil, nil},
	{"schema", nil, nil},
	{"blueprints", nil, nil},
	{"bench", nil, nil},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

// TestLayers holds every import of every package against the house.
func TestLayers(t *testing.T) {
	used := map[string]bool{}
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		i := slices.IndexFunc(rooms, func(r room) bool { return matches(name, r.path) })
		if i < 0 {
			t.Errorf("package %s has no room: add it to the house in this test", name)
			continue
		}
		used[rooms[i].path] = true
		for _, imp := range p.Imports {
			if problem := judge(rooms[i], name, imp); problem != "" {
				t.Error(problem)
			}
		}
	}
	for _, wall := range []struct{ third, rooms string }{
		{"cuelang.org/go/", "internal/load internal/resolve"},
		{"github.com/spf13/", "internal/cli internal/cli/gendocs"},
	} {
		for _, r := range rooms {
			if slices.Contains(r.third, wall.third) && !slices.Contains(strings.Fields(wall.rooms), r.path) {
				t.Errorf("the house itself breaks a wall: %s may not use %s", r.path, wall.third)
			}
		}
	}
}

// TestEngineKnowsNothingOfOurs wants a mistake in a label or a name of ours to be seen by the engine that proves what is rendered: it shares
// nothing with those who render.
func TestEngineKnowsNothingOfOurs(t *testing.T) {
	engine := []string{"internal/verify", "internal/reach", "internal/simulate", "internal/inventory", "internal/manifest"}
	found := 0
	for _, r := range rooms {
		if !slices.Contains(engine, r.path) {
			continue
		}
		found++
		for _, other := range r.rooms {
			if other != "internal/diag" && !slices.Contains(engine, other) {
				t.Errorf("%s may import %s: the engine shares nothing with the rest of the program", r.path, other)
			}
		}
	}
	if found != len(engine) {
		t.Errorf("%d of the %d rooms of the engine are in the house", found, len(engine))
	}
}

func judge(r room, name, imp string) string {
	inner, ours := strings.CutPrefix(imp, module+"/")
	switch {
	case ours && strings.HasPrefix(name, "generators/") && strings.HasPrefix(inner, "generators/"):
		return name + " imports " + inner + ": generators never import one another"
	case ours && !slices.ContainsFunc(r.rooms, func(p string) bool { return matches(inner, p) }):
		return name + " imports " + inner + ": against the house"
	case !ours && strings.Contains(strings.Split(imp, "/")[0], ".") &&
		!slices.ContainsFunc(r.third, func(p string) bool { return strings.HasPrefix(imp, p) }):
		return name + " imports " + imp + ": not in its list of third-party packages"
	}
	return ""
}

// matches reports whether a package is the room, or lies in it when the room is a folder.
func matches(name, room string) bool {
	return name == room || strings.HasSuffix(room, "/") && strings.HasPrefix(name, room)
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	if len(pkgs) < 10 {
		t.Fatalf("go list found only %d packages", len(pkgs))
	}
	return pkgs
}
