package slo

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
)

// counters are what one source counts.
type counters struct {
	requests  string   // name of the counter of requests
	bad       []string // matchers of failed ones; no request is in two
	histogram string   // name of the histogram of durations, without its suffix
	unit      int64    // of the histogram, in milliseconds
	success   string   // matcher of what did not fail; empty: the histogram does not tell
}

// The codes of gRPC that are the app's fault, by name and by number, in the same order.
const (
	grpcFaults  = `"Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss"`
	grpcNumbers = `"2|4|12|13|14|15"`
)

// countersOf returns the counters of a source. A histogram without the label that tells failures from successes counts whole: a
// matcher with !~ holds of a label that is not there.
func countersOf(a app.App, source string) counters {
	switch source {
	case "grpc":
		return counters{
			requests: "grpc_server_handled_total", bad: []string{"grpc_code=~" + grpcFaults},
			histogram: "grpc_server_handling_seconds", unit: 1000, success: "grpc_code!~" + grpcFaults,
		}
	case "istio":
		c := counters{
			requests: "istio_requests_total", bad: []string{`response_code=~"5.."`},
			histogram: "istio_request_duration_milliseconds", unit: 1, success: `response_code!~"5.."`,
		}
		if slices.ContainsFunc(a.Ports, func(p app.Port) bool { return p.App == "grpc" }) { // gRPC fails with HTTP's 200
			c.bad = append(c.bad, c.success+",grpc_response_status=~"+grpcNumbers)
			c.success += ",grpc_response_status!~" + grpcNumbers
		}
		return c
	case "nginx":
		return counters{
			requests: "nginx_ingress_controller_requests", bad: []string{`status=~"5.."`},
			histogram: "nginx_ingress_controller_request_duration_seconds", unit: 1000, success: `status!~"5.."`,
		}
	case "envoy":
		return counters{
			requests: "envoy_cluster_upstream_rq_xx", bad: []string{`envoy_response_code_class="5"`},
			histogram: "envoy_cluster_upstream_rq_time", unit: 1,
		}
	case "queue":
		return counters{histogram: "messaging_process_duration_seconds", unit: 1000, success: `error_type=""`}
	}
	return counters{
		requests: "http_requests_total", bad: []string{`code=~"5.."`},
		histogram: "http_request_duration_seconds", unit: 1000, success: `code!~"5.."`,
	}
}

// Requests are expressions about the requests that one source counts, over one window.
type Requests struct {
	counters
	series []string // alternative matchers; no series is in two of them
	window string
}

// RequestsOf returns the expressions about requests of a source (http, grpc, istio, nginx, envoy or queue) whose series have all of
// the matchers, over a window such as "5m".
func RequestsOf(a app.App, source, matchers, window string) Requests {
	return Requests{countersOf(a, source), []string{matchers}, window}
}

// rate is the growth of each series of a metric; more are further matchers.
func (r Requests) rate(metric string, more ...string) string {
	var alternatives []string
	for _, s := range r.series {
		alternatives = append(alternatives, fmt.Sprintf("rate(%s[%s])", selector(metric, append([]string{s}, more...)...), r.window))
	}
	return strings.Join(alternatives, " or ")
}

func (r Requests) sum(metric string, more ...string) string {
	return "sum(" + r.rate(metric, more...) + ")"
}

// Total is the requests per second; empty where none has ever been counted.
func (r Requests) Total() string { return r.sum(r.requests) }

// Bad is the failed requests per second: 0 where zero has a result, since nobody may have counted a failure.
func (r Requests) Bad(zero string) string {
	var terms []string
	for _, matcher := range r.bad {
		terms = append(terms, fmt.Sprintf("(%s or %s)", r.sum(r.requests, matcher), zero))
	}
	if len(terms) == 1 {
		return terms[0]
	}
	return "(" + strings.Join(terms, " + ") + ")"
}

// Done is the requests per second that did not fail and whose duration is known.
func (r Requests) Done() string { return r.sum(r.histogram+"_count", r.success) }

// Fast is those of Done that took no longer than the bound of a bucket.
func (r Requests) Fast(millis int64) string {
	return r.sum(r.histogram+"_bucket", r.success, bound(millis, r.unit))
}

// Quantile is the duration that a share of the requests that did not fail stays below, such as "0.95", in seconds; for the eye alone,
// since it is a guess within a bucket.
func (r Requests) Quantile(share string, native bool) string {
	durations := "sum by (le) (" + r.rate(r.histogram+"_bucket", r.success) + ")"
	if native {
		durations = "sum(" + r.rate(r.histogram, r.success) + ")"
	}
	quantile := fmt.Sprintf("histogram_quantile(%s, %s)", share, durations)
	if r.unit == 1 {
		quantile += " / 1000"
	}
	return quantile
}

// bound matches the bucket of a duration. A whole number is spelt "1" by older versions of Prometheus and "1.0" by newer ones, and
// from a million on "3.6e+06".
func bound(millis, unit int64) string {
	le := decimal(big.NewRat(millis, unit))
	if strings.Contains(le, ".") {
		return fmt.Sprintf("le=%q", le)
	}
	spellings := le + "([.]0)?"
	if short := strconv.FormatFloat(float64(millis)/float64(unit), 'g', -1, 64); short != le {
		spellings += "|" + strings.NewReplacer(".", "[.]", "+", "[+]").Replace(short)
	}
	return fmt.Sprintf(`le=~"%s"`, spellings)
}

// selector selects the series of a metric that all of the matchers hold of; an empty matcher is none.
func selector(metric string, matchers ...string) string {
	matchers = slices.DeleteFunc(matchers, func(m string) bool { return m == "" })
	return metric + "{" + strings.Join(matchers, ",") + "}"
}
