package monitoring_test

import (
	"testing"

	"github.com/scantling/scantling/generators/monitoring"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
)

func TestPodMonitor(t *testing.T) {
	a := checkout()
	a.Clusters = []app.Cluster{{Name: "checkout-orders", Pooler: &app.Pooler{Name: "checkout-orders-pooler"}}}
	golden.Objects(t, monitoring.PodMonitor.Run(a), `
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  labels:
    app.kubernetes.io/component: database
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-orders
    app.kubernetes.io/part-of: shop
    release: prometheus
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-orders
  namespace: shop
spec:
  labelLimit: 30
  podMetricsEndpoints:
  - interval: 30s
    port: metrics
  sampleLimit: 10000
  selector:
    matchLabels:
      cnpg.io/cluster: checkout-orders
      cnpg.io/podRole: instance
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  labels:
    app.kubernetes.io/component: database
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout-orders-pooler
    app.kubernetes.io/part-of: shop
    release: prometheus
    scantling.dev/owner: web
    scantling.dev/tier: critical
  name: checkout-orders-pooler
  namespace: shop
spec:
  labelLimit: 30
  podMetricsEndpoints:
  - interval: 30s
    port: metrics
  sampleLimit: 10000
  selector:
    matchLabels:
      cnpg.io/poolerName: checkout-orders-pooler
`)
	a.Env.Scrape = nil
	if made := monitoring.PodMonitor.Run(a); len(made) > 0 {
		t.Errorf("nobody reads %v", made)
	}
}
