// Package release decides the one next step of a release, forward or back, that nobody notices who uses the app.
package release

import (
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/edit"
	"github.com/scantling/scantling/internal/load"
)

// Step is one change of a spec.
type Step struct {
	Sets []edit.Set
	Does string // what it does, in one sentence that begins with the app's name
	Next string // what comes after it
}

// Target is the app that is released, as its team wrote it and as it is in one environment.
type Target struct {
	Spec        load.AppSpec
	App         app.App
	Environment string // whose override is edited; empty: the app itself
}

// The fields that a release moves.
const (
	imageField        = "image"
	activeField       = "rollout.blueGreen.active"
	idleField         = "rollout.blueGreen.idle"
	idleImageField    = "rollout.blueGreen.idle.image"
	idlePhaseField    = "rollout.blueGreen.idle.phase"
	canaryField       = "rollout.canary"
	canaryImageField  = "rollout.canary.image"
	canaryWeightField = "rollout.canary.weight"
	canaryHoldField   = "rollout.canary.hold"
)

// Promote returns the next step towards the new version, or why there is none.
func (t Target) Promote() (Step, *diag.Diagnostic) {
	switch {
	case t.App.Rollout.Strategy == app.BlueGreen:
		return t.promoteColour()
	case t.App.Rollout.Split == nil:
		return t.refuse("release-needs-version", "rollout", fmt.Sprintf("there is nothing to promote: %s", t.replaces()), t.command("set", "image=REFERENCE")+" brings in a new version")
	case t.byController():
		return t.refuse("release-by-controller", "rollout.canary.via", t.controllerMoves(), t.controllerPromote())
	}
	return t.promoteCanary()
}

// Rollback returns the next step back to the old version, or why there is none.
func (t Target) Rollback() (Step, *diag.Diagnostic) {
	switch {
	case t.App.Rollout.Strategy == app.BlueGreen:
		return t.rollbackColour()
	case t.App.Rollout.Split == nil:
		return t.refuse("release-needs-version", "rollout", fmt.Sprintf("there is no second version to go back to: %s", t.replaces()), t.command("set", "image=REFERENCE")+" with the old reference rolls it back")
	case t.byController():
		return t.refuse("release-by-controller", "rollout.canary.via", t.controllerMoves(), t.controllerRollback())
	}
	return t.rollbackCanary()
}

// replaces says how an app without a second version takes a new one.
func (t Target) replaces() string {
	switch {
	case t.App.Kind == app.Cron:
		return "a cron app runs its image at the next time"
	case t.App.Kind == app.Stateful:
		return "a stateful app is replaced pod by pod"
	case t.App.Rollout.Strategy == app.Recreate:
		return "old pods go before the new ones come"
	}
	return "a rolling update replaces pods by itself"
}

// byController reports whether a controller moves the weight, not the spec.
func (t Target) byController() bool {
	return t.App.CanaryBy(app.ByArgo) || t.App.CanaryBy(app.ByFlagger)
}

// controller names it.
func (t Target) controller() string {
	if t.App.CanaryBy(app.ByArgo) {
		return "Argo Rollouts"
	}
	return "Flagger"
}

func (t Target) controllerMoves() string {
	return t.controller() + " moves the weight by itself, and the spec has none"
}

func (t Target) controllerPromote() string {
	if t.App.CanaryBy(app.ByArgo) {
		return fmt.Sprintf("kubectl argo rollouts promote %s -n %s ends a pause early", t.App.Name, t.App.Namespace)
	}
	return fmt.Sprintf("kubectl -n %s get canary %s --watch shows its progress", t.App.Namespace, t.App.Name)
}

func (t Target) controllerRollback() string {
	old := t.command("set", "image=REFERENCE") + " with the old reference"
	if t.App.CanaryBy(app.ByArgo) {
		return fmt.Sprintf("kubectl argo rollouts abort %s -n %s takes the traffic back at once; then %s", t.App.Name, t.App.Namespace, old)
	}
	return old + " lets it start over"
}

// command is a command line for the user to run next.
func (t Target) command(name string, args ...string) string {
	line := "scantling " + name + " " + t.App.Name
	for _, arg := range args {
		line += " " + arg
	}
	if t.Environment != "" {
		line += " -e " + t.Environment
	}
	return line
}

// refuse says why there is no step, at the user's line for a field or for the nearest struct around it.
func (t Target) refuse(rule, field, problem, help string) (Step, *diag.Diagnostic) {
	pos, path := t.place(field)
	return Step{}, &diag.Diagnostic{Rule: rule, Pos: pos, Path: path, Problem: problem, Help: help}
}

// place returns where the user wrote a field, or what is nearest to it; what an override says comes first.
func (t Target) place(field string) (diag.Pos, string) {
	env := t.App.Env
	for names := strings.Split(field, "."); len(names) > 0; names = names[:len(names)-1] {
		for _, over := range []string{env.Name, env.Group} {
			if n := t.Spec.Node.At(append([]string{"environments", over}, names...)...); n != nil {
				return n.KeyPos, "apps." + t.App.Name + ".environments." + over + "." + strings.Join(names, ".")
			}
		}
		if n := t.Spec.Node.At(names...); n != nil {
			return n.KeyPos, "apps." + t.App.Name + "." + strings.Join(names, ".")
		}
	}
	return t.Spec.Node.KeyPos, "apps." + t.App.Name
}
