package verify

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/reach"
	corev1 "k8s.io/api/core/v1"
)

func nothingElseIsOpen(c *checker) {
	for _, w := range c.Workloads {
		if !w.Ours() || excused(w) || c.declared(w) == nil {
			continue
		}
		for _, d := range []reach.Direction{reach.Ingress, reach.Egress} {
			c.onlyMeant(w, d)
		}
	}
	for _, p := range c.reached().Policies {
		if p.Ours() && p.Whole {
			c.opensToAll(p)
		}
	}
}

// opensToAll tells of rules for all pods of a namespace, who they may ever be. DNS everybody may ask.
func (c *checker) opensToAll(p *reach.Policy) {
	dns := c.callsOfDNS()
	for _, r := range p.Rules {
		other := r.Everyone || r.Direction == reach.Ingress || slices.ContainsFunc(r.Peers, func(peer *reach.Peer) bool {
			_, found := c.unmeant(dns, r, peer, nil)
			return found
		})
		if other && !r.Deny {
			c.violated(p.Object, r.Path, "start a pod by hand in %s: the rule is for it, too, and opens its %s", placeName(p.Namespace), r.Direction)
		}
	}
}

// onlyMeant holds the rules of a workload in one direction against what is meant.
func (c *checker) onlyMeant(w *inventory.Workload, d reach.Direction) {
	policies, closed := c.reached().Governed(w, d)
	if !closed {
		c.violated(w.Object, "", "%s on every port, which nobody declared: no policy governs its %s", c.call(w, "anybody", d), d)
		return
	}
	meant, called := c.meant(w, d), w
	if d == reach.Egress {
		called = nil
	}
	for _, p := range policies {
		for _, r := range p.Rules {
			if r.Direction != d || r.Deny {
				continue
			}
			if r.Everyone {
				c.violated(w.Object, "", "%s by %s of %s, which nobody declared", c.call(w, "anybody", d), r.Path, p.Short())
			}
			for _, peer := range r.Peers {
				if port, ok := c.unmeant(meant, r, peer, called); ok {
					c.violated(w.Object, "", "%s on %s by %s of %s, which nobody declared", c.call(w, peer.String(), d), port, r.Path, p.Short())
				}
			}
		}
	}
	c.proved(w.Object, "every rule is of a declared call, or one that the platform needs")
}

func (c *checker) call(w *inventory.Workload, other string, d reach.Direction) string {
	own := reach.Pod(w).String()
	if d == reach.Ingress {
		return other + " can call " + own
	}
	return own + " can call " + other
}

// meant returns the connections of a workload that are declared or that the platform needs.
func (c *checker) meant(w *inventory.Workload, d reach.Direction) []Flow {
	var flows []Flow
	for _, f := range c.flowsOf(w) {
		if f.Egress == (d == reach.Egress) {
			flows = append(flows, f)
		}
	}
	if d == reach.Egress {
		return append(flows, c.platformCallees(w)...)
	}
	return append(flows, c.platformCallers(w)...)
}

// The ports of what the platform brings: the API server's, Istio's control plane and its proxies' metrics, CloudNativePG's servers.
var (
	apiServerPorts = []Port{{443, "TCP"}, {6443, "TCP"}}
	istiodPorts    = []Port{{15012, "TCP"}}
	proxyMetrics   = []Port{{15020, "TCP"}, {15090, "TCP"}}
	serverPorts    = []Port{{5432, "TCP"}, {8000, "TCP"}} // of PostgreSQL, and of the manager beside it
)

// istiod is Istio's control plane, as Istio labels it.
var istiod = &Pods{Namespace: "istio-system", Labels: map[string]string{"app": "istiod"}}

const labelCluster = "cnpg.io/cluster"

// platformCallees are whom pods call that nobody declares.
func (c *checker) platformCallees(w *inventory.Workload) []Flow {
	flows := c.callsOfDNS()
	if c.hasToken(w) {
		flows = append(flows, Flow{Peer: Peer{CIDRs: c.Facts.APIServer}, Ports: apiServerPorts}, Flow{Peer: Peer{Host: kubeAPIServer}, Ports: apiServerPorts})
	}
	if c.Facts.Mesh == "sidecar" {
		flows = append(flows, Flow{Peer: Peer{Pods: istiod}, Ports: istiodPorts})
	}
	return append(flows, siblings(w)...)
}

// kubeAPIServer is what Cilium calls the API server.
const kubeAPIServer = "kube-apiserver"

// callsOfDNS are those to who answers names, which everybody may ask.
func (c *checker) callsOfDNS() []Flow {
	var flows []Flow
	for _, s := range c.dns() {
		port := portOr(s.Port, s.Namespace)
		flows = append(flows, Flow{Peer: Peer{Pods: &s}, Ports: []Port{{port, "UDP"}, {port, "TCP"}}})
	}
	return append(flows, Flow{Peer: Peer{CIDRs: []string{nodeLocalDNS.Block.String()}}, Ports: []Port{{dnsPort, "UDP"}, {dnsPort, "TCP"}}})
}

// siblings are the servers of one database, which call each other, and its poolers, which call them.
func siblings(w *inventory.Workload) []Flow {
	cluster := cmp.Or(w.Template.Labels[labelCluster], manifest.String(root(w.Object).Fields, "spec", "cluster", "name"))
	if w.MadeBy == nil || cluster == "" {
		return nil
	}
	servers := &Pods{Namespace: w.Namespace, Labels: map[string]string{labelCluster: cluster}}
	return []Flow{{Peer: Peer{Pods: servers}, Ports: serverPorts}}
}

// platformCallers are who calls pods that nobody declares.
func (c *checker) platformCallers(w *inventory.Workload) []Flow {
	flows := siblings(w)
	if w.MadeBy != nil {
		for _, p := range c.Facts.Operators {
			flows = append(flows, Flow{Peer: Peer{Pods: &p}, Ports: serverPorts})
		}
	}
	var scraped []Port
	for _, e := range c.reached().scrapedOf[c.appPartOf(w)] {
		scraped = append(scraped, Port{e.port.Number, e.port.Protocol})
	}
	if c.Facts.Mesh == "sidecar" {
		scraped = append(scraped, proxyMetrics...)
	}
	if c.Facts.Scrape != nil && len(scraped) > 0 {
		flows = append(flows, Flow{Peer: Peer{Pods: c.Facts.Scrape}, Ports: scraped})
	}
	for _, e := range c.reached().routedOf[c.appPartOf(w)] {
		ports := []Port{{e.port.Number, e.port.Protocol}}
		if e.clients != nil {
			flows = append(flows, Flow{Peer: Peer{CIDRs: e.clients}, Ports: ports})
			continue
		}
		for _, door := range c.Facts.Doors {
			flows = append(flows, Flow{Peer: Peer{Pods: &door}, Ports: ports})
		}
	}
	return flows
}

// appPart is the same part of one app, of which two colours or versions may be there, and either may be asked tomorrow.
type appPart struct {
	app       *Declared
	component string
	alone     *inventory.Workload // of what nobody declared, each is a part of its own
}

func (c *checker) appPartOf(w *inventory.Workload) appPart {
	if d := c.declared(w); d != nil {
		return appPart{app: d, component: componentOf(w)}
	}
	return appPart{alone: w}
}

// byPart groups entrances by what they lead to.
func (c *checker) byPart(all []entrance) map[appPart][]entrance {
	parts := make(map[appPart][]entrance, len(all))
	for _, e := range all {
		key := c.appPartOf(e.workload)
		parts[key] = append(parts[key], e)
	}
	return parts
}

// unmeant returns a port that a rule opens for a peer though no flow means it.
func (c *checker) unmeant(meant []Flow, r *reach.Rule, peer *reach.Peer, called *inventory.Workload) (port string, found bool) {
	var own []Flow
	for _, f := range meant {
		if c.covers(f.Peer, peer) {
			own = append(own, f)
		}
	}
	if len(r.Ports) == 0 {
		return "every port", !slices.ContainsFunc(own, func(f Flow) bool { return len(f.Ports) == 0 })
	}
	for _, p := range r.Ports {
		tunnel := c.Facts.Mesh == "ambient" && p.First == 15008 && p.Last == 15008 && len(own) > 0
		if !tunnel && !slices.ContainsFunc(own, func(f Flow) bool { return means(f, p, called) }) {
			return p.String(), true
		}
	}
	return "", false
}

// means reports whether all ports of a rule's entry are of a flow. By its name a port is that of the pods that are called, where they are known.
func means(f Flow, p reach.Ports, called *inventory.Workload) bool {
	switch {
	case len(f.Ports) == 0:
		return true
	case p.Name != "":
		return called != nil && slices.ContainsFunc(f.Ports, func(port Port) bool { return isNamed(called, p, port) })
	}
	return p.First == p.Last && slices.Contains(f.Ports, Port{p.First, p.Protocol})
}

// isNamed reports whether pods have a port under the name by which a rule opens it, and under no other number.
func isNamed(w *inventory.Workload, p reach.Ports, port Port) bool {
	found := false
	for _, container := range w.Containers() {
		for _, own := range container.Ports {
			if own.Name != p.Name || protocolOf(own.Protocol) != protocolOf(corev1.Protocol(p.Protocol)) {
				continue
			}
			if own.ContainerPort != port.Number {
				return false
			}
			found = string(protocolOf(own.Protocol)) == port.Protocol
		}
	}
	return found
}

// covers reports whether everybody that a rule's peer stands for is the other end of a flow.
func (c *checker) covers(f Peer, peer *reach.Peer) bool {
	if peer.Entity() != "" {
		return f.Host == peer.Entity()
	}
	if block, _ := peer.Block(); block.IsValid() {
		return slices.ContainsFunc(f.CIDRs, func(cidr string) bool {
			outer, err := netip.ParsePrefix(cidr)
			return err == nil && outer.Bits() <= block.Bits() && outer.Contains(block.Addr())
		})
	}
	if !peer.IsPods() {
		return f.Host != "" && f.Host == peer.String()
	}
	namespace, labels, ok := peer.Names()
	if f.Pods == nil || !ok || namespace != f.Pods.Namespace {
		return false
	}
	for key, value := range f.Pods.Labels {
		if labels[key] != value {
			return false
		}
	}
	return true
}
