package release

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
)

// BeginIdle lets a version run as the idle colour of a blue-green, in preview: small, and without users. One that is in preview
// already is replaced.
func (t Target) BeginIdle(ref string) (Step, *diag.Diagnostic) {
	a, idle := t.App, t.App.Other
	switch {
	case a.Rollout.Strategy != app.BlueGreen:
		return t.refuse("release-needs-version", "rollout", "the app is not released by blue-green, so it has no idle colour", t.instead("idle", ref))
	case ref == a.Image:
		return t.refuse("release-needs-version", imageField, fmt.Sprintf("%s runs this image already", a.Role), "give the reference of the new version")
	case idle != nil && a.Rollout.Phase == app.PhasePrevious:
		return t.refuse("release-one-at-a-time", idleField, fmt.Sprintf("%s holds the previous version, for the way back", idle.Role), t.command("promote")+" ends that release first")
	case idle != nil && a.Rollout.Phase == app.PhaseWarm && ref != idle.Image:
		return t.refuse("release-one-at-a-time", idleField, fmt.Sprintf("%s (%s) is warm, one step before the traffic", idle.Role, idle.Image), t.command("rollback")+" takes it away first")
	}
	colour := app.RoleGreen
	if a.Role == app.RoleGreen {
		colour = app.RoleBlue
	}
	sets := []edit.Set{edit.String(idleImageField, ref), edit.String(idlePhaseField, string(app.PhasePreview))}
	if idle != nil {
		sets = sets[:1]
	}
	return Step{
		Sets: sets,
		Does: fmt.Sprintf("%s: %s runs %s in preview; %s keeps the traffic", a.Name, colour, ref, a.Role),
		Next: fmt.Sprintf("try it at Service %s-preview; then %s", a.Name, t.command("promote")),
	}, nil
}

// BeginCanary lets a version run as the canary, without a share of the traffic. One that has none yet is replaced. With a
// controller the app's image is the new version, so that is set.
func (t Target) BeginCanary(ref string) (Step, *diag.Diagnostic) {
	a, canary, split := t.App, t.App.Other, t.App.Rollout.Split
	switch {
	case split == nil:
		return t.refuse("release-needs-version", "rollout", "the app is not released by a canary", t.instead("canary", ref))
	case t.byController():
		return t.refuse("release-by-controller", "rollout.canary", t.controller()+" moves a canary by itself: the new version is the app's image", t.command("set", "image="+ref))
	case ref == a.Image:
		return t.refuse("release-needs-version", imageField, "the stable pods run this image already", "give the reference of the new version")
	case canary != nil && split.Weight > 0 && ref != canary.Image:
		return t.refuse("release-one-at-a-time", canaryWeightField, fmt.Sprintf("%s has %d %% of the traffic", canary.Image, split.Weight), t.command("rollback")+" takes it back first")
	}
	next := "when its pods are ready, " + t.command("promote") + " gives it the first share"
	if a.CanaryBy(app.ByReplicas) {
		next = t.command("promote") + " starts its first pods, and with them it has a share"
	} else if h := split.Header; h != nil {
		next = fmt.Sprintf("requests with %s: %s reach it; then %s", h.Name, h.Value, t.command("promote"))
	}
	return Step{
		Sets: []edit.Set{edit.String(canaryImageField, ref)},
		Does: fmt.Sprintf("%s: %s runs as the canary, with 0 %% of the traffic", a.Name, ref),
		Next: next,
	}, nil
}

// instead says how the app takes a new version, where it is not by the named way.
func (t Target) instead(field, ref string) string {
	switch {
	case t.App.Rollout.Strategy == app.BlueGreen:
		return t.command("set", "idle="+ref)
	case t.App.Rollout.Split != nil && !t.byController():
		return t.command("set", "canary="+ref)
	case t.App.Kind == app.Stateful || t.App.Kind == app.Cron:
		return t.command("set", "image="+ref) + ": " + t.replaces()
	case field == "idle":
		return `write rollout: {blueGreen: {active: "blue"}}, or ` + t.command("set", "image="+ref)
	}
	return "write rollout: {canary: {}}, or " + t.command("set", "image="+ref)
}
