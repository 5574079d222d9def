package compile_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/kube"
)

// sloFaults are the catalogue's faults of what is promised, measured and told.
var sloFaults = []fault{
	{"E35 indicators that are thresholds, or mix two of them", vagueIndicators},
	{"E36 budgets without a window", budgetsWithoutWindow},
	{"E37 error rates of the whole cluster, with one threshold for all and no result without errors", clusterWideRates},
	{"E38 quantiles of one pod each, or in alerts", guessedLatencies},
	{"E39 right-sizing by a look, or by what changes pods on its own", restlessSizes},
}

// asWatched is what manifests alone say to Prometheus.
func (r *rendered) asWatched() *watched {
	return &watched{name: "manifests", rendered: r, files: map[string]*kube.RuleFile{}, tests: map[string]*kube.RuleTests{}}
}

// vagueIndicators finds objectives that are no share of counted events, and those that two indicators are counted under.
func vagueIndicators(r *rendered) (found []string) {
	w := r.asWatched()
	found = append(incompleteRecords(w), wrongRatios(w)...)
	for _, o := range w.pledges() {
		of := map[string]bool{}
		for _, s := range append(o.expr(total).series(), o.expr(errs).series()...) {
			name := strings.TrimSuffix(strings.TrimSuffix(s.name, "_bucket"), "_count")
			if strings.HasSuffix(s.name, "_total") || strings.HasSuffix(s.name, "_bucket") || strings.HasSuffix(s.name, "_count") {
				of[name] = true
			}
		}
		if delete(of, map[bool]string{true: "istio_requests_total"}[o.slo == "latency"]); o.slo == "latency" {
			delete(of, "nginx_ingress_controller_requests")
		}
		if len(of) > 1 {
			found = append(found, o.id()+": counts two things")
		}
	}
	return found
}

// budgetsWithoutWindow finds promises of which nobody says over how long they hold.
func budgetsWithoutWindow(r *rendered) (found []string) { return unkeptWindows(r.asWatched()) }

// clusterWideRates finds alerts about rates of raw counters, of any namespace, or with a threshold that no objective gives.
func clusterWideRates(r *rendered) (found []string) {
	w := r.asWatched()
	found = slices.Concat(foreignSeries(w), wrongPairs(w), wrongCounts(w))
	for _, a := range w.alerts() {
		for _, x := range a.expr.all() {
			if x.kind != ">" && x.kind != ">=" || a.Alert == "CPUThrottled" {
				continue
			}
			for _, s := range x.args[0].series() {
				if !strings.Contains(s.name, ":") && s.window != "" && strings.HasSuffix(s.name, "_total") && strings.Contains(s.name, "request") {
					found = append(found, fmt.Sprintf("%s: compares a rate of %s with a number", a.id(), s.name))
				}
			}
		}
	}
	return found
}

// guessedLatencies finds quantiles in rules, where they are guesses within a bucket, and on dashboards those of single pods.
func guessedLatencies(r *rendered) (found []string) {
	for _, p := range r.asWatched().told() {
		if slices.ContainsFunc(p.expr.all(), func(x *term) bool { return x.name == "histogram_quantile" || x.name == "quantile" }) {
			found = append(found, p.id()+": a quantile cannot be budgeted")
		}
	}
	for _, c := range r.configs {
		for file, content := range c.Data {
			var b board
			if c.Labels["grafana_dashboard"] != "1" || json.Unmarshal([]byte(content), &b) != nil {
				continue
			}
			for _, s := range b.asks() {
				if x, err := parsed(s.expr); err != nil {
					found = append(found, file+": "+err.Error())
				} else if guesses := guessedQuantiles(x); len(guesses) > 0 {
					found = append(found, file+": "+s.title+": "+guesses[0])
				}
			}
		}
	}
	return found
}

// restlessSizes finds what changes requests of running pods on its own: sizes are proposed from a week of measurements.
func restlessSizes(r *rendered) (found []string) {
	for _, v := range r.verticals {
		if v.Spec.UpdatePolicy.UpdateMode != "Off" {
			found = append(found, v.Namespace+"/"+v.Name+": "+v.Spec.UpdatePolicy.UpdateMode)
		}
	}
	return found
}
