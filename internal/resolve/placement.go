package resolve

import (
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
