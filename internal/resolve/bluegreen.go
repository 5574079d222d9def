package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// endpointsInOneWrite is how many pods of a Service change at once: the default of the EndpointSlice controller's
// --max-endpoints-per-slice.
const endpointsInOneWrite = 100

// otherColour is the colour that is not this one.
func otherColour(r app.Role) app.Role {
	if r == app.RoleGreen {
		return app.RoleBlue
	}
	return app.RoleGreen
}

// colours decides which colour has the traffic, and how ready the other one is.
func (s *spec) colours(n *load.Node) {
	s.app.Role = app.RoleBlue
	if text(n.Field("active")) == string(app.RoleGreen) {
		s.app.Role = app.RoleGreen
	}
	s.decided("role", app.BySpec, at(n.Field("active"), n), "")
	if most := int64(s.app.Replicas.Max) + surge(&s.app, int64(s.app.Replicas.Max)); most > endpointsInOneWrite {
		s.note("rollout.blueGreen", "flip-in-one-write", fmt.Sprintf("up to %d pods a colour, surge included: Kubernetes moves the traffic of %d at a time, so for some milliseconds of a flip both colours answer, with fewer pods", most, endpointsInOneWrite), "", "")
	}
	idle := n.Field("idle")
	phase := app.Phase(text(idle.Field("phase")))
	if idle == nil || phase == "" {
		return // without a phase, the loader has said so
	}
	s.side(otherColour(s.app.Role), "rollout.blueGreen.idle.image", s.idleReplicas(phase))
	if s.app.Other == nil {
		return
	}
	s.raise()
	s.app.Rollout.Phase = phase
	s.fromSpec("rollout.phase", idle.Field("phase"))
	s.decided("other.role", app.BySpec, at(n.Field("active"), n), "the colour that has no traffic")
	if phase == app.PhasePreview {
		s.otherReplicas("a preview is small: it has no traffic")
	} else {
		s.otherReplicas("%s: the capacity for all traffic, at the usual load or half the peak", phase)
	}
	if s.sameImage(idle.Field("image")) {
		s.warn("rollout.blueGreen.idle.image", "colours-differ", "both colours run the same image: there is nothing to release", "the image of the new version, or of the one before", "remove idle")
	}
}

// idleReplicas is the capacity of the idle colour: few pods for a preview; else that for all traffic.
func (s *spec) idleReplicas(phase app.Phase) app.Replicas {
	r := s.app.Replicas
	switch {
	case phase == app.PhasePreview && r.Min == r.Max:
		n := s.atLeast(0, r.Max)
		return app.Replicas{Min: n, Max: n}
	case phase == app.PhasePreview:
		return app.Replicas{Min: s.atLeast(0, r.Max), Max: r.Max}
	}
	return app.Replicas{Min: s.floor(), Max: r.Max}
}
