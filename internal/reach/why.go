package reach

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Refusal says why a connection that is not certainly open is not: which end refuses it, and by what. It is empty for open ones.
func (g *Graph) Refusal(from, to End, port Port) string {
	if g.Leaves(from, to, port) != Yes {
		return g.refused(Egress, from, to, to, port)
	}
	if g.Enters(from, to, port) != Yes {
		return g.refused(Ingress, to, from, to, port)
	}
	return ""
}

func (g *Graph) refused(d Direction, own, other, target End, port Port) string {
	policies, _ := g.Governed(own.Workload, d)
	for _, p := range policies {
		for _, r := range p.Rules {
			if r.Deny && r.Direction == d && min(r.Opens(target, port), g.Meets(r, other)) != No {
				return fmt.Sprintf("%s of %s forbids it", r.Path, p.Short())
			}
		}
	}
	if d == Egress {
		return fmt.Sprintf("no egress rule of %s reaches %s on %s", shortNames(policies), other, port)
	}
	var some []string
	for _, p := range policies {
		for _, r := range p.Rules {
			if r.Direction != d || r.Deny || r.Opens(target, port) == No {
				continue
			}
			for _, peer := range r.Peers {
				some = append(some, peer.String())
			}
		}
	}
	slices.Sort(some)
	some = slices.Compact(some)
	if len(some) == 0 {
		return fmt.Sprintf("no ingress rule of %s opens %s", shortNames(policies), port)
	}
	return fmt.Sprintf("%s opens %s only to %s", shortNames(policies), port, list(some))
}

// shortNames names policies: those with rules first, since who wrote these is who will look.
func shortNames(policies []*Policy) string {
	sorted := slices.SortedStableFunc(slices.Values(policies), func(a, b *Policy) int {
		return cmp.Compare(min(len(b.Rules), 1), min(len(a.Rules), 1))
	})
	var names []string
	for _, p := range sorted {
		if len(p.Rules) > 0 || len(names) == 0 {
			names = append(names, p.Short())
		}
	}
	return list(names)
}

// most is how many names a message lists before it counts.
const most = 3

// list joins names: a, b and c, or a, b and 7 more.
func list(names []string) string {
	if len(names) > most {
		names = append(slices.Clone(names[:most-1]), fmt.Sprint(len(names)-most+1, " more"))
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
