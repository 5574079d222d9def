package compile_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/compile"
)

// thousand is a project of a thousand apps in fifty directories: every kind and tier, needs, secrets, config, routes, roles, releases.
const thousand = 1000

// platformOfThousand has a capability for everything that the apps ask for.
const platformOfThousand = `package platform
platform: {
	environments: prod: {
		kubernetes: "1.34"
		zones: ["a", "b", "c"]
		nodeAutoscaling: true
		capabilities: ["externalsecrets", "prometheus", "gateway", "istio", "argo-rollouts", "flagger", "vpa", "keda", "cilium"]
		mesh: "sidecar"
		istioGateway: {name: "mesh", namespace: "gateways", labels: app: "gateway"}
		gateway: {name: "public", namespace: "gateways", labels: app: "gateway"}
		scrape: {namespace: "monitoring", labels: app: "prometheus"}
		secretStore: name: "vault"
		apiServerCIDRs: ["10.0.0.1/32"]
	}
	databases: orders: {kind: "postgres", host: "orders.acme.io", cidrs: ["10.20.0.0/24"]}
	databases: events: {kind: "kafka", host: "kafka.acme.io", cidrs: ["10.20.1.0/24"], secret: false}
}
`

// rolloutsOfDirectories are the releases of the apps of a directory: one for those behind a gateway, one for those that others call.
func rolloutsOfDirectories(dir int) (routed, called string) {
	const other = `image: "r.acme.io/new:2@sha256:2222222222222222222222222222222222222222222222222222222222222222"`
	return []string{
			`rolling: {}`, `blueGreen: {active: "green", idle: {` + other + `, phase: "warm"}}`, `canary: via: "flagger"`,
			`canary: {via: "gateway", ` + other + `, weight: 25, header: {name: "x-canary", value: "always"}}`, `canary: via: "argo"`,
		}[dir%5], []string{
			`rolling: {}`, `canary: {via: "istio", ` + other + `, weight: 10, sticky: true}`, `canary: via: "argo"`,
			`canary: {via: "replicas", ` + other + `, weight: 50}`, `canary: via: "flagger"`, `recreate: {}`, `blueGreen: active: "blue"`,
		}[dir%7]
}

// appsOfDirectory are the twenty apps of one directory; every call crosses to the next app.
func appsOfDirectory(dir int) string {
	text := "package shop\n\napps: [string]: {team: \"team-" + fmt.Sprint(dir%10) + "\", env: LOG_LEVEL: \"info\"}\n"
	routed, called := rolloutsOfDirectories(dir)
	for i := range 20 {
		name := fmt.Sprintf("app-%02d-%02d", dir, i)
		switch i % 4 {
		case 0:
			text += fmt.Sprintf(`apps: %q: {tier: "critical", image: "r.acme.io/a:1@sha256:%064x", scale: {min: 3, max: 9}, expose: host: "%s.acme.io"
	rollout: %s, migrate: command: ["/migrate"], slo: availability: 99.9, traffic: rps: 200
	needs: {orders: postgres: {}, stripe: external: host: "api.stripe.com", "app-%02d-%02d": app: {}}
	config: "a.yaml": "a: 1\n", secrets: key: {key: "shop/key", file: "key"}, kubernetes: [{resource: "configmaps", verbs: ["get"], names: ["flags"]}]}
`, name, dir*20+i, name, routed, dir, i+1)
		case 1:
			text += fmt.Sprintf("apps: %q: {tier: \"standard\", image: \"r.acme.io/b:1\", rollout: %s, calledBy: [\"app-%02d-%02d\"]}\n", name, called, dir, i-1)
		case 2:
			text += fmt.Sprintf("apps: %q: {tier: \"best-effort\", kind: \"worker\", image: \"r.acme.io/c:1\", scale: {max: 5, queue: {need: \"events\", lag: 10}}, needs: events: kafka: topics: [\"t\"]}\n", name)
		case 3:
			text += fmt.Sprintf("apps: %q: {tier: \"standard\", kind: \"cron\", schedule: \"@daily\", image: \"r.acme.io/d:1\"}\n", name)
		}
	}
	return text
}

// TestOneHash renders a thousand apps twenty times, with one worker to eight and from different working directories: map seeds
// differ in every run, the bytes do not.
func TestOneHash(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"platform.cue": platformOfThousand}
	for d := range thousand / 20 {
		files[fmt.Sprintf("d%02d/app.cue", d)] = appsOfDirectory(d)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var first string
	for run := range 20 {
		opts := compile.Options{Dir: dir, Jobs: run%8 + 1}
		if run%2 == 1 { // the same project, from below
			opts.Dir, opts.Paths = filepath.Join(dir, "d07"), []string{dir}
		}
		manifests, err := compile.Generate(opts)
		if err != nil {
			t.Fatal(err)
		}
		if manifests.Failed {
			t.Fatal(text(t, manifests.Diagnostics))
		}
		if manifests.Apps != thousand || manifests.Objects < 7*thousand {
			t.Fatalf("%d apps, %d objects", manifests.Apps, manifests.Objects)
		}
		sum := sha256.New()
		for _, f := range manifests.Files {
			fmt.Fprintf(sum, "%s %d\n", f.Path, len(f.Data))
			sum.Write(f.Data)
		}
		hash := fmt.Sprintf("%x", sum.Sum(nil))
		if first == "" {
			first = hash
			everyStrategy(t, manifests)
		}
		if hash != first {
			t.Fatalf("run %d with %d workers: other bytes", run, opts.Jobs)
		}
	}
}

// everyStrategy wants what each strategy has for itself to be among the files.
func everyStrategy(t *testing.T, manifests compile.Manifests) {
	t.Helper()
	var all strings.Builder
	for _, f := range manifests.Files {
		all.Write(f.Data)
	}
	for _, of := range []string{"kind: Rollout", "kind: AnalysisTemplate", "kind: Canary", "kind: MetricTemplate", "kind: DestinationRule", "kind: Job", "scantling.dev/color: blue", "scantling.dev/track: canary", "type: Recreate"} {
		if !strings.Contains(all.String(), of) {
			t.Errorf("nothing has %q", of)
		}
	}
}
