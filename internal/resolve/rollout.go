package resolve

import (
	"fmt"
	"strconv"

	"github.com/scantling/scantling/internal/app"
)

// rollout decides how fast new pods replace old ones.
func (s *spec) rollout() {
	if s.app.Kind == app.Cron {
		return
	}
	r := &s.app.Rollout
	r.MinReadySeconds = int32(s.fromTier("rollout.minReadySeconds", "minReadySeconds"))
	r.RevisionHistory = int32(s.fromTier("rollout.revisionHistory", "revisionHistory"))
	if r.Strategy != app.Recreate && s.app.Kind != app.Stateful {
		r.MaxSurge = percent(s.fromTier("rollout.maxSurge", "surgePercent"))
		r.MaxUnavailable = percent(s.fromTier("rollout.maxUnavailable", "unavailablePercent"))
	}
	if s.app.Kind != app.Stateful { // a StatefulSet has no deadline
		s.progressDeadline()
	}
}

// percent writes a share of pods: "25%", and "0" for none.
func percent(n int64) string {
	if n == 0 {
		return "0"
	}
	return strconv.FormatInt(n, 10) + "%"
}

// progressDeadline decides when a rollout has failed: never before one pod could start and stay ready.
func (s *spec) progressDeadline() {
	var start int64 // seconds that a pod may take to start
	if p := s.app.Health.Startup; p != nil {
		start = int64(p.PeriodSeconds) * int64(p.FailureThreshold)
	}
	const path = "rollout.progressDeadlineSeconds"
	least := s.number("progressSeconds")
	need := s.number("progressFactor")*(start+int64(s.app.Rollout.MinReadySeconds)) + s.number("progressReserveSeconds")
	if need <= least {
		s.app.Rollout.ProgressDeadlineSeconds = int32(s.fromTier(path, "progressSeconds"))
		return
	}
	s.app.Rollout.ProgressDeadlineSeconds = int32(need)
	s.derived(path, "%d times the %d s that a pod may take to start and %d s to stay ready, and %d s to pull the image", s.number("progressFactor"), start, s.app.Rollout.MinReadySeconds, s.number("progressReserveSeconds"))
}

// strategy decides how old and new pods meet. A StatefulSet never starts a pod before its predecessor is gone.
func (s *spec) strategy() {
	if s.app.Kind == app.Cron {
		return // kind has refused the field
	}
	blueGreen, canary := s.get("rollout.blueGreen"), s.get("rollout.canary")
	s.notWithOnePod("rollout.blueGreen", "a blue-green rollout")
	s.notWithOnePod("rollout.canary", "a canary")
	s.app.Rollout.Strategy = app.Rolling
	switch volume := s.lonePodVolume(); {
	case s.app.Kind == app.Stateful:
		s.statefulRolls()
	case boolean(s.node.Field("singleton")):
		s.recreates("singleton", "a singleton")
	case volume != "":
		s.recreates("storage."+volume, fmt.Sprintf("volume %q", volume))
	case s.get("rollout.recreate") != nil:
		s.recreates("rollout.recreate", "")
	case blueGreen != nil && s.app.Kind == app.Worker:
		s.fail("rollout.blueGreen", "blue-green-flips-traffic", "a blue-green rollout flips a Service from one colour to the other, and a worker has none", "", `use rollout: {rolling: {}}, or kind: "service"`)
	case blueGreen != nil:
		s.app.Rollout.Strategy = app.BlueGreen
		s.fromSpec("rollout.strategy", blueGreen)
		return
	case canary != nil:
		s.app.Rollout.Strategy = app.Canary
		s.fromSpec("rollout.strategy", canary)
		s.split(canary)
		return
	}
	if s.app.Rollout.Strategy != app.Rolling {
		return
	}
	if rolling := s.get("rollout.rolling"); rolling != nil {
		s.fromSpec("rollout.strategy", rolling)
	} else {
		s.derived("rollout.strategy", "the default: pod by pod")
	}
}

// statefulRolls reports the strategies that a StatefulSet doesn't know.
func (s *spec) statefulRolls() {
	const problem = "a stateful app is replaced pod by pod"
	if s.get("rollout.recreate") != nil {
		s.fail("rollout.recreate", "stateful-rolls", problem, "", "remove rollout")
	}
	for _, field := range []string{"rollout.blueGreen", "rollout.canary"} {
		if s.get(field) != nil {
			s.fail(field, "stateful-rolls", problem+": a second version beside it would need volumes of its own", "", "use rollout: {rolling: {}}, or a second app with its own storage")
		}
	}
}

// recreates decides that old and new pods must not overlap, because of a field of the spec; what is empty for recreate itself.
func (s *spec) recreates(why, what string) {
	s.app.Rollout.Strategy = app.Recreate
	s.decided("rollout.strategy", app.BySpec, s.at(why), "old and new pods must not overlap")
	if s.get("rollout.rolling") != nil && s.get("rollout.recreate") == nil {
		s.fail("rollout.rolling", "recreate-needed", what+" is for one pod: the old one must go before the new one comes", "rollout: {recreate: {}}", "write rollout: {recreate: {}}, or remove rollout")
	}
	most := s.table["recreateMaxAvailability"].value
	if slo, ok := float(s.get("slo.availability")); ok && slo > most {
		s.fail("slo.availability", "recreate-costs-availability", fmt.Sprintf("%s %% cannot be kept: each rollout is an outage, because %s", decimal(slo), s.recreateReason(why, what)), "at most "+decimal(most), "lower the objective, or let old and new pods overlap")
	}
}

// notWithOnePod reports a rollout with two versions side by side where only one pod can be.
func (s *spec) notWithOnePod(field, what string) {
	if s.get(field) == nil {
		return
	}
	because := s.lonePodVolume()
	switch {
	case because != "":
		s.fail(field, "two-versions-need-two-pods", fmt.Sprintf("%s runs two versions at once, but one pod mounts volume %q at a time", what, because), "", `use rollout: {recreate: {}}, or kind: "stateful"`)
	case boolean(s.node.Field("singleton")):
		s.fail(field, "two-versions-need-two-pods", what+" runs two versions at once, but the app is a singleton", "", "use rollout: {recreate: {}}")
	}
}

func (s *spec) recreateReason(field, what string) string {
	if what == "" {
		return "of rollout.recreate (" + s.at(field).String() + ")"
	}
	return what + " is for one pod (" + s.at(field).String() + ")"
}
