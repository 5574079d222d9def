package judge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/e2e/judge/crdcheck"
	"github.com/scantling/scantling/e2e/judge/engine"
	"github.com/scantling/scantling/e2e/judge/manifest"
	"github.com/scantling/scantling/e2e/judge/native"
	"github.com/scantling/scantling/e2e/judge/psa"
	"github.com/scantling/scantling/e2e/judge/rulecheck"
	"github.com/scantling/scantling/e2e/judge/shares"
	"github.com/scantling/scantling/e2e/judge/velero"
)

// Rules that Prometheus loads, with one expression left open.
const rules = `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: orders, namespace: sales}
spec:
  groups:
  - name: orders
    rules:
    - record: orders:errors:rate5m
      expr: %s
`

// A Probe, with what it asks left open.
const asking = `apiVersion: monitoring.coreos.com/v1
kind: Probe
metadata: {name: orders, namespace: sales}
spec: {interval: 30s, module: http_2xx, prober: {url: "blackbox:9115"}%s}
`

// A dashboard, with a query left open.
const shown = `apiVersion: v1
kind: ConfigMap
metadata: {name: orders, namespace: sales, labels: {grafana_dashboard: "1"}}
data: {orders.json: '{"uid": "orders", "panels": [{"targets": [{"expr": "%s"}]}]}'}
`

// A namespace at a version, and a pod whose probe names a host, which Kubernetes 1.34 began to forbid.
const probed = `apiVersion: v1
kind: Namespace
metadata:
  name: sales
  labels: {pod-security.kubernetes.io/enforce: baseline, pod-security.kubernetes.io/enforce-version: %s}
---
apiVersion: v1
kind: Pod
metadata: {name: orders, namespace: %s}
spec:
  containers:
  - name: orders
    image: orders:1
    livenessProbe: {httpGet: {port: 80, host: 192.0.2.1}}
`

// A Schedule of Velero, with when and for how long left open.
const kept = `apiVersion: velero.io/v1
kind: Schedule
metadata: {name: orders, namespace: velero}
spec:
  schedule: %q
  template: {includedNamespaces: [sales], ttl: %s}
`

// What CloudNativePG runs for a database, with the schedule, and the name and one parameter of the pooler left open.
const based = `apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: orders-db, namespace: sales}
spec: {instances: 2, imageName: "registry.acme.io/postgresql:17", storage: {size: 1Gi}}
---
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata: {name: orders-db, namespace: sales}
spec: {schedule: %q, method: plugin, pluginConfiguration: {name: barman-cloud.cloudnative-pg.io}, cluster: {name: orders-db}}
---
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata: {name: %s, namespace: sales}
spec: {cluster: {name: orders-db}, instances: 2, type: rw, pgbouncer: {poolMode: transaction, parameters: {%s: "100"}}}
`

// A route to two versions, with their weights left open.
const split = `apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: orders, namespace: sales}
spec: {rules: [{backendRefs: [{name: orders, port: 80, weight: %d}, {name: orders-canary, port: 80, weight: %d}]}, {backendRefs: [{name: orders, port: 80}]}]}
`

// TestRules shows each judge something to refuse beside its like that passes, where no blueprint renders it.
func TestRules(t *testing.T) {
	crd := crdcheck.New().Judge
	operator, err := engine.CNPG()
	if err != nil {
		t.Fatal(err)
	}
	cnpg := operator.Judge
	watching, err := engine.Operator()
	if err != nil {
		t.Fatal(err)
	}
	prometheus := watching.Judge
	for _, c := range []struct {
		name, yaml string
		judge      func([]manifest.Document) ([]manifest.Finding, error)
		want       []string // the rules broken
	}{
		{"rules", fmt.Sprintf(rules, "sum(rate(errors[5m]))"), rulecheck.Judge, nil},
		{"no PromQL", fmt.Sprintf(rules, "sum(rate(errors[5m])"), rulecheck.Judge, []string{"rules"}},
		{"no number", fmt.Sprintf(rules, `'"five"'`), rulecheck.Judge, []string{"expression"}},
		{"numbers of five minutes", fmt.Sprintf(rules, "errors[5m]"), rulecheck.Judge, []string{"expression"}},
		{"a record of another rule's", fmt.Sprintf(rules, "orders:errors:rate1h"), rulecheck.Judge, []string{"no-record"}},
		{"its own record", fmt.Sprintf(rules, "orders:errors:rate5m"), rulecheck.Judge, nil},
		{"its own record with another label", fmt.Sprintf(rules, `orders:errors:rate5m{slo="latency"}`), rulecheck.Judge, []string{"no-record"}},
		{"a rule there twice", fmt.Sprintf(rules, "errors") + "    - {record: orders:errors:rate5m, expr: faults}\n", rulecheck.Judge, []string{"twice"}},
		{"a dashboard", fmt.Sprintf(shown, "sum(rate(errors[$__rate_interval]))"), rulecheck.Judge, nil},
		{"a dashboard of a record that nobody makes", fmt.Sprintf(shown, "orders:errors:rate5m"), rulecheck.Judge, []string{"no-record"}},
		{"a dashboard that is no JSON", fmt.Sprintf(shown, `"`), rulecheck.Judge, []string{"dashboard"}},
		{"a Probe", fmt.Sprintf(asking, ", targets: {staticConfig: {static: [orders]}}"), prometheus, nil},
		{"a Probe of nobody", fmt.Sprintf(asking, ""), prometheus, []string{"rejected"}},
		{"a Probe of nobody to the CRD", fmt.Sprintf(asking, ""), crd, nil},        // it takes that
		{"rules to the CRD", fmt.Sprintf(rules, "sum(rate(errors[5m])"), crd, nil}, // it takes any text
		{"a host at 1.33", fmt.Sprintf(probed, "v1.33", "sales"), psa.Judge, nil},
		{"a host at 1.34", fmt.Sprintf(probed, "v1.34", "sales"), psa.Judge, []string{"baseline:v1.34"}},
		{"no such version", fmt.Sprintf(probed, "newest", "other"), psa.Judge, []string{"label", "restricted:latest", "restricted:latest", "restricted:latest", "restricted:latest", "restricted:latest"}},
		{"unknown group", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\n", crd, []string{"unknown-kind"}},
		{"unknown version", "apiVersion: keda.sh/v2\nkind: ScaledObject\nmetadata: {name: a, namespace: b}\n", crd, []string{"unserved-version"}},
		{"no namespace", "apiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\nmetadata: {name: a}\nspec: {}\n", crd, []string{"namespace-missing"}},
		{"a warning", "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: {clusterIP: None, sessionAffinity: ClientIP, ports: [{port: 80}]}\n", native.Judge, []string{"warning"}},
		{"weights of a GRPCRoute", fmt.Sprintf(split, 90, 10), shares.Judge, nil},
		{"no weight", fmt.Sprintf(split, 0, 0), shares.Judge, []string{"weights"}},
		{"of 110", fmt.Sprintf(split, 90, 20), shares.Judge, []string{"weights"}},
		{"to Gateway API", fmt.Sprintf(split, 90, 20), crd, nil}, // which takes any ratio
		{"Velero's Schedule", fmt.Sprintf(kept, "17 3 * * *", `"720h0m0s"`), velero.Judge, nil},
		{"six fields to Velero", fmt.Sprintf(kept, "0 17 3 * * *", `"720h0m0s"`), velero.Judge, []string{"schedule"}},
		{"no schedule to Velero", fmt.Sprintf(kept, "", `"720h0m0s"`), velero.Judge, []string{"schedule"}},
		{"days to Velero", fmt.Sprintf(kept, "17 3 * * *", `"30d"`), velero.Judge, []string{"ttl"}},
		{"kept for nothing", fmt.Sprintf(kept, "17 3 * * *", `"0s"`), velero.Judge, []string{"ttl"}},
		{"kept as long as the server likes", fmt.Sprintf(kept, "17 3 * * *", "null"), velero.Judge, []string{"ttl"}},
		{"days to the CRD", fmt.Sprintf(kept, "0 17 3 * * *", `"30d"`), crd, nil}, // it takes any text
		{"base backups", fmt.Sprintf(based, "0 17 3 * * *", "orders-pool", "max_client_conn"), cnpg, nil},
		{"base backups in five fields", fmt.Sprintf(based, "17 3 * * *", "orders-pool", "max_client_conn"), cnpg, []string{"warning"}},
		{"base backups at no time", fmt.Sprintf(based, "0 17 25 * * *", "orders-pool", "max_client_conn"), cnpg, []string{"refused"}},
		{"a pooler named as its cluster", fmt.Sprintf(based, "0 17 3 * * *", "orders-db", "max_client_conn"), cnpg, []string{"refused"}},
		{"no parameter of PgBouncer's", fmt.Sprintf(based, "0 17 3 * * *", "orders-pool", "max_clients"), cnpg, []string{"refused"}},
		{"base backups of no cluster", strings.Replace(fmt.Sprintf(based, "0 17 3 * * *", "orders-pool", "max_client_conn"), "name: orders-db", "name: orders", 1), cnpg, []string{"no-cluster", "no-cluster"}},
		{"an archive that is nowhere", strings.Replace(fmt.Sprintf(based, "0 17 3 * * *", "orders-pool", "max_client_conn"), "instances: 2", "instances: 2, plugins: [{name: barman-cloud.cloudnative-pg.io, parameters: {barmanObjectName: a}}]", 1), cnpg, []string{"no-store"}},
		{"the pooler to the CRD", fmt.Sprintf(based, "17 3 * * *", "orders-db", "max_clients"), crd, nil}, // it takes any text
		{"a kind of no version", "apiVersion: apps/v3\nkind: Deployment\nmetadata: {name: a, namespace: b}\n", native.Judge, []string{"decode"}},
	} {
		docs, err := manifest.Parse(c.name, []byte(c.yaml))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		findings, err := c.judge(docs)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var broken []string
		for _, f := range findings {
			broken = append(broken, f.Rule)
		}
		if diff := cmp.Diff(c.want, broken); diff != "" {
			t.Errorf("%s: %v\n%s", c.name, findings, diff)
		}
	}
}

// TestParse wants a key that stands twice to be an error: decoders keep one of the two.
func TestParse(t *testing.T) {
	if _, err := manifest.Parse("twice", []byte("kind: Pod\nkind: Job\n")); err == nil {
		t.Error("a file with a key twice was read")
	}
}

// TestCorpusHoldsEveryKind wants each native kind that can be judged to be rendered by some golden, blueprint or project here.
func TestCorpusHoldsEveryKind(t *testing.T) {
	rendered := map[string]bool{"Pod": true, "ReplicaSet": true} // CloudNativePG and Argo Rollouts make them
	for _, set := range append(corpus(t), own(t)...) {
		for _, d := range set.Docs {
			rendered[d.GetKind()] = true
		}
	}
	for _, kind := range native.Kinds() {
		if !rendered[kind] {
			t.Errorf("no golden and no blueprint renders a %s", kind)
		}
	}
	if !slices.Contains(native.Kinds(), "Deployment") {
		t.Error("the list of kinds is not the one of the strategies")
	}
}

// TestQuestion wants a controller's question to be one that has no answer without data.
func TestQuestion(t *testing.T) {
	for expression, want := range map[string]string{
		`sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))`: "",
		`vector(0) / vector(0)`: "", // not a number
		`scalar(up)`:            "", // not a number either
		`sum(rate(errors_total[5m])) or vector(0)`: "no-data",
		`absent(up)`: "no-data",
		`1 - 0.5`:    "no-data",
		`up[5m]`:     "expression",
		`"0.1"`:      "expression",
		`sum(up`:     "expression",
	} {
		var got string
		for _, f := range rulecheck.Question("a", expression) {
			got += f.Rule
		}
		if got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
}
