package verify

import (
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
	operators  podOperators
	services   map[*inventory.Workload][]*inventory.Service
	byID       map[manifest.ID]*inventory.Service
	servicesIn map[string][]*inventory.Service
	accounts   map[accountKey]*inventory.Account
	apps       map[appKey]*Declared
	scraped    []entrance
	routed     []entrance
	scrapedOf  map[appPart][]entrance
	routedOf   map[appPart][]entrance
}

// appKey is one app of one namespace.
type appKey struct{ namespace, app string }

// reached returns the policies of the set, read once.
func (c *checker) reached() *networkView {
	if c.view != nil {
		return c.view
	}
	c.view = &networkView{
		Graph: reach.New(c.Set), claimed: map[string]bool{}, makers: podMakers(c.Set), operators: findOperators(c),
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
	c.view.scrapedOf, c.view.routedOf = c.byPart(c.view.scraped), c.byPart(c.view.routed)
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
