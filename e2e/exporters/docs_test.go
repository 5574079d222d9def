package exporters

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scantling/scantling/e2e/exporters/expose"
)

// TestExampleModules tells what the modules of the blackbox exporter's own example are good for, as docs/slo.md says: its grpc_plain asks
// for a service that only the exporter's authors have.
func TestExampleModules(t *testing.T) {
	dir, err := expose.Folder("github.com/prometheus/blackbox_exporter")
	if err != nil {
		t.Fatal(err)
	}
	p, err := expose.NewProber(filepath.Join(dir, "blackbox.yml"), world.fixed.grpc)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, c := range []struct {
		module, target string
		want           float64
	}{
		{"http_2xx", "http://web.shop.svc:80/healthz", 1},
		{"tcp_connect", "web.shop.svc:80", 1},
		{"grpc_plain", "web.shop.svc:9000", 0},
	} {
		answer, err := p.Ask(c.module, c.target)
		if err != nil {
			t.Fatal(err)
		}
		if got := answer["probe_success"].Metric[0].GetGauge().GetValue(); got != c.want {
			t.Errorf("%s: %v, want %v", c.module, got, c.want)
		}
	}
}

// TestVersions holds that docs/slo.md names the versions that are run here.
func TestVersions(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(world.root, "docs", "slo.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, module := range map[string]string{
		"kube-state-metrics": "k8s.io/kube-state-metrics/v2", "the kubelet": "k8s.io/kubernetes", "KEDA": "github.com/kedacore/keda/v2",
		"Argo Rollouts": "github.com/argoproj/argo-rollouts", "Flagger": "github.com/fluxcd/flagger", "cert-manager": "github.com/cert-manager/cert-manager",
		"external-secrets": "github.com/external-secrets/external-secrets", "Velero": "github.com/vmware-tanzu/velero",
		"CloudNativePG": "github.com/cloudnative-pg/cloudnative-pg", "the blackbox exporter": "github.com/prometheus/blackbox_exporter",
	} {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", module).Output()
		if err != nil {
			t.Fatal(err)
		}
		if want := name + " " + strings.TrimPrefix(strings.TrimSpace(string(out)), "v"); !strings.Contains(strings.ReplaceAll(string(text), "\n", " "), want) {
			t.Errorf("docs/slo.md does not say %q", want)
		}
	}
}
