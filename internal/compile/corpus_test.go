package compile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

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

// TestPodSecurity asks the API server's own library whether every pod may run in our namespaces, at the version they pin and at
// the newest.
func TestPodSecurity(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	pods := 0
	for _, c := range corpus(t) {
		pinned := map[string]api.Policy{}
		for _, ns := range c.namespaces {
			p, errs := api.PolicyToEvaluate(ns.Labels, api.Policy{})
			if len(errs) > 0 {
				t.Errorf("%s: namespace %s: %v", c.name, ns.Name, errs)
			}
			pinned[ns.Name] = p
		}
		for _, p := range c.pods {
			pods++
			enforce := pinned[p.namespace].Enforce
			if enforce.Level != api.LevelRestricted {
				t.Errorf("%s: %s runs at level %s", c.name, p.id, enforce.Level)
			}
			for _, lv := range []api.LevelVersion{enforce, {Level: api.LevelRestricted, Version: api.LatestVersion()}} {
				meta := metav1.ObjectMeta{Namespace: p.namespace, Labels: p.meta.Labels, Annotations: p.meta.Annotations}
				result := policy.AggregateCheckResults(evaluator.EvaluatePod(lv, &meta, &p.spec))
				if !result.Allowed {
					t.Errorf("%s: %s is forbidden at %s: %s", c.name, p.id, lv, result.ForbiddenDetail())
				}
			}
		}
	}
	if pods < 20 {
		t.Errorf("the corpus has only %d pod templates", pods)
	}
}

// TestObjectsAreUnique wants each object once: two of one name overwrite each other in the cluster.
func TestObjectsAreUnique(t *testing.T) {
	for _, c := range corpus(t) {
		seen := map[string]bool{}
		for _, id := range c.ids {
			if seen[id] {
				t.Errorf("%s: %s twice", c.name, id)
			}
			seen[id] = true
		}
	}
}
