package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
)

// analysis decides how a controller judges the new version: by the app's objective.
func (s *spec) analysis() {
	sp := s.app.Rollout.Split
	if sp == nil || !byItself(sp.Engine) {
		return
	}
	if why, help := s.unjudged(); why != "" {
		if !s.w.misspelt() && !s.get("slo").Faulty() {
			s.warn("rollout.canary", "canary-is-judged", fmt.Sprintf("%s moves the weight, and nothing judges the new version: %s", sp.Engine, why), "an objective that can be measured", help)
		}
		return
	}
	measures := s.measures()
	if len(measures) == 0 {
		return
	}
	sp.Analysis = &app.Analysis{Measures: measures}
	const path = "rollout.split.analysis"
	sp.Analysis.IntervalSeconds = s.fromTier(path+".intervalSeconds", "analysisIntervalSeconds")
	shortest, _ := shortestPause(sp)
	minutes := (shortest - sp.Analysis.IntervalSeconds) / 60
	low, high := s.number("analysisMinWindowSeconds"), s.number("analysisMaxWindowSeconds")
	sp.Analysis.WindowSeconds = max(low, min(60*minutes, high))
	s.derived(path+".windowSeconds", "the shortest step, less the time between two looks, between %s and %s", duration(low), duration(high))
	s.borne(path+".failureLimit", shortest)
}

// borne decides how many bad looks are borne. Flagger holds a step that it found bad; Argo goes on in time, so it bears one less than
// there are looks in the shortest step: a bad version never gets a larger share, nor is the last step over, before it is aborted.
func (s *spec) borne(path string, shortest int64) {
	sp := s.app.Rollout.Split
	limit, looks := s.number("analysisFailures"), (shortest-sp.FirstLook()-1)/sp.Analysis.IntervalSeconds+1
	if sp.Engine == app.ByFlagger || limit < looks {
		sp.Analysis.FailureLimit = int32(s.fromTier(path, "analysisFailures"))
		return
	}
	sp.Analysis.FailureLimit = int32(max(0, looks-1))
	s.derived(path, "one less than there are looks in the shortest step, so that a bad version does not get past it")
}

// unjudged says why nothing can judge a new version, and what helps; empty: something can.
func (s *spec) unjudged() (why, help string) {
	env, o := s.w.env, s.app.SLO
	_, promised := s.promise()
	unread, readBy := s.w.unscraped()
	switch counted := o != nil && (o.Source == "http" || o.Source == "grpc"); {
	case s.app.Kind == app.Worker && !counted:
		return "a worker has no requests that could be judged", `use via: "replicas", with which every step is a commit, or rollout: {rolling: {}}`
	case o == nil || !promised:
		return "the app has no slo", fmt.Sprintf("add slo: {availability: %s}", decimal(min(99.5, s.table["maxAvailability"].value)))
	case unread != "":
		return unread, readBy
	case o.Source == "istio" && (env.Mesh != "sidecar" || !env.Has("istio")):
		return "slo.source is istio, and only sidecars count the requests of each version", fmt.Sprintf(`leave source out: the app's own metrics serve; or state mesh: "sidecar" for environment %q`, env.Name)
	case o.Source == "istio":
		return "", ""
	case o.Source != "http" && o.Source != "grpc":
		return fmt.Sprintf("slo.source is %s, which does not tell the versions apart", o.Source), `count requests in the app, and write slo: {source: "http"}`
	case s.app.Metrics == nil:
		return "nothing reads the app's metrics", "state metrics: {port: 9090}, where the app counts its requests"
	}
	return "", ""
}

// measures are what the objective promises, each with the share of bad requests at which somebody would be paged.
func (s *spec) measures() []app.Measure {
	const path = "rollout.split.analysis.measures"
	var ms []app.Measure
	add := func(name string, objective float64, under int64) {
		ms = append(ms, app.Measure{Name: name, Source: s.app.SLO.Source, Limit: mostBadOf(objective), LatencyMillis: under})
		s.derived(path+"["+name+"]", "slo.%s: at most %s times the bad requests that %s %% allow, and half of all", name, decimal(pageBurn), decimal(objective))
	}
	o := s.app.SLO
	if o.Availability > 0 && o.Availability < 100 {
		add("availability", o.Availability, 0)
	}
	switch {
	case o.LatencyPercent <= 0 || o.LatencyPercent >= 100 || o.LatencyMillis <= 0:
	case o.Source != "istio" && boolean(s.get("metrics.native")):
		s.warn("metrics.native", "canary-is-judged", "the new version's latency is not judged: it is read from buckets, which native histograms have not", "", "expose classic buckets too and remove native, or rely on slo.availability")
	default:
		add("latency", o.LatencyPercent, o.LatencyMillis)
	}
	return ms
}
