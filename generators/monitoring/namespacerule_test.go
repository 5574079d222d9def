package monitoring

import (
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// shop is a namespace whose apps leave room in its quota for new versions.
func shop() app.Namespace {
	return app.Namespace{
		Env:  &app.Environment{Name: "prod", Capabilities: []string{"prometheus"}, Scrape: &app.Scrape{MonitorLabels: map[string]string{"release": "prometheus"}}},
		Name: "shop", Team: "storefront", Apps: []string{"web"},
		Quota: app.Quota{CPUMilli: 8000, MemoryBytes: 16 << 30, MemoryLimitBytes: 16 << 30, Pods: 16, Claims: 3},
		Most:  app.Quota{CPUMilli: 5000, MemoryBytes: 10 << 30, MemoryLimitBytes: 10 << 30, Pods: 10},
	}
}

func TestNamespaceRule(t *testing.T) {
	golden.Objects(t, NamespaceRule.RunNamespace(shop()), `
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  labels:
    app.kubernetes.io/managed-by: scantling
    release: prometheus
    scantling.dev/owner: storefront
  name: namespace
  namespace: shop
spec:
  groups:
  - interval: 1m
    name: shop-causes
    rules:
    - alert: QuotaAlmostFull
      annotations:
        description: |-
          Its apps alone do not need so much: something else runs there, or a new version does not come in. When it is full, no pod starts any more, and no app can grow. Who uses it:
          kubectl -n shop describe quota quota;
          kubectl -n shop get pods --show-labels
        runbook_url: https://github.com/scantling/scantling/blob/main/docs/slo.md#quotaalmostfull
        summary: the pods of namespace shop use more than 90 % of its quota
      expr: |-
        max by (namespace, resource) (kube_resourcequota{namespace="shop",resourcequota="quota",resource=~"limits\\.memory|pods|requests\\.cpu|requests\\.memory",type="used"})
        / max by (namespace, resource) (kube_resourcequota{namespace="shop",resourcequota="quota",resource=~"limits\\.memory|pods|requests\\.cpu|requests\\.memory",type="hard"}) > 0.9
      for: 1h
      keep_firing_for: 5m
      labels:
        namespace: shop
        owner: storefront
        service: shop
        severity: ticket
        tier: standard
`)
}

// TestFullQuotasThatAreMeant wants no alert of what the apps themselves fill: stateful ones have no new pods beside the old ones.
func TestFullQuotasThatAreMeant(t *testing.T) {
	for most, want := range map[int64]bool{8: true, 9: false, 10: false} {
		ns := shop()
		ns.Quota.Pods, ns.Most.Pods = 10, most
		expr := NamespaceRule.RunNamespace(ns)[0].(*kube.PrometheusRule).Spec.Groups[0].Rules[0].Expr
		if got := strings.Contains(expr, "pods"); got != want {
			t.Errorf("%d of 10 pods are used at the most: an alert of pods is %v, want %v", most, got, want)
		}
	}
	full, unwatched := shop(), shop()
	full.Most = full.Quota
	unwatched.Env.Capabilities = nil
	for _, ns := range []app.Namespace{full, unwatched} {
		if made := NamespaceRule.RunNamespace(ns); len(made) > 0 {
			t.Errorf("made %v", made)
		}
	}
}

// TestNamespaceRuleFile shows the tests of the rules of a namespace, which lie beside the file of these.
func TestNamespaceRuleFile(t *testing.T) {
	files := NamespaceRule.NamespaceFiles(shop())
	if len(files) != 1 || files[0].Name != "namespace.test.yaml" || files[0].Tree != "prometheus.d" {
		t.Fatalf("the files are %v", files)
	}
	golden.ObjectsFile(t, []any{files[0].Content}, "testdata/namespace.test.yaml")
}
