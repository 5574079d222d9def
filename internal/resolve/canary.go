package resolve

import (
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// resting reports whether autoscaling must rest: while a canary is in progress whose share pods make.
func (s *spec) resting() bool {
	sp := s.app.Rollout.Split
	return sp != nil && sp.Engine == app.ByReplicas && s.get("rollout.canary.image") != nil
}

// canary decides the capacity of a canary that commits move. Behind a router it has what the next step needs, so that a step never
// waits for pods; where pods make the share, it has exactly that share.
func (s *spec) canary(image *load.Node) {
	sp, main := s.app.Rollout.Split, s.app.Replicas
	const field = "rollout.canary.image"
	if sp.Engine == app.ByReplicas {
		n := int32(canaryPods(int64(main.Min), int64(sp.Weight)))
		s.side(app.RoleCanary, field, app.Replicas{Min: n, Max: n})
		s.otherReplicas("%d pods beside %d come nearest to %d %%", n, main.Min, sp.Weight)
	} else {
		weight := max(sp.Weight, s.nextWeight())
		s.side(app.RoleCanary, field, s.capacity(weight))
		s.otherReplicas("the capacity for %d %% of the traffic, which is the next step", weight)
	}
	if s.app.Other != nil {
		s.decided("other.role", app.BySpec, image.Pos, "")
	}
}

// capacity is how many pods of a canary bear a weight.
func (s *spec) capacity(weight int32) app.Replicas {
	main := s.app.Replicas
	low := s.atLeast(shareUp(main.Min, weight), main.Min)
	return app.Replicas{Min: low, Max: min(max(shareUp(main.Max, weight), low), main.Max)}
}

// otherReplicas records how the number of pods of the second version was decided.
func (s *spec) otherReplicas(format string, args ...any) {
	if s.app.Other != nil {
		s.derived("other.replicas", format, args...)
	}
}

// largestWeight is that of the last step, or of the present one where the spec has gone beyond.
func (s *spec) largestWeight() int32 {
	sp := s.app.Rollout.Split
	largest := sp.Weight
	for _, step := range sp.Steps {
		largest = max(largest, step.Weight)
	}
	return largest
}

// nextWeight is the weight of the step after the present one; after the last step it is the present one.
func (s *spec) nextWeight() int32 {
	sp := s.app.Rollout.Split
	for _, step := range sp.Steps {
		if step.Weight > sp.Weight {
			return step.Weight
		}
	}
	return sp.Weight
}
