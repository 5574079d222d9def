package transition

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/diag"
)

var backendLeavesAtZero = check{
	Rule: "backend-leaves-at-zero",
	Doc:  "a backend goes away only when nothing leads to it any more, neither before the step nor after it",
	run: func(s step, report reporter) {
		for _, r := range s.before.routes {
			s.leftByRoute(r, report)
		}
		for _, m := range s.services() {
			s.leftByService(m, report)
		}
		for _, r := range s.after.routes {
			s.dangling(r, report)
		}
	},
}

// leftByRoute reports what goes away while a route sends requests to it.
func (s step) leftByRoute(r route, report reporter) {
	after := s.after.route(r.ID())
	reached := after.reached()
	for _, rule := range r.rules {
		for _, b := range rule.backends {
			stays := slices.ContainsFunc(reached, b.same) && len(s.after.behind(b)) > 0
			if rule.asked || b.weight == 0 || stays {
				continue
			}
			if gone := s.gone(b, rule, after); gone != "" {
				report(r.Object, Finding{
					Severity: diag.Error,
					Path:     "spec",
					Problem:  fmt.Sprintf("%s would go away while %s of the requests of %s go to %s", gone, percent(b.share), short(r.Object), b),
					Want:     "weight 0 before anything goes away",
					Help:     "set the weight to 0 and apply that; remove the backend in a later step",
				})
			}
		}
	}
}

// gone returns what a backend of a rule loses in the step; empty: nothing that hurts. Where no pods of the rule stay, the app is
// removed or replaced, which is no matter of weights.
func (s step) gone(b backend, r rule, after route) string {
	served := part(s.before.behind(b), s.before.runs)
	lost := part(served, func(w *workload) bool { return !s.after.has(w.ID()) })
	others := part(s.before.serving(r), func(w *workload) bool { return s.after.has(w.ID()) && !among(served, w) })
	switch {
	case len(served) == 0, len(lost) > 0 && len(others) == 0:
		return ""
	case len(lost) > 0:
		return list(lost)
	}
	var still []*workload // by whatever name
	for _, b := range after.reached() {
		still = append(still, s.after.behind(b)...)
	}
	named := slices.ContainsFunc(after.reached(), b.same) // then dangling says what it loses
	_, kept := after.rule(r.match)
	if named || !kept || !slices.ContainsFunc(served, func(w *workload) bool { return !among(still, w) }) {
		return ""
	}
	return s.lostName(b)
}

// lostName returns the name of a backend when it was defined before and is not any more; empty: it still is.
func (s step) lostName(b backend) string {
	_, had := s.before.services[b.to]
	_, has := s.after.services[b.to]
	if had && !has && !s.after.flagger[b.to] {
		return "Service/" + b.to.name
	}
	_, had = s.before.subsets[b.to][b.subset]
	_, has = s.after.subsets[b.to][b.subset]
	if had && !has {
		return b.String()
	}
	return ""
}

// leftByService reports workloads that go away while they share a Service with one that stays, and which it would still select.
// Where a route parts them, its weights say who gets requests. One whose pods the others take over loses no traffic for good: see
// podsAreHandedOver.
func (s step) leftByService(m move, report reporter) {
	if s.before.parted(m.before) {
		return
	}
	stay := part(m.from, func(w *workload) bool { return among(m.to, w) })
	var all int64
	for _, w := range m.from {
		all += w.least
	}
	for _, w := range m.from {
		if len(stay) == 0 || w.least == 0 || len(s.takeOver(w)) > 0 || s.after.has(w.ID()) || !covers(w.labels, m.after.selector) {
			continue
		}
		svc := short(m.after.Object)
		f := Finding{
			Severity: diag.Error,
			Path:     "spec",
			Problem:  fmt.Sprintf("%s would go away while it has %s of the %s behind %s", short(w.Object), count(w.least), count(all), svc),
			Want:     "no pods of it before it goes away",
			Help:     "scale it to 0 and apply that; remove it in a later step",
		}
		if all >= everyNode {
			f.Problem = fmt.Sprintf("%s would go away while it serves %s beside %s", short(w.Object), svc, list(stay))
			f.Help = fmt.Sprintf("let %s select only %s and apply that; remove the other in a later step", svc, list(stay))
		}
		report(w.Object, f)
	}
}

// parted reports whether a route tells the workloads of a Service apart by subsets.
func (s *state) parted(svc service) bool {
	at := address{svc.Namespace, svc.Name}
	return slices.ContainsFunc(s.routes, func(r route) bool {
		return slices.ContainsFunc(r.rules, func(rule rule) bool {
			return slices.ContainsFunc(rule.backends, func(b backend) bool { return b.to == at && b.subset != "" })
		})
	})
}

// dangling reports what a route of the new state names, with whatever weight, and the step removes.
func (s step) dangling(r route, report reporter) {
	for _, rule := range r.rules {
		for _, b := range rule.backends {
			if gone := s.lostName(b); gone != "" {
				report(r.Object, Finding{
					Severity: diag.Error,
					Path:     "spec",
					Problem:  fmt.Sprintf("%s would go away, and %s still names it", gone, short(r.Object)),
					Want:     "no rule that names it before it goes away",
				})
			}
		}
	}
}
