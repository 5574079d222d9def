package verify

import (
	"net/netip"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/reach"
)

// metadata are the addresses at which clouds tell pods of their node, https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html;
// Google's and Azure's is the first of them, too.
var metadata = []reach.End{
	{Block: netip.MustParsePrefix("169.254.169.254/32")},
	{Block: netip.MustParsePrefix("fd00:ec2::254/128")},
}

// metadataPort is where they answer: over HTTP.
var metadataPort = reach.Port{Number: 80}

func metadataIsClosed(c *checker) {
	v := c.reached()
	for _, w := range c.Workloads {
		_, closed := v.Governed(w, reach.Egress)
		if excused(w) || v.Unread(w.Namespace) || !w.Ours() && (!closed || v.unlimited(w)) {
			continue // that nothing is closed there, pods-are-isolated and peer-is-not-everyone tell
		}
		for _, address := range metadata {
			if v.Leaves(reach.Pod(w), address, metadataPort) == reach.Yes && !c.declaresAddress(w, address) {
				c.violated(w.Object, "", "whoever makes %s fetch from %s gets the credentials of its node: %s", w.Name, address, c.opener(w, address, metadataPort))
				break
			}
			c.proved(w.Object, "closed, or declared")
		}
	}
}

// unlimited reports whether a workload may call everybody on every port, because a policy says so.
func (v *networkView) unlimited(w *inventory.Workload) bool {
	policies, _ := v.Governed(w, reach.Egress)
	for _, p := range policies {
		for _, r := range p.Rules {
			if r.Direction == reach.Egress && r.Everyone && len(r.Ports) == 0 && !r.Deny {
				return true
			}
		}
	}
	return false
}

// opener names the rule by which pods reach an end.
func (c *checker) opener(w *inventory.Workload, to reach.End, port reach.Port) string {
	policies, _ := c.reached().Governed(w, reach.Egress)
	for _, p := range policies {
		for _, r := range p.Rules {
			if r.Direction == reach.Egress && !r.Deny && min(r.Opens(to, port), c.reached().Meets(r, to)) == reach.Yes {
				return r.Path + " of " + p.Short() + " leads there"
			}
		}
	}
	return "no policy governs its egress"
}
