package rollout_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// TestE06ArgoJudges: the new version's own requests, looked at before the first step is over; an answer without a number fulfils
// neither condition, which is inconclusive, and the first such one stops the rollout.
func TestE06ArgoJudges(t *testing.T) {
	a := canary(app.ByArgo, "gateway", 0)
	a.Rollout.Split.Router = ""
	a.Rollout.Split.Analysis = looks("http", 250)
	a.Rollout.Split.Analysis.WindowSeconds = 600
	a.Rollout.Split.Analysis.Measures = a.Rollout.Split.Analysis.Measures[:1]
	golden.Objects(t, run(a)[1:], `
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
`+labels+`  name: checkout
  namespace: shop
spec:
  args:
  - name: hash
  metrics:
  - failureCondition: len(result) == 1 && !isNaN(result[0]) && result[0] > 0.0144
    failureLimit: 2
    inconclusiveLimit: 0
    initialDelay: 300s
    interval: 60s
    name: availability
    provider:
      prometheus:
        address: http://prometheus.monitoring.svc:9090
        query: (sum(rate(http_requests_total{namespace="shop",pod=~"checkout-{{args.hash}}-.*",code=~"5.."}[600s]))
          or 0 * sum(rate(http_requests_total{namespace="shop",pod=~"checkout-{{args.hash}}-.*"}[600s])))
          / (sum(rate(http_requests_total{namespace="shop",pod=~"checkout-{{args.hash}}-.*"}[600s]))
          > 0)
    successCondition: len(result) == 1 && !isNaN(result[0]) && result[0] <= 0.0144
`)
}

// TestTheFirstLookIsInTime: a rollout that is over before somebody has looked would have succeeded.
func TestTheFirstLookIsInTime(t *testing.T) {
	for _, c := range []struct {
		window int64
		pauses []int64
		want   string
	}{
		{300, []int64{600, 1800}, "300s"},
		{300, []int64{1800, 400}, "200s"},
		{300, []int64{0}, "0s"},
		{300, nil, "300s"},
	} {
		a := canary(app.ByArgo, "istio", 0)
		a.Rollout.Split.Analysis, a.Rollout.Split.Steps = looks("http", 250), nil
		a.Rollout.Split.Analysis.WindowSeconds = c.window
		for i, pause := range c.pauses {
			a.Rollout.Split.Steps = append(a.Rollout.Split.Steps, app.Step{Weight: int32(10 + i), PauseSeconds: pause})
		}
		if got := find[*kube.AnalysisTemplate](t, run(a)).Spec.Metrics[0].InitialDelay; got != c.want {
			t.Errorf("window %d, pauses %v: first look after %s, want %s", c.window, c.pauses, got, c.want)
		}
	}
}

// TestE06FlaggerJudges: steps as long as the longest, each judged at its end by the new version's own requests, with a template for
// each measure; and labels by which a monitor finds every pod once.
func TestE06FlaggerJudges(t *testing.T) {
	a := canary(app.ByFlagger, "istio", 0)
	a.Env.Mesh, a.Expose.Path = "sidecar", "/pay"
	a.Rollout.Split.Hold = true
	a.Rollout.Split.Sticky = &app.Sticky{Cookie: "checkout-version", Seconds: 3600}
	a.Rollout.Split.Analysis = looks("http", 250)
	objects := run(a)
	for i, name := range []string{"checkout-availability", "checkout-latency"} {
		m := objects[i].(*kube.MetricTemplate)
		if m.Name != name || m.Spec.Provider != (kube.MetricProvider{Type: "prometheus", Address: a.Env.Scrape.URL}) {
			t.Errorf("template %s asks %+v", m.Name, m.Spec.Provider)
		}
	}
	golden.Objects(t, objects[2:], `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata:
`+labels+`  name: checkout
  namespace: shop
spec:
  analysis:
    interval: 1800s
    metrics:
    - interval: 300s
      name: availability
      templateRef:
        name: checkout-availability
      thresholdRange:
        max: 0.0144
    - interval: 300s
      name: latency
      templateRef:
        name: checkout-latency
      thresholdRange:
        max: 0.5
    sessionAffinity:
      cookieName: checkout-version
      maxAge: 3600
    stepWeights:
    - 10
    - 50
    threshold: 3
  autoscalerRef:
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    name: checkout
  progressDeadlineSeconds: 600
  provider: istio
  revertOnDeletion: true
  service:
    appProtocol: http
    canary:
      labels:
        app.kubernetes.io/component: app
        app.kubernetes.io/instance: checkout
    gateways:
    - edge/public
    - mesh
    hosts:
    - checkout.acme.io
    - pay.acme.io
    match:
    - gateways:
      - edge/public
      uri:
        exact: /pay
    - gateways:
      - edge/public
      uri:
        prefix: /pay/
    - gateways:
      - mesh
    name: checkout
    port: 8080
    portDiscovery: false
    portName: http
    primary:
      labels:
        app.kubernetes.io/component: app
        app.kubernetes.io/instance: checkout
    retries:
      attempts: 2
      retryOn: connect-failure,refused-stream
    targetPort: http
    timeout: 20s
  suspend: true
  targetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: checkout
`)
}

// TestFlaggerLosesNoPort: the one route that Flagger makes has no port in its condition, so that of an app with several it must not
// take the calls inside the mesh to the exposed one; where nothing is exposed, it leads each to the port that was called.
func TestFlaggerLosesNoPort(t *testing.T) {
	gateway := []string{"edge/public"}
	mesh := []string{"mesh"}
	for _, c := range []struct {
		via, mesh string
		ports     []app.Port
		want      []string
	}{
		{"istio", "sidecar", []app.Port{httpPort}, append(gateway, mesh...)},
		{"istio", "sidecar", []app.Port{httpPort, adminPort}, gateway},
		{"istio", "", []app.Port{httpPort}, gateway},
		{"", "sidecar", []app.Port{httpPort, adminPort}, mesh},
	} {
		a := canary(app.ByFlagger, c.via, 0)
		a.Env.Mesh, a.Ports = c.mesh, c.ports
		s := find[*kube.Canary](t, run(a)).Spec.Service
		if diff := cmp.Diff(c.want, s.Gateways); diff != "" || s.PortDiscovery != (len(c.ports) > 1) {
			t.Errorf("%+v: discovery %v, gateways (- wanted, + got):\n%s", c, s.PortDiscovery, diff)
		}
	}
}

func TestFlaggerByGateway(t *testing.T) {
	a := canary(app.ByFlagger, "gateway", 0)
	a.Rollout.Split.Router, a.Expose.Path, a.Ports = "gateway", "/pay", []app.Port{rawPort, grpcPort}
	a.Expose.Port = grpcPort
	a.Rollout.Split.Analysis = looks("http", 250)
	a.Rollout.Split.Analysis.WindowSeconds = 3600
	c := find[*kube.Canary](t, run(a))
	want := kube.CanaryService{
		Name: "checkout", Port: 9000, PortName: "grpc", TargetPort: "grpc", AppProtocol: new("kubernetes.io/h2c"), PortDiscovery: true,
		Hosts:       a.Expose.Hosts,
		GatewayRefs: []kube.GatewayRef{{Group: "gateway.networking.k8s.io", Kind: "Gateway", Namespace: "edge", Name: "public"}},
		Match:       []kube.IstioHTTPMatch{{URI: kube.IstioStringMatch{Prefix: "/pay"}}},
		Primary:     c.Spec.Service.Primary,
		Canary:      c.Spec.Service.Canary,
	}
	if diff := cmp.Diff(want, c.Spec.Service); diff != "" {
		t.Errorf("service (- wanted, + got):\n%s", diff)
	}
	if c.Spec.Provider != "gatewayapi:v1" || c.Spec.Analysis.Interval != "3600s" || c.Spec.Suspend {
		t.Errorf("canary %+v", c.Spec)
	}
	a.Expose, a.Ports, a.Rollout.Split.Analysis = nil, []app.Port{rawPort}, nil
	if got := run(a); got != nil {
		t.Errorf("nothing carries requests, yet %v", got)
	}
}

// TestE05OneAddressOneVersion: where pods make the share, a client's address stays on one of them, from outside too.
func TestE05OneAddressOneVersion(t *testing.T) {
	a := canary(app.ByReplicas, "loadbalancer", 25)
	a.Rollout.Split.Sticky = &app.Sticky{Seconds: 600}
	s := find[*corev1.Service](t, run(a)).Spec
	if s.SessionAffinity != corev1.ServiceAffinityClientIP || *s.SessionAffinityConfig.ClientIP.TimeoutSeconds != 600 {
		t.Errorf("affinity %q, %v", s.SessionAffinity, s.SessionAffinityConfig)
	}
	if _, ok := s.Selector[kube.LabelTrack]; ok {
		t.Errorf("only one version is reached: %v", s.Selector)
	}
}

// TestTheLoadBalancerFollowsTheColour: it leads to the colour that the app's own Service leads to.
func TestTheLoadBalancerFollowsTheColour(t *testing.T) {
	a := exposed("loadbalancer")
	a.Rollout = app.Rollout{Strategy: app.BlueGreen, Phase: app.PhaseWarm}
	a.Role, a.Other = app.RoleGreen, &app.Side{Role: app.RoleBlue}
	if got := find[*corev1.Service](t, run(a)).Spec.Selector; got[kube.LabelColor] != "green" {
		t.Errorf("leads to %v", got)
	}
}

// TestGatewaySplits: who asks for the canary by the header gets it, everybody else is drawn, below the same path.
func TestGatewaySplits(t *testing.T) {
	a := canary(app.ByGateway, "gateway", 10)
	a.Expose.Path = "/pay"
	a.Rollout.Split.Header = &app.Header{Name: "x-canary", Value: "always"}
	path := kube.HTTPPathMatch{Type: "PathPrefix", Value: "/pay"}
	asked := []kube.HeaderMatch{{Type: "Exact", Name: "x-canary", Value: "always"}}
	alone := []kube.BackendRef{{Kind: "Service", Name: "checkout-canary", Port: 8080, Weight: 100}}
	split := []kube.BackendRef{{Kind: "Service", Name: "checkout", Port: 8080, Weight: 90}, {Kind: "Service", Name: "checkout-canary", Port: 8080, Weight: 10}}
	want := []kube.HTTPRouteRule{
		{Matches: []kube.HTTPMatch{{Path: path, Headers: asked}}, BackendRefs: alone},
		{Matches: []kube.HTTPMatch{{Path: path}}, BackendRefs: split},
	}
	if diff := cmp.Diff(want, find[*kube.HTTPRoute](t, run(a)).Spec.Rules); diff != "" {
		t.Errorf("rules (- wanted, + got):\n%s", diff)
	}

	a.Expose.Port.App = "grpc"
	method := kube.GRPCMethodMatch{Type: "Exact", Service: "pay"}
	for path, want := range map[string][]kube.GRPCRouteRule{
		"/pay": {{Matches: []kube.GRPCMatch{{Method: method, Headers: asked}}, BackendRefs: alone}, {Matches: []kube.GRPCMatch{{Method: method}}, BackendRefs: split}},
		"/":    {{Matches: []kube.GRPCMatch{{Headers: asked}}, BackendRefs: alone}, {BackendRefs: split}},
	} {
		a.Expose.Path = path
		if diff := cmp.Diff(want, find[*kube.GRPCRoute](t, run(a)).Spec.Rules); diff != "" {
			t.Errorf("rules below %s (- wanted, + got):\n%s", path, diff)
		}
	}
	a.Expose.Path = "/"
	golden.Objects(t, []any{map[string]any{"rules": find[*kube.GRPCRoute](t, run(a)).Spec.Rules[0].Matches}}, strings.TrimLeft(`
rules:
- headers:
  - name: x-canary
    type: Exact
    value: always
`, "\n"))
}
