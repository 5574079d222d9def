package transition

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/diag"
)

var flipChangesOnlyTraffic = check{
	Rule: "flip-changes-only-traffic",
	Doc:  "when all traffic moves from one workload to another, that one ran before, and its pods don't change in the same step",
	run: func(s step, report reporter) {
		for _, f := range s.flips() {
			for _, w := range f.to {
				was := s.before.byID[w.ID()]
				if was == nil {
					if slices.ContainsFunc(f.from, func(w *workload) bool { return s.after.has(w.ID()) }) { // else serving-workload-stays says it
						report(f.source, Finding{
							Severity: diag.Error,
							Path:     f.path,
							Problem:  fmt.Sprintf("all traffic of %s would go from %s to %s, which does not run before this step", short(f.source), list(f.from), short(w.Object)),
							Want:     fmt.Sprintf("%s beside the old one first, and the traffic in a step of its own", short(w.Object)),
						})
					}
					continue
				}
				// Whatever changes in the template makes new pods: even a label.
				if changed := differences("spec.template", was.template, w.template); len(changed) > 0 {
					report(f.source, Finding{
						Severity: diag.Error,
						Path:     f.path,
						Problem: fmt.Sprintf("all traffic of %s would go from %s to %s, whose pods change in the same step: %s",
							short(f.source), list(f.from), short(w.Object), some(changed)),
						Want: "the pods that were tried before, unchanged",
						Help: "change the pods first, wait until they are ready, then move the traffic in a step of its own",
					})
				}
			}
		}
	},
}

// some lists the first of many paths.
func some(paths []string) string {
	const most = 2 // enough to see what it is about
	if len(paths) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(paths[:most], ", "), len(paths)-most)
	}
	return strings.Join(paths, ", ")
}
