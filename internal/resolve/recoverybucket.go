package resolve

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
)

// backups reads where the environment's backups go. Without a way to the bucket that policies can name, Egress is empty: only an app
// that needs it makes that an error.
func (w *world) backups(n *load.Node, path string) *app.Backups {
	if n == nil {
		return nil
	}
	b := &app.Backups{
		Bucket: app.Bucket{Name: text(n.Field("bucket")), Region: text(n.Field("region"))},
		Secret: text(n.Field("secret")),
	}
	endpoint := n.Field("endpoint")
	host, port := awsHost(b.Bucket.Region), int32(httpsPort)
	if text(endpoint) != "" {
		u, problem := bucketURL(text(endpoint))
		if problem != "" {
			w.errorAt(endpoint, "bad-format", path+".endpoint", fmt.Sprintf("%q is not the address of an object store: %s", endpoint.Text, problem), `a host with or without a port, such as "s3.eu-1.acme.io"`, "")
			return b
		}
		b.Bucket.Endpoint, host = u.Scheme+"://"+u.Host, u.Hostname()
		port = urlPort(u)
	}
	if addr, err := netip.ParseAddr(host); err == nil && !w.leadsOut(addr, endpoint, path+".endpoint") {
		b.Bucket.Endpoint = ""
		return b
	}
	ports := []app.Port{{Number: port, Protocol: "TCP"}}
	for i, peer := range w.bucketPeers(n, host, b.Bucket.Name) {
		name := "backups"
		if i > 0 {
			name = "bucket"
		}
		b.Egress = append(b.Egress, app.Edge{Name: name, Peer: peer, Ports: ports})
	}
	return b
}

// leadsOut reports whether an address of an object store can be one of another machine, and says so if not.
func (w *world) leadsOut(addr netip.Addr, n *load.Node, path string) bool {
	switch {
	case slices.Contains(metadata, addr):
		w.errorAt(n, "cidr-spares-metadata", path, fmt.Sprintf("%q is the cloud's metadata address, which gives out the node's credentials", addr), "an object store", "")
	case addr.IsLoopback(), addr.IsUnspecified():
		w.errorAt(n, "backups-leave-cluster", path, fmt.Sprintf("%q is the pod itself, for each pod", addr), "an object store outside the cluster", "")
	default:
		return true
	}
	return false
}

// bucketPeers are the ways to a bucket. Amazon's buckets have hosts of their own, too.
func (w *world) bucketPeers(n *load.Node, host, bucket string) []app.Peer {
	addr, err := netip.ParseAddr(host)
	switch cidrs := texts(n.Field("cidrs")); {
	case len(cidrs) > 0:
		return []app.Peer{{CIDRs: cidrs}}
	case err == nil:
		return []app.Peer{{CIDRs: []string{netip.PrefixFrom(addr, addr.BitLen()).String()}}}
	case host == "" || inCluster(host) || !w.env.Has("cilium"):
		return nil
	case isAWS(host):
		return []app.Peer{{Host: host}, {Host: bucket + "." + host}}
	}
	return []app.Peer{{Host: host}}
}

// awsHost is the host of Amazon's S3 in a region; empty: nobody knows where.
func awsHost(region string) string {
	if region == "" {
		return ""
	}
	return "s3." + region + ".amazonaws.com"
}

func isAWS(host string) bool { return strings.HasSuffix(host, ".amazonaws.com") }

// bucketURL reads the address of an object store, which is HTTPS unless it says otherwise.
func bucketURL(endpoint string) (u *url.URL, problem string) {
	if addr, err := netip.ParseAddr(endpoint); err == nil && addr.Is6() {
		endpoint = "[" + endpoint + "]"
	}
	if !strings.Contains(endpoint, "://") {
		endpoint = "https://" + endpoint
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, "it has no host"
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Sprintf("nobody speaks %q there", u.Scheme)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil || u.Fragment != "":
		return nil, "it holds more than a host and a port"
	case urlPort(u) == 0:
		return nil, fmt.Sprintf("%q is not a port", u.Port())
	}
	return u, ""
}

// urlPort is the port of a URL; 0: none that can be.
func urlPort(u *url.URL) int32 {
	switch {
	case u.Port() != "":
		if port, ok := portNumber(&load.Node{Kind: load.Int, Text: u.Port()}); ok {
			return port
		}
		return 0
	case u.Scheme == "http":
		return 80
	}
	return httpsPort
}

// bucket reports what the environment lacks to take backups, at the line of the recovery that needs them, and answers whether it can.
func (p *recoveryPlan) bucket() bool {
	s, w := p.s, p.s.w
	what := "the recovery of " + p.name
	stated := w.facts.node.Field("backups")
	at := "platform.environments." + w.env.Name + ".backups"
	switch b := w.env.Backups; {
	case stated.Faulty() || stated.Field("endpoint").Faulty() || stated.Field("bucket").Faulty() || stated.Field("secret").Faulty(): // the loader has said so
		return false
	case b == nil:
		w.missingFact(p.recovery, s.path(p.path), what, "backups", `{bucket: "acme-backups", endpoint: "s3.eu-2.acme.io", region: "eu-2", secret: "platform/backups"}`)
		return false
	case b.Bucket.Endpoint == "" && text(stated.Field("endpoint")) != "": // reported: there is no object store
		return false
	case b.Bucket.Endpoint != "" && inCluster(hostOf(b.Bucket)):
		w.errorAt(stated.Field("endpoint"), "backups-leave-cluster", at+".endpoint", fmt.Sprintf("%q is a name inside the cluster: the backups would be lost with it", stated.Field("endpoint").Text), "an object store outside the cluster", "")
		return false
	case p.r.Method == app.ByVelero: // which goes there itself, from a namespace of its own
		return true
	case len(b.Egress) == 0 && b.Bucket.Endpoint == "" && b.Bucket.Region == "":
		s.fail(p.path, "fact-missing", fmt.Sprintf("%s needs the bucket's place, which environment %q does not state", what, w.env.Name), fmt.Sprintf("%s.endpoint or %s.region (%s)", at, at, stated.KeyPos), `add region: "eu-2"`)
		return false
	case len(b.Egress) == 0:
		s.fail(p.path, "host-needs-cilium", fmt.Sprintf("%s needs the way to the bucket: network policies know host names such as %q only with cilium, which environment %q has not", what, hostOf(b.Bucket), w.env.Name),
			fmt.Sprintf("%s.cidrs (%s)", at, stated.KeyPos), `add cidrs: ["10.30.0.0/24"]`)
		return false
	}
	return s.fetches(p.recovery, p.path, what, "enable it: the keys of the bucket come from the secret store")
}

// hostOf is the host that serves a bucket.
func hostOf(b app.Bucket) string {
	if u, err := url.Parse(b.Endpoint); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return awsHost(b.Region)
}

// offSite reports backups of a critical app that lie where its data does.
func (p *recoveryPlan) offSite() {
	w := p.s.w
	here, there := w.facts.node.Field("region"), w.facts.node.At("backups", "region")
	if text(here) == "" || text(here) != text(there) || !slices.ContainsFunc(p.members(), func(m *recoveryPlan) bool { return m.s.app.Tier == app.Critical }) {
		return
	}
	w.report(diag.Diagnostic{Rule: "backups-leave-region", Pos: there.Pos, Path: "platform.environments." + w.env.Name + ".backups.region",
		Problem: fmt.Sprintf("backups of critical apps are in %q, as their data is (%s): what destroys one destroys the other", text(there), here.Pos), Want: "another region"})
}
