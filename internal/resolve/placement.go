package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// placement decides on which nodes the app's pods may run: what the platform asks of every pod, and spot capacity.
func (s *spec) placement() {
	p, facts := &s.app.Placement, s.w.facts.node
	if class := s.w.env.PriorityClasses[s.app.Tier]; class != "" {
		p.PriorityClass = class
		s.decided("placement.priorityClass", app.ByPlatform, facts.At("priorityClasses", string(s.app.Tier)).Pos, "")
	}
	if n := facts.Field("pullSecret"); n != nil {
		s.app.PullSecret = text(n)
		s.decided("pullSecret", app.ByPlatform, n.Pos, "")
	}
	if n := facts.Field("nodeSelector"); n != nil {
		p.NodeSelector = textMap(n)
		s.decided("placement.nodeSelector", app.ByPlatform, n.Pos, "")
	}
	if n := facts.Field("tolerations"); n != nil {
		p.Tolerations = tolerations(n)
		s.decided("placement.tolerations", app.ByPlatform, n.Pos, "")
	}
	if n := facts.Field("podAnnotations"); n != nil {
		p.Annotations = textMap(n)
		s.decided("placement.annotations", app.ByPlatform, n.Pos, "")
	}
	s.spot()
	if s.app.Kind != app.Cron && !s.w.env.Has("vpa") {
		s.w.noteOnce("capability-missing", "capabilities", `without "vpa" no app gets a VerticalPodAutoscaler that recommends its size`, `add "vpa" when it is installed`)
	}
}

func tolerations(list *load.Node) []app.Toleration {
	ts := make([]app.Toleration, 0, len(list.Elems))
	for _, n := range list.Elems {
		t := app.Toleration{Key: text(n.Field("key")), Value: text(n.Field("value")), Effect: text(n.Field("effect"))}
		otherwise := "Exists"
		if n.Field("value") != nil {
			otherwise = "Equal"
		}
		t.Operator = textOr(n.Field("operator"), otherwise)
		ts = append(ts, t)
	}
	return ts
}

// spot decides whether pods run on capacity that the cloud may take back: only when the spec says so and the tier can bear it.
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
	default:
		p.Spot = app.SpotPrefer
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
	case s.w.env.Spot == nil:
		s.w.missingFact(n, s.path("spot"), "running on spot capacity", "spot", `{label: {"node.acme.io/capacity": "spot"}, taint: "node.acme.io/spot"}`)
	case s.app.Tier == app.Standard && s.app.Kind != app.Cron && s.app.Replicas.Min < 2:
		fail("a lone pod of tier standard may not run on capacity that the cloud takes back", "two pods or more", `use scale: {min: 2}, or tier: "best-effort"`)
	case s.app.Health.GraceSeconds > longest:
		h := s.app.Health
		fail(fmt.Sprintf("a pod takes up to %d s to leave, but spot capacity goes after %d s", h.GraceSeconds, longest), fmt.Sprintf("health.drain of at most %d s", longest-h.PreStopSeconds-s.number("graceReserveSeconds")), "lower health.drain, or remove spot")
	}
}
