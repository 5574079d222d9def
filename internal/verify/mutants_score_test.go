package verify_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/verify"
)

var everyPlace = flag.Bool("every-place", false, "make each mutant wherever it can be made, and not in some places")

// allMutants are the slips of all families.
var allMutants = slices.Concat(
	identityMutants, serviceMutants, disruptionMutants, scalingMutants, placementMutants, networkMutants,
	objectivesMutants, recoveryMutants, podMutants,
)

// TestMutationScore makes every slip wherever it can be made, and wants the guarantee that it breaks to say so at the object where it shows.
func TestMutationScore(t *testing.T) {
	for _, r := range everything(t) {
		for _, v := range r.found(t, "", "") {
			t.Errorf("%s is not good: %s of %s: %s", r.name, v.Guarantee.Name, v.Object.ID, v.Text)
		}
	}
	type score struct{ mutants, caught, places int }
	scores := map[string]*score{}
	for _, g := range verify.All() {
		scores[g.Name] = &score{}
	}
	for _, m := range allMutants {
		s := scores[m.guarantee]
		if s == nil {
			t.Errorf("there is no guarantee %q", m.guarantee)
			continue
		}
		missed := false
		places := m.places(t, func(r *rendering, id string) {
			s.places++
			found := r.found(t, id, m.of(r.docs[id].yaml))
			if slices.ContainsFunc(found, func(v verify.Result) bool { return m.shows(v, id) }) {
				return
			}
			missed = true
			t.Errorf("%s does not find %q at %s of %s; found is%s", m.guarantee, m.name, id, r.name, listed(found))
		})
		if places == 0 {
			t.Errorf("%s: %q is nowhere to be made: %q of %s", m.guarantee, m.name, m.old, m.object)
		}
		s.mutants++
		if !missed && places > 0 {
			s.caught++
		}
	}
	var total score
	var table strings.Builder
	for _, g := range verify.All() {
		s := scores[g.Name]
		fmt.Fprintf(&table, "%-28s %3d of %3d mutants caught, in %3d places\n", g.Name, s.caught, s.mutants, s.places)
		total.mutants, total.caught, total.places = total.mutants+s.mutants, total.caught+s.caught, total.places+s.places
		if s.mutants == 0 {
			t.Errorf("%s has no mutant", g.Name)
		}
	}
	t.Logf("\n%sall: %d of %d mutants of %d guarantees are caught, in %d places", table.String(), total.caught, total.mutants, len(scores), total.places)
	if total.mutants < 300 {
		t.Errorf("there are only %d mutants", total.mutants)
	}
}

// TestHarmlessMutants makes edits that do not matter, and wants nothing to be found.
func TestHarmlessMutants(t *testing.T) {
	places := 0
	for _, m := range harmlessMutants {
		made := m.places(t, func(r *rendering, id string) {
			places++
			if found := r.found(t, id, m.of(r.docs[id].yaml)); len(found) > 0 {
				t.Errorf("after %q of %s of %s, which does not matter, there is%s", m.name, id, r.name, listed(found))
			}
		})
		if made == 0 {
			t.Errorf("%s: %q is nowhere to be made: %q of %s", m.guarantee, m.name, m.old, m.object)
		}
	}
	t.Logf("%d edits that do not matter are not reported, in %d places", len(harmlessMutants), places)
	if len(harmlessMutants) < 60 {
		t.Errorf("there are only %d edits that do not matter", len(harmlessMutants))
	}
}

// listed is what else was found, for messages.
func listed(found []verify.Result) string {
	var b strings.Builder
	for _, v := range found {
		fmt.Fprintf(&b, "\n\t%s of %s: %s", v.Guarantee.Name, v.Object.Short(), v.Text)
	}
	if b.Len() == 0 {
		return " nothing"
	}
	return b.String()
}
