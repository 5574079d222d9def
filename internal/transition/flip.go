package transition

import (
	"slices"

	"github.com/scantling/scantling/internal/manifest"
)

// flip is traffic that moves as a whole: all that one set of workloads got goes to others.
type flip struct {
	source   manifest.Object // the Service or route that moves it, as it is after
	path     string          // of the source: the field that moves it
	from, to []*workload     // as they are before and after; from may not be empty
}

// flips returns every move of traffic by the selector of a Service or the weights of a route. The same move by a second Service is
// left out.
func (s step) flips() []flip {
	var all []flip
	seen := map[string]bool{}
	add := func(f flip) {
		about := f.source.Namespace + ": " + list(f.from) + " to " + list(f.to)
		if len(f.from) > 0 && len(f.to) > 0 && disjoint(f.from, f.to) && !seen[about] {
			seen[about] = true
			all = append(all, f)
		}
	}
	for _, m := range s.services() {
		add(flip{m.after.Object, "spec.selector", m.from, m.to})
	}
	for _, r := range s.after.routes {
		before := s.before.route(r.ID())
		for _, rule := range r.rules {
			was, had := before.rule(rule.match)
			now, _ := r.rule(rule.match)
			if had && !now.asked && !slices.ContainsFunc(was.backends, func(b backend) bool { return b.weight > 0 && now.leadsTo(b) }) {
				add(flip{r.Object, "spec", s.before.serving(was), s.after.serving(now)})
			}
		}
	}
	return all
}

// move is a Service that stays, and who serves it: as they are before, and after.
type move struct {
	before, after service
	from, to      []*workload
}

// services returns the Services on both sides that somebody served before, without those for previews and names of what lies elsewhere.
func (s step) services() []move {
	var all []move
	for _, id := range s.after.ids {
		at := address{id.Namespace, id.Name}
		was, ok := s.before.services[at]
		is := s.after.services[at]
		if elsewhere := manifest.String(is.Fields, "spec", "type") == "ExternalName"; ok && is.ID() == id && !elsewhere && !s.after.previews(is) {
			from := part(s.before.selected(at.namespace, was.selector), s.before.runs)
			if len(from) > 0 {
				all = append(all, move{was, is, from, s.after.selected(at.namespace, is.selector)})
			}
		}
	}
	return all
}

// serving returns the workloads that get requests by a rule.
func (s *state) serving(r rule) []*workload {
	var all []*workload
	for _, b := range r.backends {
		if b.weight > 0 {
			all = append(all, s.behind(b)...)
		}
	}
	return all
}

// leadsTo reports whether a rule sends requests to a backend.
func (r rule) leadsTo(b backend) bool {
	return slices.ContainsFunc(r.backends, func(own backend) bool { return own.weight > 0 && own.same(b) })
}
