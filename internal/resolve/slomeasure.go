package resolve

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// objectives decides how what the app promises is measured, and who hears of it.
func (s *spec) objectives() {
	o := s.app.SLO
	if o == nil || s.unmeasured() {
		return
	}
	s.keepsWindow()
	c, ok := s.counter()
	if !ok {
		return
	}
	if o.Availability > 0 && o.Availability < 100 {
		s.add(app.Objective{Name: "availability", Percent: o.Availability}, c)
	}
	if o.LatencyPercent > 0 && o.LatencyPercent < 100 && o.LatencyMillis > 0 && s.latencyIsCounted(c) {
		s.add(app.Objective{Name: "latency", Percent: o.LatencyPercent, UnderMillis: o.LatencyMillis}, c)
	}
}

// unmeasured reports whether nobody measures anything in this environment. Where another environment measures, this one leaves the
// rules out with a note. Where none does, what was promised is never compared with what is: a warning, no error, for the objective
// also decides how long a canary is watched and what other apps may promise.
func (s *spec) unmeasured() bool {
	why, help := s.w.unscraped()
	switch {
	case why == "":
		return false
	case s.w.misspelt():
	case s.w.facts.measured && !s.w.env.Has("prometheus"):
		s.w.noteOnce("capability-missing", "capabilities", `without "prometheus" nobody measures objectives: slo makes no rules and no alerts`, `add "prometheus" when its operator is installed`)
	case s.w.facts.measured:
		s.w.noteOnce("fact-missing", "scrape", "without scrape nobody measures objectives: slo makes no rules and no alerts", `add scrape: {namespace: "monitoring", labels: {"app.kubernetes.io/name": "prometheus"}}`)
	default:
		s.warn("slo", "objective-is-measured", "nobody measures it, so there are no alerts: "+why, "", help)
	}
	return true
}

// unscraped says why nobody reads metrics in this environment, and what helps; empty: somebody does.
func (w *world) unscraped() (why, help string) {
	switch {
	case !w.env.Has("prometheus"):
		return fmt.Sprintf("environment %q has no prometheus", w.env.Name), `add "prometheus" to its capabilities when its operator is installed`
	case w.env.Scrape == nil:
		return fmt.Sprintf("environment %q does not say who reads metrics", w.env.Name), `add scrape: {namespace: "monitoring", labels: {"app.kubernetes.io/name": "prometheus"}}`
	}
	return "", ""
}

// measuredSomewhere reports whether one of the platform's environments has a Prometheus that reads metrics.
func measuredSomewhere(envs *load.Node) bool {
	return slices.ContainsFunc(fields(envs), func(env *load.Node) bool {
		return env.Field("scrape") != nil && slices.Contains(texts(env.Field("capabilities")), "prometheus")
	})
}

// keepsWindow checks that Prometheus keeps samples for as long as the objective counts.
func (s *spec) keepsWindow() {
	const day = 24 * 3600
	kept, days := s.w.env.Scrape.RetentionSeconds, int64(s.app.SLO.WindowDays)
	if kept == 0 || kept >= days*day {
		return
	}
	field, help := "slo", fmt.Sprintf("raise it to %dd, in Prometheus and there", days)
	if s.get("slo.window") != nil {
		field = "slo.window"
	}
	if kept >= 28*day {
		help = `use window: "28d"`
	}
	s.fail(field, "window-is-kept", fmt.Sprintf("samples are kept for %s, and the objective counts over %dd", duration(kept), days),
		fmt.Sprintf("a window of at most platform.environments.%s.scrape.retention (%s)", s.w.env.Name, at(s.w.facts.node.At("scrape", "retention"), nil)), help)
}

// add adds an objective that c counts.
func (s *spec) add(o app.Objective, c counter) {
	o.Source, o.AtGateway, o.Backlog, o.Seconds = c.source, c.atGateway, c.backlog, c.seconds
	path := "slo.objectives[" + o.Name + "]"
	s.decided(path, app.BySpec, s.at("slo."+o.Name), "")
	s.decided(path+".source", c.origin.By, c.origin.Pos, c.origin.Note)
	if c.atGateway {
		s.derived(path+".atGateway", "the gateway's own series: what never reaches the app counts too")
	}
	if c.backlog > 0 && o.UnderMillis > 0 {
		o.Backlog = 0 // how long messages take is counted by the app
	} else if c.backlog > 0 {
		s.derived(path+".backlog", "%s", c.why)
	}
	if c.source == "probe" {
		o.Seconds = s.fromTier(path+".seconds", "probeSeconds")
	} else if c.seconds > 0 {
		s.derived(path+".seconds", "%s", c.why)
	}
	if o.UnderMillis > 0 && s.nativeOf(c.source) {
		o.Native = true
		s.fromSpec(path+".native", s.get("metrics.native"))
	}
	s.heard(&o, path)
	s.app.SLO.Objectives = append(s.app.SLO.Objectives, o)
}
