package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// canary decides the capacity of a canary that commits move. Behind a router it has what the next step needs, so that a step never
// waits for pods, and may grow as the stable side may; at the end, and where its number is fixed, it has that of the last step until it
// goes. Where pods make the share, it has that share of the fewest: its number is fixed, and the share falls when an autoscaler adds stable pods, for it must
// never take any away.
func (s *spec) canary(image *load.Node) {
	const field = "rollout.canary.image"
	if s.app.CanaryBy(app.ByReplicas) {
		weight, low := s.app.Rollout.Split.Weight, s.app.Replicas.Min
		n := int32(canaryPods(int64(low), int64(weight)))
		s.side(app.RoleCanary, field, app.Replicas{Min: n, Max: n}, fmt.Sprintf("%s beside %d: the share nearest to %d %%", pods(n), low, weight))
		s.shareFalls(int64(n))
	} else {
		bears, when := s.nextWeight(), "the most until the next step has been taken"
		switch {
		case text(image) == s.app.Image:
			bears, when = s.largestWeight(), "the most that it had: it is being finished, and requests may be on their way until it goes"
		case s.app.Scaling == nil: // an autoscaler lets pods go slowly; a number in the manifest takes them with the weight
			bears, when = s.largestWeight(), "the most until its end: fewer for a smaller weight would end pods whose requests are on their way"
		}
		s.side(app.RoleCanary, field, s.capacity(bears), fmt.Sprintf("the capacity for %d %% of the traffic, %s", bears, when))
		s.raise()
	}
	if s.app.Other != nil {
		s.decided("other.role", app.BySpec, image.Pos, "")
	}
}

// shareFalls says what becomes of the share of so many canary pods when an autoscaler adds stable ones.
func (s *spec) shareFalls(n int64) {
	low, most := int64(s.app.Replicas.Min), int64(s.app.Replicas.Max)
	if n > 0 && most > low {
		s.note("rollout.canary.weight", "canary-share-at-least-load", fmt.Sprintf("pods make the share: %d %% while %s of the old version run, %d %% when the load needs %d",
			nearest(100*n, n+low), pods(s.app.Replicas.Min), nearest(100*n, n+most), most), "", "")
	}
}

// capacity is how many pods of a canary bear a weight.
func (s *spec) capacity(weight int32) app.Replicas {
	most := s.floor()
	return s.from(s.atLeast((most*weight+99)/100, most))
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
