package rollout

import (
	"fmt"
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
	success   string   // matcher of what did not fail
	more      []string // matchers of all series
}

// The codes of gRPC that are the app's fault, by name and by number, in the same order.
const (
	grpcFaults  = `"Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss"`
	grpcNumbers = `"2|4|12|13|14|15"`
)

// countersOf returns the counters of a measure's source. A histogram without the label that tells failures from successes counts whole:
// a matcher with !~ holds of a label that is not there.
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
			more: []string{`reporter="destination"`}, // the caller's proxy counts the same requests
		}
		if slices.ContainsFunc(a.Ports, func(p app.Port) bool { return p.App == "grpc" }) { // gRPC fails with HTTP's 200
			c.bad = append(c.bad, c.success+",grpc_response_status=~"+grpcNumbers)
			c.success += ",grpc_response_status!~" + grpcNumbers
		}
		return c
	}
	return counters{
		requests: "http_requests_total", bad: []string{`code=~"5.."`},
		histogram: "http_request_duration_seconds", unit: 1000, success: `code!~"5.."`,
	}
}

// query is the share of bad requests among those of the pods that match, over the analysis' window. Without requests it has no
// result; without bad ones it is 0, though then nobody has counted any.
func query(a app.App, m app.Measure, pods string) string {
	c := countersOf(a, m.Source)
	rate := func(name string, matchers ...string) string {
		of := slices.Concat([]string{fmt.Sprintf("namespace=%q", a.Namespace), "pod=~" + strconv.Quote(pods)}, c.more, matchers)
		return fmt.Sprintf("sum(rate(%s{%s}[%ds]))", name, strings.Join(of, ","), a.Rollout.Split.Analysis.WindowSeconds)
	}
	if m.LatencyMillis > 0 {
		fast := rate(c.histogram+"_bucket", c.success, bound(m.LatencyMillis, c.unit))
		return fmt.Sprintf("1 - %s / (%s > 0)", fast, rate(c.histogram+"_count", c.success))
	}
	total := rate(c.requests)
	var bad []string
	for _, matcher := range c.bad {
		bad = append(bad, fmt.Sprintf("(%s or 0 * %s)", rate(c.requests, matcher), total))
	}
	share := strings.Join(bad, " + ")
	if len(bad) > 1 {
		share = "(" + share + ")"
	}
	return fmt.Sprintf("%s / (%s > 0)", share, total)
}

// bound matches the bucket of a duration. A whole number is spelt "1" by older versions of Prometheus and "1.0" by newer ones.
func bound(millis, unit int64) string {
	if le := decimal(float64(millis) / float64(unit)); strings.Contains(le, ".") {
		return fmt.Sprintf("le=%q", le)
	} else {
		return fmt.Sprintf(`le=~"%s([.]0)?"`, le)
	}
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// measures are what a controller looks at; none where nobody could answer.
func measures(a app.App) []app.Measure {
	if a.Rollout.Split == nil || a.Rollout.Split.Analysis == nil || a.Env.Scrape == nil {
		return nil
	}
	return a.Rollout.Split.Analysis.Measures
}
