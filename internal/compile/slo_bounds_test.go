package compile_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// histogram is what is known of a histogram of durations: its bounds where nobody states others, and their unit.
type histogram struct {
	bounds []float64
	unit   float64 // of the bounds, in seconds
	ours   bool    // of the app itself: its spec may state the bounds
}

// clientBounds are the default bounds of Prometheus' client libraries, in seconds.
var clientBounds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// proxyBounds are those of Envoy, in milliseconds.
var proxyBounds = []float64{.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000}

var histograms = map[string]histogram{
	"http_request_duration_seconds":                     {clientBounds, 1, true},
	"grpc_server_handling_seconds":                      {clientBounds, 1, true},
	"messaging_process_duration_seconds":                {[]float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}, 1, true},
	"nginx_ingress_controller_request_duration_seconds": {clientBounds, 1, false},
	"istio_request_duration_milliseconds":               {proxyBounds, .001, false},
	"envoy_cluster_upstream_rq_time":                    {proxyBounds, .001, false},
}

// uncountedBounds finds latencies that no bucket counts exactly, or that are counted by several.
func uncountedBounds(w *watched) (found []string) {
	for _, o := range w.pledges() {
		if o.slo != "latency" {
			continue
		}
		e := o.expr(errs)
		var bounds []string
		for _, s := range e.series() {
			name, ok := strings.CutSuffix(s.name, "_bucket")
			if !ok {
				continue
			}
			if bound, problem := w.boundOf(o, name, s); problem != "" {
				found = append(found, o.id()+": "+problem)
			} else {
				bounds = append(bounds, bound)
			}
		}
		if missing := o.alerts["LatencyBucketMissing"]; len(bounds) > 0 {
			same := missing.Rule != nil && slices.ContainsFunc(missing.expr.series(), func(s *term) bool {
				le, _ := s.get("le")
				return strings.HasSuffix(s.name, "_bucket") && slices.ContainsFunc(e.series(), func(x *term) bool {
					m, _ := x.get("le")
					return m == le && x.name == s.name
				})
			})
			if !same {
				found = append(found, o.id()+": nobody hears when the app lacks the bucket")
			}
		}
		exact := slices.Contains(w.stated.native, o.service) || slices.ContainsFunc(e.series(), func(s *term) bool { return s.name == "probe_duration_seconds" })
		if slices.Sort(bounds); exact != (len(bounds) == 0) || len(slices.Compact(bounds)) > 1 {
			found = append(found, fmt.Sprintf("%s: counts by the buckets %v", o.id(), bounds))
		}
	}
	return found
}

// boundOf is the only bound of a histogram that a selector finds, however the bound is spelt.
func (w *watched) boundOf(o *pledge, name string, s *term) (bound, problem string) {
	h, ok := histograms[name]
	if !ok {
		return "", "durations of " + name
	}
	if stated := w.stated.bounds[o.service]; h.ours && stated != nil {
		h.bounds = stated
	}
	le, _ := s.get("le")
	pattern := regexp.QuoteMeta(le.value)
	if le.op == "=~" {
		pattern = le.value
	}
	whole, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return "", err.Error()
	}
	var matched []string
	for _, b := range h.bounds {
		plain, short := strconv.FormatFloat(b, 'f', -1, 64), strconv.FormatFloat(b, 'g', -1, 64)
		spelt := []string{plain, short}
		if b == float64(int64(b)) {
			spelt = append(spelt, plain+".0") // of Prometheus 3
		}
		n := 0
		for _, spelling := range spelt {
			if whole.MatchString(spelling) {
				n++
			}
		}
		if n > 0 {
			matched = append(matched, plain)
		}
		if n > 0 && n < len(spelt) && b < 1e6 {
			return "", fmt.Sprintf("le%s%q does not find %v however it is spelt", le.op, le.value, b)
		}
	}
	if said := spoken.FindStringSubmatch(o.alerts["ErrorBudgetBurnSlow"].note("description")); said == nil || len(matched) == 1 && !sameTime(matched[0], h.unit, said[1]) {
		return "", fmt.Sprintf("le%s%q is not the time that its alerts tell: %v", le.op, le.value, said)
	}
	if len(matched) != 1 {
		return "", fmt.Sprintf("le%s%q finds %v of the bounds %v", le.op, le.value, matched, h.bounds)
	}
	return matched[0], ""
}

// spoken is where an alert says how long is fast enough.
var spoken = regexp.MustCompile(`(?:longer than|within) ([0-9.]+) s\.`)

// sameTime reports whether a bound in units of seconds is so many seconds.
func sameTime(bound string, unit float64, seconds string) bool {
	b, s := rat(bound), rat(seconds)
	return b != nil && s != nil && b.Mul(b, rat(strconv.FormatFloat(unit, 'f', -1, 64))).Cmp(s) == 0
}

// unkeptWindows finds promises over a window that is none, or longer than samples are kept.
func unkeptWindows(w *watched) (found []string) {
	for _, o := range w.pledges() {
		period := o.period()
		if period != "28d" && period != "30d" {
			found = append(found, fmt.Sprintf("%s: promised over %q", o.id(), period))
		}
		longest := 0
		for _, name := range []string{ratioPrefix + period} {
			for _, s := range o.expr(name).series() {
				days, err := strconv.Atoi(strings.TrimSuffix(s.window, "d"))
				if err != nil {
					found = append(found, fmt.Sprintf("%s: %s reads %q", o.id(), name, s.window))
				}
				longest = max(longest, days)
			}
		}
		if longest == 0 || w.stated.retention > 0 && longest > w.stated.retention {
			found = append(found, fmt.Sprintf("%s: reads %d days, and %d are kept", o.id(), longest, w.stated.retention))
		}
		for name, a := range o.alerts { // E36: the text says the window, or minutes a month would be anybody's guess
			if strings.HasPrefix(name, "ErrorBudgetBurn") && !strings.Contains(a.Annotations["description"], "Over "+strings.TrimSuffix(period, "d")+" days") {
				found = append(found, o.id()+": "+name+" does not say over which window")
			}
		}
	}
	return found
}

// carelessMonitors finds what Prometheus reads too seldom for a rate of five minutes, without limits, or at no port.
func carelessMonitors(w *watched) (found []string) {
	often := func(id, interval string) {
		if d, err := time.ParseDuration(interval); err != nil || d < 5*time.Second || d > time.Minute {
			found = append(found, fmt.Sprintf("%s: reads every %q", id, interval))
		}
	}
	for _, m := range w.monitors {
		id := "ServiceMonitor " + m.Namespace + "/" + m.Name
		if m.Spec.SampleLimit <= 0 || m.Spec.LabelLimit <= 0 {
			found = append(found, id+": a label with users' ids takes the whole Prometheus down")
		}
		services := w.selectedBy(m)
		if len(services) == 0 || len(m.Spec.Endpoints) == 0 {
			found = append(found, id+": reads no Service")
		}
		for _, e := range m.Spec.Endpoints {
			often(id, e.Interval)
			for _, s := range services {
				if !hasPort(s, e.Port) {
					found = append(found, fmt.Sprintf("%s: Service %s has no port %q", id, s.Name, e.Port))
				}
			}
			if !strings.HasPrefix(e.Path, "/") {
				found = append(found, fmt.Sprintf("%s: reads %q", id, e.Path))
			}
		}
	}
	for _, m := range w.podMonitors {
		id := "PodMonitor " + m.Namespace + "/" + m.Name
		if m.Spec.SampleLimit <= 0 || m.Spec.LabelLimit <= 0 || len(m.Spec.Selector.MatchLabels) == 0 || len(m.Spec.PodMetricsEndpoints) == 0 {
			found = append(found, id+": without limits, pods or ports")
		}
		for _, e := range m.Spec.PodMetricsEndpoints {
			often(id, e.Interval)
		}
	}
	for _, p := range w.probes {
		often("Probe "+p.Namespace+"/"+p.Name, p.Spec.Interval)
		interval, _ := time.ParseDuration(p.Spec.Interval)
		if timeout, err := time.ParseDuration(p.Spec.ScrapeTimeout); err != nil || timeout >= interval {
			found = append(found, fmt.Sprintf("Probe %s: waits %q of %q", p.Name, p.Spec.ScrapeTimeout, p.Spec.Interval))
		}
	}
	return found
}
