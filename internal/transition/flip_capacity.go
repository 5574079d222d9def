package transition

import (
	"cmp"
	"fmt"

	"github.com/scantling/scantling/internal/diag"
)

var flipFindsCapacity = check{
	Rule: "flip-finds-capacity",
	Doc:  "who gets all traffic has, before that, as many pods at least as the traffic may need at once",
	run: func(s step, report reporter) {
		for _, f := range s.flips() {
			var had, got pods
			for _, w := range f.from {
				had = had.plus(w)
			}
			for _, w := range f.to {
				if was := s.before.byID[w.ID()]; was != nil {
					got = got.plus(was)
				}
			}
			half := (had.most + 1) / 2
			need := max(had.least, half)
			isNew := part(f.to, func(w *workload) bool { return s.before.byID[w.ID()] == nil })
			if had.most >= everyNode || got.least >= need || len(isNew) > 0 { // who is new is judged by other rules
				continue
			}
			severity := diag.Warning
			if got.least == 0 || cmp.Or(f.source.Label(tierLabel), f.to[0].Label(tierLabel)) == "critical" {
				severity = diag.Error
			}
			report(f.source, Finding{
				Severity: severity,
				Path:     f.path,
				Problem: fmt.Sprintf("all traffic of %s would go to %s with %s at least, and %s, which has it now, has %s",
					short(f.source), list(f.to), count(got.least), list(f.from), had),
				Want: fmt.Sprintf("at least %s before the step: the more of %d and half of %d", count(need), had.least, had.most),
				Help: fmt.Sprintf("first raise the minimum of %s, and move the traffic once the pods are ready", list(f.to)),
			})
		}
	},
}

// tierLabel says how much an app matters.
const tierLabel = "scantling.dev/tier"

// pods are the bounds of a number of pods.
type pods struct {
	least, most int64
}

func (p pods) plus(w *workload) pods { return pods{p.least + w.least, p.most + w.most} }

// String returns 3 pods, or 3 to 10 pods.
func (p pods) String() string {
	if p.least == p.most {
		return count(p.least)
	}
	return fmt.Sprintf("%d to %s", p.least, count(p.most))
}

func count(n int64) string {
	if n == 1 {
		return "1 pod"
	}
	return fmt.Sprintf("%d pods", n)
}
