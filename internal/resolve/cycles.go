package resolve

import (
	"fmt"
	"strings"
)

// cycles reports every set of apps that need one another in a circle: none of them could start first, and the outage of one is the
// outage of all. A circle with a soft need in it is none. Each hard need that lies on a circle is named in at least one message.
func (g *graph) cycles() {
	left := g.tangled()
	named := map[*link]bool{}
	for _, s := range g.specs {
		for _, l := range g.links[s] {
			if !hard(l) || named[l] || !left[s] || !left[l.callee] {
				continue
			}
			back := g.way(l.callee, s, left)
			if back == nil {
				continue // it leads from one circle to another
			}
			circle := append([]*link{l}, back...)
			for _, edge := range circle {
				named[edge] = true
			}
			g.reportCycle(circle)
		}
	}
}

func hard(l *link) bool { return l.callee != nil && !l.need.Soft }

// tangled returns the apps that remain after taking away, again and again, those that need none of the others.
func (g *graph) tangled() map[*spec]bool {
	left := make(map[*spec]bool, len(g.specs))
	needs := make(map[*spec]int, len(g.specs)) // hard ones, of apps that are left
	var free []*spec
	for _, s := range g.specs {
		left[s] = true
		for _, l := range g.links[s] {
			if hard(l) {
				needs[s]++
			}
		}
		if needs[s] == 0 {
			free = append(free, s)
		}
	}
	for ; len(free) > 0; free = free[1:] {
		delete(left, free[0])
		for _, l := range g.callers[free[0]] {
			if !hard(l) {
				continue
			}
			if needs[l.caller]--; needs[l.caller] == 0 {
				free = append(free, l.caller)
			}
		}
	}
	return left
}

// way returns a shortest chain of hard needs from one app to another, among those that are left; nil: there is none.
func (g *graph) way(from, to *spec, left map[*spec]bool) []*link {
	reached := map[*spec]*link{from: nil}
	for queue := []*spec{from}; len(queue) > 0 && reached[to] == nil; queue = queue[1:] {
		for _, l := range g.links[queue[0]] {
			if !hard(l) || !left[l.callee] {
				continue
			}
			if _, seen := reached[l.callee]; !seen {
				reached[l.callee] = l
				queue = append(queue, l.callee)
			}
		}
	}
	var chain []*link
	for s := to; reached[s] != nil; s = reached[s].caller {
		chain = append([]*link{reached[s]}, chain...)
	}
	return chain
}

// reportCycle reports a circle at its first need.
func (g *graph) reportCycle(circle []*link) {
	names, places := []string{circle[0].caller.name}, []string{}
	for _, l := range circle {
		names = append(names, l.callee.name)
		places = append(places, l.key.KeyPos.String())
	}
	g.errorAtKey(circle[0].key, "needs-have-no-cycle", circle[0].path,
		fmt.Sprintf("apps need one another in a circle: %s (%s)", strings.Join(names, " → "), strings.Join(places, ", ")),
		"at least one soft need among them", "add soft: true to a need that its app works without")
}
