package verify

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/reach"
)

// The labels by which pods of declared apps are known.
const (
	labelInstance  = "app.kubernetes.io/instance"
	labelComponent = "app.kubernetes.io/component"
	labelName      = "app.kubernetes.io/name"
)

// root returns the object that stands in a file: for what an operator makes, what it makes that of.
func root(o *inventory.Object) *inventory.Object {
	for o.MadeBy != nil {
		o = o.MadeBy
	}
	return o
}

// declared returns what was declared of the app that pods are of; nil: nothing.
func (c *checker) declared(w *inventory.Workload) *Declared {
	app := cmp.Or(w.Template.Labels[labelInstance], root(w.Object).Labels[labelInstance])
	return c.reached().apps[appKey{w.Namespace, app}]
}

// flowsOf returns the connections that were declared of a workload's pods.
func (c *checker) flowsOf(w *inventory.Workload) []Flow {
	d := c.declared(w)
	if d == nil {
		return nil
	}
	made := root(w.Object)
	component := componentOf(w)
	var flows []Flow
	for _, f := range d.Flows {
		if f.Component != component {
			continue
		}
		if f.Name == "" || f.Name == w.Template.Labels[labelName] || f.Name == made.Name {
			flows = append(flows, f)
		}
	}
	return flows
}

func componentOf(w *inventory.Workload) string {
	return cmp.Or(w.Template.Labels[labelComponent], root(w.Object).Labels[labelComponent])
}

// declaresAddress reports whether a declared call of a workload is to exactly this address.
func (c *checker) declaresAddress(w *inventory.Workload, address reach.End) bool {
	return slices.ContainsFunc(c.flowsOf(w), func(f Flow) bool {
		return f.Egress && slices.Contains(f.Peer.CIDRs, address.Block.String())
	})
}

func declaredCallsAreOpen(c *checker) {
	if len(c.Facts.Apps) == 0 {
		return
	}
	for _, w := range c.Workloads {
		for _, f := range slices.Concat(c.flowsOf(w), c.needed(w)) {
			for _, end := range c.endsOf(f.Peer) {
				c.flowIsOpen(w, f, end)
			}
		}
	}
}

// needed returns the connections that nobody declares and our pods do not work without: of a mesh's proxies, and of the operator that
// runs a database.
func (c *checker) needed(w *inventory.Workload) []Flow {
	var flows []Flow
	switch {
	case !w.Ours() || excused(w):
	case w.Template.Labels[labelCluster] != "" && w.MadeBy != nil:
		for _, p := range c.Facts.Operators {
			flows = append(flows, Flow{Need: "its operator", Peer: Peer{Pods: &p}, Ports: serverPorts})
		}
	case w.MadeBy == nil && c.Facts.Mesh == "sidecar":
		flows = append(flows, Flow{Egress: true, Need: "the mesh", Peer: Peer{Pods: istiod}, Ports: istiodPorts})
		if c.Facts.Scrape != nil && w.Serves() {
			flows = append(flows, Flow{Need: "the mesh", Peer: Peer{Pods: c.Facts.Scrape}, Ports: proxyMetrics})
		}
	}
	return flows
}

// endsOf returns who the other end of a flow is.
func (c *checker) endsOf(p Peer) []reach.End {
	switch {
	case p.Pods != nil:
		return c.reached().Pods(p.Pods.Namespace, p.Pods.Labels)
	case p.Host != "":
		return []reach.End{{Host: p.Host}}
	}
	var ends []reach.End
	for _, cidr := range p.CIDRs {
		if block, err := netip.ParsePrefix(cidr); err == nil {
			ends = append(ends, reach.End{Block: block.Masked()})
		}
	}
	return ends
}

func (c *checker) flowIsOpen(w *inventory.Workload, f Flow, end reach.End) {
	v := c.reached()
	from, to := end, reach.Pod(w)
	if f.Egress {
		from, to = to, from
	}
	for _, p := range f.Ports {
		port := reach.Port{Number: p.Number, Protocol: p.Protocol}
		answer := v.Allows(from, to, port)
		if f.Egress && answer == reach.Maybe && end.Block.IsValid() {
			to, answer = partsOpen(v.Graph, from, end, port)
		}
		if answer == reach.Yes {
			c.proved(w.Object, "each declared call is open")
			continue
		}
		c.open(w.Object, "", answer, nil, from.String()+" can't call "+to.String()+" on "+port.String()+", as declared for "+f.Need, v.Refusal(from, to, port))
	}
}

// partsOpen tells of a network of which rules open parts whether those are all of it, and if they are not, which part is refused. It looks
// at the halves of the network, their halves, and those of them.
func partsOpen(g *reach.Graph, from, network reach.End, port reach.Port) (reach.End, reach.Answer) {
	const deepest = 3 // halvings
	parts := []netip.Prefix{network.Block}
	for range deepest {
		var next []netip.Prefix
		for _, p := range parts {
			for _, half := range halves(p) {
				part := reach.End{Block: half}
				switch g.Allows(from, part, port) {
				case reach.No:
					return part, reach.No
				case reach.Maybe:
					next = append(next, half)
				}
			}
		}
		if len(next) == 0 {
			return network, reach.Yes
		}
		parts = next
	}
	return network, reach.Maybe
}

// halves are the two parts of a network that are half as large; none of a single address.
func halves(p netip.Prefix) []netip.Prefix {
	if p.IsSingleIP() {
		return nil
	}
	upper := p.Masked().Addr().AsSlice()
	upper[p.Bits()/8] |= 0x80 >> (p.Bits() % 8)
	address, _ := netip.AddrFromSlice(upper)
	return []netip.Prefix{netip.PrefixFrom(p.Masked().Addr(), p.Bits()+1), netip.PrefixFrom(address, p.Bits()+1)}
}
