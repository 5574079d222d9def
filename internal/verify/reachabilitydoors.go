package verify

import (
	"net/netip"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/reach"
)

// entrance is a port of pods that somebody of the platform must reach.
type entrance struct {
	object   *inventory.Object // who says so: a monitor, a route
	path     string
	workload *inventory.Workload
	port     reach.Port
	clients  []string // of a load balancer: addresses that it lets in; nil: it is a gateway who calls
}

func scrapeReachesMetrics(c *checker) {
	var callers []Pods
	if c.Facts.Scrape != nil {
		callers = []Pods{*c.Facts.Scrape}
	}
	for _, e := range c.reached().scraped {
		c.isEntered(e, callers, "those that read metrics", "scrape "+e.workload.Name+" on "+e.port.String())
	}
}

func doorsReachRoutedPorts(c *checker) {
	for _, e := range c.reached().routed {
		if e.clients != nil {
			c.clientsEnter(e)
			continue
		}
		c.isEntered(e, c.Facts.Doors, "the gateway or ingress controller", "ask "+e.workload.Name+" on "+e.port.String())
	}
}

// isEntered looks at an entrance of which one of the callers must get in. Where nobody says who calls, a port that is open to nobody
// is closed to them, too.
func (c *checker) isEntered(e entrance, callers []Pods, who, does string) {
	v := c.reached()
	to := reach.Pod(e.workload)
	if _, closed := v.Governed(e.workload, reach.Ingress); !closed {
		c.proved(e.object, "nothing refuses ingress to %s", to)
		return
	}
	if len(callers) == 0 {
		switch answer := c.entersSomebody(e.workload, e.port); answer {
		case reach.Yes:
			c.proved(e.object, "%s is open to everybody on %s", to, e.port)
		case reach.Maybe:
			c.unknown(e.object, "which pods are %s; %s", who, v.Refusal(reach.End{}, to, e.port))
		default:
			c.open(e.object, e.path, answer, e.workload, who+" can't "+does, v.Refusal(reach.End{}, to, e.port))
		}
		return
	}
	best, refusal := reach.No, ""
	for _, caller := range callers {
		for _, from := range v.Pods(caller.Namespace, caller.Labels) {
			answer := v.Allows(from, to, e.port)
			if refusal == "" {
				refusal = v.Refusal(from, to, e.port)
			}
			best = max(best, answer)
		}
	}
	if best == reach.Yes {
		c.proved(e.object, "%s is open to %s on %s", to, who, e.port)
		return
	}
	c.open(e.object, e.path, best, e.workload, who+" can't "+does, refusal)
}

// entersSomebody reports whether anybody gets in on a port: who that is may be the one that is meant.
func (c *checker) entersSomebody(w *inventory.Workload, port reach.Port) reach.Answer {
	policies, _ := c.reached().Governed(w, reach.Ingress)
	answer := reach.No
	for _, p := range policies {
		for _, r := range p.Rules {
			if r.Direction != reach.Ingress || r.Deny || r.Opens(reach.Pod(w), port) == reach.No {
				continue
			}
			if r.Everyone {
				return reach.Yes
			}
			answer = reach.Maybe
		}
	}
	if c.reached().Unread(w.Namespace) {
		return reach.Maybe
	}
	return answer
}

// clientsEnter looks at a port behind a load balancer, which keeps the addresses of its clients.
func (c *checker) clientsEnter(e entrance) {
	to := reach.Pod(e.workload)
	for _, cidr := range e.clients {
		block, err := netip.ParsePrefix(cidr)
		if err != nil {
			continue
		}
		from := reach.End{Block: block.Masked()}
		answer := c.reached().Enters(from, to, e.port)
		if answer == reach.Yes {
			c.proved(e.object, "%s is open to %s on %s", to, cidr, e.port)
			continue
		}
		c.open(e.object, e.path, answer, e.workload, "clients of "+cidr+" can't call "+to.String()+" on "+e.port.String(), c.reached().Refusal(from, to, e.port))
	}
}
