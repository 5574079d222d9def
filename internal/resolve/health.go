package resolve

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// healthPort is the name of a port that answers probes and nothing else.
const healthPort = "health"

// health decides how the app is probed and how it leaves. What nobody calls has no probes unless the spec asks for them.
func (s *spec) health() {
	s.shutdown()
	n := s.node.Field("health")
	if s.app.Kind == app.Cron || s.main == nil && n == nil {
		return
	}
	ask, ok := s.asker(n)
	if !ok {
		return
	}
	s.readiness(n, ask)
	s.liveness(n, ask)
	s.startup(n, ask)
	s.checkProbes(n)
}

// asker is how probes ask when they name no path: by HTTP, gRPC, TCP or a program, and at which port.
func (s *spec) asker(n *load.Node) (app.Probe, bool) {
	var ways []string
	for _, way := range []string{"grpc", "tcp", "exec"} {
		if f := n.Field(way); f != nil && !isFalse(f) {
			ways = append(ways, way)
		}
	}
	if len(ways) > 1 {
		s.fail("health."+ways[1], "one-way-to-probe", load.Prose(ways, "and")+" exclude each other", "one of "+load.Prose(ways, "and"), "remove the others")
		return app.Probe{}, false
	}
	if len(ways) == 1 && ways[0] == "exec" {
		if len(elems(n.Field("exec"))) == 0 {
			s.fail("health.exec", "probes-run-something", "the command is empty", "a program in the image", `e.g. ["/app/healthcheck"]`)
			return app.Probe{}, false
		}
		probe := app.Probe{Exec: texts(n.Field("exec"))}
		if statesPath(n) { // one probe runs the program, the other asks for the path
			port, ok := s.probePort(n)
			probe.Port = port
			return probe, ok
		}
		return probe, true
	}
	port, ok := s.probePort(n)
	if !ok {
		return app.Probe{}, false
	}
	probe := app.Probe{Port: port}
	stated := len(ways) == 1 || port.Name == healthPort // a port for nothing but health speaks HTTP
	switch {
	case len(ways) == 1 && ways[0] == "grpc", !stated && port.App == "grpc" && !statesPath(n):
		probe.GRPC = true
	case len(ways) == 1 && ways[0] == "tcp", !stated && port.App == "" && !statesPath(n):
		probe.TCP = true
	}
	return probe, true
}

// statesPath reports whether health names a path to ask for.
func statesPath(n *load.Node) bool {
	return text(n.Field("ready")) != "" || text(n.Field("live")) != ""
}

// probePort finds the port that is asked.
func (s *spec) probePort(n *load.Node) (app.Port, bool) {
	if at := n.Field("port"); at != nil {
		return s.portAt("health.port", at, app.Port{Name: healthPort, Protocol: "TCP"})
	}
	if grpc := n.Field("grpc"); grpc != nil && !isFalse(grpc) {
		if i := slices.IndexFunc(s.app.Ports, func(p app.Port) bool { return p.App == "grpc" }); i >= 0 {
			return s.app.Ports[i], true // the main port may be one that speaks HTTP to others
		}
	}
	switch {
	case s.main == nil:
		s.fail("health", "probes-need-port", "there is no port to probe", "port, in health or of the app; or exec", "add port: 8080 to health")
	case s.main.Protocol == "UDP":
		s.fail("ports", "probes-need-port", "a UDP port cannot be probed, and there is no other: "+s.portList(), "health: exec, or a TCP port for probes", `add health: {port: 8081}, or health: {exec: ["/app/healthcheck"]}`)
	default:
		return *s.main, true
	}
	return app.Port{}, false
}

// readiness decides when a pod may get traffic.
func (s *spec) readiness(n *load.Node, ask app.Probe) {
	p := s.probe("health.ready", n.Field("ready"), "/readyz", ask)
	p.PeriodSeconds = int32(s.fromTier("health.ready.periodSeconds", "readyPeriodSeconds"))
	p.FailureThreshold = int32(s.fromTier("health.ready.failureThreshold", "readyFailures"))
	s.app.Health.Ready = p
}

// liveness decides when a pod is restarted. A socket or a program that also answers for readiness would kill a pod for what only
// keeps traffic away, so these have none; gRPC has, at half the pace.
func (s *spec) liveness(n *load.Node, ask app.Probe) {
	path := n.Field("live")
	if isFalse(path) || path == nil && (ask.TCP || len(ask.Exec) > 0) {
		return
	}
	p := s.probe("health.live", path, "/healthz", ask)
	if p.GRPC {
		factor := s.number("grpcLivePeriodFactor")
		p.PeriodSeconds = int32(factor * s.number("livePeriodSeconds"))
		s.derived("health.live.periodSeconds", "the usual period times %d, because gRPC asks the same question for readiness", factor)
	} else {
		p.PeriodSeconds = int32(s.fromTier("health.live.periodSeconds", "livePeriodSeconds"))
	}
	p.FailureThreshold = int32(s.fromTier("health.live.failureThreshold", "liveFailures"))
	s.app.Health.Live = p
}

// startup decides how long a new pod may take before it is restarted: the stated time with a factor of reserve.
func (s *spec) startup(n *load.Node, ask app.Probe) {
	path, otherwise := n.Field("live"), "/healthz"
	if path == nil || isFalse(path) {
		path = nil
	}
	if isFalse(n.Field("live")) {
		path, otherwise = n.Field("ready"), "/readyz"
	}
	p := s.probe("health.startup", path, otherwise, ask)
	p.PeriodSeconds = int32(s.fromTier("health.startup.periodSeconds", "startupPeriodSeconds"))
	takes, ok := seconds(n.Field("startup"))
	if ok {
		s.fromSpec("health.startupSeconds", n.Field("startup"))
	} else {
		takes = s.fromTier("health.startupSeconds", "startupSeconds")
	}
	s.app.Health.StartupSeconds = takes
	period := int64(p.PeriodSeconds)
	factor := s.number("startupFactor")
	p.FailureThreshold = int32(max(s.number("startupMinFailures"), (factor*takes+period-1)/period))
	if ok {
		s.decided("health.startup.failureThreshold", app.BySpec, s.at("health.startup"), fmt.Sprintf("%d times %d s, in steps of %d s", factor, takes, period))
	} else {
		s.derived("health.startup.failureThreshold", "%d times the %d s that a start may take, in steps of %d s", factor, takes, period)
	}
	s.app.Health.Startup = p
}

// probe makes one probe: at a path of the spec, or in the way that all probes ask.
func (s *spec) probe(field string, path *load.Node, otherwise string, ask app.Probe) *app.Probe {
	p := ask
	switch {
	case text(path) != "":
		p.Path, p.GRPC, p.TCP, p.Exec = text(path), false, false, nil
		s.fromSpec(field, path)
	case !ask.GRPC && !ask.TCP && len(ask.Exec) == 0:
		p.Path = otherwise
		s.derived(field, "the usual path, at the port that speaks HTTP")
	case s.get("health.exec") != nil && len(ask.Exec) > 0:
		s.fromSpec(field, s.get("health.exec"))
	default:
		s.derived(field, "what the port %s speaks", ask.Port.Name)
	}
	p.TimeoutSeconds = int32(s.fromTier(field+".timeoutSeconds", "probeTimeoutSeconds"))
	return &p
}

// checkProbes reports a liveness probe that asks the same question as readiness.
func (s *spec) checkProbes(n *load.Node) {
	ready, live := s.app.Health.Ready, s.app.Health.Live
	if live == nil || live.Path == "" || live.Path != ready.Path || live.Port != ready.Port {
		return
	}
	field, help := "health.live", "give live a path that only asks the process, or write live: false"
	if n.Field("live") == nil {
		field = "health.ready"
	}
	s.fail(field, "probes-differ", fmt.Sprintf("ready and live both ask %q: a slow dependency would restart the pods instead of sparing them", live.Path), "two paths, such as /readyz and /healthz", help)
}

// shutdown decides how a pod leaves: it sleeps while routes still point at it, drains, and has a reserve before it is killed.
func (s *spec) shutdown() {
	h := &s.app.Health
	if s.main != nil && s.app.Kind != app.Cron {
		h.PreStopSeconds = s.preStop()
	}
	drain, ok := seconds(s.get("health.drain"))
	if ok {
		s.fromSpec("health.drainSeconds", s.get("health.drain"))
	} else {
		drain = s.fromTier("health.drainSeconds", "drainSeconds")
	}
	h.DrainSeconds = drain
	reserve, least := s.number("graceReserveSeconds"), s.number("graceMinSeconds")
	h.GraceSeconds = max(least, h.PreStopSeconds+drain+reserve)
	note := fmt.Sprintf("%d s of sleep, %d s of draining and %d s of reserve, at least %d s", h.PreStopSeconds, drain, reserve, least)
	if ok {
		s.decided("health.graceSeconds", app.BySpec, s.at("health.drain"), note)
	} else {
		s.derived("health.graceSeconds", "%s", note)
	}
}

// preStop decides how long a pod sleeps before it is told to stop, by who sends it traffic.
func (s *spec) preStop() int64 {
	const path = "health.preStopSeconds"
	if s.node.Field("expose") == nil {
		return s.fromTier(path, "preStopSeconds")
	}
	if n := s.w.facts.node.Field("endpointDrain"); n != nil {
		if drain, ok := seconds(n); ok {
			s.decided(path, app.ByPlatform, n.Pos, "endpointDrain")
			return drain
		}
	}
	if text(s.get("expose.via")) == "loadbalancer" {
		return s.fromTier(path, "preStopLoadBalancerSeconds")
	}
	return s.fromTier(path, "preStopRoutedSeconds")
}
