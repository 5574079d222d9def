package scaling_test

import (
	"encoding/json"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/scantling/scantling/generators/scaling"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

func checkout() app.App {
	return app.App{
		Env: &app.Environment{
			Name:         "prod",
			Capabilities: []string{"keda", "prometheus", "vpa"},
			Scrape:       &app.Scrape{Namespace: "monitoring", URL: "http://prometheus-operated.monitoring.svc:9090"},
		},
		Name:      "checkout",
		Namespace: "shop",
		Team:      "web",
		Tier:      app.Standard,
		Kind:      app.Service,
		Role:      app.RoleStable,
		Resources: app.Resources{CPUMilli: 250, MemoryBytes: 256 << 20},
		Metrics:   &app.Metrics{IntervalSeconds: 30},
		Replicas:  app.Replicas{Min: 2, Max: 9},
		Scaling: &app.Scaling{
			CPUPercent:        70,
			UpWindowSeconds:   0,
			UpPercent:         100,
			UpPods:            4,
			UpPeriodSeconds:   15,
			DownWindowSeconds: 300,
			DownPercent:       25,
			DownPeriodSeconds: 60,
		},
	}
}

func queue(kind app.NeedKind, port int32, secret string) app.App {
	a := checkout()
	a.Kind = app.Worker
	a.Scaling.KEDA = true
	a.Scaling.CPUPercent = 0
	a.Scaling.Queue = &app.Queue{
		Need:   app.Need{Name: "events", Kind: kind, Host: "broker.events.svc", Port: port},
		Topic:  "orders",
		Group:  "checkout",
		Lag:    100,
		Secret: secret,
	}
	return a
}

// metadata is what every object of the app begins with, its name left out.
const metadata = `metadata:
  labels:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: standard
`

// track is the label that objects of a version add to those of the app.
const track = `    scantling.dev/track: stable
`

func TestE30HorizontalPodAutoscalerSaysHowFast(t *testing.T) {
	golden.Objects(t, scaling.HorizontalPodAutoscaler.Run(checkout()), `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
`+metadata+track+`  name: checkout
  namespace: shop
spec:
  behavior:
    scaleDown:
      policies:
      - periodSeconds: 60
        type: Percent
        value: 25
      selectPolicy: Min
      stabilizationWindowSeconds: 300
    scaleUp:
      policies:
      - periodSeconds: 15
        type: Percent
        value: 100
      - periodSeconds: 15
        type: Pods
        value: 4
      selectPolicy: Max
      stabilizationWindowSeconds: 0
  maxReplicas: 9
  metrics:
  - resource:
      name: cpu
      target:
        averageUtilization: 70
        type: Utilization
    type: Resource
  minReplicas: 2
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: checkout
`)
}

func TestSidecarsAreNotMeasured(t *testing.T) {
	a := checkout()
	a.Kind = app.Stateful
	a.Sidecars = []app.Sidecar{{Name: "proxy"}}
	spec := scaling.HorizontalPodAutoscaler.Run(a)[0].(*autoscalingv2.HorizontalPodAutoscaler).Spec
	metric := spec.Metrics[0]
	if metric.Type != autoscalingv2.ContainerResourceMetricSourceType || metric.Resource != nil || metric.ContainerResource.Container != kube.MainContainer(a) {
		t.Errorf("want the use of container %q, got %v", kube.MainContainer(a), metric)
	}
	if spec.ScaleTargetRef.Kind != "StatefulSet" {
		t.Errorf("a stateful app is a StatefulSet, not a %s", spec.ScaleTargetRef.Kind)
	}
}

// TestE29OneAutoscalerAtMost goes with the workloads' test that an app with Scaling states no number of replicas.
func TestE29OneAutoscalerAtMost(t *testing.T) {
	fixed := checkout()
	fixed.Scaling = nil
	for name, c := range map[string]struct {
		app  app.App
		want string
	}{
		"fixed": {fixed, ""},
		"cpu":   {checkout(), "HorizontalPodAutoscaler"},
		"queue": {queue(app.NeedKafka, 9092, ""), "ScaledObject"},
	} {
		var got []string
		if len(scaling.HorizontalPodAutoscaler.Run(c.app)) > 0 {
			got = append(got, "HorizontalPodAutoscaler")
		}
		if len(scaling.ScaledObject.Run(c.app)) > 0 {
			got = append(got, "ScaledObject")
		}
		if strings.Join(got, " and ") != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestE28NoMemoryMetric(t *testing.T) {
	all := queue(app.NeedKafka, 9092, "")
	all.Scaling.CPUPercent, all.Scaling.RPS = 70, 50
	sidecar := checkout()
	sidecar.Sidecars = []app.Sidecar{{Name: "proxy"}}
	for _, a := range []app.App{checkout(), sidecar, all} {
		for _, o := range append(scaling.HorizontalPodAutoscaler.Run(a), scaling.ScaledObject.Run(a)...) {
			text, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "memory") {
				t.Errorf("memory in %s", text)
			}
		}
	}
}

func TestScaledObjectFollowsEverything(t *testing.T) {
	a := queue(app.NeedKafka, 9094, "events")
	a.Replicas.Min = 0
	a.Scaling.CPUPercent, a.Scaling.RPS = 70, 50
	golden.Objects(t, scaling.ScaledObject.Run(a), `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
`+metadata+track+`  name: checkout
  namespace: shop
spec:
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown:
          policies:
          - periodSeconds: 60
            type: Percent
            value: 25
          selectPolicy: Min
          stabilizationWindowSeconds: 300
        scaleUp:
          policies:
          - periodSeconds: 15
            type: Percent
            value: 100
          - periodSeconds: 15
            type: Pods
            value: 4
          selectPolicy: Max
          stabilizationWindowSeconds: 0
  cooldownPeriod: 300
  fallback:
    behavior: currentReplicasIfHigher
    failureThreshold: 3
    replicas: 3
  maxReplicaCount: 9
  minReplicaCount: 0
  pollingInterval: 15
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: checkout
  triggers:
  - authenticationRef:
      kind: TriggerAuthentication
      name: checkout-queue
    metadata:
      bootstrapServers: broker.events.svc:9094
      consumerGroup: checkout
      lagThreshold: "100"
      offsetResetPolicy: latest
      sasl: scram_sha512
      tls: enable
      topic: orders
    metricType: AverageValue
    type: kafka
  - metadata:
      ignoreNullValues: "false"
      query: sum(rate(http_requests_total{namespace="shop",pod=~"checkout-[a-z0-9]+-[a-z0-9]+"}[120s]))
      serverAddress: http://prometheus-operated.monitoring.svc:9090
      threshold: "50"
    metricType: AverageValue
    type: prometheus
  - metadata:
      containerName: checkout
      value: "70"
    metricType: Utilization
    type: cpu
`)
	golden.Objects(t, scaling.TriggerAuthentication.Run(a), `
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
`+metadata+`  name: checkout-queue
  namespace: shop
spec:
  secretTargetRef:
  - key: username
    name: events
    parameter: username
  - key: password
    name: events
    parameter: password
`)
}

func trigger(t *testing.T, a app.App) kube.ScaleTrigger {
	t.Helper()
	triggers := scaling.ScaledObject.Run(a)[0].(*kube.ScaledObject).Spec.Triggers
	if len(triggers) != 1 {
		t.Fatalf("want one trigger, got %v", triggers)
	}
	return triggers[0]
}

func TestBrokersWithAndWithoutTLS(t *testing.T) {
	for _, c := range []struct {
		kind       app.NeedKind
		port       int32
		key, value string
	}{
		{app.NeedKafka, 9092, "tls", ""},
		{app.NeedKafka, 9093, "tls", "enable"},
		{app.NeedRabbitMQ, 5672, "host", "amqp://broker.events.svc:5672/"},
		{app.NeedRabbitMQ, 5671, "host", "amqps://broker.events.svc:5671/"},
	} {
		got := trigger(t, queue(c.kind, c.port, ""))
		if got.Type != string(c.kind) || got.Metadata[c.key] != c.value {
			t.Errorf("%s on %d: %s %v, want %s %q", c.kind, c.port, got.Type, got.Metadata, c.key, c.value)
		}
	}
}

func TestBrokerWithoutCredentialsIsAskedWithoutAny(t *testing.T) {
	a := queue(app.NeedKafka, 9092, "")
	if got := trigger(t, a); got.AuthenticationRef != nil || got.Metadata["sasl"] != "" {
		t.Errorf("credentials that nobody has: %v", got)
	}
	if got := scaling.TriggerAuthentication.Run(a); got != nil {
		t.Errorf("a TriggerAuthentication without credentials: %v", got)
	}
}

func TestFallbackLiesBetweenMinAndMax(t *testing.T) {
	for _, c := range []struct{ min, max, want int32 }{{0, 1, 1}, {0, 8, 2}, {0, 9, 3}, {5, 10, 5}, {1, 100, 25}} {
		a := queue(app.NeedRabbitMQ, 5672, "")
		a.Replicas = app.Replicas{Min: c.min, Max: c.max}
		if got := scaling.ScaledObject.Run(a)[0].(*kube.ScaledObject).Spec.Fallback.Replicas; got != c.want {
			t.Errorf("min %d, max %d: fallback %d, want %d", c.min, c.max, got, c.want)
		}
	}
}

func TestVerticalPodAutoscalerOnlyRecommends(t *testing.T) {
	a := checkout()
	a.Sidecars = []app.Sidecar{{Name: "proxy", Resources: app.Resources{CPUMilli: 100, MemoryBytes: 128 << 20}}}
	golden.Objects(t, scaling.VerticalPodAutoscaler.Run(a), `
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
`+metadata+track+`  name: checkout
  namespace: shop
spec:
  resourcePolicy:
    containerPolicies:
    - containerName: checkout
      controlledResources:
      - cpu
      - memory
      maxAllowed:
        cpu: "1"
        memory: 1Gi
      minAllowed:
        cpu: 62m
        memory: 64Mi
    - containerName: proxy
      controlledResources:
      - cpu
      - memory
      maxAllowed:
        cpu: 400m
        memory: 512Mi
      minAllowed:
        cpu: 25m
        memory: 32Mi
  targetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: checkout
  updatePolicy:
    updateMode: "Off"
`)
}

func TestVerticalPodAutoscalerNeedsItsOperatorAndALastingPod(t *testing.T) {
	cron := checkout()
	cron.Kind = app.Cron
	bare := checkout()
	bare.Env.Capabilities = nil
	for _, a := range []app.App{cron, bare} {
		if got := scaling.VerticalPodAutoscaler.Run(a); got != nil {
			t.Errorf("kind %s, capabilities %v: got %v", a.Kind, a.Env.Capabilities, got)
		}
	}
}
