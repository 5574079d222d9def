package monitoring_test

import (
	"testing"

	"github.com/scantling/scantling/generators/monitoring"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// asked is an app that a prober asks.
func asked() app.App {
	a := checkout()
	a.Env.Scrape.Prober = &app.Prober{URL: "blackbox.monitoring.svc:9115", Pods: app.Pods{Namespace: "monitoring", Labels: map[string]string{"app": "blackbox"}}}
	a.Ports = []app.Port{{Name: "http", Number: 8080, Protocol: "TCP", App: "http"}}
	a.Health.Ready = &app.Probe{Path: "/readyz", Port: a.Ports[0]}
	a.SLO = &app.SLO{Objectives: []app.Objective{
		{Name: "availability", Source: "probe", Seconds: 30},
		{Name: "latency", Source: "probe", Seconds: 15, UnderMillis: 250},
	}}
	return a
}

func TestProbe(t *testing.T) {
	golden.Objects(t, monitoring.Probe.Run(asked()), `
apiVersion: monitoring.coreos.com/v1
kind: Probe
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
  interval: 15s
  jobName: checkout-probe
  module: http_2xx
  prober:
    path: /probe
    url: blackbox.monitoring.svc:9115
  scrapeTimeout: 10s
  targets:
    staticConfig:
      labels:
        namespace: shop
      static:
      - http://checkout.shop.svc:8080/readyz
`)
}

// TestProbesAskAsTheAppSpeaks wants the question that the app understands, and the platform's module where it names one.
func TestProbesAskAsTheAppSpeaks(t *testing.T) {
	port := app.Port{Name: "main", Number: 9000, Protocol: "TCP"}
	for what, tt := range map[string]struct {
		change         func(a *app.App)
		target, module string
	}{
		"HTTP":        {func(*app.App) {}, "http://checkout.shop.svc:8080/readyz", "http_2xx"},
		"gRPC":        {func(a *app.App) { a.Health.Ready = &app.Probe{GRPC: true, Port: port} }, "checkout.shop.svc:9000", "grpc_plain"},
		"TCP":         {func(a *app.App) { a.Health.Ready = &app.Probe{TCP: true, Port: port} }, "checkout.shop.svc:9000", "tcp_connect"},
		"a command":   {func(a *app.App) { a.Health.Ready = &app.Probe{Exec: []string{"ready"}} }, "checkout.shop.svc:8080", "tcp_connect"},
		"nobody":      {func(a *app.App) { a.Health.Ready, a.Ports = nil, []app.Port{port} }, "checkout.shop.svc:9000", "tcp_connect"},
		"the exposed": {func(a *app.App) { a.Health.Ready, a.Expose = nil, &app.Expose{Port: port} }, "checkout.shop.svc:9000", "tcp_connect"},
		"a module":    {func(a *app.App) { a.Env.Scrape.Prober.Module = "http_shop" }, "http://checkout.shop.svc:8080/readyz", "http_shop"},
	} {
		a := asked()
		tt.change(&a)
		spec := monitoring.Probe.Run(a)[0].(*kube.Probe).Spec
		if got := spec.Targets.StaticConfig.Static[0]; got != tt.target || spec.Module != tt.module {
			t.Errorf("%s: %s is asked by %s, want %s by %s", what, got, spec.Module, tt.target, tt.module)
		}
	}
}

// TestScrapesEndBeforeTheNext wants a time-out below the interval, for Prometheus takes no other.
func TestScrapesEndBeforeTheNext(t *testing.T) {
	for seconds, want := range map[int64]string{5: "4s", 10: "9s", 15: "10s", 300: "10s"} {
		a := asked()
		a.SLO.Objectives = []app.Objective{{Source: "probe", Seconds: seconds}}
		if got := monitoring.Probe.Run(a)[0].(*kube.Probe).Spec.ScrapeTimeout; got != want {
			t.Errorf("every %d s the answer is waited for %s, want %s", seconds, got, want)
		}
	}
}

func TestNobodyAsksInVain(t *testing.T) {
	for what, change := range map[string]func(a *app.App){
		"an objective":       func(a *app.App) { a.SLO = nil },
		"one by probe":       func(a *app.App) { a.SLO.Objectives = []app.Objective{{Source: "http"}} },
		"a prober":           func(a *app.App) { a.Env.Scrape.Prober = nil },
		"a Prometheus":       func(a *app.App) { a.Env.Capabilities = nil },
		"a port of any kind": func(a *app.App) { a.Ports, a.Health.Ready = nil, nil },
	} {
		a := asked()
		change(&a)
		if made := monitoring.Probe.Run(a); len(made) > 0 {
			t.Errorf("without %s there is %v", what, made)
		}
	}
}
