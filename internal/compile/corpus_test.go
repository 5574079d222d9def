package compile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/scantling/scantling/blueprints"
	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/verify"
)

// project is one environment of one project of the corpus, as a cluster would read it.
type project struct {
	name string // BLUEPRINT/ENVIRONMENT or GOLDEN/ENVIRONMENT
	*rendered
	objects []manifest.Object // nobody may change them
	facts   verify.Facts
	stream  []byte            // what was read
	beside  map[string][]byte // what Prometheus without an operator and promtool read, by NAMESPACE/FILE
}

// cached is the corpus once it is rendered: several tests read it.
var cached struct {
	sync.Mutex
	projects []project
}

// corpus renders every blueprint and every golden project, all environments of each.
func corpus(t *testing.T) []project {
	t.Helper()
	cached.Lock()
	defer cached.Unlock()
	if cached.projects != nil {
		return cached.projects
	}
	for _, name := range blueprints.Names() {
		files, _ := blueprints.Files(name)
		dir := t.TempDir()
		if err := os.CopyFS(dir, files); err != nil {
			t.Fatal(err)
		}
		cached.projects = append(cached.projects, environments(t, name, dir)...)
	}
	archives, err := filepath.Glob("../../testdata/golden/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no golden projects: %v", err)
	}
	for _, path := range archives {
		cached.projects = append(cached.projects, environments(t, strings.TrimSuffix(filepath.Base(path), ".txtar"), golden.Input(t, path))...)
	}
	return cached.projects
}

// environments renders the project in dir with its platform's own objects, and parts it into its environments.
func environments(t *testing.T, name, dir string) []project {
	t.Helper()
	manifests := generate(t, dir, func(o *compile.Options) { o.Output, o.WithTests = t.TempDir(), true })
	if manifests.Failed {
		t.Fatalf("%s: %v", name, manifests.Diagnostics)
	}
	platform, err := compile.Generate(compile.Options{Dir: dir, Platform: true})
	if err != nil || platform.Failed {
		t.Fatalf("%s: the platform's own objects: %v %v", name, err, platform.Diagnostics)
	}
	specs, err := compile.Resolve(compile.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	facts := map[string]verify.Facts{}
	for _, fleet := range specs.Fleets {
		facts[fleet.Env.Name] = compile.Facts(fleet)
	}
	streams, beside := map[string][]byte{}, map[string]map[string][]byte{}
	var order []string
	for _, f := range slices.Concat(manifests.Files, platform.Files) {
		env, rest, _ := strings.Cut(f.Path, "/")
		if env == kube.RuleTree {
			env, rest, _ = strings.Cut(rest, "/")
			if beside[env] == nil {
				beside[env] = map[string][]byte{}
			}
			beside[env][rest] = f.Data
			continue
		}
		if streams[env] == nil {
			order = append(order, env)
		}
		streams[env] = append(append(streams[env], "---\n"...), f.Data...)
	}
	var out []project
	for _, env := range order {
		objects, err := manifest.Parse(env, streams[env])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, project{name + "/" + env, read(t, streams[env]), objects, facts[env], streams[env], beside[env]})
	}
	return out
}
