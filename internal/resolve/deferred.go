package resolve

import (
	"fmt"
	"strconv"
	"time"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// deferred checks the fields that this version only understands.
func (s *spec) deferred() {
	s.checkDates("patches")
	s.checkDates("waive")
	for _, field := range []string{"patches", "waive"} {
		s.notYet(field, field)
	}
}

// notYet reports a field of the spec that this version does not render yet.
func (s *spec) notYet(field, what string) {
	n := s.get(field)
	if n == nil || n.Kind == load.List && len(n.Elems) == 0 {
		return
	}
	s.w.report(diag.Diagnostic{Rule: "not-yet-supported", Pos: n.KeyPos, Path: s.path(field), Problem: "this version does not support " + what + " yet", Help: "remove it"})
}

// checkDates checks that every entry of a list expires on a day that exists.
func (s *spec) checkDates(field string) {
	for i, n := range elems(s.node.Field(field)) {
		expires := n.Field("expires")
		if len(text(expires)) != len(time.DateOnly) {
			continue
		}
		if _, err := time.Parse(time.DateOnly, text(expires)); err != nil {
			s.fail(field+"["+strconv.Itoa(i)+"].expires", "date-exists", fmt.Sprintf("there is no %s", text(expires)), "a day of the calendar", "")
		}
	}
}
