package verify

import (
	"net/netip"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/reach"
)

// network is about policies as they stand; who reaches whom by them is in reachability. Nothing is to prove of the kubelet's probes:
// what comes from a pod's own node is always let in.
var network = []Guarantee{
	{
		Name:    "pods-are-isolated",
		Promise: "each pod is governed by a network policy in both directions",
		Why:     "a pod that no policy selects may call everybody, and be called by everybody, whatever the policies beside it say",
		Source:  "https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation",
		Foreign: diag.Warning,
		check:   podsAreIsolated,
	},
	{
		Name:    "policy-governs-pods",
		Promise: "each policy selects pods, and each peer that should be among them is",
		Why:     "a selector with a mistyped label, or for pods of another namespace, opens and closes nothing, and nobody is told",
		Source:  "https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors",
		Foreign: diag.Warning,
		check:   policyGovernsPods,
	},
	{
		Name:    "policy-ports-exist",
		Promise: "each port that a policy opens is one that the pods behind it have",
		Why:     "policies act behind Services: a Service's own port where the container's should stand lets no connection through",
		Source:  "https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/",
		Foreign: diag.Error,
		check:   policyPortsExist,
	},
	{
		Name:    "peer-is-not-everyone",
		Promise: "each rule of a policy says whom it is for",
		Why:     "a rule without peers lets in everybody: every pod of the cluster, and what comes from outside of it",
		Source:  "https://kubernetes.io/docs/concepts/services-networking/network-policies/#allow-all-ingress-traffic",
		Foreign: diag.Warning,
		check:   peerIsNotEveryone,
	},
	{
		Name:    "metadata-is-closed",
		Promise: "no pod reaches the address at which the cloud hands out its node's credentials",
		Why:     "whoever makes a pod fetch an address of his choice gets the rights of the node, and with them the cluster's",
		Source:  "https://kubernetes.io/docs/tasks/administer-cluster/securing-a-cluster/#restricting-cloud-metadata-api-access",
		Foreign: diag.Warning,
		check:   metadataIsClosed,
	},
}

// networkView is the policies of a set, and what of the cluster around them the set answers for.
type networkView struct {
	*reach.Graph
	claimed    map[string]bool // namespaces of which the set is all there is: it makes them, or has a policy for all of their pods
	makers     map[string]*inventory.Object
	services   map[*inventory.Workload][]*inventory.Service
	byID       map[manifest.ID]*inventory.Service
	servicesIn map[string][]*inventory.Service
	accounts   map[accountKey]*inventory.Account
	apps       map[appKey]*Declared
	scraped    []entrance
	routed     []entrance
}

// appKey is one app of one namespace.
type appKey struct{ namespace, app string }

// reached returns the policies of the set, read once.
func (c *checker) reached() *networkView {
	if c.view != nil {
		return c.view
	}
	c.view = &networkView{
		Graph: reach.New(c.Set), claimed: map[string]bool{}, makers: podMakers(c.Set),
		services: map[*inventory.Workload][]*inventory.Service{}, byID: map[manifest.ID]*inventory.Service{},
		servicesIn: map[string][]*inventory.Service{}, accounts: map[accountKey]*inventory.Account{}, apps: map[appKey]*Declared{},
	}
	for _, o := range c.Namespaces {
		c.view.claimed[o.Name] = true
	}
	for _, p := range c.view.Policies {
		if p.Whole {
			c.view.claimed[p.Namespace] = true
		}
	}
	for i := range c.Facts.Apps {
		d := &c.Facts.Apps[i]
		c.view.apps[appKey{d.Namespace, d.App}] = d
	}
	for _, a := range c.Accounts {
		c.view.accounts[accountKey{a.Namespace, a.Name}] = a
	}
	for _, s := range c.Services {
		c.view.byID[s.ID] = s
		c.view.servicesIn[s.Namespace] = append(c.view.servicesIn[s.Namespace], s)
		if len(s.Spec.Selector) == 0 {
			continue
		}
		for _, w := range c.WithLabels(s.Namespace, s.Spec.Selector) {
			c.view.services[w] = append(c.view.services[w], s)
		}
	}
	c.view.scraped, c.view.routed = c.scrapedPorts(), c.routedPorts()
	return c.view
}

// service returns a Service of the set; nil: it is not there.
func (c *checker) service(namespace, name string) *inventory.Service {
	return c.reached().byID[manifest.ID{Kind: "Service", Namespace: namespace, Name: name}]
}

// open says of a connection that must be open what is known of it on an object. A refusal is a violation if the set is all that governs
// the pods that refuse; else another policy may open it.
func (c *checker) open(o *inventory.Object, path string, answer reach.Answer, refuser *inventory.Workload, what, refusal string) {
	v := c.reached()
	switch {
	case answer == reach.No && (refuser == nil || o.Ours() || v.claimed[refuser.Namespace]):
		c.violated(o, path, "%s: %s", what, refusal)
	case answer == reach.No:
		c.unknown(o, "which policies of %s are not among the objects; by those that are, %s: %s", placeName(refuser.Namespace), what, refusal)
	case refuser != nil && v.Unread(refuser.Namespace):
		c.unknown(o, "what the policies of kinds that are not read here do; perhaps %s", what)
	default:
		c.unknown(o, "the labels and addresses that decide it; perhaps %s: %s", what, refusal)
	}
}

// excused reports whether policies are not about a workload's pods: they are in the network of their node, or a test of a chart.
func excused(w *inventory.Workload) bool {
	return w.Template.Spec.HostNetwork || strings.Contains(w.Annotations["helm.sh/hook"], "test")
}

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
