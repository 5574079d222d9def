package transition

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/diag"
)

var weightsAddUp = check{
	Rule: "weights-add-up",
	Doc:  "the weights of a rule are percent: together they are 100",
	run: func(s step, report reporter) {
		for _, r := range s.after.routes {
			if r.Label("app.kubernetes.io/managed-by") != "scantling" {
				continue // the routers themselves take any ratio
			}
			for _, rule := range r.rules {
				var sum int64
				for _, b := range rule.backends {
					sum += b.weight
				}
				stated := slices.ContainsFunc(rule.backends, func(b backend) bool { return b.stated })
				if len(rule.backends) < 2 || !stated || sum == 100 {
					continue
				}
				report(r.Object, Finding{
					Severity: diag.Error,
					Path:     "spec",
					Problem:  fmt.Sprintf("the weights of a rule of %s add up to %d", short(r.Object), sum),
					Want:     "weights in percent, which add up to 100",
				})
			}
		}
	},
}
