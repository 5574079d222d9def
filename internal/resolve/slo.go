package resolve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// objective decides what the app promises its users.
func (s *spec) objective() {
	n := s.node.Field("slo")
	if n == nil || n.Kind != load.Struct {
		return
	}
	o := &app.SLO{}
	s.app.SLO = o
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
	}
	if o.Availability == 0 && n.Field("availability") == nil && n.Field("latency") == nil {
		s.fail("slo", "objective-says-what", "nothing is promised", "availability, latency or both", "add availability: 99.9")
	}
	s.window(n.Field("window"))
	s.source(n.Field("source"))
	s.checkTraffic()
	if o.LatencyMillis > 0 && (o.Source == "http" || o.Source == "grpc") {
		s.checkBucketOf(o.LatencyMillis)
	}
}

// checkAvailability compares the objective with what the tier can keep.
func (s *spec) checkAvailability(percent float64) {
	most := s.table["maxAvailability"].value
	switch {
	case percent > most:
		help := "lower the objective"
		if s.app.Tier != app.Critical {
			help += ", or raise the tier"
		}
		s.fail("slo.availability", "objective-fits-tier", fmt.Sprintf("tier %s cannot keep %s %%", s.app.Tier, decimal(percent)), "at most "+decimal(most), help)
	case percent == most && s.app.Tier == app.Critical:
		minutes := (100 - percent) / 100 * 30 * 24 * 60
		s.warn("slo.availability", "objective-leaves-time", fmt.Sprintf("%s %% leaves %s minutes of outage in 30 days, hardly more than a page and a rollback take", decimal(percent), decimal(float64(int(minutes*10+0.5))/10)), "", "be sure that rollouts abort by themselves")
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

// source decides which metric measures the objective: by what the app speaks.
func (s *spec) source(n *load.Node) {
	if n != nil {
		s.app.SLO.Source = text(n)
		s.fromSpec("slo.source", n)
		if s.app.SLO.Source == "istio" {
			s.lacks("slo.source", "measuring by istio", "istio", "leave source out: the app's own metrics serve")
		}
		return
	}
	source, why := "probe", "nothing counts this app's requests"
	switch {
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

// prometheusBuckets are the bounds of a latency histogram, in seconds, that Prometheus' client libraries have by default.
var prometheusBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// checkBucketOf checks that a latency can be read off the histogram: only its bounds are counted exactly.
func (s *spec) checkBucketOf(latency int64) {
	if boolean(s.get("metrics.native")) {
		return
	}
	buckets, whose := prometheusBuckets, "Prometheus' default"
	if n := s.get("metrics.buckets"); n != nil {
		buckets, whose = nil, "its metrics'"
		for _, e := range n.Elems {
			if f, ok := float(e); ok {
				buckets = append(buckets, f)
			}
		}
	}
	if slices.ContainsFunc(buckets, func(b float64) bool { return int64(b*1000+0.5) == latency }) {
		return
	}
	var names []string
	help := ""
	for _, b := range buckets {
		names = append(names, decimal(b))
		if int64(b*1000+0.5) > latency && help == "" {
			help = fmt.Sprintf(`use under: "%dms", or `, int64(b*1000+0.5))
		}
	}
	s.fail("slo.latency.under", "latency-is-a-bucket", fmt.Sprintf("%q is none of the bounds of %s buckets [%s]", text(s.get("slo.latency.under")), whose, strings.Join(names, " ")), "a bound that is counted exactly", fmt.Sprintf("%sadd %s to metrics.buckets, there and in the app", help, decimal(float64(latency)/1000)))
}
