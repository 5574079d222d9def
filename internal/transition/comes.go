package transition

import (
	"fmt"
	"math"
	"slices"

	"github.com/scantling/scantling/internal/diag"
)

var backendComesAtZero = check{
	Rule: "backend-comes-at-zero",
	Doc:  "a backend gets requests only when a workload already serves it: it comes with weight 0",
	run: func(s step, report reporter) {
		for _, r := range s.after.routes {
			route := s.predecessor(r)
			before := route.reached()
			for _, rule := range r.rules {
				if rule.asked || !s.inUse(route, rule) {
					continue
				}
				for _, b := range rule.backends {
					served := s.after.behind(b)
					if b.weight == 0 || len(served) == 0 || slices.ContainsFunc(before, b.same) || slices.ContainsFunc(served, s.before.runs) {
						continue
					}
					report(r.Object, Finding{
						Severity: diag.Error,
						Path:     "spec",
						Problem:  fmt.Sprintf("%s of the requests of %s would go to %s, which no pod serves before this step", percent(b.share), short(r.Object), b),
						Want:     "weight 0 until its pods are ready",
						Help:     fmt.Sprintf("let %s come with weight 0, and raise the weight in a step of its own", list(served)),
					})
				}
			}
		}
	},
}

// predecessor returns what a route was before the step: of one with a new name, such as that of an app that is renamed or moves to
// another router, the route that goes and had one of its hosts.
func (s step) predecessor(r route) route {
	was := s.before.route(r.ID())
	if len(was.rules) > 0 {
		return was
	}
	own := hosts(r.Object)
	for _, gone := range s.before.routes {
		if !s.after.has(gone.ID()) && slices.ContainsFunc(hosts(gone.Object), func(h string) bool { return slices.Contains(own, h) }) {
			return gone
		}
	}
	return route{}
}

// inUse reports whether a rule has users to lose: its route served their requests before, or one of its other backends did.
func (s step) inUse(before route, r rule) bool {
	return slices.ContainsFunc(before.rules, func(was rule) bool {
		return !was.asked && (was.all || was.match == r.match) && slices.ContainsFunc(s.before.serving(was), s.before.runs)
	}) || slices.ContainsFunc(s.after.serving(r), s.before.runs)
}

// percent writes a share as people say it: 10 %, or 0.5 %.
func percent(share float64) string {
	return fmt.Sprintf("%v %%", math.Round(share*1000)/10)
}
