package verify

import (
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/reach"
)

func podsAreIsolated(c *checker) {
	seen := map[string]bool{}
	for _, w := range c.Workloads {
		if seen[w.Namespace] {
			continue
		}
		seen[w.Namespace] = true
		var theirs []*inventory.Workload
		for _, w := range c.In(w.Namespace) {
			switch {
			case excused(w):
			case c.reached().Unread(w.Namespace):
				c.unknown(w.Object, "what the policies of kinds that are not read here do")
			case w.Ours():
				c.isolated(w, reach.Ingress, reach.Egress)
			default:
				theirs = append(theirs, w)
			}
		}
		c.isolatedTogether(theirs)
	}
	c.namespacesAreClosed()
}

// namespacesAreClosed wants a namespace of ours to be closed to pods, too, that are not among the objects: what somebody starts by hand.
func (c *checker) namespacesAreClosed() {
	type place struct {
		namespace string
		direction reach.Direction
	}
	closed := map[place]bool{}
	directions := []reach.Direction{reach.Ingress, reach.Egress}
	for _, p := range c.reached().Policies {
		for _, d := range directions {
			if p.Whole && p.Closes(d) {
				closed[place{p.Namespace, d}] = true
			}
		}
	}
	for _, o := range c.Namespaces {
		for _, d := range directions {
			switch {
			case !o.Ours():
			case closed[place{o.Name, d}]:
				c.proved(o, "a policy for all pods closes both directions")
			default:
				c.violated(o, "", "start a pod by hand in %s: no policy for all pods governs its %s", o.Name, d)
			}
		}
	}
}

// isolated looks at the pods of one workload, as far as these directions go.
func (c *checker) isolated(w *inventory.Workload, directions ...reach.Direction) {
	for _, d := range directions {
		_, closed := c.reached().Governed(w, d)
		switch {
		case closed:
			c.proved(w.Object, "governed in both directions")
		case d == reach.Ingress:
			c.violated(w.Object, "", "any pod of the cluster connects to %s: no policy governs its ingress", w.Name)
		default:
			c.violated(w.Object, "", "whoever breaks into %s connects to anybody: no policy governs its egress", w.Name)
		}
	}
}

// isolatedTogether looks at pods of one namespace that somebody else made. A direction that nobody there governs is a decision, and is
// told once; where some are governed, the others were forgotten.
func (c *checker) isolatedTogether(all []*inventory.Workload) {
	var decided []reach.Direction
	for _, d := range []reach.Direction{reach.Ingress, reach.Egress} {
		for _, w := range all {
			if _, closed := c.reached().Governed(w, d); closed {
				decided = append(decided, d)
				break
			}
		}
	}
	if len(all) > 0 && len(decided) < 2 {
		c.ungoverned(all, decided)
	}
	for _, w := range all {
		if len(decided) == 2 {
			c.isolated(w, decided...)
			continue
		}
		for _, d := range decided {
			if _, closed := c.reached().Governed(w, d); !closed {
				c.isolated(w, d)
			}
		}
	}
}

// ungoverned tells of a namespace in which no policy is about one direction, or both.
func (c *checker) ungoverned(all []*inventory.Workload, decided []reach.Direction) {
	o := c.Namespace(all[0].Namespace)
	if o == nil {
		o = all[0].Object
	}
	others := ""
	if len(all) > 1 {
		others = " and everything beside it"
	}
	switch {
	case len(decided) == 0:
		c.violated(o, "", "any pod of the cluster connects to %s%s: no policy governs the namespace's pods", all[0].Name, others)
	case decided[0] == reach.Ingress:
		c.violated(o, "", "whoever breaks into %s%s connects to anybody: no policy governs egress in the namespace", all[0].Name, others)
	default:
		c.violated(o, "", "any pod of the cluster connects to %s%s: no policy governs ingress in the namespace", all[0].Name, others)
	}
}
