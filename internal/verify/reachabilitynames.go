package verify

import (
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/reach"
)

// The ports of DNS: everybody's, and that of the pods of OpenShift's.
const (
	dnsPort          = 53
	openShiftDNSPort = 5353
)

// nodeLocalDNS is the address of the cache on each node, https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/.
var nodeLocalDNS = reach.End{Block: netip.MustParsePrefix("169.254.20.10/32")}

// usualDNS are who answers DNS where the platform does not say.
var usualDNS = []Pods{
	{Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}},
	{Namespace: "openshift-dns", Labels: map[string]string{"dns.operator.openshift.io/daemonset-dns": "default"}, Port: openShiftDNSPort},
}

func namesCanBeResolved(c *checker) {
	for _, w := range c.Workloads {
		_, closed := c.reached().Governed(w, reach.Egress)
		if excused(w) || isDNS(w) {
			continue
		}
		if !closed {
			c.proved(w.Object, "nothing refuses its egress")
			continue
		}
		if !w.Ours() && !c.needsNames(w) {
			continue
		}
		udp, tcp := c.resolves(w, "UDP"), c.resolves(w, "TCP")
		switch {
		case udp == reach.Yes && tcp == reach.Yes:
			c.proved(w.Object, "DNS over UDP and TCP")
		case udp == reach.Yes:
			c.open(w.Object, "", tcp, w, w.Name+" can't get long answers of DNS, which come over TCP", c.noDNS(w, "TCP"))
			if last := &c.results[len(c.results)-1]; last.State == Violated && !w.Ours() {
				last.Severity = diag.Warning // most answers are short
			}
		default:
			c.open(w.Object, "", udp, w, w.Name+" can't resolve names", c.noDNS(w, "UDP"))
		}
	}
}

func (c *checker) noDNS(w *inventory.Workload, protocol string) string {
	policies, _ := c.reached().Governed(w, reach.Egress)
	for _, p := range policies {
		if len(p.Rules) > 0 {
			return "no egress rule of " + p.Short() + " to " + protocol + " port 53 of DNS"
		}
	}
	if len(policies) == 0 {
		return "no egress rule to port 53"
	}
	return policies[0].Short() + " closes egress, and no egress rule leads to " + protocol + " port 53"
}

// dns returns who answers names, as the platform says or else as is usual.
func (c *checker) dns() []Pods {
	if c.Facts.DNS != nil {
		return []Pods{*c.Facts.DNS}
	}
	return usualDNS
}

// resolves reports whether pods reach DNS.
func (c *checker) resolves(w *inventory.Workload, protocol string) reach.Answer {
	v := c.reached()
	if c.Facts.DNS == nil {
		if answer := c.meansDNS(w, protocol); answer != reach.No {
			return answer
		}
	}
	answer := v.Leaves(reach.Pod(w), nodeLocalDNS, reach.Port{Number: dnsPort, Protocol: protocol})
	for _, s := range c.dns() {
		for _, end := range v.Pods(s.Namespace, s.Labels) {
			answer = max(answer, v.Leaves(reach.Pod(w), end, reach.Port{Number: portOr(s.Port, s.Namespace), Protocol: protocol}))
		}
	}
	return answer
}

func portOr(port int32, namespace string) int32 {
	switch {
	case port > 0:
		return port
	case namespace == "openshift-dns":
		return openShiftDNSPort
	}
	return dnsPort
}

// meansDNS reports whether a rule names the port of DNS: where nobody says who answers, the author of the rule knows.
func (c *checker) meansDNS(w *inventory.Workload, protocol string) reach.Answer {
	if c.reached().Unread(w.Namespace) {
		return reach.Maybe
	}
	policies, _ := c.reached().Governed(w, reach.Egress)
	for _, p := range policies {
		for _, r := range p.Rules {
			if r.Direction != reach.Egress || r.Deny || len(r.Ports) == 0 {
				continue
			}
			for _, port := range []int32{dnsPort, openShiftDNSPort} {
				if r.Opens(reach.End{}, reach.Port{Number: port, Protocol: protocol}) != reach.No {
					return reach.Yes
				}
			}
		}
	}
	return reach.No
}

// isDNS reports whether pods answer DNS themselves.
func isDNS(w *inventory.Workload) bool {
	return w.Template.Labels["k8s-app"] == "kube-dns" || w.Template.Spec.DNSPolicy == corev1.DNSNone
}

// needsNames reports whether pods call somebody by name: a policy lets them call others than addresses, or a setting is a name.
func (c *checker) needsNames(w *inventory.Workload) bool {
	policies, _ := c.reached().Governed(w, reach.Egress)
	for _, p := range policies {
		for _, r := range p.Rules {
			if r.Direction == reach.Egress && !r.Deny && (r.Everyone || slices.ContainsFunc(r.Peers, func(p *reach.Peer) bool { return p.IsPods() })) {
				return true
			}
		}
	}
	for _, container := range w.Containers() {
		for _, text := range slices.Concat(container.Command, container.Args) {
			if c.isAddress(w.Namespace, text) {
				return true
			}
		}
		for _, env := range container.Env {
			named := strings.Contains(env.Name, "HOST") || strings.Contains(env.Name, "ADDR") || strings.Contains(env.Name, "SERVER")
			if c.isAddress(w.Namespace, env.Value) || named && c.service(w.Namespace, env.Value) != nil {
				return true
			}
		}
	}
	return false
}

// isAddress reports whether a setting is the address of somebody: a URL, or a Service of the set with its port.
func (c *checker) isAddress(namespace, text string) bool {
	if _, rest, ok := strings.Cut(text, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		host, _, _ = strings.Cut(host[strings.LastIndex(host, "@")+1:], ":")
		_, err := netip.ParseAddr(host)
		return err != nil && host != "" && host != "localhost"
	}
	host, _, ok := strings.Cut(text, ":")
	name, domain, dotted := strings.Cut(host, ".")
	return (ok || dotted && strings.HasSuffix(domain, ".svc.cluster.local")) && c.service(namespace, name) != nil
}
