package resolve

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// waivers reads the guarantees that the app does not hold, on purpose.
func (s *spec) waivers() {
	for i, n := range elems(s.node.Field("waive")) {
		field := "waive[" + strconv.Itoa(i) + "]"
		s.checkDate(field + ".expires")
		guarantee := n.Field("guarantee")
		name := text(guarantee)
		known := s.w.guarantees
		switch {
		case name == "":
			continue
		case len(known) > 0 && !slices.Contains(known, name):
			s.fail(field+".guarantee", "guarantee-is-known", fmt.Sprintf("there is no guarantee %q", load.Clip(name)), "a name that scantling verify prints", didYouMean(name, known))
			continue
		case slices.ContainsFunc(s.app.Waivers, func(w app.Waiver) bool { return w.Guarantee == name }):
			s.fail(field+".guarantee", "listed-twice", fmt.Sprintf("%q is waived twice", name), "", "remove one of the two")
			continue
		}
		s.app.Waivers = append(s.app.Waivers, app.Waiver{
			Path: s.path(field), Guarantee: name, Reason: text(n.Field("reason")), Expires: text(n.Field("expires")),
			Pos: guarantee.Pos, ExpiresAt: at(n.Field("expires"), n),
		})
		s.fromSpec(field, n)
	}
}
