package resolve

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/load"
)

// An expectation is a question to a restored copy, and the smallest answer that is right.
type expectation struct {
	query string
	min   int64
}

// expects reads what restored copies must answer, each where it is stated. What the app states for all of its data can only be asked
// where one store is meant.
func (s *spec) expects(general *load.Node, plans []*recoveryPlan) {
	var inherit []*recoveryPlan
	for _, p := range plans {
		own := p.recovery != general
		list := p.recovery.Field("expect")
		switch {
		case list == nil:
		case own && p.isVolume():
			s.fail(p.path+".expect", "expect-has-answer", fmt.Sprintf("volume %q answers no query", p.name), "expect at a database", "remove it")
		case own:
			p.expect = s.expectations(list, p.path+".expect")
		case !p.isVolume():
			inherit = append(inherit, p)
		}
	}
	list := general.Field("expect")
	switch {
	case list == nil || len(list.Elems) == 0:
	case len(inherit) == 1:
		inherit[0].expect = s.expectations(list, "recovery.expect")
	case len(inherit) > 1:
		var names []string
		for _, p := range inherit {
			names = append(names, p.name)
		}
		s.fail("recovery.expect", "expect-has-answer", fmt.Sprintf("nothing says which of %s shall answer", load.Prose(names, "and")), "expect at one of them",
			fmt.Sprintf("move it to %s.recovery", inherit[0].field))
	default:
		s.fail("recovery.expect", "expect-has-answer", "no database takes its recovery from here, and volumes answer no query", "expect at a need's own recovery", "remove it")
	}
}

func (s *spec) expectations(list *load.Node, path string) []expectation {
	var out []expectation
	for i, n := range elems(list) {
		e := expectation{strings.TrimSpace(text(n.Field("query"))), 1}
		if n.Field("query") != nil && n.Field("query").Kind == load.String && e.query == "" {
			s.fail(path+"["+strconv.Itoa(i)+"].query", "expect-has-answer", "the query is empty", "a question whose answer is one number", `e.g. "SELECT count(*) FROM orders"`)
		}
		if least, ok := integer(n.Field("min")); ok {
			e.min = least
		}
		out = append(out, e)
	}
	return out
}

// expectationFiles are the files that a drill reads: the list, a line "MIN FILE" for each, and the queries.
func expectationFiles(all []expectation) map[string]string {
	files := map[string]string{}
	var list strings.Builder
	for i, e := range all {
		name := fmt.Sprintf("expect-%d", i+1)
		files[name] = e.query + "\n"
		fmt.Fprintf(&list, "%d %s\n", e.min, name)
	}
	files["expect"] = list.String()
	return files
}
