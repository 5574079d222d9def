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

// split decides who splits the traffic of a canary, and for whom the split is another one.
func (s *spec) split(canary *load.Node) {
	s.app.Rollout.Split = &app.Split{}
	s.splitter(canary)
	s.present(canary)
	s.header(canary.Field("header"))
	s.sticky(canary.Field("sticky"))
	s.unsplit()
	if hold := canary.Field("hold"); boolean(hold) {
		s.app.Rollout.Split.Hold = true
		s.fromSpec("rollout.split.hold", hold)
		if s.app.CanaryBy(app.ByFlagger) {
			s.note("rollout.canary.hold", "release-is-held", "flagger starts nothing while it is held: an app that is not there yet gets no pod that serves", "", "leave hold out until the app has been released once")
		}
	}
}

// unsplit warns of callers that pass no router: only sidecars split what comes from inside the cluster.
func (s *spec) unsplit() {
	sp := s.app.Rollout.Split
	if sp.Engine != app.ByIstio && (sp.Engine != app.ByArgo || sp.Router == "") || s.w.env.Mesh == "sidecar" || len(elems(s.node.Field("calledBy"))) == 0 {
		return
	}
	s.warn("rollout.canary", "canary-fits-router", "callers inside the cluster have no sidecars, so nothing splits their requests: they reach the new version by its share of the pods, also at weight 0",
		fmt.Sprintf(`mesh: "sidecar" in platform.environments.%s (%s), where it is installed`, s.w.env.Name, s.w.facts.node.KeyPos), "")
}

// present decides the share of the traffic that the new version has now; only commits move it, never a controller.
func (s *spec) present(canary *load.Node) {
	sp, image, weight := s.app.Rollout.Split, canary.Field("image"), canary.Field("weight")
	if byItself(sp.Engine) {
		for _, n := range []*load.Node{image, weight} {
			if n != nil {
				s.w.errorAtKey(n, "canary-engine-moves", s.path("rollout.canary."+n.Key), fmt.Sprintf("%s moves the weight by itself, and the new version is the app's image", sp.Engine), "", s.movedHelp(canary))
			}
		}
		return
	}
	if weight != nil && image == nil {
		s.w.errorAtKey(weight, "canary-has-image", s.path("rollout.canary.weight"), "no canary is in progress that could have a weight", "image beside it", `add image: "REFERENCE" of the new version, or remove weight`)
		return
	}
	if w, ok := integer(weight); ok && w >= 0 && w <= 99 {
		sp.Weight = int32(w)
		s.fromSpec("rollout.split.weight", weight)
	}
}

// movedHelp is what helps against an image or a weight under a controller: another engine, if there is one.
func (s *spec) movedHelp(canary *load.Node) string {
	help := "remove it"
	if image := text(canary.Field("image")); image != "" {
		help = fmt.Sprintf("remove it, and write image: %q for the app", image)
	}
	for _, e := range engines[2:] {
		if (e.capability == "" || s.w.env.Has(e.capability)) && s.misfit(e.name) == nil {
			return fmt.Sprintf("%s; or write via: %q, with which every step is a commit", help, e.name)
		}
	}
	return help
}

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
	case sp.Engine == app.ByArgo && sp.Router == "":
		s.noHeader("argo has no router here: whole pods make the share, and nobody looks into the requests", routers)
	}
	sp.Header = &app.Header{Name: strings.ToLower(text(n.Field("name"))), Value: text(n.Field("value"))}
	s.fromSpec("rollout.split.header", n)
}

// noHeader reports a header by which nobody can choose here.
func (s *spec) noHeader(problem, want string) {
	help := "remove it"
	for _, e := range []app.Engine{app.ByIstio, app.ByGateway} {
		if s.app.Rollout.Split.Engine != e && s.w.env.Has(string(e)) && s.misfit(e) == nil {
			help = fmt.Sprintf("remove it, or write via: %q", e)
			break
		}
	}
	s.w.errorAtKey(s.get("rollout.canary.header"), "canary-header-has-router", s.path("rollout.canary.header"), problem, want, help)
}

// argoHeader reports a header by which Argo would take other requests, too. Its route for the header is above all others of the
// VirtualService, without a path or a port of its own, and leads to the port of the first weighted route.
func (s *spec) argoHeader() {
	if sp := s.app.Rollout.Split; sp == nil || sp.Header == nil || sp.Engine != app.ByArgo || sp.Router == "" {
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

// sticky decides how a user stays on one version: by a cookie, or where pods make the share by the client's address.
func (s *spec) sticky(n *load.Node) {
	if !boolean(n) {
		return
	}
	sp := s.app.Rollout.Split
	const field = "rollout.canary.sticky"
	pods := sp.Engine == app.ByReplicas || sp.Engine == app.ByArgo && sp.Router == ""
	switch via := s.routedBy(); {
	case sp.Engine == app.ByGateway:
		s.fail(field, "canary-sticks", "the Gateway API has no cookie that keeps a user on one of two weighted backends", "", "remove it; a header can choose the version")
	case sp.Engine == app.ByArgo && sp.Router != "":
		s.fail(field, "canary-sticks", "argo draws each request anew when istio splits for it", "", "remove it; a header can choose the version")
	case pods && s.app.Kind == app.Worker:
		s.fail(field, "canary-sticks", "a worker gets no requests that could stay on one version", "", "remove it")
	case pods && via != "" && via != loadBalancer:
		s.warn(field, "canary-sticks", fmt.Sprintf("only callers inside the cluster stay on one version: what comes in by %s is spread over all pods", via), "", "")
	}
	sp.Sticky = &app.Sticky{}
	s.fromSpec("rollout.split.sticky", n)
	if !pods {
		sp.Sticky.Cookie = s.name + "-version"
		s.derived("rollout.split.sticky.cookie", "the app's name, for apps may share a host")
	}
}

// pin decides for how long a user stays: no longer than the shortest step is held, so that everybody has been drawn by its weight
// before the next one, and a step exposes no more than its share.
func (s *spec) pin() {
	sp := s.app.Rollout.Split
	if sp.Sticky == nil {
		return
	}
	const path = "rollout.split.sticky.seconds"
	shortest, ok := shortestPause(sp)
	if !ok || s.number("stickySeconds") <= shortest {
		sp.Sticky.Seconds = int32(s.fromTier(path, "stickySeconds"))
		return
	}
	sp.Sticky.Seconds = int32(max(1, shortest))
	s.derived(path, "the shortest step: who stayed longer would miss the next share")
}
