package resolve

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// routers are who can route from outside by host and path, the preferred one first. Each is a capability.
var routers = []string{"gateway", "istio", "ingress"}

// loadBalancer is the way from outside that knows neither hosts nor paths: a cloud's load balancer for one app.
const loadBalancer = "loadbalancer"

// expose decides how requests from outside reach the app.
func (s *spec) expose() {
	n := s.node.Field("expose")
	if n == nil || n.Kind != load.Struct || s.app.Kind == app.Cron {
		return // kind has refused a cron app that is exposed
	}
	if s.app.Kind == app.Worker {
		s.w.errorAtKey(n, "expose-needs-service", s.path("expose"), "a worker is called by nobody", `a service`, `remove expose, or use kind: "service"`)
		return
	}
	e := &app.Expose{Path: "/"}
	s.app.Expose = e
	s.exposedBy(n)
	s.exposedAt(n)
	s.exposedPort(n)
	s.checkCalls(n.Field("path"))
	s.exposedTo(n)
	if s.app.Health.Ready == nil {
		s.fail("health", "expose-needs-readiness", "the app is exposed and never says that it is ready: requests would reach pods that are starting", "a readiness probe", `add health: {ready: "/readyz"}`)
	}
}

// exposedBy decides who routes, and through which gateway.
func (s *spec) exposedBy(n *load.Node) {
	e, via := s.app.Expose, n.Field("via")
	switch {
	case via.Faulty(): // the loader has said so
		return
	case via != nil:
		e.Via = text(via)
		s.fromSpec("expose.via", via)
	case s.forcesIstio():
		e.Via = "istio"
		s.decided("expose.via", app.BySpec, s.at("rollout.canary.via"), "the canary's router")
	default:
		i := slices.IndexFunc(routers, s.w.env.Has)
		if i < 0 && s.w.misspelt() {
			return
		}
		if i < 0 {
			s.w.errorAtKey(n, "capability-missing", s.path("expose"), fmt.Sprintf("expose needs a router, and environment %q has none", s.w.env.Name),
				fmt.Sprintf("%s in platform.environments.%s.capabilities (%s)", load.Prose(routers, "or"), s.w.env.Name, at(s.w.facts.capabilities, nil)), `enable one, or write via: "loadbalancer"`)
			return
		}
		e.Via = routers[i]
		s.decided("expose.via", app.ByPlatform, at(s.w.facts.capabilities, nil), "the first router that the environment has")
	}
	if e.Via == loadBalancer {
		s.refuse(n, "gateway", "a load balancer has no gateway")
	} else if !s.lacks("expose", "expose via "+e.Via, e.Via, "") {
		s.gatewayOf(n)
	}
}

// gatewayOf finds the gateway or ingress controller that routes.
func (s *spec) gatewayOf(n *load.Node) {
	env, e, named := s.w.env, s.app.Expose, n.Field("gateway")
	const example = `{name: "public", namespace: "gateway", labels: {"app.kubernetes.io/name": "gateway"}}`
	missing := func(fact, example string) {
		s.w.missingFact(n, s.path("expose"), "expose via "+e.Via, fact, example)
	}
	switch gateways := s.w.facts.node.Field("gateways"); {
	case e.Via == "ingress" && env.IngressClass == nil:
		missing("ingress", `{class: "nginx", namespace: "ingress-nginx", labels: {"app.kubernetes.io/name": "ingress-nginx"}}`)
	case e.Via == "ingress":
		s.refuse(n, "gateway", "an ingress has no gateway")
	case named != nil && gateways.Field(text(named)) == nil:
		known := keys(gateways)
		s.w.errorAt(named, "gateway-is-known", s.path("expose.gateway"), fmt.Sprintf("environment %q has no gateway %q", env.Name, text(named)),
			oneOf(fmt.Sprintf("one of platform.environments.%s.gateways (%s)", env.Name, s.w.facts.node.KeyPos), known), didYouMean(text(named), known))
	case named != nil:
		e.Gateway = *gateway(gateways.Field(text(named)))
		s.fromSpec("expose.gateway", named)
	case e.Via == "istio" && env.IstioGateway == nil:
		missing("istioGateway", example)
	case e.Via == "istio":
		e.Gateway = *env.IstioGateway
		s.decided("expose.gateway", app.ByPlatform, at(s.w.facts.node.Field("istioGateway"), nil), "")
	case env.Gateway == nil:
		missing("gateway", example)
	default:
		e.Gateway = *env.Gateway
		s.decided("expose.gateway", app.ByPlatform, at(s.w.facts.node.Field("gateway"), nil), "")
	}
}

// refuse reports a field of expose, if it is there, that the chosen router does not have.
func (s *spec) refuse(n *load.Node, field, problem string) {
	if f := n.Field(field); f != nil {
		s.w.errorAtKey(f, "expose-fits-router", s.path("expose."+field), problem, "", "remove it, or choose another via")
	}
}

// exposedAt decides hosts and path.
func (s *spec) exposedAt(n *load.Node) {
	e := s.app.Expose
	e.Hosts = texts(n.Field("hosts"))
	if host := n.Field("host"); host != nil {
		e.Hosts = []string{text(host)}
	}
	hosts := cmp.Or(n.Field("host"), n.Field("hosts"))
	if len(e.Hosts) == 0 {
		s.w.errorAt(cmp.Or(hosts, n), "expose-has-host", s.path("expose"), "there is no host", "at least one host", `add host: "app.acme.io"`)
		return
	}
	s.fromSpec("expose.hosts", hosts)
	s.checkHosts(hosts)
	switch path := n.Field("path"); {
	case path == nil:
		s.derived("expose.path", "all paths of the host")
	case e.Via == loadBalancer:
		s.refuse(n, "path", "a load balancer knows no paths")
	default:
		e.Path = text(path)
		s.fromSpec("expose.path", path)
		if len(e.Path) == 0 || e.Path[0] != '/' {
			s.w.errorAt(path, "expose-path-is-absolute", s.path("expose.path"), fmt.Sprintf("%q does not begin with /", e.Path), "a path from the root", fmt.Sprintf("write path: %q", "/"+e.Path))
		} else if odd := oddInPath.FindString(e.Path); odd != "" {
			s.w.errorAt(path, "expose-path-is-plain", s.path("expose.path"), fmt.Sprintf("%q holds %q, which no route can match", load.Clip(e.Path), odd), `a path as requests name it, such as "/api"`, "")
		}
	}
}

// checkHosts reports addresses among the hosts: routes match the name that a client asks for.
func (s *spec) checkHosts(n *load.Node) {
	hosts, path := elems(n), s.path("expose."+n.Key)
	if n.Kind == load.String {
		hosts = []*load.Node{n}
	}
	for i, host := range hosts {
		at := path
		if n.Kind != load.String {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		if _, err := netip.ParseAddr(host.Text); err == nil {
			s.w.errorAt(host, "expose-host-is-name", at, fmt.Sprintf("%q is an address", host.Text), `a host name, such as "app.acme.io"`, "")
		}
	}
}

// oddInPath finds what routers refuse in a path: what a client resolves before it asks, another spelling of a slash, what begins a
// query or a fragment, and characters that requests write as % with two hexadecimal digits.
var oddInPath = regexp.MustCompile(`//|/\.\.?(/|$)|%2[fF]|[^-A-Za-z0-9._~!$&'()*+,;=:@/%]|%([^0-9a-fA-F]|[0-9a-fA-F][^0-9a-fA-F]|[0-9a-fA-F]?$)`)

// exposedPort finds the port that takes the traffic.
func (s *spec) exposedPort(n *load.Node) {
	stated := n.Field("port")
	ports := s.servicePorts()
	if stated == nil && s.main != nil {
		s.app.Expose.Port = *s.main
		s.derived("expose.port", "the app's main port")
	} else if i := portIndex(ports, stated); stated != nil && i >= 0 {
		s.app.Expose.Port = ports[i]
		s.fromSpec("expose.port", stated)
	} else if len(ports) == 0 {
		s.w.errorAtKey(n, "expose-needs-port", s.path("expose"), "the app listens on no port", "a port", "add port: 8080")
	} else {
		s.w.errorAt(stated, "expose-needs-port", s.path("expose.port"), "the app has no "+portText(stated), s.portList(), s.similarPort(stated))
	}
	if p := s.app.Expose.Port; p.Protocol == "UDP" && slices.Contains(routers, s.app.Expose.Via) {
		s.w.errorAt(cmp.Or(stated, n), "expose-needs-port", s.path("expose.port"), fmt.Sprintf("port %s is UDP, and %s routes HTTP", p.Name, s.app.Expose.Via), "a TCP port", `choose another port, or write via: "loadbalancer"`)
	}
}

// grpcPath is a path that stands for calls: all, those of a service, or one method.
var grpcPath = regexp.MustCompile(`^/([A-Za-z_]\w*(\.[A-Za-z_]\w*)*(/([A-Za-z_]\w*)?)?)?$`)

// checkCalls reports a path that no gRPC call has: a gateway matches those by service and method.
func (s *spec) checkCalls(path *load.Node) {
	e := s.app.Expose
	if path != nil && e.Via == "gateway" && e.Port.App == "grpc" && oddInPath.FindString(e.Path) == "" && !grpcPath.MatchString(e.Path) {
		s.w.errorAt(path, "expose-path-is-plain", s.path("expose.path"), fmt.Sprintf("%q names no gRPC service", load.Clip(e.Path)), `"/package.Service" or "/package.Service/Method"`, "")
	}
}

// exposedTo decides who may connect: everybody who reaches the router, or for a load balancer the ranges that are stated.
func (s *spec) exposedTo(n *load.Node) {
	e, from, public := s.app.Expose, n.Field("from"), n.Field("public")
	if e.Via == "" {
		return
	}
	if e.Via != loadBalancer {
		s.refuse(n, "from", "only a load balancer knows who connects; "+e.Via+" routes for everybody")
		s.refuse(n, "public", "only a load balancer asks for consent; "+e.Via+" routes for everybody")
		return
	}
	if from == nil {
		if boolean(public) {
			e.From = []string{"0.0.0.0/0"}
			s.fromSpec("expose.from", public)
			return
		}
		s.w.errorAtKey(n, "load-balancer-names-callers", s.path("expose"), "a load balancer is open to the whole internet unless it names who may connect", "from: address ranges", `add from: ["203.0.113.0/24"], or public: true`)
		return
	}
	e.From = s.w.cidrs(from, s.path("expose.from"), true)
	s.fromSpec("expose.from", from)
	for i, r := range elems(from) {
		if p, err := netip.ParsePrefix(r.Text); err == nil && p.Bits() == 0 && !boolean(public) {
			s.w.errorAt(r, "load-balancer-names-callers", s.path("expose.from["+strconv.Itoa(i)+"]"), fmt.Sprintf("%q is the whole internet", r.Text), "public: true beside it, as consent", "add public: true")
		}
	}
}

// distinctHosts reports two apps that claim the same path of a host: which of them got the traffic would be chance.
func (w *world) distinctHosts() {
	type claim struct{ host, path string }
	first := map[claim]*spec{}
	for _, s := range w.specs {
		e := s.app.Expose
		if e == nil {
			continue
		}
		for i, host := range e.Hosts {
			field := "expose.host"
			if s.get(field) == nil {
				field = fmt.Sprintf("expose.hosts[%d]", i)
			}
			c := claim{host, e.Path}
			other := first[c]
			if other == nil {
				first[c] = s
				continue
			}
			problem := fmt.Sprintf("%q is listed twice", host)
			if other != s {
				problem = fmt.Sprintf("%q with path %q is also claimed by %q (%s)", host, e.Path, other.name, hostPos(other, host))
			}
			s.fail(field, "host-has-one-app", problem, "one app for each host and path", "change the host or the path of one of them")
		}
	}
}

// hostPos is where an app names one of its hosts.
func hostPos(s *spec, host string) diag.Pos {
	for _, n := range elems(s.get("expose.hosts")) {
		if text(n) == host {
			return n.Pos
		}
	}
	return s.at("expose.host")
}
