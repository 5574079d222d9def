// Package transition judges the step from one set of manifests to the next: whether the change itself could hurt, however right
// both ends are. It reads only objects, and knows nothing of what made them.
package transition

import (
	"cmp"
	"slices"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/manifest"
)

// Finding is one thing that a step would do and should not.
type Finding struct {
	Rule     string        // kebab-case
	Severity diag.Severity // error or warning
	Object   string        // KIND/NAMESPACE/NAME
	App      string        // label app.kubernetes.io/instance of the object; may be empty
	Path     string        // the field that the step changes; may be empty
	Problem  string        // what would happen: lower case, no full stop
	Want     string        // may be empty
	Help     string        // may be empty
}

// check is one rule about a step.
type check struct {
	Rule string // the id of its findings
	Doc  string // what holds of a step that keeps the rule
	run  func(s step, report reporter)
}

// reporter takes what a check found about an object. Rule, Object and App are filled in.
type reporter func(o manifest.Object, f Finding)

// checks are all rules, in the order in which they are documented.
func checks() []check {
	return []check{
		selectorIsForGood, flipChangesOnlyTraffic, flipFindsCapacity, backendComesAtZero, backendLeavesAtZero,
		servingWorkloadStays, portsKeepTheirNames, weightsAddUp, replicasAreHandedOver,
		clonesAreHandedOver, podsAreHandedOver,
	}
}

// Check returns what is wrong with the step from the objects of before to those of after, by object. Both are of one environment.
func Check(before, after []manifest.Object) []Finding {
	var found []Finding
	s := step{newState(before), newState(after)}
	for _, c := range checks() {
		c.run(s, func(o manifest.Object, f Finding) {
			f.Rule, f.Object, f.App = c.Rule, o.String(), appOf(o)
			found = append(found, f)
		})
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Problem, b.Problem))
	})
	return slices.Compact(found)
}
