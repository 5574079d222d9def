package resolve

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// plan is one step on its way to app.Step.
type plan struct {
	weight int64
	pause  int64      // seconds
	stated *load.Node // the pause in the spec; nil: it says none
	note   string     // how the pause follows from others; empty: stated, or the tier's
}

// steps decides the weights on a canary's way, and how long each is held.
func (s *spec) steps() {
	sp := s.app.Rollout.Split
	if sp == nil {
		return
	}
	const path = "rollout.split.steps"
	list := s.get("rollout.canary.steps")
	var plans []plan
	if list != nil {
		plans = s.statedSteps(list)
		s.fromSpec(path, list)
	} else {
		plans = s.defaultSteps()
		first := s.table["canaryFirstPercent"]
		s.decided(path, first.by, first.pos, "canaryFirstPercent, canarySecondPercent and canaryThirdPercent")
	}
	if sp.Engine == app.ByFlagger {
		s.onePause(plans)
	}
	for i, p := range plans {
		sp.Steps = append(sp.Steps, app.Step{Weight: int32(p.weight), PauseSeconds: p.pause})
		switch path := fmt.Sprintf("%s[%d].pauseSeconds", path, i); {
		case p.note != "":
			s.derived(path, "%s", p.note)
		case p.stated != nil:
			s.fromSpec(path, p.stated)
		default:
			s.fromTier(path, "canaryPauseSeconds")
		}
	}
	if weight := s.get("rollout.canary.weight"); sp.Weight > 0 && !weight.Faulty() {
		s.checkShare("rollout.canary.weight", int64(sp.Weight))
	}
	s.pin()
}

// shortestPause is the shortest time, in seconds, that a step is held; false: there is no step.
func shortestPause(sp *app.Split) (int64, bool) {
	if len(sp.Steps) == 0 {
		return 0, false
	}
	return slices.MinFunc(sp.Steps, func(a, b app.Step) int { return cmp.Compare(a.PauseSeconds, b.PauseSeconds) }).PauseSeconds, true
}

// statedSteps reads the steps of the spec.
func (s *spec) statedSteps(list *load.Node) []plan {
	var plans []plan
	last := int64(0)
	for i, step := range elems(list) {
		field := fmt.Sprintf("rollout.canary.steps[%d].weight", i)
		weight, ok := integer(step.Field("weight"))
		if !ok || weight < 1 || weight > 99 {
			continue // the loader has said so
		}
		if weight <= last {
			s.fail(field, "canary-steps-ascend", fmt.Sprintf("%d is not greater than the step before it (%d)", weight, last), "weights in ascending order", "e.g. 10, 20, 50 (100 is implied)")
			continue
		}
		last = weight
		s.checkShare(field, weight)
		plans = append(plans, s.plan(weight, step.Field("pause")))
	}
	if list.Kind == load.List && len(list.Elems) == 0 {
		s.fail("rollout.canary.steps", "canary-has-steps", "without a step all traffic moves at once", "at least one weight", "remove steps, or write steps: [{weight: 10}]; to move all at once, use rollout: {blueGreen: {active: \"blue\"}}")
	}
	return plans
}

// defaultSteps takes the tier's weights; one that pods cannot make becomes the nearest that they can.
func (s *spec) defaultSteps() []plan {
	var plans []plan
	last := int64(0)
	for _, name := range []string{"canaryFirstPercent", "canarySecondPercent", "canaryThirdPercent"} {
		weight := s.number(name)
		if share, off := s.shareOf(weight); off {
			weight = share
		}
		if weight > last {
			last = weight
			plans = append(plans, s.plan(weight, nil))
		}
	}
	return plans
}

// plan decides how long a weight is held: as long as the spec says, or else as the tier wants and the traffic needs.
func (s *spec) plan(weight int64, pause *load.Node) plan {
	if stated, ok := seconds(pause); ok {
		return plan{weight: weight, pause: stated, stated: pause}
	}
	p := plan{weight: weight, pause: s.number("canaryPauseSeconds")}
	if need, ok := s.judgedAfter(weight); ok && need > p.pause {
		p.pause = max(p.pause, min(need, longestDefaultPause))
		p.note = fmt.Sprintf("at %d %% of the traffic, so long until the requests tell a bad version, but no longer than %s", weight, duration(longestDefaultPause))
	}
	return p
}

// onePause gives all steps the longest pause: Flagger has one interval for all of them.
func (s *spec) onePause(plans []plan) {
	if len(plans) == 0 {
		return
	}
	longest := slices.MaxFunc(plans, func(a, b plan) int { return cmp.Compare(a.pause, b.pause) }).pause
	stated := false
	for i := range plans {
		if p := &plans[i]; p.pause < longest {
			stated = stated || p.stated != nil
			p.pause, p.note = longest, "the longest of all steps, for Flagger has one interval"
		}
	}
	if stated {
		s.note("rollout.canary.steps", "canary-step-judges", "flagger holds all steps for the same time: for "+duration(longest)+", the longest of them", "", "")
	}
}
