package rollout_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/scantling/scantling/generators/rollout"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

var all = []generator.Generator{
	rollout.HTTPRoute, rollout.GRPCRoute, rollout.Ingress, rollout.DestinationRule, rollout.VirtualService, rollout.LoadBalancer,
	rollout.AnalysisTemplate, rollout.MetricTemplate, rollout.Canary,
}

func run(a app.App) []generator.Object {
	var objects []generator.Object
	for _, g := range all {
		objects = append(objects, g.Run(a)...)
	}
	return objects
}

func exposed(via string) app.App {
	return app.App{
		Env: &app.Environment{
			Name:         "prod",
			IngressClass: &app.IngressClass{Class: "nginx", Namespace: "ingress"},
		},
		Name:      "checkout",
		Namespace: "shop",
		Team:      "web",
		Tier:      app.Standard,
		Kind:      app.Service,
		Health:    app.Health{PreStopSeconds: 15, GraceSeconds: 35},
		Expose: &app.Expose{
			Via:     via,
			Hosts:   []string{"checkout.acme.io", "pay.acme.io"},
			Path:    "/",
			Port:    app.Port{Name: "http", Number: 8080, Protocol: "TCP", App: "http"},
			Gateway: app.Gateway{Name: "public", Namespace: "edge"},
			From:    []string{"203.0.113.0/24"},
		},
	}
}

func grpc() app.App {
	a := exposed("gateway")
	a.Expose.Port = app.Port{Name: "grpc", Number: 9000, Protocol: "TCP", App: "grpc"}
	return a
}

const labels = `  labels:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: standard
`

func TestGateway(t *testing.T) {
	golden.Objects(t, run(exposed("gateway")), `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
`+labels+`  name: checkout
  namespace: shop
spec:
  hostnames:
  - checkout.acme.io
  - pay.acme.io
  parentRefs:
  - group: gateway.networking.k8s.io
    kind: Gateway
    name: public
    namespace: edge
  rules:
  - backendRefs:
    - group: ""
      kind: Service
      name: checkout
      port: 8080
      weight: 1
    matches:
    - path:
        type: PathPrefix
        value: /
`)
}

func TestGatewayWithGRPC(t *testing.T) {
	golden.Objects(t, run(grpc()), `
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata:
`+labels+`  name: checkout
  namespace: shop
spec:
  hostnames:
  - checkout.acme.io
  - pay.acme.io
  parentRefs:
  - group: gateway.networking.k8s.io
    kind: Gateway
    name: public
    namespace: edge
  rules:
  - backendRefs:
    - group: ""
      kind: Service
      name: checkout
      port: 9000
      weight: 1
`)
}

func TestIngressWithAnIssuer(t *testing.T) {
	a := exposed("ingress")
	a.Env.IngressClass.Issuer = "letsencrypt"
	a.Expose.Hosts = a.Expose.Hosts[:1]
	golden.Objects(t, run(a), `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  annotations:
    cert-manager.io/cluster-issuer: letsencrypt
`+labels+`  name: checkout
  namespace: shop
spec:
  ingressClassName: nginx
  rules:
  - host: checkout.acme.io
    http:
      paths:
      - backend:
          service:
            name: checkout
            port:
              number: 8080
        path: /
        pathType: Prefix
  tls:
  - hosts:
    - checkout.acme.io
    secretName: checkout-tls
`)
}

func TestIngressWithoutAnIssuerNamesNoSecret(t *testing.T) {
	ingress := run(exposed("ingress"))[0].(*networkingv1.Ingress)
	if ingress.Spec.TLS != nil || ingress.Annotations != nil {
		t.Errorf("tls %v, annotations %v: nobody makes that Secret", ingress.Spec.TLS, ingress.Annotations)
	}
	if got := len(ingress.Spec.Rules); got != 2 {
		t.Errorf("%d rules for 2 hosts", got)
	}
}

// TestE04IstioRoutesThroughAGateway: the version that is served, a gateway, a timeout, safe retries, and no subset, which would
// need a DestinationRule.
func TestE04IstioRoutesThroughAGateway(t *testing.T) {
	golden.Objects(t, run(exposed("istio")), `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
`+labels+`  name: checkout
  namespace: shop
spec:
  gateways:
  - edge/public
  hosts:
  - checkout.acme.io
  - pay.acme.io
  http:
  - match:
    - uri:
        prefix: /
    retries:
      attempts: 2
      retryOn: connect-failure,refused-stream
    route:
    - destination:
        host: checkout
        port:
          number: 8080
    timeout: 20s
`)
}

func TestIstioDoesNotCutStreams(t *testing.T) {
	a := exposed("istio")
	a.Expose.Port.App = "grpc"
	if got := run(a)[0].(*kube.VirtualService).Spec.HTTP[0].Timeout; got != "" {
		t.Errorf("a stream is cut after %s", got)
	}
}

func TestLoadBalancer(t *testing.T) {
	a := exposed("loadbalancer")
	a.Env.LoadBalancers = &app.LoadBalancers{Class: "acme.io/nlb", Annotations: map[string]string{"acme.io/scheme": "internet-facing"}}
	golden.Objects(t, run(a), `
apiVersion: v1
kind: Service
metadata:
  annotations:
    acme.io/scheme: internet-facing
    external-dns.alpha.kubernetes.io/hostname: checkout.acme.io,pay.acme.io
  labels:
    app.kubernetes.io/component: external
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/managed-by: scantling
    app.kubernetes.io/name: checkout
    app.kubernetes.io/part-of: shop
    scantling.dev/owner: web
    scantling.dev/tier: standard
  name: checkout-external
  namespace: shop
spec:
  externalTrafficPolicy: Local
  loadBalancerClass: acme.io/nlb
  loadBalancerSourceRanges:
  - 203.0.113.0/24
  ports:
  - name: http
    port: 8080
    protocol: TCP
    targetPort: http
  selector:
    app.kubernetes.io/component: app
    app.kubernetes.io/instance: checkout
    app.kubernetes.io/name: checkout
  type: LoadBalancer
`)
}

func TestLoadBalancerIsNeverOpenToTheWorldByAccident(t *testing.T) {
	a := exposed("loadbalancer")
	a.Env.LoadBalancers = &app.LoadBalancers{}
	if service := run(a)[0].(*corev1.Service); service.Spec.LoadBalancerClass != nil {
		t.Errorf("a class that nobody named: %q", *service.Spec.LoadBalancerClass)
	}
	a.Expose.From = nil
	if got := run(a); got != nil {
		t.Errorf("a load balancer without source ranges: %v", got)
	}
}

func TestWhatIsNotExposedHasNoRoute(t *testing.T) {
	a := exposed("")
	if got := run(a); got != nil {
		t.Errorf("exposed by nobody: %v", got)
	}
	a.Expose = nil
	if got := run(a); got != nil {
		t.Errorf("not exposed: %v", got)
	}
}

// TestPaths holds that a path means itself and what lies below it, however the router says so.
func TestPaths(t *testing.T) {
	type paths struct {
		gateway, ingress string
		istio            []kube.IstioHTTPMatch
		grpc             []kube.GRPCMatch
	}
	api := paths{
		gateway: "/api",
		ingress: "/api",
		istio:   []kube.IstioHTTPMatch{{URI: kube.IstioStringMatch{Exact: "/api"}}, {URI: kube.IstioStringMatch{Prefix: "/api/"}}},
		grpc:    []kube.GRPCMatch{{Method: kube.GRPCMethodMatch{Type: "Exact", Service: "api"}}},
	}
	root := paths{"/", "/", []kube.IstioHTTPMatch{{URI: kube.IstioStringMatch{Prefix: "/"}}}, nil}
	method := paths{
		gateway: "/shop.Cart/Add",
		ingress: "/shop.Cart/Add",
		istio:   []kube.IstioHTTPMatch{{URI: kube.IstioStringMatch{Exact: "/shop.Cart/Add"}}, {URI: kube.IstioStringMatch{Prefix: "/shop.Cart/Add/"}}},
		grpc:    []kube.GRPCMatch{{Method: kube.GRPCMethodMatch{Type: "Exact", Service: "shop.Cart", Method: "Add"}}},
	}
	for path, want := range map[string]paths{"/": root, "": root, "/api": api, "/api/": api, "/shop.Cart/Add": method} {
		at := func(a app.App) generator.Object {
			a.Expose.Path = path
			return run(a)[0]
		}
		got := paths{
			gateway: at(exposed("gateway")).(*kube.HTTPRoute).Spec.Rules[0].Matches[0].Path.Value,
			ingress: at(exposed("ingress")).(*networkingv1.Ingress).Spec.Rules[0].HTTP.Paths[0].Path,
			istio:   at(exposed("istio")).(*kube.VirtualService).Spec.HTTP[0].Match,
			grpc:    at(grpc()).(*kube.GRPCRoute).Spec.Rules[0].Matches,
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(paths{})); diff != "" {
			t.Errorf("path %q (- wanted, + got):\n%s", path, diff)
		}
	}
}
