package suite

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A fault is one that a generator could have: what it does to the objects of an app, and what the cluster then says.
type fault struct {
	name  string
	kind  string // of the object that is wrong
	plant func(o map[string]any)
	found string // part of the finding
}

var faults = []fault{
	{"selector", "Service", func(o map[string]any) { set(o, "other", "spec", "selector", "app.kubernetes.io/name") }, "lead to a ready pod"},
	{"workloadselector", "Deployment", func(o map[string]any) {
		set(o, "other", "spec", "selector", "matchLabels", "app.kubernetes.io/name")
	}, "`selector` does not match template `labels`"},
	{"serviceport", "Service", func(o map[string]any) { set(item(o, "spec", "ports"), "grpc", "targetPort") }, "lead to a ready pod"},
	{"probeport", "Deployment", func(o map[string]any) { set(container(o), "web", "readinessProbe", "httpGet", "port") }, "pods are ready"},
	{"capability", "Deployment", func(o map[string]any) { unset(container(o), "securityContext", "capabilities") }, `violate PodSecurity "restricted`},
	{"profile", "Deployment", func(o map[string]any) {
		unset(o, "spec", "template", "spec", "securityContext", "seccompProfile")
	}, `violate PodSecurity "restricted`},
	{"enforcement", "Namespace", func(o map[string]any) {
		unset(o, "metadata", "labels", "pod-security.kubernetes.io/enforce")
	}, "runs as root is let in"},
	{"antiaffinity", "Deployment", func(o map[string]any) {
		term := map[string]any{
			"topologyKey":   "topology.kubernetes.io/zone",
			"labelSelector": map[string]any{"matchLabels": map[string]any{"app.kubernetes.io/name": "antiaffinity"}},
		}
		rules := map[string]any{"podAntiAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": []any{term}}}
		set(o, rules, "spec", "template", "spec", "affinity")
	}, "pods are ready"},
	{"quota", "ResourceQuota", func(o map[string]any) { set(o, "6", "spec", "hard", "pods") }, "exceeded quota"},
	{"alias", "Deployment", func(o map[string]any) { set(container(o), "1000m", "resources", "requests", "cpu") }, "written 1000m, kept 1"},
	{"target", "HorizontalPodAutoscaler", func(o map[string]any) { set(o, "other", "spec", "scaleTargetRef", "name") }, "which is not there"},
	{"account", "Deployment", func(o map[string]any) { set(o, "other", "spec", "template", "spec", "serviceAccountName") }, `serviceaccount "other" not found`},
	{"misspelt", "PodDisruptionBudget", func(o map[string]any) { set(o, int64(1), "spec", "maxUnavailabel") }, "field not declared in schema"},
	{"binding", "RoleBinding", func(o map[string]any) { set(item(o, "subjects"), "other", "name") }, "in binding: false, want true"},
}

// TestPlanted puts one fault at a time into what Scantling renders. A judge that lets one pass would prove nothing.
func TestPlanted(t *testing.T) {
	var wg sync.WaitGroup
	for _, f := range faults {
		wg.Go(func() { t.Run(f.name, func(t *testing.T) { planted(t, f) }) })
	}
	wg.Wait()
}

func planted(t *testing.T, f fault) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "platform.cue"), platform)
	write(t, filepath.Join(dir, "app.cue"), fmt.Sprintf(`package e2e
apps: %[1]s: {
	team: %[1]q, tier: "critical", image: %[2]q, scale: {min: 6, max: 8}
	kubernetes: [{resource: "configmaps", verbs: ["get"], names: ["flags"]}]
}`, f.name, image+digest))
	objects, err := world.scantling.Objects(t.Context(), dir, "prod")
	if err != nil {
		t.Fatal(err)
	}
	c, changed := rendered{name: f.name, objects: objects}, false
	for _, o := range objects {
		if o.GetKind() == f.kind && !changed {
			f.plant(o.Object)
			changed = true
		}
	}
	if !changed {
		t.Fatalf("no %s is rendered", f.kind)
	}
	j := &judgement{patience: 10 * time.Second, hasty: true}
	j.judge(t.Context(), c)
	if err := remove(context.Background(), c); err != nil {
		t.Error(err)
	}
	if all := strings.Join(j.found, "\n"); !strings.Contains(all, f.found) {
		t.Errorf("the fault was not found; instead:\n%s", all)
	}
}

// set puts a value at a path of maps, which it makes where they are missing.
func set(o map[string]any, value any, path ...string) {
	if err := unstructured.SetNestedField(o, value, path...); err != nil {
		panic(err) // the test itself is wrong
	}
}

func unset(o map[string]any, path ...string) { unstructured.RemoveNestedField(o, path...) }

// item is the first element of the list at a path.
func item(o map[string]any, path ...string) map[string]any {
	var node any = o
	for _, key := range path {
		node = node.(map[string]any)[key]
	}
	return node.([]any)[0].(map[string]any)
}

func container(o map[string]any) map[string]any {
	return item(o, "spec", "template", "spec", "containers")
}
