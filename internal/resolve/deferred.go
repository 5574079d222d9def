package resolve

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// deferred checks the fields that this version only understands, and says what it does not do yet.
func (s *spec) deferred() {
	s.checkCanary(s.get("rollout.canary"))
	s.checkBlueGreen(s.get("rollout.blueGreen"))
	s.checkDates("patches")
	s.checkDates("waive")
	s.checkMigration(s.node.Field("migrate"))
	for _, field := range []string{"rollout.canary", "rollout.blueGreen", "patches", "waive", "migrate"} {
		s.notYet(field, field)
	}
	var unrendered []string
	if s.app.SLO != nil {
		unrendered = append(unrendered, "alerts for slo")
	}
	if len(s.app.Recovery) > 0 {
		unrendered = append(unrendered, "backups for recovery")
	}
	if len(unrendered) > 0 {
		s.warn("", "not-yet-rendered", "this version checks but does not yet render "+strings.Join(unrendered, " and "), "", "")
	}
}

// notYet reports a field of the spec that this version does not render yet.
func (s *spec) notYet(field, what string) {
	n := s.get(field)
	if n == nil || n.Kind == load.List && len(n.Elems) == 0 {
		return
	}
	help := "remove it"
	if strings.HasPrefix(field, "rollout.") {
		help = "use rollout: {rolling: {}}"
	}
	s.w.report(diag.Diagnostic{Rule: "not-yet-supported", Pos: n.KeyPos, Path: s.path(field), Problem: "this version does not support " + what + " yet", Help: help})
}

// checkCanary checks the steps of a canary: ascending weights, somebody who can split the traffic, and no volume in the way.
func (s *spec) checkCanary(n *load.Node) {
	if n == nil {
		return
	}
	last := int64(0)
	for i, step := range elems(n.Field("steps")) {
		weight, ok := integer(step.Field("weight"))
		if ok && weight <= last {
			s.fail(fmt.Sprintf("rollout.canary.steps[%d].weight", i), "canary-steps-ascend", fmt.Sprintf("%d is not greater than the step before it (%d)", weight, last), "weights in ascending order", "e.g. 10, 20, 50 (100 is implied)")
		}
		last = max(last, weight)
	}
	if image := n.Field("image"); image != nil {
		if ref, problem := parseReference(text(image)); problem == "" {
			s.checkImage(ref, text(image), image.Pos, "rollout.canary.image")
		}
	}
	s.notWithOnePod("rollout.canary", "a canary")
	s.checkVia(n)
}

// splitters are who can split traffic, with the capability that each needs.
var splitters = []struct{ via, capability string }{
	{"argo", "argo-rollouts"}, {"flagger", "flagger"}, {"istio", "istio"}, {"gateway", "gateway"},
}

// checkVia checks that a router is there, and that pods alone can make the weight.
func (s *spec) checkVia(n *load.Node) {
	via := text(n.Field("via"))
	for _, r := range splitters {
		if via == r.via {
			s.lacks("rollout.canary.via", "a canary by "+via, r.capability, "enable it, or leave via out")
			return
		}
		if via == "" && s.w.env.Has(r.capability) {
			return
		}
	}
	weight, ok := integer(n.Field("weight"))
	stable := int64(s.app.Replicas.Min)
	if !ok || stable == 0 {
		return
	}
	// The share that whole pods can make: nearest number of canary pods beside the stable ones.
	canary := max(1, (stable*weight+(100-weight)/2)/(100-weight))
	share := 100 * canary / (stable + canary)
	const most = 5 // points that the share may be off
	if off := share - weight; off > most || off < -most {
		s.fail("rollout.canary.weight", "canary-weight-has-router", fmt.Sprintf("%d %% needs a router: beside %d pods, whole pods make %d %%", weight, stable, share), "gateway, istio, argo or flagger; or a weight that pods can make", fmt.Sprintf("use weight: %d, or state via", share))
	}
}

func (s *spec) checkBlueGreen(n *load.Node) {
	if n == nil {
		return
	}
	if image := n.At("idle", "image"); image != nil {
		if ref, problem := parseReference(text(image)); problem == "" {
			s.checkImage(ref, text(image), image.Pos, "rollout.blueGreen.idle.image")
		}
	}
	s.notWithOnePod("rollout.blueGreen", "a blue-green rollout")
}

// notWithOnePod reports a rollout with two versions side by side where only one pod can be.
func (s *spec) notWithOnePod(field, what string) {
	because := s.lonePodVolume()
	switch {
	case because != "":
		s.fail(field, "two-versions-need-two-pods", fmt.Sprintf("%s runs two versions at once, but one pod mounts volume %q at a time", what, because), "", `use rollout: {recreate: {}}, or kind: "stateful"`)
	case boolean(s.node.Field("singleton")):
		s.fail(field, "two-versions-need-two-pods", what+" runs two versions at once, but the app is a singleton", "", "use rollout: {recreate: {}}")
	}
}

// checkDates checks that every entry of a list expires on a day that exists.
func (s *spec) checkDates(field string) {
	for i, n := range elems(s.node.Field(field)) {
		expires := n.Field("expires")
		if len(text(expires)) != len(time.DateOnly) {
			continue
		}
		if _, err := time.Parse(time.DateOnly, text(expires)); err != nil {
			s.fail(field+"["+strconv.Itoa(i)+"].expires", "date-exists", fmt.Sprintf("there is no %s", text(expires)), "a day of the calendar", "")
		}
	}
}

func (s *spec) checkMigration(n *load.Node) {
	if command := n.Field("command"); command != nil && command.Kind == load.List && len(command.Elems) == 0 {
		s.fail("migrate.command", "migration-runs-something", "the command is empty", "the program that migrates", `e.g. ["/app/migrate", "up"]`)
	}
	if image := n.Field("image"); image != nil {
		if ref, problem := parseReference(text(image)); problem == "" {
			s.checkImage(ref, text(image), image.Pos, "migrate.image")
		}
	}
}
