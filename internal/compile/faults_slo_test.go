package compile_test

import (
	"strings"

	"github.com/scantling/scantling/internal/kube"
)

// sloFaults are the catalogue's faults of what is promised, measured and told.
var sloFaults = []fault{
	{"E35 indicators that are thresholds, or mix two of them", vagueIndicators},
}

// asWatched is what manifests alone say to Prometheus.
func (r *rendered) asWatched() *watched {
	return &watched{name: "manifests", rendered: r, files: map[string]*kube.RuleFile{}, tests: map[string]*kube.RuleTests{}}
}

// vagueIndicators finds objectives that are no share of counted events, and those that two indicators are counted under.
func vagueIndicators(r *rendered) (found []string) {
	w := r.asWatched()
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
