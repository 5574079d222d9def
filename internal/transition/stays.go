package transition

import (
	"fmt"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/manifest"
)

var servingWorkloadStays = check{
	Rule: "serving-workload-stays",
	Doc:  "a workload that serves goes away only when another one that already ran serves instead",
	run: func(s step, report reporter) {
		said := map[string]bool{} // the same about a second Service is no news
		for _, m := range s.services() {
			about := m.after.Namespace + ": " + list(m.from) + " to " + list(m.to)
			if f, ok := s.replaced(m); ok && !said[about] {
				said[about] = true
				report(m.after.Object, f)
			}
		}
		for _, o := range s.takenOver() {
			report(o, Finding{
				Severity: diag.Warning,
				Problem:  fmt.Sprintf("%s would go away, and Flagger makes its own only afterwards: until then nobody finds the app", short(o)),
				Help:     "apply the step without pruning: Flagger takes the Service over as it is",
			})
		}
	},
}

// replaced judges a Service whose workloads go away; false: none does, or others served already.
func (s step) replaced(m move) (Finding, bool) {
	gone := part(m.from, func(w *workload) bool { return !s.after.has(w.ID()) })
	ready := part(m.to, s.before.runs)
	svc := short(m.after.Object)
	switch {
	case len(m.to) == 0:
		what := fmt.Sprintf("%s would have no pods behind it any more: its selector leaves %s", svc, list(m.from))
		if len(gone) > 0 {
			what = fmt.Sprintf("%s would have no pods behind it any more: %s goes away, and nothing replaces it", svc, list(gone))
		}
		return Finding{Severity: diag.Error, Path: "spec.selector", Problem: what, Want: "a workload whose pods it selects"}, true
	case len(gone) == 0:
		return Finding{}, false
	case len(ready) == 0:
		return Finding{
			Severity: diag.Error,
			Path:     "spec.selector",
			Problem:  fmt.Sprintf("%s would go away, and %s, which %s selects instead, does not run before this step", list(gone), list(m.to), svc),
			Want:     "both side by side until the new one is ready",
			Help: fmt.Sprintf("in two steps: apply %s without pruning and wait until its pods are ready, then apply everything; under Argo CD give %s the sync option PruneLast",
				list(m.to), list(gone)),
		}, true
	case disjoint(m.from, m.to):
		return Finding{
			Severity: diag.Warning,
			Path:     "spec.selector",
			Problem: fmt.Sprintf("%s would go away in the step that takes the traffic of %s from it: there is no quick way back, and open connections break",
				list(gone), svc),
			Want: fmt.Sprintf("%s for some time after the step", list(gone)),
			Help: "move the traffic, watch, and remove the old workload in a later step",
		}, true
	}
	return Finding{}, false
}

// takenOver returns the Services that go away because Flagger will make one of that name for a workload that stays.
func (s step) takenOver() []manifest.Object {
	var all []manifest.Object
	for _, id := range s.before.ids {
		at := address{id.Namespace, id.Name}
		svc, had := s.before.services[at]
		if !had || svc.ID() != id || !s.after.flagger[at] {
			continue
		}
		if _, has := s.after.services[at]; !has && len(part(s.before.selected(at.namespace, svc.selector), s.before.runs)) > 0 {
			all = append(all, svc.Object)
		}
	}
	return all
}
