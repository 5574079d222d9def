package resolve

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// objective decides what the app promises its users, and what becomes of releases when too little of it is left. Who counts it is
// known once the app is connected: objectives.
func (s *spec) objective() {
	n := s.node.Field("slo")
	if n == nil || n.Kind != load.Struct {
		return
	}
	o := &app.SLO{}
	s.app.SLO = o
	s.window(n.Field("window"))
	if availability, ok := float(n.Field("availability")); ok {
		o.Availability = availability
		s.fromSpec("slo.availability", n.Field("availability"))
		s.checkAvailability(availability)
	}
	if latency := n.Field("latency"); latency != nil {
		o.LatencyPercent, _ = float(latency.Field("percent"))
		o.LatencyMillis, _ = millis(latency.Field("under"))
		s.fromSpec("slo.latencyPercent", latency)
		s.fromSpec("slo.latencyMillis", latency)
		if under := latency.Field("under"); o.LatencyMillis == 0 && text(under) != "" {
			s.fail("slo.latency.under", "latency-is-a-bucket", fmt.Sprintf("%q leaves a request no time", text(under)), "a bound that is counted exactly", `e.g. under: "250ms"`)
		}
	}
	if !slices.ContainsFunc(n.Fields, func(f *load.Node) bool { return f.Key != "window" && f.Key != "source" }) { // another name has been reported
		s.fail("slo", "objective-says-what", "nothing is promised", "availability, latency or both", "add availability: 99.9")
	}
	s.source(n.Field("source"))
	s.policy()
	s.checkTraffic()
}

// checkAvailability compares the objective with what the tier can keep.
func (s *spec) checkAvailability(percent float64) {
	most := s.table["maxAvailability"].value
	switch {
	case percent > most:
		help := "lower the objective"
		if s.tiers[app.Critical]["maxAvailability"].value >= percent {
			help += ", or raise the tier"
		}
		s.fail("slo.availability", "objective-fits-tier", fmt.Sprintf("tier %s cannot keep %s %%", s.app.Tier, decimal(percent)), "at most "+decimal(most), help)
	case percent == most && s.app.Tier == app.Critical:
		minutes := (100 - percent) / 100 * float64(s.app.SLO.WindowDays) * 24 * 60
		s.warn("slo.availability", "objective-leaves-time", fmt.Sprintf("%s %% leaves %s minutes of outage in %d days, hardly more than a page and a rollback take", decimal(percent), decimal(float64(int(minutes*10+0.5))/10), s.app.SLO.WindowDays), "", "be sure that rollouts abort by themselves")
	}
}

func (s *spec) window(n *load.Node) {
	if ms, ok := millis(n); ok {
		s.app.SLO.WindowDays = int(ms / (24 * 3600 * 1000))
		s.fromSpec("slo.windowDays", n)
		return
	}
	s.app.SLO.WindowDays = int(s.fromTier("slo.windowDays", "windowDays"))
}

// source decides what the objective counts: what the spec says, else by what the app speaks.
func (s *spec) source(n *load.Node) {
	if n != nil {
		s.app.SLO.Source = text(n)
		s.fromSpec("slo.source", n)
		return
	}
	source, why := "probe", "nothing counts this app's requests"
	switch {
	case s.app.Kind == app.Cron:
		source, why = "cron", "the app runs on a schedule"
	case s.get("scale.queue") != nil:
		source, why = "queue", "the app works through a queue"
	case s.main != nil && s.main.App == "grpc":
		source, why = "grpc", "the app speaks gRPC"
	case s.main != nil && s.main.App == "http":
		source, why = "http", "the app speaks HTTP"
	}
	s.app.SLO.Source = source
	s.derived("slo.source", "%s", why)
}

// policy decides what becomes of releases when little is left of the error budget.
func (s *spec) policy() {
	p := &s.app.SLO.Policy
	p.Freezes = s.fromTier("slo.policy.freezes", "budgetFreezes") > 0
	p.FreezePercent = int32(s.fromTier("slo.policy.freezePercent", "budgetFreezePercent"))
	p.CautionPercent = int32(s.fromTier("slo.policy.cautionPercent", "budgetCautionPercent"))
}
