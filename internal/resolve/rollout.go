package resolve

import (
	"fmt"
	"strconv"

	"github.com/scantling/scantling/internal/app"
)

// rollout decides how new pods replace old ones.
func (s *spec) rollout() {
	if s.app.Kind == app.Cron {
		return
	}
	r := &s.app.Rollout
	s.strategy()
	if s.app.Kind != app.Stateful {
		s.app.Role = app.RoleStable
		s.derived("role", "the only version")
	}
	r.MinReadySeconds = int32(s.fromTier("rollout.minReadySeconds", "minReadySeconds"))
	r.RevisionHistory = int32(s.fromTier("rollout.revisionHistory", "revisionHistory"))
	if r.Strategy == app.Rolling && s.app.Kind != app.Stateful {
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

// strategy decides whether old pods may overlap with new ones. A StatefulSet never starts a pod before its predecessor is gone.
func (s *spec) strategy() {
	s.app.Rollout.Strategy = app.Rolling
	rolling, recreate := s.get("rollout.rolling"), s.get("rollout.recreate")
	why, what := "", ""
	switch volume := s.lonePodVolume(); {
	case s.app.Kind == app.Stateful:
		if recreate != nil {
			s.fail("rollout.recreate", "stateful-rolls", "a stateful app is replaced pod by pod", "", "remove rollout")
		}
	case boolean(s.node.Field("singleton")):
		why, what = "singleton", "a singleton"
	case volume != "":
		why, what = "storage."+volume, fmt.Sprintf("volume %q", volume)
	case recreate != nil:
		why = "rollout.recreate"
	}
	if why == "" {
		if rolling != nil {
			s.fromSpec("rollout.strategy", rolling)
		} else {
			s.derived("rollout.strategy", "the default: pod by pod")
		}
		return
	}
	s.app.Rollout.Strategy = app.Recreate
	s.decided("rollout.strategy", app.BySpec, s.at(why), "old and new pods must not overlap")
	if rolling != nil && recreate == nil {
		s.fail("rollout.rolling", "recreate-needed", what+" is for one pod: the old one must go before the new one comes", "rollout: {recreate: {}}", "write rollout: {recreate: {}}, or remove rollout")
	}
	most := s.table["recreateMaxAvailability"].value
	if slo, ok := float(s.get("slo.availability")); ok && slo > most {
		s.fail("slo.availability", "recreate-costs-availability", fmt.Sprintf("%s %% cannot be kept: each rollout is an outage, because %s", decimal(slo), s.recreateReason(why, what)), "at most "+decimal(most), "lower the objective, or let old and new pods overlap")
	}
}

func (s *spec) recreateReason(field, what string) string {
	if what == "" {
		return "of rollout.recreate (" + s.at(field).String() + ")"
	}
	return what + " is for one pod (" + s.at(field).String() + ")"
}
