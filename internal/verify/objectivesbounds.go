package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scantling/scantling/internal/inventory"
)

// clientBuckets are the bounds that histograms of Prometheus' client libraries have by default, in seconds.
// https://pkg.go.dev/github.com/prometheus/client_golang/prometheus#pkg-variables
var clientBuckets = strings.Fields("0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10")

// proxyBuckets are those of Envoy, in milliseconds.
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/metrics/v3/stats.proto
var proxyBuckets = strings.Fields("0.5 1 5 10 25 50 100 250 500 1000 2500 5000 10000 30000 60000 300000 600000 1800000 3600000")

// messagingBuckets are those that OpenTelemetry advises for messaging.process.duration, in seconds.
// https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/
var messagingBuckets = strings.Fields("0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10")

// bucketsOf returns the bounds of a histogram that are known, and whether an app may have others.
func bucketsOf(metric string) (bounds []string, own bool) {
	switch metric {
	case "istio_request_duration_milliseconds_bucket", "envoy_cluster_upstream_rq_time_bucket":
		return proxyBuckets, false
	case "nginx_ingress_controller_request_duration_seconds_bucket":
		return clientBuckets, false
	case "messaging_process_duration_seconds_bucket":
		return messagingBuckets, true
	case "http_request_duration_seconds_bucket", "grpc_server_handling_seconds_bucket":
		return clientBuckets, true
	}
	return nil, false
}

func latencyBucketExists(c *checker) {
	missed := map[string]bool{} // buckets whose absence somebody hears of
	for _, r := range c.told().alerts() {
		for _, s := range r.expr.series() {
			if m, ok := s.matcher("le"); ok && strings.HasPrefix(r.Alert, "LatencyBucketMissing") {
				missed[r.object.Namespace+" "+s.name+m.op+m.value+" "+r.Labels["service"]] = true
			}
		}
	}
	for _, r := range c.told().all {
		if r.expr == nil {
			continue
		}
		for _, s := range r.expr.series() {
			m, ok := s.matcher("le")
			if !ok || !strings.HasSuffix(s.name, "_bucket") || m.op != "=" && m.op != "=~" {
				continue
			}
			c.bucketExists(r, s, m)
			if r.Record == errorsRecord && r.object.Ours() && !missed[r.object.Namespace+" "+s.name+m.op+m.value+" "+r.Labels["service"]] {
				c.violated(r.object.Object, r.path(), "a new version has other buckets than %s: nothing is slow any more, and nobody hears of it", m.value)
			}
		}
	}
}

// bucketExists judges one bucket that a rule counts by.
func (c *checker) bucketExists(r *toldRule, s *promExpr, m promMatcher) {
	pattern := regexp.QuoteMeta(m.value)
	if m.op == "=~" {
		pattern = m.value
	}
	whole, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return // rules-are-readable tells
	}
	bounds, own := bucketsOf(s.name)
	stated := c.statedBuckets(r)
	switch {
	case own && stated != nil:
		bounds = stated
	case own && !r.object.Ours():
		bounds = nil // whatever the app has
	}
	if m.op == "=" && !strings.ContainsAny(m.value, ".+eE") {
		if _, err := strconv.Atoi(m.value); err == nil {
			c.violated(r.object.Object, r.path(), "update to Prometheus 3: it calls the bucket %s.0, and %s finds le=%q no more", m.value, r.name(), m.value)
			return
		}
	}
	var found []string
	for _, b := range bounds {
		spelt := []string{b}
		if !strings.Contains(b, ".") {
			spelt = append(spelt, b+".0")
		}
		n := 0
		for _, text := range spelt {
			if whole.MatchString(text) {
				n++
			}
		}
		if n > 0 {
			found = append(found, b)
		}
	}
	switch {
	case len(bounds) == 0:
		if r.object.Ours() {
			c.unknown(r.object.Object, "which buckets %s has", s.name)
		}
	case len(found) != 1:
		c.violated(r.object.Object, r.path(), "%s counts by le%s%q, which are %d of the buckets %s of %s: what is promised is not counted",
			r.name(), m.op, m.value, len(found), strings.Join(bounds, ", "), s.name)
	default:
		c.proved(r.object.Object, "%s counts by the bucket %s of %s", r.name(), found[0], s.name)
	}
}

// statedBuckets are the bounds that an app states; nil: it states none.
func (c *checker) statedBuckets(r *toldRule) []string {
	if a := c.reached().apps[appKey{r.object.Namespace, App(r.object.Object)}]; a != nil && len(a.Buckets) > 0 {
		return a.Buckets
	}
	return nil
}

// periods are the days over which something may be promised: four whole weeks, or a month.
var periods = []int64{28, 30}

func periodIsKept(c *checker) {
	kept := time.Duration(c.Facts.RetentionSeconds) * time.Second
	longest := map[*inventory.Rules]time.Duration{}
	for _, r := range c.told().all {
		if r.expr == nil {
			continue
		}
		r.expr.walk(func(e *promExpr) { longest[r.object] = max(longest[r.object], e.span+e.offset) })
		if r.Record == daysRecord && r.object.Ours() {
			if days := vectorOf(r.expr); days == nil || !days.IsInt() || !slices.Contains(periods, days.Num().Int64()) {
				c.violated(r.object.Object, r.path(), "%s is promised over what is neither 28 nor 30 days", r.Labels["slo"])
			}
		}
	}
	for _, o := range c.Rules {
		back := longest[o]
		switch {
		case back <= 24*time.Hour: // every Prometheus keeps that
		case kept == 0 && o.Ours():
			c.unknown(o.Object, "for how long Prometheus keeps samples: rules look %s back", inDays(back))
		case kept == 0:
		case back > kept:
			c.violated(o.Object, "spec.groups", "Prometheus keeps samples for %s, and rules look %s back: what is older does not count", inDays(kept), inDays(back))
		default:
			c.proved(o.Object, "rules look %s back, and samples are kept for %s", inDays(back), inDays(kept))
		}
	}
}

// inDays writes a time of about days.
func inDays(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
}
