package resolve

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// resolveText resolves a project of files, by their paths; it returns what the loader said too.
func resolveText(t *testing.T, files map[string]string) ([]*app.Fleet, []diag.Diagnostic) {
	t.Helper()
	return resolveWith(t, files, Options{})
}

func resolveWith(t *testing.T, files map[string]string, opts Options) ([]*app.Fleet, []diag.Diagnostic) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, found, err := load.Load(load.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	opts.Reported = found
	fleets, more := Fleets(p, opts)
	return fleets, diag.Sort(append(found, more...))
}

// testPlatform is one environment that can do everything.
const testPlatform = `platform: {
	registries: ["registry.acme.io", "ghcr.io/acme"]
	environments: prod: {
		group: "live"
		kubernetes: "1.34"
		zones: ["a", "b", "c"]
		nodeAutoscaling: true
		capabilities: ["cilium", "externalsecrets", "gateway", "istio", "keda", "prometheus", "velero", "vpa"]
		gateway: {name: "public", namespace: "edge", labels: {app: "gateway"}}
		scrape: {namespace: "monitoring", labels: {app: "prometheus"}}
		secretStore: {name: "vault"}
		storageClasses: {retain: "ssd-retain", delete: "ssd"}
		spot: {label: {capacity: "spot"}, taint: "spot"}
		backups: {bucket: "acme-backups", endpoint: "s3.acme.io", region: "eu-2", secret: "platform/backups", cidrs: ["10.30.1.0/24"]}
		apiServerCIDRs: ["10.0.0.1/32"]
	}
	images: {
		postgres: "registry.acme.io/postgres:18` + digest + `"
		rclone: "registry.acme.io/rclone:1.75.1` + digest + `"
		kubectl: "registry.acme.io/kubectl:1.34.2` + digest + `"
		redis: "registry.acme.io/redis:8` + digest + `"
		mysql: "registry.acme.io/mysql:8.4` + digest + `"
		mongodb: "registry.acme.io/mongo:8` + digest + `"
		cnpg: "registry.acme.io/cnpg:18.1` + digest + `"
	}
}
`

// digest makes an image that critical apps may have.
const digest = "@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// resolveApp resolves one app, web, of the given fields; what is required and not given is filled in.
func resolveApp(t *testing.T, platform, spec string) (*app.App, []diag.Diagnostic) {
	t.Helper()
	fleets, found := resolveText(t, map[string]string{"platform.cue": platform, "app.cue": oneApp(spec)})
	if len(fleets) == 0 || len(fleets[0].Apps) == 0 {
		t.Fatalf("no app:\n%s", format(found))
	}
	return &fleets[0].Apps[0], found
}

// oneApp writes the file of one app named web.
func oneApp(spec string) string {
	for field, value := range map[string]string{"team": `"shop"`, "tier": `"standard"`, "image": `"registry.acme.io/web:1.0` + digest + `"`} {
		if !strings.Contains("\n"+spec, "\n"+field+":") {
			spec = strings.TrimRight(spec, "\n") + "\n" + field + ": " + value
		}
	}
	return "apps: web: {\n" + spec + "\n}\n"
}

// format writes diagnostics as a person reads them.
func format(found []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range found {
		severity := ""
		if d.Severity != diag.Error {
			severity = d.Severity.String() + ": "
		}
		fmt.Fprintf(&b, "%s: %s%s: %s", d.Pos, severity, d.Path, d.Problem)
		if d.Env != "" {
			fmt.Fprintf(&b, " (in %s)", d.Env)
		}
		fmt.Fprintf(&b, " [%s]\n", d.Rule)
		if d.Want != "" {
			fmt.Fprintf(&b, "\twant: %s\n", d.Want)
		}
		if d.Help != "" {
			fmt.Fprintf(&b, "\thelp: %s\n", d.Help)
		}
	}
	return b.String()
}
