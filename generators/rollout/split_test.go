package rollout_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

var (
	httpPort  = app.Port{Name: "http", Number: 8080, Protocol: "TCP", App: "http"}
	adminPort = app.Port{Name: "http-admin", Number: 8081, Protocol: "TCP", App: "http"}
	grpcPort  = app.Port{Name: "grpc", Number: 9000, Protocol: "TCP", App: "grpc"}
	rawPort   = app.Port{Name: "tcp-peer", Number: 7946, Protocol: "TCP"}
	udpPort   = app.Port{Name: "udp-dns", Number: 5353, Protocol: "UDP"}
)

// canary returns an app whose new version gets a share of the requests by an engine; with a controller it is the app's image.
func canary(engine app.Engine, via string, weight int32) app.App {
	a := exposed(via)
	if via == "" {
		a.Expose = nil
	}
	a.Image, a.Ports, a.Role = "registry.acme.io/checkout:1.4.2", []app.Port{httpPort}, app.RoleStable
	a.Env.Scrape = &app.Scrape{URL: "http://prometheus.monitoring.svc:9090"}
	a.Rollout = app.Rollout{
		Strategy: app.Canary, ProgressDeadlineSeconds: 600,
		Split: &app.Split{Engine: engine, Weight: weight, Steps: []app.Step{{Weight: 10, PauseSeconds: 600}, {Weight: 50, PauseSeconds: 1800}}},
	}
	if engine == app.ByArgo || engine == app.ByFlagger {
		a.Rollout.Split.Weight, a.Rollout.Split.Router = 0, "istio"
		return a
	}
	a.Other = &app.Side{Role: app.RoleCanary, Image: "registry.acme.io/checkout:1.5.0", Version: "1.5.0"}
	return a
}

// combinations yields canaries by every engine, at several weights, with and without everything that changes a route.
func combinations() iter.Seq2[string, app.App] {
	ports := [][]app.Port{{httpPort}, {grpcPort}, {httpPort, adminPort, grpcPort, rawPort, udpPort}}
	return func(yield func(string, app.App) bool) {
		for _, engine := range []app.Engine{app.ByArgo, app.ByFlagger, app.ByIstio, app.ByGateway, app.ByReplicas} {
			for _, via := range []string{"gateway", "istio", "ingress", "loadbalancer", ""} {
				for _, weight := range []int32{0, 1, 33, 99} {
					for set := range 1 << 4 * len(ports) {
						a := canary(engine, via, weight)
						a.Ports = ports[set>>4]
						if a.Expose != nil {
							a.Expose.Port = a.Ports[0]
						}
						if set&1 != 0 {
							a.Rollout.Split.Header = &app.Header{Name: "x-canary", Value: "always"}
						}
						if set&2 != 0 {
							a.Rollout.Split.Sticky = &app.Sticky{Cookie: "checkout-version", Seconds: 3600}
						}
						if set&4 != 0 {
							a.Env.Mesh = "sidecar"
						}
						if set&8 != 0 {
							a.Other = nil
						}
						name := fmt.Sprintf("%s via %q at %d, %d ports, features %04b", engine, via, weight, len(a.Ports), set&15)
						if !yield(name, a) {
							return
						}
					}
				}
			}
		}
	}
}

// TestE04EveryShareAddsUp: whatever is combined, subsets have rules and pods, the shares of each rule are 100 together and those that
// were asked for, the header's rule comes first, and no port is lost.
func TestE04EveryShareAddsUp(t *testing.T) {
	seen := map[string]int{}
	for name, a := range combinations() {
		objects := run(a)
		for _, problem := range faults(a, objects) {
			t.Errorf("%s: %s", name, problem)
		}
		for _, o := range objects {
			seen[kube.Kind(o)]++
		}
		if t.Failed() {
			break // one counterexample is enough to read
		}
	}
	for _, kind := range []string{"HTTPRoute", "GRPCRoute", "Ingress", "DestinationRule", "VirtualService", "Service", "Canary"} {
		if seen[kind] < 50 {
			t.Errorf("only %d objects of kind %s were looked at", seen[kind], kind)
		}
	}
}

// TestTheCheckSeesFaults plants each fault that TestE04EveryShareAddsUp is there to find.
func TestTheCheckSeesFaults(t *testing.T) {
	base := canary(app.ByIstio, "istio", 10)
	base.Env.Mesh, base.Ports = "sidecar", []app.Port{httpPort, adminPort, rawPort}
	base.Rollout.Split.Header = &app.Header{Name: "x-canary", Value: "always"}
	base.Rollout.Split.Sticky = &app.Sticky{Cookie: "checkout-version", Seconds: 3600}
	for name, plant := range map[string]func(*kube.DestinationRule, *kube.VirtualService){
		"no rule for a subset":    func(d *kube.DestinationRule, _ *kube.VirtualService) { d.Spec.Subsets = d.Spec.Subsets[:1] },
		"rule of another Service": func(d *kube.DestinationRule, _ *kube.VirtualService) { d.Spec.Host = "other" },
		"subset without pods": func(d *kube.DestinationRule, _ *kube.VirtualService) {
			d.Spec.Subsets[1].Labels = map[string]string{kube.LabelTrack: "new"}
		},
		"weights above 100": func(_ *kube.DestinationRule, v *kube.VirtualService) { *last(v).Route[1].Weight++ },
		"another weight": func(_ *kube.DestinationRule, v *kube.VirtualService) {
			*last(v).Route[0].Weight, *last(v).Route[1].Weight = 80, 20
		},
		"weights of a connection": func(_ *kube.DestinationRule, v *kube.VirtualService) { *v.Spec.TCP[0].Route[0].Weight = 0 },
		"header after the weights": func(_ *kube.DestinationRule, v *kube.VirtualService) {
			slices.Reverse(v.Spec.HTTP)
		},
		"no header rule": func(_ *kube.DestinationRule, v *kube.VirtualService) { v.Spec.HTTP = v.Spec.HTTP[1:] },
		"header leads to stable": func(_ *kube.DestinationRule, v *kube.VirtualService) {
			v.Spec.HTTP[0].Route[0].Destination.Subset = "stable"
		},
		"lost port":       func(_ *kube.DestinationRule, v *kube.VirtualService) { v.Spec.TCP = nil },
		"crossed ports":   func(_ *kube.DestinationRule, v *kube.VirtualService) { last(v).Match[0].Port = 1 },
		"one pinned side": func(_ *kube.DestinationRule, v *kube.VirtualService) { last(v).Route[0].Headers = nil },
		"no host":         func(_ *kube.DestinationRule, v *kube.VirtualService) { v.Spec.Hosts = v.Spec.Hosts[:1] },
	} {
		objects := run(base)
		if found := faults(base, objects); found != nil {
			t.Fatalf("faults in what nobody touched: %v", found)
		}
		plant(objects[0].(*kube.DestinationRule), objects[1].(*kube.VirtualService))
		if faults(base, objects) == nil {
			t.Errorf("%s: not seen", name)
		}
	}
	gateway := canary(app.ByGateway, "gateway", 10)
	objects := run(gateway)
	objects[0].(*kube.HTTPRoute).Spec.Rules[0].BackendRefs[0].Weight = 1
	if faults(gateway, objects) == nil {
		t.Error("a gateway's weights: not seen")
	}
	if faults(gateway, nil) == nil {
		t.Error("no route at all: not seen")
	}
	if faults(canary(app.ByFlagger, "istio", 0), run(base)) == nil {
		t.Error("a route that is Flagger's: not seen")
	}
}

func last(v *kube.VirtualService) *kube.IstioHTTPRoute { return &v.Spec.HTTP[len(v.Spec.HTTP)-1] }

// faults are what is wrong with the objects of a canary.
func faults(a app.App, objects []generator.Object) []string {
	c := checker{a: a, doors: kube.IstioDoors(a)}
	if a.Other != nil {
		c.weight = a.Rollout.Split.Weight
	}
	for _, o := range objects {
		switch o := o.(type) {
		case *kube.HTTPRoute:
			c.routes++
			for i, r := range o.Spec.Rules {
				c.backends(r.BackendRefs, r.Matches[0].Headers, i)
			}
		case *kube.GRPCRoute:
			c.routes++
			for i, r := range o.Spec.Rules {
				var headers []kube.HeaderMatch
				if r.Matches != nil {
					headers = r.Matches[0].Headers
				}
				c.backends(r.BackendRefs, headers, i)
			}
		case *kube.DestinationRule:
			c.rule = o
			c.subsets()
		case *kube.VirtualService:
			c.routes++
			c.virtualService(o)
		case *kube.Canary:
			c.routes++
		}
	}
	want := 0
	if len(c.doors) > 0 || a.CanaryBy(app.ByFlagger) {
		want++
	}
	if a.Expose != nil && a.Expose.Via == "gateway" && !a.CanaryBy(app.ByFlagger) {
		want++
	}
	if c.routes != want {
		c.fault("%d routes, want %d", c.routes, want)
	}
	return c.found
}

type checker struct {
	a      app.App
	doors  []kube.IstioDoor
	weight int32 // of the canary
	rule   *kube.DestinationRule
	routes int
	found  []string
}

func (c *checker) fault(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

// backends checks one rule of a Gateway API route.
func (c *checker) backends(refs []kube.BackendRef, headers []kube.HeaderMatch, i int) {
	splits := c.a.CanaryBy(app.ByGateway) && c.a.Other != nil
	if c.a.CanaryBy(app.ByFlagger) {
		c.fault("a route that Flagger makes")
	}
	shares := map[string]int32{}
	var sum int32
	for _, b := range refs {
		shares[b.Name] = b.Weight
		sum += b.Weight
	}
	asks := splits && c.a.Rollout.Split.Header != nil
	switch {
	case !splits && (len(refs) != 1 || refs[0].Name != c.a.Name || refs[0].Weight == 0):
		c.fault("backends %v, want the app's Service", refs)
	case splits && sum != 100:
		c.fault("weights sum to %d", sum)
	case asks != (headers != nil) && i == 0:
		c.fault("rule %d has headers %v", i, headers)
	case headers != nil && shares[c.a.Name+"-canary"] != 100:
		c.fault("the header leads to %v", shares)
	case splits && headers == nil && shares[c.a.Name+"-canary"] != c.weight:
		c.fault("the canary gets %v", shares)
	}
}

// subsets checks that every subset has pods: of each version its own, or with Argo all.
func (c *checker) subsets() {
	for _, s := range c.rule.Spec.Subsets {
		if !slices.ContainsFunc(c.a.Versions(), func(v app.App) bool {
			pods := kube.PodLabels(v)
			for key, value := range s.Labels {
				if pods[key] != value {
					return false
				}
			}
			return string(v.Role) == s.Name || c.a.CanaryBy(app.ByArgo)
		}) {
			c.fault("subset %s selects no pods", s.Name)
		}
	}
}

func (c *checker) virtualService(v *kube.VirtualService) {
	if c.a.CanaryBy(app.ByFlagger) {
		c.fault("a route that Flagger makes")
	}
	weighted := map[string]bool{} // by door
	for _, r := range v.Spec.HTTP {
		c.httpRule(r, weighted)
	}
	for _, r := range v.Spec.TCP {
		c.shares("connections", r.Route, c.weight)
		weighted[door(r.Match[0].Gateways, r.Match[0].Port)] = true
		if r.Route[0].Destination.Port.Number != r.Match[0].Port {
			c.fault("port %d leads to another one", r.Match[0].Port)
		}
	}
	for _, d := range c.doors {
		key := door([]string{d.Gateway}, d.Port.Number)
		if d.Gateway != kube.MeshGateway {
			key = door([]string{d.Gateway}, 0)
		}
		if !kube.IstioSplit(c.a) {
			key = door(nil, 0)
		}
		if !weighted[key] {
			c.fault("nothing leads through %s to port %d", d.Gateway, d.Port.Number)
		}
		if !slices.Contains(v.Spec.Gateways, d.Gateway) {
			c.fault("not bound to %s", d.Gateway)
		}
		if d.Gateway == kube.MeshGateway && !slices.Contains(v.Spec.Hosts, c.a.Name) {
			c.fault("callers in the mesh don't find it")
		}
	}
	if len(weighted) != len(c.doors) {
		c.fault("rules for %v, want %d doors", weighted, len(c.doors))
	}
}

func door(gateways []string, port int32) string {
	return strings.Join(gateways, " ") + fmt.Sprint(port)
}

// httpRule checks a rule, given the doors whose rule with the weights has come already.
func (c *checker) httpRule(r kube.IstioHTTPRoute, weighted map[string]bool) {
	m := r.Match[0]
	key := door(m.Gateways, m.Port)
	if weighted[key] {
		c.fault("%s comes after the rule that takes all", r.Name)
	}
	if p := r.Route[0].Destination.Port.Number; m.Port != 0 && p != m.Port {
		c.fault("port %d leads to %d", m.Port, p)
	}
	header := m.Headers["x-canary"]
	switch {
	case header.Exact != "":
		c.shares(r.Name, r.Route, 100)
		weighted[key+" header"] = true
	case m.Headers != nil: // a cookie
		want := int32(0)
		if strings.Contains(m.Headers["cookie"].Regex, "=canary-") {
			want = 100
		}
		c.shares(r.Name, r.Route, want)
	default:
		c.shares(r.Name, r.Route, c.weight)
		if asks := c.a.CanaryBy(app.ByIstio) && c.a.Other != nil && c.a.Rollout.Split.Header != nil; asks != weighted[key+" header"] {
			c.fault("header rule before %s: %v", r.Name, !asks)
		}
		delete(weighted, key+" header")
		weighted[key] = true
		pins := 0
		for _, d := range r.Route {
			if d.Headers != nil {
				pins++
			}
		}
		if pins != 0 && pins != 2 {
			c.fault("%d of 2 versions pin", pins)
		}
	}
}

// shares checks that a rule's weights are 100 together, that the canary gets its own, and that each subset has a rule.
func (c *checker) shares(rule string, to []kube.IstioRouteDestination, canary int32) {
	var sum, got int32
	for _, d := range to {
		if d.Destination.Subset == "" && len(to) == 1 && !kube.IstioSplit(c.a) {
			return // all pods, as ever
		}
		if d.Weight == nil || c.rule == nil || c.rule.Spec.Host != d.Destination.Host ||
			!slices.ContainsFunc(c.rule.Spec.Subsets, func(s kube.IstioSubset) bool { return s.Name == d.Destination.Subset }) {
			c.fault("%s: subset %q has no rule or no weight", rule, d.Destination.Subset)
			continue
		}
		sum += *d.Weight
		if d.Destination.Subset == "canary" {
			got += *d.Weight
		}
	}
	if sum != 100 || got != canary {
		c.fault("%s: weights sum to %d, the canary has %d of %d", rule, sum, got, canary)
	}
}
