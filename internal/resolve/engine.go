package resolve

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// engine is who can split the traffic of a canary.
type engine struct {
	name       app.Engine
	capability string // that it needs; empty: none
}

// engines are the preferred one first; the last one serves every app.
var engines = []engine{
	{app.ByArgo, "argo-rollouts"},
	{app.ByFlagger, "flagger"},
	{app.ByIstio, "istio"},
	{app.ByGateway, "gateway"},
	{app.ByReplicas, ""},
}

// byItself reports whether an engine is a controller, which moves the weight by itself.
func byItself(e app.Engine) bool { return e == app.ByArgo || e == app.ByFlagger }

// misfit is why an engine cannot split an app's traffic.
type misfit struct{ problem, want, help string }

// splitter decides who splits the traffic of a canary: who is named, else the first who is there and can.
func (s *spec) splitter(canary *load.Node) {
	sp, via := s.app.Rollout.Split, canary.Field("via")
	const path = "rollout.split.engine"
	if via.Faulty() {
		return // the loader has said so
	}
	if via == nil {
		sp.Engine = engines[slices.IndexFunc(engines, s.canUse)].name
		s.decided(path, app.ByPlatform, at(s.w.facts.capabilities, nil), "the first that the environment has and that can serve the app")
	} else {
		named := app.Engine(text(via))
		if !s.checkEngine(named) {
			return
		}
		sp.Engine = named
		s.fromSpec(path, via)
	}
	if byItself(sp.Engine) {
		if sp.Router = s.routerOf(sp.Engine); sp.Router != "" {
			s.derived("rollout.split.router", "%s", s.routerNote(sp.Router))
		}
	}
}

// canUse reports whether the environment has an engine that can serve the app.
func (s *spec) canUse(e engine) bool {
	return (e.capability == "" || s.w.env.Has(e.capability)) && s.misfit(e.name) == nil
}

// checkEngine reports an engine that is named and is not there, or cannot serve the app, and answers whether it can.
func (s *spec) checkEngine(e app.Engine) bool {
	const field = "rollout.canary.via"
	i := slices.IndexFunc(engines, func(known engine) bool { return known.name == e })
	if i < 0 || engines[i].capability != "" && s.lacks(field, "a canary by "+string(e), engines[i].capability, "enable it, or leave via out") {
		return false
	}
	m := s.misfit(e)
	if m != nil {
		s.fail(field, "canary-fits-router", m.problem, m.want, m.help)
	}
	return m == nil
}

// misfit returns why an engine cannot split the app's traffic; nil: it can.
func (s *spec) misfit(e app.Engine) *misfit {
	if e == app.ByArgo || e == app.ByReplicas {
		return nil // whole pods always make a share
	}
	const pods = `use via: "replicas": whole pods then make the share`
	switch via, keda := s.routedBy(), s.kedaField(); {
	case s.app.Kind == app.Worker:
		return &misfit{fmt.Sprintf("%s splits requests, and a worker gets none", e), "argo or replicas", pods}
	case !s.takesRequests():
		return &misfit{fmt.Sprintf("%s splits requests, and no port of the app speaks HTTP or gRPC: %s", e, s.portList()), "argo or replicas", pods}
	case e == app.ByFlagger && s.udpPort() != "":
		return &misfit{fmt.Sprintf("flagger makes the app's Services, in which every port is TCP, and %q is UDP (%s)", s.udpPort(), s.at("ports."+s.udpPort())), "ports that are TCP, or an engine that makes no Services", "remove via: the next engine that can serve does"}
	case e == app.ByFlagger && s.parked():
		return &misfit{fmt.Sprintf("flagger keeps the app's pods by an autoscaler, and none of those keeps 0 pods (%s)", s.at("replicas")), "at least 1 pod", "remove via: the next engine that can serve does"}
	case e == app.ByFlagger && keda != "":
		return &misfit{fmt.Sprintf("flagger clones the app with its autoscaler, and both would count the same load (%s, %s)", keda, s.at(keda)), "scaling by cpu, or an engine that clones nothing", "use scale: {cpu: 70}, or remove via: the next engine that can serve does"}
	case s.routerOf(e) != "":
		return nil
	case via != "" && s.get("expose.via") != nil:
		return &misfit{fmt.Sprintf("%s cannot split what comes in by %s (expose.via, %s)", e, via, s.at("expose.via")), "one router for the route and the canary", s.otherRouter(e)}
	case via != "":
		return &misfit{fmt.Sprintf("%s cannot split what comes in by %s, the router of expose (%s)", e, via, s.at("expose")), "one router for the route and the canary", s.otherRouter(e)}
	case e == app.ByGateway:
		return &misfit{"a gateway splits what a route brings in, and the app has none", "a route by a gateway", `add expose: {host: "app.acme.io"}, or ` + pods}
	}
	return &misfit{fmt.Sprintf("%s splits what a route or the sidecars of a mesh bring in, and the app has neither", e),
		fmt.Sprintf(`expose, or mesh: "sidecar" in platform.environments.%s (%s)`, s.w.env.Name, s.w.facts.node.KeyPos), `add expose: {host: "app.acme.io"}, or ` + pods}
}

// otherRouter is what helps when the route and the canary are of different routers.
func (s *spec) otherRouter(e app.Engine) string {
	for _, router := range []string{"gateway", "istio"} {
		if s.w.env.Has(router) && (e == app.ByFlagger || string(e) == router) {
			return fmt.Sprintf(`write expose: {via: %q}, or canary: {via: "replicas"}`, router)
		}
	}
	return `write canary: {via: "replicas"}`
}

// takesRequests reports whether the app speaks a protocol that has requests, which a router can tell apart.
func (s *spec) takesRequests() bool {
	return s.app.Kind == app.Service && slices.ContainsFunc(s.servicePorts(), func(p app.Port) bool { return p.App == "http" || p.App == "grpc" })
}

// udpPort names a port of the app that is UDP; empty: it has none.
func (s *spec) udpPort() string {
	if i := slices.IndexFunc(s.app.Ports, func(p app.Port) bool { return p.Protocol == "UDP" }); i >= 0 {
		return s.app.Ports[i].Name
	}
	return ""
}

// parked reports whether the spec wants no pod at all.
func (s *spec) parked() bool {
	n, ok := integer(s.node.Field("replicas"))
	return ok && n == 0
}

// kedaField is the field that makes KEDA scale the app; empty: it does not.
func (s *spec) kedaField() string {
	for _, field := range []string{"scale.rps", "scale.queue"} {
		if s.get(field) != nil {
			return field
		}
	}
	return ""
}

// routerOf is the router that obeys an engine: istio or gateway. Empty: none does. It must be that of the route from outside, or
// the requests that come through the route would not be split; only where there is none, the sidecars of a mesh serve.
func (s *spec) routerOf(e app.Engine) string {
	if !s.takesRequests() {
		return ""
	}
	via := s.routedBy()
	switch {
	case e != app.ByGateway && s.w.env.Has("istio") && (via == "istio" || via == "" && s.w.env.Mesh == "sidecar"):
		return "istio"
	case (e == app.ByGateway || e == app.ByFlagger) && via == "gateway":
		return "gateway"
	}
	return ""
}

func (s *spec) routerNote(router string) string {
	if s.routedBy() == router {
		return "the route from outside is by " + router
	}
	return "the app has no route from outside, and the mesh's sidecars split"
}

// forcesIstio reports whether the spec wants istio to split, which only a route by istio lets it do.
func (s *spec) forcesIstio() bool {
	return text(s.get("rollout.canary.via")) == "istio" && s.w.env.Has("istio")
}

// routedBy is who routes from outside: as the spec says, or as expose will decide; empty: nobody.
func (s *spec) routedBy() string {
	n := s.node.Field("expose")
	if n == nil || n.Kind != load.Struct {
		return ""
	}
	if via := text(n.Field("via")); via != "" {
		return via
	}
	if s.forcesIstio() {
		return "istio"
	}
	if i := slices.IndexFunc(routers, s.w.env.Has); i >= 0 {
		return routers[i]
	}
	return ""
}
