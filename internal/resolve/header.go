package resolve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
)

// header decides which requests always reach the new version.
func (s *spec) header(n *load.Node) {
	if n == nil {
		return
	}
	sp := s.app.Rollout.Split
	const routers = "istio, gateway, or argo behind istio"
	switch {
	case sp.Engine == app.ByFlagger:
		s.noHeader("flagger goes by a header or by weights, not by both", routers)
	case sp.Engine == app.ByReplicas:
		s.noHeader("whole pods make the share, and nobody looks into the requests", routers)
	case sp.ByPods():
		s.noHeader("argo has no router here: whole pods make the share, and nobody looks into the requests", routers)
	}
	sp.Header = &app.Header{Name: strings.ToLower(text(n.Field("name"))), Value: text(n.Field("value"))}
	s.fromSpec("rollout.split.header", n)
}

// noHeader reports a header by which nobody can choose here.
func (s *spec) noHeader(problem, want string) {
	help := "remove it"
	for _, e := range engines {
		if routes := e.name == app.ByIstio || e.name == app.ByGateway; routes && e.name != s.app.Rollout.Split.Engine && s.canUse(e) {
			help = fmt.Sprintf("remove it, or write via: %q", e.name)
			break
		}
	}
	s.w.errorAtKey(s.get("rollout.canary.header"), "canary-header-has-router", s.path("rollout.canary.header"), problem, want, help)
}

// argoHeader reports a header by which Argo would take other requests, too. Its route for the header is above all others of the
// VirtualService, without a path or a port of its own, and leads to the port of the first weighted route.
func (s *spec) argoHeader() {
	if sp := s.app.Rollout.Split; sp == nil || sp.Header == nil || sp.Engine != app.ByArgo || sp.ByPods() {
		return
	}
	var doors []string
	for _, d := range kube.IstioDoors(s.app) {
		called := slices.Contains(s.servicePorts(), d.Port) // nobody sends the header to the port of the metrics
		if port := strconv.Quote(d.Port.Name); d.Route != "" && called && !slices.Contains(doors, port) {
			doors = append(doors, port)
		}
	}
	switch e := s.app.Expose; {
	case len(doors) > 1:
		s.noHeader("argo has one route for the header, which would lead it to one port, and inside the mesh the app is called at "+load.Prose(doors, "and"), "one port that speaks HTTP or gRPC")
	case e != nil && e.Path != "/":
		s.noHeader(fmt.Sprintf("argo's route for the header has no path: it would take requests of the host that are not below %q (expose.path, %s)", e.Path, s.at("expose.path")), "a host of its own for the app")
	case e != nil:
		s.argoHeaderAlone()
	}
}

// argoHeaderAlone reports another app at one of the hosts, whose requests with the header Argo's route would take.
func (s *spec) argoHeaderAlone() {
	for _, other := range s.w.specs {
		e := other.app.Expose
		if other == s || e == nil || e.Via != "istio" {
			continue
		}
		for _, host := range e.Hosts {
			if slices.Contains(s.app.Expose.Hosts, host) {
				s.noHeader(fmt.Sprintf("argo's route for the header has no path: it would take requests to %q that are for %q (%s)", host, other.name, hostPos(other, host)), "a host of its own for the app")
				return
			}
		}
	}
}
