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
	capacity, why := s.idleCapacity(phase)
	s.side(otherColour(s.app.Role), "rollout.blueGreen.idle.image", capacity, why)
	if s.app.Other == nil {
		return
	}
	s.raise()
	s.app.Rollout.Phase = phase
	s.fromSpec("rollout.phase", idle.Field("phase"))
	s.decided("other.role", app.BySpec, at(n.Field("active"), n), "the colour that has no traffic")
	if s.app.Other.Image == s.app.Image {
		s.warn("rollout.blueGreen.idle.image", "colours-differ", "both colours run the same image: there is nothing to release", "the image of the new version, or of the one before", "remove idle")
	}
}

// idleCapacity is that of the idle colour, and why: few pods for a preview; else what all traffic needs.
func (s *spec) idleCapacity(phase app.Phase) (app.Replicas, string) {
	if phase == app.PhasePreview {
		return s.from(s.atLeast(0, s.app.Replicas.Max)), "a preview is small: it has no traffic"
	}
	return s.from(s.floor()), fmt.Sprintf("%s: the capacity for all traffic, at the usual load or half the peak", phase)
}
