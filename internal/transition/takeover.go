package transition

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/diag"
)

// Whoever applies manifests makes a number smaller at once, while the pods that take over have yet to start. Of an autoscaled workload
// those go at once that are more than it may have now; others only when the load does not need them. Argo CD waits, where it is told to.
var podsAreHandedOver = check{
	Rule: "pods-are-handed-over",
	Doc:  "pods that another workload of the app takes over go only when it has them",
	run: func(s step, report reporter) {
		for _, is := range s.after.workloads {
			was := s.before.byID[is.ID()]
			takes := part(s.after.workloads, func(w *workload) bool {
				return ofOneApp(w, is) && w.least > 0 && !s.before.has(w.ID()) && wave(w) >= wave(is)
			})
			if was == nil || is.most >= was.most || is.most == 0 || len(takes) == 0 {
				continue
			}
			falls := "would fall"
			if was.least < was.most {
				falls = "would fall at a peak"
			}
			report(is.Object, Finding{
				Severity: diag.Warning,
				Path:     "spec.replicas",
				Problem:  fmt.Sprintf("%s %s from %s to %d at once, while those of %s have yet to start", short(is.Object), falls, count(was.most), is.most, list(takes)),
				Want:     fmt.Sprintf("the pods of %s before the others go", list(takes)),
				Help:     fmt.Sprintf("in two steps: apply %s, after the quota of its namespace, and wait until its pods are ready, then apply everything", list(takes)),
			})
		}
		for _, w := range s.before.workloads {
			if takes := s.takeOver(w); len(takes) > 0 && !strings.Contains(w.Annotation("argocd.argoproj.io/sync-options"), "PruneLast=true") {
				report(w.Object, Finding{
					Severity: diag.Warning,
					Problem:  fmt.Sprintf("%s would go away with %s, while those that %s gets for them have yet to start", short(w.Object), count(w.least), list(takes)),
					Want:     "those pods before the others go",
					Help:     fmt.Sprintf("in two steps: apply everything without pruning and wait until the pods of %s are ready, then let %s go", list(takes), short(w.Object)),
				})
			}
		}
	},
}

// takeOver returns the workloads that stay and have all pods of one that goes away in addition to their own; none when pods are lost.
func (s step) takeOver(w *workload) []*workload {
	if s.after.has(w.ID()) || w.least == 0 {
		return nil
	}
	var more int64
	takes := part(s.after.workloads, func(is *workload) bool {
		was := s.before.byID[is.ID()]
		grows := was != nil && ofOneApp(was, w) && is.least > was.least
		if grows {
			more += is.least - was.least
		}
		return grows
	})
	if more < w.least {
		return nil
	}
	return takes
}

// ofOneApp reports whether two workloads are of the same app.
func ofOneApp(a, b *workload) bool {
	return a.ID() != b.ID() && a.Namespace == b.Namespace && appOf(a.Object) != "" && appOf(a.Object) == appOf(b.Object)
}

// wave is the wave of Argo CD in which an object comes. Without one all come together.
func wave(w *workload) int {
	n, err := strconv.Atoi(w.Annotation("argocd.argoproj.io/sync-wave"))
	if err != nil {
		return 0
	}
	return n
}
