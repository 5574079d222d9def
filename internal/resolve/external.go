package resolve

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// httpsPort is where a host outside listens unless the need says otherwise.
const httpsPort = 443

// findHost links a need to a host outside: by the addresses that are stated, or where policies know names by its own.
func (g *graph) findHost(l *link) bool {
	host, cidrs := l.node.Field("host"), l.node.Field("cidrs")
	l.need.Host, l.need.Port = text(host), httpsPort
	if port, ok := portNumber(l.node.Field("port")); ok {
		l.need.Port = port
	}
	l.port = app.Port{Number: l.need.Port, Protocol: "TCP"}
	path := l.path + ".external"
	switch {
	case host == nil:
		return false // the loader has said so
	case cidrs != nil:
		l.peer = app.Peer{CIDRs: g.cidrs(cidrs, path+".cidrs", false)}
	case isAddress(l.need.Host):
		l.peer = app.Peer{CIDRs: g.addressOf(host, path+".host")}
	case inCluster(l.need.Host):
		g.errorAt(host, "external-is-outside", path+".host", fmt.Sprintf("%q is a name inside the cluster", l.need.Host), "a host outside",
			`name it as an app, a database or one of platform.apps; an address range outside every pod: add cidrs`)
		return false
	case g.env.Has("cilium"):
		l.peer = app.Peer{Host: l.need.Host}
	default:
		g.errorAt(host, "host-needs-cilium", path+".host", fmt.Sprintf("network policies know host names such as %q only with cilium, which environment %q has not", l.need.Host, g.env.Name),
			fmt.Sprintf("its address ranges, or %q in platform.environments.%s.capabilities (%s)", "cilium", g.env.Name, at(g.facts.capabilities, nil)),
			`add cidrs: ["203.0.113.0/24"]`)
		return false
	}
	return len(l.peer.CIDRs) > 0 || l.peer.Host != ""
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// addressOf returns the range of a host that is an address itself; like a range that is written, it may not give out credentials.
func (r *reporter) addressOf(host *load.Node, path string) []string {
	addr, err := netip.ParseAddr(text(host))
	if err != nil {
		return nil
	}
	if slices.Contains(metadata, addr) {
		r.errorAt(host, "cidr-spares-metadata", path, fmt.Sprintf("%q is the cloud's metadata address, which gives out the node's credentials", addr), "another host", "")
	}
	return []string{netip.PrefixFrom(addr, addr.BitLen()).String()}
}

// inCluster reports whether a host is the name of a Service: policies by name never match those.
func inCluster(host string) bool {
	return !strings.Contains(host, ".") && !isAddress(host) || strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".cluster.local")
}
