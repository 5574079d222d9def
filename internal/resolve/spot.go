package resolve

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// spot decides whether pods run on capacity that the cloud may take back: only when the spec says so and the tier can bear it. Tier
// standard bears it above a base that stays elsewhere; without one, all of its pods stay elsewhere.
func (s *spec) spot() {
	n := s.node.Field("spot")
	wants := boolean(n)
	if wants {
		s.checkSpot(n)
	}
	p := &s.app.Placement
	switch {
	case s.w.env.Spot == nil:
		return
	case !wants:
		p.Spot = app.SpotNever
		s.derived("placement.spot", "spot capacity is only used when the spec says so")
		return
	case s.app.Tier == app.BestEffort:
		p.Spot = app.SpotRequire
	case !s.hasBase():
		p.Spot = app.SpotNever
		s.warnNoBase()
	default:
		p.Spot = app.SpotPrefer
		s.base()
	}
	s.fromSpec("placement.spot", n)
}

// checkSpot reports why an app must not run on spot capacity, although its spec wants to.
func (s *spec) checkSpot(n *load.Node) {
	fail := func(problem, want, help string) { s.fail("spot", "spot-bears-loss", problem, want, help) }
	longest := s.number("spotGraceSeconds")
	switch {
	case s.app.Tier == app.Critical:
		fail("tier critical may not run on capacity that the cloud takes back", "", `remove spot, or use tier: "standard"`)
	case s.app.Kind == app.Stateful:
		fail("a stateful app may not run on capacity that the cloud takes back with its data attached", "", "remove spot")
	case s.app.Kind == app.Cron:
		fail("a run may not stand on capacity that the cloud takes back: it would begin again, with half of its work done", "", "remove spot")
	case s.w.env.Spot == nil:
		s.w.missingFact(n, s.path("spot"), "running on spot capacity", "spot", `{label: {"node.acme.io/capacity": "spot"}, taint: "node.acme.io/spot"}`)
	case s.app.Tier == app.Standard && s.app.Replicas.Min < 2 && s.app.Replicas.Max > 0:
		fail("a lone pod of tier standard may not run on capacity that the cloud takes back", "two pods or more", `use scale: {min: 2}, or tier: "best-effort"`)
	case s.app.Health.GraceSeconds > longest:
		h := s.app.Health
		fail(fmt.Sprintf("a pod takes up to %d s to leave, but spot capacity goes after %d s", h.GraceSeconds, longest), fmt.Sprintf("health.drain of at most %d s", longest-h.PreStopSeconds-s.number("graceReserveSeconds")), "lower health.drain, or remove spot")
	}
}

// hasBase reports whether a part of the app's pods may have a workload of its own. Traffic that is split between versions knows one
// workload for each, and of pods that must not overlap those of two workloads would.
func (s *spec) hasBase() bool {
	return s.app.Rollout.Strategy == app.Rolling && s.app.Kind != app.Stateful && s.app.Kind != app.Cron && s.app.Disruption != nil
}

// basePods is how many pods a base has, or had: who writes spot: false takes one away, and its pods go after the others have come.
func (s *spec) basePods() int64 {
	n := s.node.Field("spot")
	switch {
	case s.app.Base != nil:
		return int64(s.app.Base.Pods)
	case n == nil || boolean(n) || s.w.env.Spot == nil || s.app.Tier != app.Standard || !s.hasBase():
		return 0
	}
	return int64(s.app.Replicas.Min - takes(s.app.Disruption, s.app.Replicas.Min))
}

// base keeps so many pods off spot capacity that the loss of all of it at once leaves of the fewest pods what a drain would.
func (s *spec) base() {
	low, away := s.app.Replicas.Min, takes(s.app.Disruption, s.app.Replicas.Min)
	s.app.Base = &app.Base{Pods: low - away}
	s.derived("base.pods", "of %d pods a drain leaves %d: no fewer may be left when all spot capacity goes at once", low, low-away)
}

// takes is how many of so many pods a budget lets a drain take: a percentage rounds up, as in Kubernetes.
func takes(d *app.Disruption, pods int32) int32 {
	percent, isPercent := strings.CutSuffix(d.MaxUnavailable, "%")
	n, err := strconv.ParseInt(percent, 10, 32)
	switch {
	case err != nil:
		return pods
	case isPercent:
		return int32((int64(pods)*n + 99) / 100)
	}
	return min(int32(n), pods)
}

// warnNoBase says of an app that was refused for nothing else that spot changes nothing.
func (s *spec) warnNoBase() {
	r := s.app.Rollout.Strategy
	if s.app.Tier != app.Standard || r == app.Rolling || r == "" || s.app.Replicas.Min < 2 {
		return
	}
	s.warn("spot", "spot-has-floor", fmt.Sprintf("no pod will run on spot capacity: a %s rollout has no place for pods that are left when all of it goes", r),
		"rollout: {rolling: {}}", "remove spot, or use rollout: {rolling: {}}")
}
