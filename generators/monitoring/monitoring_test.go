package monitoring_test

import (
	"maps"
	"slices"
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
		Role:      app.RoleStable,
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

// TestEveryVersionIsRead: by a monitor of its own where it has a Service of its own, else by the app's, and told by a label.
func TestEveryVersionIsRead(t *testing.T) {
	by := func(engine app.Engine) app.App {
		a := checkout()
		a.Rollout.Strategy, a.Rollout.Split = app.Canary, &app.Split{Engine: engine}
		a.Other = &app.Side{Role: app.RoleCanary}
		return a
	}
	colours := checkout()
	colours.Role, colours.Rollout.Strategy, colours.Other = app.RoleBlue, app.BlueGreen, &app.Side{Role: app.RoleGreen}
	flagger, argo := by(app.ByFlagger), by(app.ByArgo)
	flagger.Other, argo.Other = nil, nil
	track := []string{"scantling.dev/track"}
	for name, tt := range map[string]struct {
		app    app.App
		read   map[string]string // monitor to the component of the Services that it reads
		labels []string
	}{
		"blue-green": {colours, map[string]string{"checkout": "app", "checkout-preview": "preview"}, nil},
		"gateway":    {by(app.ByGateway), map[string]string{"checkout": "app", "checkout-canary": "canary"}, nil},
		"istio":      {by(app.ByIstio), map[string]string{"checkout": "app"}, track},
		"replicas":   {by(app.ByReplicas), map[string]string{"checkout": "app"}, track},
		"argo":       {argo, map[string]string{"checkout": "app"}, nil},
		"flagger":    {flagger, map[string]string{"checkout": "app"}, nil},
	} {
		got := map[string]string{}
		for _, o := range monitoring.ServiceMonitor.Run(tt.app) {
			m := o.(*kube.ServiceMonitor)
			got[m.Name] = m.Spec.Selector.MatchLabels[kube.LabelComponent]
			if !slices.Equal(m.Spec.PodTargetLabels, tt.labels) {
				t.Errorf("%s: the series of %s bear %v, want %v", name, m.Name, m.Spec.PodTargetLabels, tt.labels)
			}
		}
		if !maps.Equal(got, tt.read) {
			t.Errorf("%s: %v, want %v", name, got, tt.read)
		}
	}
	// Flagger calls its Services what it likes: only the other labels are ours.
	selector := monitoring.ServiceMonitor.Run(flagger)[0].(*kube.ServiceMonitor).Spec.Selector.MatchLabels
	if _, named := selector[kube.LabelName]; named || selector[kube.LabelInstance] != "checkout" {
		t.Errorf("of Flagger's Services, those with %v are read", selector)
	}
}
