package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// metricsPort is the name of a port that serves metrics and nothing else.
const metricsPort = "http-metrics"

// metrics decides where Prometheus reads the app: where the spec says, else at /metrics of the port that speaks HTTP.
func (s *spec) metrics() {
	n := s.node.Field("metrics")
	if isFalse(n) || s.app.Kind == app.Cron {
		return
	}
	if n != nil && n.Kind == load.Struct {
		s.checkBuckets(n.Field("buckets"))
		if s.lacks("metrics", "reading metrics", "prometheus", "enable it, or leave metrics out there: environments: {"+quoteName(s.w.env.Name)+": {metrics: false}}") {
			return
		}
		if s.w.env.Scrape == nil {
			s.w.missingFact(n, s.path("metrics"), "reading metrics", "scrape", `{namespace: "monitoring", labels: {"app.kubernetes.io/name": "prometheus"}}`)
			return
		}
	}
	if s.unread() {
		return
	}
	port, ok := s.portOfMetrics(n)
	if !ok {
		return
	}
	m := &app.Metrics{Port: port, Path: "/metrics"}
	if path := n.Field("path"); path != nil {
		m.Path = text(path)
		s.fromSpec("metrics.path", path)
	} else {
		s.derived("metrics.path", "the custom of Prometheus")
	}
	m.IntervalSeconds = int32(s.fromTier("metrics.intervalSeconds", "scrapeSeconds"))
	if buckets := n.Field("buckets"); buckets != nil {
		s.fromSpec("metrics.buckets", buckets)
		for _, e := range elems(buckets) {
			m.Buckets = append(m.Buckets, e.Text)
		}
	}
	s.app.Metrics = m
}

// unread reports whether nobody reads metrics in this environment, and says so once if the app may have some.
func (s *spec) unread() bool {
	prometheus, may := s.w.env.Has("prometheus"), s.main != nil && s.main.App == "http"
	switch {
	case prometheus && s.w.env.Scrape != nil:
		return false
	case may && prometheus:
		s.w.noteOnce("fact-missing", "scrape", "without scrape no app gets a ServiceMonitor: nothing says which pods read the metrics", `add scrape: {namespace: "monitoring", labels: {"app.kubernetes.io/name": "prometheus"}}`)
	case may:
		s.w.noteOnce("capability-missing", "capabilities", `without "prometheus" no app gets a ServiceMonitor`, `add "prometheus" when its operator is installed`)
	}
	return true
}

// portOfMetrics finds the port that metrics are read from, and adds it when it is one of its own.
func (s *spec) portOfMetrics(n *load.Node) (app.Port, bool) {
	if at := n.Field("port"); at != nil {
		s.fromSpec("metrics.port", at)
		return s.portAt("metrics.port", at, app.Port{Name: metricsPort, Protocol: "TCP", App: "http"})
	}
	switch {
	case s.main != nil && s.main.App == "http":
		s.derived("metrics.port", "the http port")
		return *s.main, true
	case n != nil && s.main == nil:
		s.fail("metrics", "metrics-need-port", "there is no port to read metrics from", "port, in metrics or of the app", "add metrics: {port: 9090}")
	case n != nil:
		s.fail("metrics", "metrics-need-port", "no port of the app speaks HTTP: "+s.portList(), "port: where metrics are read", "add metrics: {port: 9090}")
	case s.main != nil:
		s.note("", "metrics-left-out", "no metrics are read: no port speaks HTTP, only "+s.portList(), "", "add metrics: {port: 9090}, or metrics: false to say that there are none")
	}
	return app.Port{}, false
}

// checkBuckets checks that the bounds of the latency histogram ascend.
func (s *spec) checkBuckets(n *load.Node) {
	last := 0.0
	for i, e := range elems(n) {
		bound, ok := float(e)
		if ok && bound <= last {
			s.w.errorAt(e, "buckets-ascend", s.path(fmt.Sprintf("metrics.buckets[%d]", i)), fmt.Sprintf("%s is not above the bound before it (%s)", e.Text, decimal(last)), "bounds in ascending order", "")
		}
		last = max(last, bound)
	}
}
