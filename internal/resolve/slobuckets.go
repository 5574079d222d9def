package resolve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/kube"
)

// buckets are the bounds of a latency histogram in milliseconds.
type buckets struct {
	whose  string
	bounds []float64
	ours   bool // the app's own histogram: its team can add a bound
}

// prometheusBuckets are the bounds that Prometheus' client libraries have by default, those of gRPC's interceptors among them.
var prometheusBuckets = []float64{5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000}

// histograms are the bounds that each source has by default.
var histograms = map[string]buckets{
	"http": {"Prometheus' default", prometheusBuckets, true},
	"grpc": {"Prometheus' default", prometheusBuckets, true},
	// OpenTelemetry's advice for messaging.process.duration.
	"queue": {"OpenTelemetry's default", []float64{5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000}, true},
	// The flag --time-buckets of ingress-nginx.
	"nginx": {"ingress-nginx's default", prometheusBuckets, false},
	"istio": {"Istio's", envoyBuckets, false},
	"envoy": {"Envoy's default", envoyBuckets, false},
}

// envoyBuckets are the bounds of Envoy's histograms, and so of Istio's istio_request_duration_milliseconds.
var envoyBuckets = []float64{0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000}

// latencyIsCounted checks that a latency can be read off the histogram of its source, where only the bounds are counted exactly.
func (s *spec) latencyIsCounted(c counter) bool {
	switch c.source {
	case "probe":
		return s.inTimeForProber()
	case "cron":
		s.fail("slo.latency", "objective-fits-kind", "a cron app answers no requests that could be late", "availability alone", "remove latency; deadline is how long a run may take")
		return false
	case "queue":
		if s.app.Metrics == nil && !s.get("metrics").Faulty() {
			s.fail("slo.latency", "objective-is-measured", "nobody measures it: how long a message takes is in the app's metrics, which nobody reads", "metrics, with the histogram messaging_process_duration_seconds", "add metrics: {port: 9090}, or remove latency")
			return false
		}
	}
	if s.nativeOf(c.source) {
		return true
	}
	return s.isBound(s.app.SLO.LatencyMillis, s.bucketsOf(c.source))
}

// inTimeForProber checks that an answer can be too late: who answers after the prober has left has not answered at all.
func (s *spec) inTimeForProber() bool {
	timeout := kube.ProbeTimeout(s.number("probeSeconds"))
	if s.app.SLO.LatencyMillis < timeout*1000 {
		return true
	}
	s.fail("slo.latency.under", "latency-is-a-bucket", fmt.Sprintf("%q can be late for nobody: the prober waits %s, and no answer at all is a matter of availability", text(s.get("slo.latency.under")), duration(timeout)),
		"less than "+duration(timeout), `e.g. under: "1s"`)
	return false
}

// nativeOf reports whether the histogram of a source is a native one, which has no bounds.
func (s *spec) nativeOf(source string) bool {
	return histograms[source].ours && boolean(s.get("metrics.native"))
}

// bucketsOf returns the bounds of a source's histogram: those of the spec, if it is the app's own.
func (s *spec) bucketsOf(source string) buckets {
	b := histograms[source]
	if stated := s.get("metrics.buckets"); stated != nil && b.ours {
		b = buckets{whose: "its metrics'", ours: true}
		for _, e := range stated.Elems {
			if seconds, ok := float(e); ok {
				b.bounds = append(b.bounds, seconds*1000)
			}
		}
	}
	return b
}

// isBound reports whether a latency is one of the bounds, and says which it could be.
func (s *spec) isBound(latency int64, b buckets) bool {
	if slices.ContainsFunc(b.bounds, func(bound float64) bool { return whole(bound) == latency }) {
		return true
	}
	unit, scale := "", 1000.0 // as the histogram has them: the app's and nginx's in seconds
	if !b.ours && b.bounds[0] < 1 {
		unit, scale = " ms", 1
	}
	names := make([]string, len(b.bounds))
	for i, bound := range b.bounds {
		names[i] = decimal(bound / scale)
	}
	near := nearestBound(latency, b.bounds)
	help := fmt.Sprintf("use under: %q", inMillis(near))
	switch {
	case b.ours && near < latency:
		help = fmt.Sprintf("add %s to metrics.buckets, there and in the app", decimal(float64(latency)/1000))
	case b.ours:
		help += fmt.Sprintf(", or add %s to metrics.buckets, there and in the app", decimal(float64(latency)/1000))
	}
	s.fail("slo.latency.under", "latency-is-a-bucket", fmt.Sprintf("%q is none of the bounds of %s buckets [%s]%s", text(s.get("slo.latency.under")), b.whose, strings.Join(names, " "), unit),
		"a bound that is counted exactly", help)
	return false
}

// nearestBound returns the next bound above a latency, or the highest where there is none; 0 where there are no bounds at all.
func nearestBound(latency int64, bounds []float64) int64 {
	above := slices.DeleteFunc(slices.Clone(bounds), func(bound float64) bool { return whole(bound) <= latency })
	switch {
	case len(bounds) == 0:
		return 0
	case len(above) == 0:
		return whole(slices.Max(bounds))
	}
	return whole(slices.Min(above))
}

// whole returns the milliseconds of a bound: 0.3 s are 300 ms, which has no exact form in binary; and none of half a millisecond.
func whole(bound float64) int64 {
	if bound < 1 {
		return 0
	}
	return int64(bound + 0.5)
}

// inMillis writes milliseconds as a spec does: "250ms", "30s".
func inMillis(ms int64) string {
	if ms%1000 == 0 {
		return duration(ms / 1000)
	}
	return strconv.FormatInt(ms, 10) + "ms"
}
