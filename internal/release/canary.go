package release

import (
	"fmt"
	"time"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
)

// promoteCanary raises the weight step by step. After the last one the stable side takes the image while the canary keeps its
// share; then the canary loses its share, and then it goes.
func (t Target) promoteCanary() (Step, *diag.Diagnostic) {
	a, split, canary := t.App, t.App.Rollout.Split, t.App.Other
	if canary == nil {
		return t.refuse("release-needs-version", canaryField, "there is nothing to promote: no canary is in progress", t.command("set", "canary=REFERENCE")+" begins one")
	}
	if split.Hold {
		return t.refuse("release-is-held", canaryHoldField, fmt.Sprintf("the canary is held at %d %% of the traffic", split.Weight), "remove hold, then "+t.command("promote"))
	}
	if a.Image == canary.Image {
		if split.Weight == 0 {
			return Step{
				Sets: []edit.Set{edit.Remove(canaryImageField), edit.Remove(canaryWeightField)},
				Does: fmt.Sprintf("%s: the canary goes away; %s has all of the traffic", a.Name, a.Image),
				Next: "the release is finished",
			}, nil
		}
		return Step{
			Sets: []edit.Set{edit.Int(canaryWeightField, 0)},
			Does: fmt.Sprintf("%s: %d %% -> 0 %% of the traffic go to the canary, the rest to the stable pods, which run %s, too", a.Name, split.Weight, a.Image),
			Next: t.command("promote") + " removes the canary",
		}, nil
	}
	step, more := nextStep(split)
	if !more {
		return Step{
			Sets: []edit.Set{edit.String(imageField, canary.Image)},
			Does: fmt.Sprintf("%s: the stable pods change from %s to %s; the canary keeps %d %% of the traffic meanwhile", a.Name, a.Image, canary.Image, split.Weight),
			Next: "when all stable pods are new, " + t.command("promote") + " takes the traffic off the canary",
		}, nil
	}
	next := fmt.Sprintf("watch it for %s, then ", pause(step.PauseSeconds))
	if step.PauseSeconds == 0 {
		next = "if it does well, "
	}
	return Step{
		Sets: []edit.Set{edit.Int(canaryWeightField, int(step.Weight))},
		Does: fmt.Sprintf("%s: %d %% -> %d %% of the traffic go to %s", a.Name, split.Weight, step.Weight, canary.Image),
		Next: next + t.command("promote") + "; if not, " + t.command("rollback") + " takes all of it back",
	}, nil
}

// rollbackCanary takes the traffic off the canary, and then the canary away.
func (t Target) rollbackCanary() (Step, *diag.Diagnostic) {
	a, split, canary := t.App, t.App.Rollout.Split, t.App.Other
	switch {
	case canary == nil:
		return t.refuse("release-needs-version", canaryField, "there is nothing to roll back: no canary is in progress", t.command("set", "image=REFERENCE")+" with the old reference rolls the app back")
	case a.Image == canary.Image:
		return t.refuse("release-needs-version", imageField, "the new version is everywhere: the stable pods run the image of the canary",
			t.command("set", "image=REFERENCE")+" with the old reference rolls them back; "+t.command("promote")+" ends the release")
	case split.Weight > 0:
		return Step{
			Sets: []edit.Set{edit.Int(canaryWeightField, 0)},
			Does: fmt.Sprintf("%s: %d %% -> 0 %% of the traffic go to %s; all of it goes back to %s", a.Name, split.Weight, canary.Image, a.Image),
			Next: t.command("rollback") + " removes the canary",
		}, nil
	}
	return Step{
		Sets: []edit.Set{edit.Remove(canaryImageField), edit.Remove(canaryWeightField)},
		Does: fmt.Sprintf("%s: the canary %s goes away; it has no traffic", a.Name, canary.Image),
		Next: "the release is taken back",
	}, nil
}

// nextStep is the first step above the present weight; false: there is none.
func nextStep(s *app.Split) (app.Step, bool) {
	for _, step := range s.Steps {
		if step.Weight > s.Weight {
			return step, true
		}
	}
	return app.Step{}, false
}

// pause writes seconds as a spec does: 10m, 1h30m.
func pause(seconds int64) string {
	d := time.Duration(seconds) * time.Second
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if len(text) > len(zero) && text[len(text)-len(zero):] == zero {
			text = text[:len(text)-2]
		}
	}
	return text
}
