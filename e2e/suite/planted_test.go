package suite

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A fault is one that a generator could have: what it does to the objects of an app, and what is then found.
type fault struct {
	name  string
	kind  string // of the object that is wrong
	plant func(o map[string]any)
	found string // part of the first finding
}

var faults = []fault{
	{"a Service selects other pods", "Service", func(o map[string]any) { set(o, "other", "spec", "selector", "app.kubernetes.io/name") }, "lead to a ready pod"},
	{"a Service leads to a port by a name that no container has", "Service", func(o map[string]any) { set(item(o, "spec", "ports"), "grpc", "targetPort") }, "lead to a ready pod"},
	{"a Service leads to a port by a number that no container has", "Service", func(o map[string]any) { set(item(o, "spec", "ports"), int64(9999), "targetPort") }, "port 9999 of its pods, which is not there"},
	{"a Deployment selects other pods than it makes", "Deployment", func(o map[string]any) {
		set(o, "other", "spec", "selector", "matchLabels", "app.kubernetes.io/name")
	}, "`selector` does not match template `labels`"},
	{"a probe asks at a port that is not there", "Deployment", func(o map[string]any) { set(container(o), "web", "readinessProbe", "httpGet", "port") }, "lead to a ready pod"},
	{"pods may run as root", "Deployment", func(o map[string]any) {
		unset(o, "spec", "template", "spec", "securityContext", "runAsNonRoot")
	}, `violate PodSecurity "restricted`},
	{"pods keep their capabilities", "Deployment", func(o map[string]any) { unset(container(o), "securityContext", "capabilities") }, `violate PodSecurity "restricted`},
	{"pods have no seccomp profile", "Deployment", func(o map[string]any) {
		unset(o, "spec", "template", "spec", "securityContext", "seccompProfile")
	}, `violate PodSecurity "restricted`},
	{"a namespace enforces no standard", "Namespace", func(o map[string]any) {
		unset(o, "metadata", "labels", "pod-security.kubernetes.io/enforce")
	}, "runs as root is let in"},
	{"one pod a zone at most", "Deployment", func(o map[string]any) {
		term := map[string]any{
			"topologyKey":   "topology.kubernetes.io/zone",
			"labelSelector": map[string]any{"matchLabels": map[string]any{"scantling.dev/tier": "critical"}},
		}
		rules := map[string]any{"podAntiAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": []any{term}}}
		set(o, rules, "spec", "template", "spec", "affinity")
	}, "pods are ready"},
	{"a quota too small for a rollout", "ResourceQuota", func(o map[string]any) { set(o, "6", "spec", "hard", "pods") }, "exceeded quota"},
	{"a quantity written as nobody keeps it", "Deployment", func(o map[string]any) { set(container(o), "1000m", "resources", "requests", "cpu") }, "written 1000m, kept 1"},
	{"an autoscaler of something else", "HorizontalPodAutoscaler", func(o map[string]any) { set(o, "other", "spec", "scaleTargetRef", "name") }, "which is not there"},
	{"an autoscaler with a minimum above its maximum", "HorizontalPodAutoscaler", func(o map[string]any) { set(o, int64(9), "spec", "minReplicas") }, "must be greater than or equal to `minReplicas`"},
	{"a fixed count beside an autoscaler", "Deployment", func(o map[string]any) { set(o, int64(2), "spec", "replicas") }, "conflict with "},
	{"pods of an account that is not there", "Deployment", func(o map[string]any) { set(o, "other", "spec", "template", "spec", "serviceAccountName") }, `serviceaccount "other" not found`},
	{"a role bound to another account", "RoleBinding", func(o map[string]any) { set(item(o, "subjects"), "other", "name") }, ": false, want true"},
	{"a field's name misspelt", "PodDisruptionBudget", func(o map[string]any) { set(o, int64(1), "spec", "maxUnavailabel") }, "field not declared in schema"},
	{"a budget that allows no eviction", "PodDisruptionBudget", func(o map[string]any) {
		unset(o, "spec", "maxUnavailable")
		set(o, "100%", "spec", "minAvailable")
	}, "no pod may be evicted"},
	{"a budget of other pods", "PodDisruptionBudget", func(o map[string]any) {
		set(o, "other", "spec", "selector", "matchLabels", "app.kubernetes.io/name")
	}, "it covers 0 pods"},
	{"two budgets of the same pods", "LimitRange", func(o map[string]any) { // in the place of which it stands
		set(o, "policy/v1", "apiVersion")
		set(o, "PodDisruptionBudget", "kind")
		set(o, map[string]any{"maxUnavailable": int64(1), "selector": map[string]any{"matchLabels": map[string]any{"scantling.dev/tier": "critical"}}}, "spec")
	}, "more than one PodDisruptionBudget"},
	{"a kind in a version no longer served", "ExternalSecret", func(o map[string]any) { set(o, "external-secrets.io/v1beta1", "apiVersion") }, "external-secrets.io/v1beta1 is not served"},
	{"a secret without the key that is read", "ExternalSecret", func(o map[string]any) { set(item(o, "spec", "data"), "passwd", "secretKey") }, `key "DB_PASSWORD", which nothing makes`},
}

// dataFaults are those of an app whose database is backed up.
var dataFaults = []fault{
	{"a backup's pods may run as root", "CronJob", func(o map[string]any) {
		unset(o, "spec", "jobTemplate", "spec", "template", "spec", "securityContext", "runAsNonRoot")
	}, `violate PodSecurity "restricted`},
	{"backups that have ended keep their volumes", "CronJob", func(o map[string]any) { set(o, int64(3), "spec", "successfulJobsHistoryLimit") }, "has ended, and holds a volume"},
	{"a quota without room for backups", "ResourceQuota", func(o map[string]any) { set(o, "0", "spec", "hard", "persistentvolumeclaims") }, "no run has succeeded"},
}

// promiseFaults are those of an app that promises something, and is asked by a prober.
var promiseFaults = []fault{
	{"rules read at no interval", "PrometheusRule", func(o map[string]any) { set(item(o, "spec", "groups"), "half a minute", "interval") }, "groups[0].interval in body should match"},
	{"a prober that asks at no interval", "Probe", func(o map[string]any) { set(o, "half a minute", "spec", "interval") }, "spec.interval in body should match"},
	{"a dashboard above what a ConfigMap holds", "ConfigMap", func(o map[string]any) { set(o, strings.Repeat(" ", 1<<20), "data", "more.json") }, "1048576 bytes"},
}

const withPromise = `slo: {availability: 99.9, source: "probe"}`

const withData = `needs: orders: postgres: {pool: 4, recovery: {rpo: "24h", rto: "2h"}}`

// TestPlanted puts one fault at a time into what Scantling renders. A judge that lets one pass would prove nothing; nor would one
// that finds some where there is none.
func TestPlanted(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	wg.Go(func() {
		t.Run("no fault", func(t *testing.T) { admit(t, example(t, "planted-none", withData), patience) })
	})
	plant := func(namespace string, faults []fault, fields string) {
		for i, f := range faults {
			page.faults = append(page.faults, f.name)
			wg.Go(func() {
				t.Run(f.name, func(t *testing.T) { planted(t, example(t, fmt.Sprint(namespace, i), fields), f) })
			})
		}
	}
	plant("planted-", faults, "")
	plant("planted-data-", dataFaults, withData)
	plant("planted-slo-", promiseFaults, withPromise)
	wg.Wait()
}

// plantedPlatform has a database, a bucket for its backups, and who measures and shows what is promised.
var plantedPlatform = strings.NewReplacer("platform: {", `platform: {
	databases: orders: {kind: "postgres", version: 17, host: "orders.db.acme.io", cidrs: ["10.20.0.0/24"], sizeGiB: 40, maxConnections: 200}`,
	`"externalsecrets"`, `"externalsecrets", "grafana", "prometheus"`,
	`storageClasses:`, `scrape: {namespace: "monitoring", labels: app: "prometheus", prober: {url: "blackbox.monitoring.svc:9115", labels: app: "blackbox"}}
		backups: {bucket: "acme", endpoint: "s3.acme.io", secret: "backups", cidrs: ["10.30.0.0/24"]}
		storageClasses:`).Replace(platform)

// example is an app that has all the kinds in which faults are planted.
func example(t *testing.T, name, fields string) rendered {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "platform.cue"), plantedPlatform)
	write(t, filepath.Join(dir, "app.cue"), fmt.Sprintf(`package e2e
apps: %[1]q: {
	team: %[1]q, tier: "critical", image: %[2]q, scale: {min: 6, max: 8}
	kubernetes: [{resource: "configmaps", verbs: ["get"], names: ["flags"]}]
	secrets: db: {key: "prod/db", property: "password", env: "DB_PASSWORD"}
	%[3]s
}`, name, image+digest, fields))
	objects, err := world.scantling.Objects(t.Context(), dir, "prod")
	if err != nil {
		t.Fatal(err)
	}
	return rendered{name: name, objects: objects}
}

func planted(t *testing.T, c rendered, f fault) {
	i := slices.IndexFunc(c.objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == f.kind })
	if i < 0 {
		t.Fatalf("no %s is rendered", f.kind)
	}
	f.plant(c.objects[i].Object)
	j := &judgement{patience: 30 * time.Second, hasty: true}
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
