package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// sticky decides how a user stays on one version: by a cookie, or where pods make the share by the client's address.
func (s *spec) sticky(n *load.Node) {
	if !boolean(n) {
		return
	}
	sp := s.app.Rollout.Split
	const field = "rollout.canary.sticky"
	switch via := s.routedBy(); {
	case sp.Engine == app.ByGateway:
		s.fail(field, "canary-sticks", "the Gateway API has no cookie that keeps a user on one of two weighted backends", "", "remove it; a header can choose the version")
	case sp.Engine == app.ByArgo && !sp.ByPods():
		s.fail(field, "canary-sticks", "argo draws each request anew when istio splits for it", "", "remove it; a header can choose the version")
	case sp.ByPods() && s.app.Kind == app.Worker:
		s.fail(field, "canary-sticks", "a worker gets no requests that could stay on one version", "", "remove it")
	case sp.ByPods() && via != "" && via != loadBalancer:
		s.warn(field, "canary-sticks", fmt.Sprintf("only callers inside the cluster stay on one version: what comes in by %s is spread over all pods", via), "", "")
	}
	sp.Sticky = &app.Sticky{}
	s.fromSpec("rollout.split.sticky", n)
	if !sp.ByPods() {
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
