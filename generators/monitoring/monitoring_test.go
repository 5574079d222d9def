package monitoring_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/scantling/scantling/generators/monitoring"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

func checkout() app.App {
	return app.App{
		Env: &app.Environment{
			Name:         "prod",
			Capabilities: []string{"prometheus"},
			Scrape:       &app.Scrape{Namespace: "monitoring", MonitorLabels: map[string]string{"release": "prometheus"}},
		},
		Name:      "checkout",
		Namespace: "shop",
		Team:      "web",
		Tier:      app.Critical,
		Kind:      app.Service,
		Metrics: &app.Metrics{
			Port:            app.Port{Name: "http-metrics", Number: 9090, Protocol: "TCP", App: "http"},
			Path:            "/metrics",
			IntervalSeconds: 15,
		},
	}
}

func TestServiceMonitor(t *testing.T) {
	golden.Objects(t, monitoring.ServiceMonitor.Run(checkout()), `
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  labels:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout
    app.kubernetes.io/part-of: shop
    release: prometheus
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout
  namespace: shop
spec:
  endpoints:
  - interval: 15s
    path: /metrics
    port: http-metrics
  labelLimit: 30
  sampleLimit: 10000
  selector:
    matchLabels:
      app.kubernetes.io/component: app
      app.kubernetes.io/instance: checkout
      app.kubernetes.io/name: checkout
`)
}

func TestNothingToReadNoMonitor(t *testing.T) {
	silent, cron, bare := checkout(), checkout(), checkout()
	silent.Metrics = nil
	cron.Kind = app.Cron
	bare.Env.Capabilities = nil
	for name, a := range map[string]app.App{"no metrics": silent, "cron": cron, "no Prometheus": bare} {
		if got := monitoring.ServiceMonitor.Run(a); got != nil {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// TestEveryPodIsReadOnce holds that the monitor finds the app's Service, and none of the further ones that lead to its pods.
func TestEveryPodIsReadOnce(t *testing.T) {
	a := checkout()
	monitor := monitoring.ServiceMonitor.Run(a)[0].(*kube.ServiceMonitor)
	selector, err := metav1.LabelSelectorAsSelector(&monitor.Spec.Selector)
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range []struct {
		meta metav1.ObjectMeta
		want bool
	}{
		{kube.Meta(a, "checkout"), true},
		{kube.ComponentMeta(a, "checkout-headless", kube.ComponentHeadless), false},
		{kube.ComponentMeta(a, "checkout-external", kube.ComponentExternal), false},
	} {
		if got := selector.Matches(labels.Set(service.meta.Labels)); got != service.want {
			t.Errorf("Service %s is read: %v, want %v", service.meta.Name, got, service.want)
		}
	}
}
