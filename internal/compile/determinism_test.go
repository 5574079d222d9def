package compile_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/scantling/scantling/internal/compile"
)

// thousand is a project of a thousand apps in fifty directories: every kind and tier, needs, secrets, config, routes, roles.
const thousand = 1000

// platformOfThousand has a capability for everything that the apps ask for.
const platformOfThousand = `package platform
platform: {
	environments: prod: {
		kubernetes: "1.34"
		zones: ["a", "b", "c"]
		nodeAutoscaling: true
		capabilities: ["externalsecrets", "prometheus", "gateway", "vpa", "keda", "cilium"]
		gateway: {name: "public", namespace: "gateways", labels: app: "gateway"}
		scrape: {namespace: "monitoring", labels: app: "prometheus"}
		secretStore: name: "vault"
		apiServerCIDRs: ["10.0.0.1/32"]
	}
	databases: orders: {kind: "postgres", host: "orders.acme.io", cidrs: ["10.20.0.0/24"]}
	databases: events: {kind: "kafka", host: "kafka.acme.io", cidrs: ["10.20.1.0/24"], secret: false}
}
`

// appsOfDirectory are the twenty apps of one directory; every call crosses to the next app.
func appsOfDirectory(dir int) string {
	text := "package shop\n\napps: [string]: {team: \"team-" + fmt.Sprint(dir%10) + "\", env: LOG_LEVEL: \"info\"}\n"
	for i := range 20 {
		name := fmt.Sprintf("app-%02d-%02d", dir, i)
		switch i % 4 {
		case 0:
			text += fmt.Sprintf(`apps: %q: {tier: "critical", image: "r.acme.io/a:1@sha256:%064x", scale: {min: 3, max: 9}, expose: host: "%s.acme.io"
	needs: {orders: postgres: {}, stripe: external: host: "api.stripe.com", "app-%02d-%02d": app: {}}
	config: "a.yaml": "a: 1\n", secrets: key: {key: "shop/key", file: "key"}, kubernetes: [{resource: "configmaps", verbs: ["get"], names: ["flags"]}]}
`, name, dir*20+i, name, dir, i+1)
		case 1:
			text += fmt.Sprintf("apps: %q: {tier: \"standard\", image: \"r.acme.io/b:1\", calledBy: [\"app-%02d-%02d\"]}\n", name, dir, i-1)
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
		}
		if hash != first {
			t.Fatalf("run %d with %d workers: other bytes", run, opts.Jobs)
		}
	}
}
