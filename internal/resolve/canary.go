package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// canary decides the capacity of a canary that commits move. Behind a router it has what the next step needs, so that a step never
// waits for pods, and may grow as the stable side may. Where pods make the share, it has that share of the fewest: its number is
// fixed, and the share falls when an autoscaler adds stable pods, for it must never take any away.
func (s *spec) canary(image *load.Node) {
	sp, main := s.app.Rollout.Split, s.app.Replicas
	const field = "rollout.canary.image"
	if sp.Engine == app.ByReplicas {
		n := int32(canaryPods(int64(main.Min), int64(sp.Weight)))
		s.side(app.RoleCanary, field, app.Replicas{Min: n, Max: n})
		s.otherReplicas("%d pods beside %d come nearest to %d %%", n, main.Min, sp.Weight)
		if main.Max > main.Min && n > 0 {
			s.note("rollout.canary.weight", "canary-share-at-least-load", fmt.Sprintf("pods make the share: %d %% while %s of the old version run, %d %% when the load needs %d", percentOf(n, main.Min), pods(main.Min), percentOf(n, main.Max), main.Max), "", "")
		}
	} else {
		weight := max(sp.Weight, s.nextWeight())
		s.side(app.RoleCanary, field, s.capacity(weight))
		s.otherReplicas("the capacity for %d %% of the traffic, which is the next step", weight)
		s.raise()
	}
	if s.app.Other != nil {
		s.decided("other.role", app.BySpec, image.Pos, "")
	}
}

// percentOf is the share, in percent, of canary pods among all.
func percentOf(canary, stable int32) int32 {
	return (100*canary + (canary+stable)/2) / (canary + stable)
}

// capacity is how many pods of a canary bear a weight. An autoscaler may add to them as it may to the stable ones.
func (s *spec) capacity(weight int32) app.Replicas {
	low := s.atLeast(shareUp(s.floor(), weight), s.floor())
	if s.app.Scaling == nil {
		return app.Replicas{Min: low, Max: low}
	}
	return app.Replicas{Min: low, Max: s.app.Replicas.Max}
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
