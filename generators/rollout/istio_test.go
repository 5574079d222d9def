package rollout_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// find returns the first object of a type.
func find[T generator.Object](t *testing.T, objects []generator.Object) T {
	t.Helper()
	for _, o := range objects {
		if o, ok := o.(T); ok {
			return o
		}
	}
	var none T
	t.Fatalf("no %T", none)
	return none
}

// matchesWhole matches as Envoy and Prometheus do.
func matchesWhole(t *testing.T, pattern, s string) bool {
	t.Helper()
	return regexp.MustCompile("^(?:" + pattern + ")$").MatchString(s)
}

// TestE04TheSeedsRoute: subsets with a DestinationRule that gives up pods which fail, the header first, a gateway, a timeout,
// retries, and the version of the API that is served.
func TestE04TheSeedsRoute(t *testing.T) {
	a := canary(app.ByIstio, "istio", 10)
	a.Rollout.Split.Header = &app.Header{Name: "x-canary", Value: "always"}
	golden.Objects(t, run(a), `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
`+labels+`  name: checkout
  namespace: shop
spec:
  host: checkout
  subsets:
  - labels:
      scantling.dev/track: stable
    name: stable
  - labels:
      scantling.dev/track: canary
    name: canary
  trafficPolicy:
    connectionPool:
      tcp:
        connectTimeout: 2s
    loadBalancer:
      localityLbSetting:
        enabled: false
      simple: LEAST_REQUEST
    outlierDetection:
      baseEjectionTime: 30s
      consecutive5xxErrors: 0
      consecutiveGatewayErrors: 5
      interval: 10s
      maxEjectionPercent: 50
---
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
    - gateways:
      - edge/public
      headers:
        x-canary:
          exact: always
      uri:
        prefix: /
    name: header-primary
    retries:
      attempts: 2
      retryOn: connect-failure,refused-stream
    route:
    - destination:
        host: checkout
        port:
          number: 8080
        subset: canary
      weight: 100
    timeout: 20s
  - match:
    - gateways:
      - edge/public
      uri:
        prefix: /
    name: primary
    retries:
      attempts: 2
      retryOn: connect-failure,refused-stream
    route:
    - destination:
        host: checkout
        port:
          number: 8080
        subset: stable
      weight: 90
    - destination:
        host: checkout
        port:
          number: 8080
        subset: canary
      weight: 10
    timeout: 20s
`)
}

// TestTheMeshLosesNoPort: inside the mesh each port has a rule of its own, bytes too; Istio leads UDP nowhere.
func TestTheMeshLosesNoPort(t *testing.T) {
	a := canary(app.ByIstio, "", 10)
	a.Env.Mesh, a.Ports = "sidecar", []app.Port{grpcPort, httpPort, rawPort, udpPort}
	v := find[*kube.VirtualService](t, run(a))
	type rule struct {
		Name, Timeout string
		From, To      int32
	}
	var got []rule
	for _, r := range v.Spec.HTTP {
		got = append(got, rule{r.Name, r.Timeout, r.Match[0].Port, r.Route[0].Destination.Port.Number})
	}
	for _, r := range v.Spec.TCP {
		got = append(got, rule{"", "", r.Match[0].Port, r.Route[0].Destination.Port.Number})
	}
	want := []rule{{"primary-grpc", "", 9000, 9000}, {"primary-http", "20s", 8080, 8080}, {"", "", 7946, 7946}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (- wanted, + got):\n%s", diff)
	}
	if !slices.Equal(v.Spec.Hosts, []string{"checkout"}) || !slices.Equal(v.Spec.Gateways, []string{"mesh"}) {
		t.Errorf("hosts %v at %v", v.Spec.Hosts, v.Spec.Gateways)
	}
	a.Env.Mesh = "ambient"
	if got := run(a); got != nil {
		t.Errorf("without sidecars nobody obeys %v", got)
	}
}

// TestArgoFindsItsRoutes: both destinations from the start, which the controller weighs, in rules that it finds by name; and two
// subsets of all pods, to which it adds the hash of each version.
func TestArgoFindsItsRoutes(t *testing.T) {
	a := canary(app.ByArgo, "istio", 0)
	a.Env.Mesh = "sidecar"
	a.Rollout.Split.Header = &app.Header{Name: "x-canary", Value: "always"} // the controller makes that rule
	objects := run(a)
	for _, s := range find[*kube.DestinationRule](t, objects).Spec.Subsets {
		if diff := cmp.Diff(map[string]string{kube.LabelTrack: "stable"}, s.Labels); diff != "" {
			t.Errorf("subset %s (- wanted, + got):\n%s", s.Name, diff)
		}
	}
	var names []string
	for _, r := range find[*kube.VirtualService](t, objects).Spec.HTTP {
		names = append(names, r.Name)
		if len(r.Route) != 2 || *r.Route[0].Weight != 100 || *r.Route[1].Weight != 0 {
			t.Errorf("%s: %+v", r.Name, r.Route)
		}
	}
	var doors []string
	for _, d := range kube.IstioDoors(a) {
		doors = append(doors, d.Route)
	}
	if !slices.Equal(names, doors) || !slices.Equal(names, []string{"primary", "primary-http"}) {
		t.Errorf("rules %v, doors %v", names, doors)
	}
}

func sticky(weight int32) app.App {
	a := canary(app.ByIstio, "istio", weight)
	a.Expose.Path = "/pay"
	a.Rollout.Split.Sticky = &app.Sticky{Cookie: "checkout.version", Seconds: 3600}
	return a
}

// pin is the value of the cookie that a version sets.
func pin(t *testing.T, a app.App, version int) string {
	t.Helper()
	v := find[*kube.VirtualService](t, run(a))
	return last(v).Route[version].Headers.Response.Add["Set-Cookie"]
}

// TestE05UsersStay: a user stays on the version that answered first, be it the old one or the new one, until the release changes.
func TestE05UsersStay(t *testing.T) {
	a := sticky(10)
	rules := find[*kube.VirtualService](t, run(a)).Spec.HTTP
	lead := func(cookies string) string {
		for _, r := range rules {
			if h := r.Match[0].Headers["cookie"].Regex; h != "" && matchesWhole(t, h, cookies) {
				return r.Route[0].Destination.Subset
			}
		}
		return "drawn"
	}
	attributes := "; Max-Age=3600; Path=/pay; HttpOnly; SameSite=Lax"
	stable, ok := strings.CutSuffix(pin(t, a, 0), attributes)
	canary, both := strings.CutSuffix(pin(t, a, 1), attributes)
	if !ok || !both {
		t.Fatalf("cookies %q and %q", pin(t, a, 0), pin(t, a, 1))
	}
	next := sticky(10)
	next.Other.Image = "registry.acme.io/checkout:1.6.0"
	old, _ := strings.CutSuffix(pin(t, next, 1), attributes)
	for cookies, want := range map[string]string{
		stable:                               "stable",
		canary:                               "canary",
		"a=1; " + canary + "; b=2":           "canary",
		"a=1;" + stable + ";b=2":             "stable",
		old:                                  "drawn", // of another release
		canary + "0":                         "drawn",
		"x" + canary:                         "drawn",
		"a=x" + canary:                       "drawn",
		strings.Replace(canary, ".", "-", 1): "drawn",
		"":                                   "drawn",
	} {
		if got := lead(cookies); got != want {
			t.Errorf("%q leads to %s, want %s", cookies, got, want)
		}
	}
}

// TestE05ARollbackTakesEverybodyBack: at weight 0 no cookie leads to the canary, and none is set.
func TestE05ARollbackTakesEverybodyBack(t *testing.T) {
	for name, a := range map[string]app.App{"weight 0": sticky(0), "no canary": sticky(0), "argo": sticky(0)} {
		switch name {
		case "no canary":
			a.Other = nil
		case "argo":
			a.Other, a.Rollout.Split.Engine, a.Rollout.Split.Router = nil, app.ByArgo, "istio"
		}
		rules := find[*kube.VirtualService](t, run(a)).Spec.HTTP
		if len(rules) != 1 || rules[0].Route[0].Headers != nil {
			t.Errorf("%s: %+v", name, rules)
		}
	}
}

// TestCookiesHaveNoVariables: what begins a variable of Envoy's in a header stands for itself.
func TestCookiesHaveNoVariables(t *testing.T) {
	a := sticky(10)
	a.Rollout.Split.Sticky.Cookie, a.Expose = "v%41", nil
	a.Env.Mesh = "sidecar"
	if got := pin(t, a, 1); !strings.HasPrefix(got, "v%%41=canary-") || !strings.Contains(got, "; Path=/;") {
		t.Errorf("cookie %s", got)
	}
}
