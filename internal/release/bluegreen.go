package release

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
)

// promoteColour goes from preview to warm, from warm to the flip, and then takes the previous colour away.
func (t Target) promoteColour() (Step, *diag.Diagnostic) {
	a, idle := t.App, t.App.Other
	if idle == nil {
		return t.refuse("release-needs-version", "rollout.blueGreen", "there is nothing to promote: the idle colour does not run", t.command("set", "idle=REFERENCE")+" begins a release")
	}
	switch a.Rollout.Phase {
	case app.PhasePreview:
		return Step{
			Sets: []edit.Set{edit.String(idlePhaseField, string(app.PhaseWarm))},
			Does: fmt.Sprintf("%s: %s (%s) gets capacity for all of the traffic; %s keeps the traffic", a.Name, idle.Role, idle.Image, a.Role),
			Next: fmt.Sprintf("when all pods of %s are ready, %s moves the traffic to them; to wait for that: kubectl wait -n %s deployment/%s-%s --for=jsonpath='{.status.readyReplicas}'=%d --timeout=10m",
				idle.Role, t.command("promote"), a.Namespace, a.Name, idle.Role, a.Replicas.Min), // a warm colour has as many as the active one
		}, nil
	case app.PhaseWarm:
		return t.flip(app.PhasePrevious, fmt.Sprintf("if it does well, %s takes %s away; if not, %s moves the traffic back", t.command("promote"), a.Role, t.command("rollback"))), nil
	}
	return Step{
		Sets: []edit.Set{edit.Remove(idleField)},
		Does: fmt.Sprintf("%s: %s (%s) goes away; %s (%s) has all of the traffic", a.Name, idle.Role, idle.Image, a.Role, a.Image),
		Next: "the release is finished",
	}, nil
}

// rollbackColour moves the traffic back after a flip, and else takes away the colour that has none.
func (t Target) rollbackColour() (Step, *diag.Diagnostic) {
	a, idle := t.App, t.App.Other
	switch {
	case idle == nil:
		return t.refuse("release-needs-version", "rollout.blueGreen", "there is nothing to roll back: the idle colour does not run",
			t.command("set", "idle=REFERENCE")+" with the old reference begins a release of it")
	case a.Rollout.Phase == app.PhasePrevious:
		return t.flip(app.PhasePreview, t.command("rollback")+" takes "+string(a.Role)+" away"), nil
	}
	return Step{
		Sets: []edit.Set{edit.Remove(idleField)},
		Does: fmt.Sprintf("%s: %s (%s) goes away; it has no traffic", a.Name, idle.Role, idle.Image),
		Next: "the release is taken back",
	}, nil
}

// flip moves all traffic to the idle colour. The images change places with the colours, so no pod template changes.
func (t Target) flip(phase app.Phase, next string) Step {
	a, idle := t.App, t.App.Other
	return Step{
		Sets: []edit.Set{
			edit.String(activeField, string(idle.Role)), edit.String(imageField, idle.Image),
			edit.String(idleImageField, a.Image), edit.String(idlePhaseField, string(phase)),
		},
		Does: fmt.Sprintf("%s: all of the traffic goes from %s (%s) to %s (%s)", a.Name, a.Role, a.Image, idle.Role, idle.Image),
		Next: next,
	}
}
