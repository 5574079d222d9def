package resolve

import (
	"fmt"
	"math"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// objectives decides how what the app promises is measured, and who hears of it.
func (s *spec) objectives() {
	o := s.app.SLO
	if o == nil || s.unmeasured() || s.isOff() {
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
	case s.w.facts.keptSeconds > 0 && !s.w.env.Has("prometheus"):
		s.w.noteOnce("capability-missing", "capabilities", `without "prometheus" nobody measures objectives: slo makes no rules and no alerts`, `add "prometheus" when its operator is installed`)
	case s.w.facts.keptSeconds > 0:
		s.w.noteOnce("fact-missing", "scrape", "without scrape nobody measures objectives: slo makes no rules and no alerts", `add scrape: {namespace: "monitoring", labels: {"app.kubernetes.io/name": "prometheus"}}`)
	default:
		s.warn("slo", "objective-is-measured", "nobody measures it, so there are no alerts: "+why, "", help)
	}
	return true
}

// isOff reports whether the app has no pods at all, so that nobody shall hear of it that nothing is measured.
func (s *spec) isOff() bool {
	off := s.app.Kind != app.Cron && s.app.Replicas.Max == 0 && s.get("replicas") != nil
	if off {
		s.note("replicas", "objective-is-measured", "the app has no pods: slo makes no rules and no alerts", "", "")
	}
	return off
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

// longestKept returns for how many seconds the environment keeps samples whose Prometheus keeps them longest; 0: none of the platform's
// environments has one that reads metrics. Who does not say how long keeps them for long enough.
func longestKept(envs *load.Node) (longest int64) {
	for _, env := range fields(envs) {
		if env.Field("scrape") == nil || !slices.Contains(texts(env.Field("capabilities")), "prometheus") {
			continue
		}
		kept, ok := seconds(env.At("scrape", "retention"))
		if !ok {
			return math.MaxInt64
		}
		longest = max(longest, kept)
	}
	return longest
}

// keepsWindow compares how long Prometheus keeps samples with the time that the objective counts over: what is gone does not count. Where
// another environment keeps them for long enough this one gets a warning: no override takes a promise away, and none makes its window
// shorter than 28 days. Where none does, the budget is nowhere what it is said to be.
func (s *spec) keepsWindow() {
	const day = 24 * 3600
	kept, days := s.w.env.Scrape.RetentionSeconds, int64(s.app.SLO.WindowDays)
	if kept == 0 || kept >= days*day {
		return
	}
	retention := s.w.facts.node.At("scrape", "retention")
	d := diag.Diagnostic{
		Rule: "window-is-kept", Pos: at(retention, nil), Path: "platform.environments." + s.w.env.Name + ".scrape.retention",
		Want: "at least 30d", Help: `write retention: "30d", and let Prometheus keep them for as long`,
	}
	switch stated := s.get("slo.window"); {
	case s.w.facts.keptSeconds >= days*day:
		d.Severity, d.Want = diag.Warning, ""
		d.Problem = fmt.Sprintf("samples are kept for %s: what is left of a budget is reckoned from those alone", duration(kept))
		s.w.once(d)
	case stated != nil && kept >= 28*day:
		s.fail("slo.window", d.Rule, fmt.Sprintf("samples are kept for %s, and the objective counts over %dd", duration(kept), days),
			fmt.Sprintf("a window of at most %s (%s)", d.Path, d.Pos), `use window: "28d"`)
	default:
		d.Problem = fmt.Sprintf("samples are kept for %s, and objectives count over 28d or 30d", duration(kept))
		s.w.once(d)
	}
}

// add adds an objective that c counts.
func (s *spec) add(o app.Objective, c counter) {
	o.Source, o.AtGateway, o.Backlog, o.Seconds, o.RunSeconds = c.source, c.atGateway, c.backlog, c.seconds, c.run
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
		s.derived(path+".runSeconds", "how late a run starts + how long it takes")
	}
	if o.UnderMillis > 0 && s.nativeOf(c.source) {
		o.Native = true
		s.fromSpec(path+".native", s.get("metrics.native"))
	}
	s.heard(&o, path)
	s.app.SLO.Objectives = append(s.app.SLO.Objectives, o)
}
