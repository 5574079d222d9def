package verify

import (
	"maps"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/reach"
)

func policyGovernsPods(c *checker) {
	for _, p := range c.reached().Policies {
		switch {
		case p.Nodes:
			continue
		case len(p.Selects) == 0 && !p.Whole:
			c.nobody(p, "spec", p.Namespace, p.Runtime, "the policy governs nobody: no pod of "+placeName(p.Namespace)+" has "+p.Asks)
		case len(p.Selects) == 0:
			c.proved(p.Object, "governs whoever comes")
		default:
			c.proved(p.Object, "governs %s; every peer that should be among the objects is", andMore(p.Selects))
		}
		for _, r := range p.Rules {
			for _, peer := range r.Peers {
				c.peerIsSomebody(r, peer)
			}
		}
	}
}

// peerIsSomebody looks for the pods of a peer that says in which namespace they are, if the set has pods there.
func (c *checker) peerIsSomebody(r *reach.Rule, peer *reach.Peer) {
	namespace, _, ok := peer.Names()
	if !ok || !peer.Specific() || peer.Runtime() || len(c.In(namespace)) == 0 || len(c.reached().Members(peer)) > 0 {
		return
	}
	if r.Policy.Ours() && c.isOthers(namespace, peer) {
		return
	}
	verb := "lets nobody in"
	if r.Direction == reach.Egress {
		verb = "reaches nobody"
	}
	elsewhere := ""
	if namespace == r.Policy.Namespace {
		elsewhere = ", and those of other namespaces are not meant"
	}
	c.nobody(r.Policy, peer.Path, namespace, false, "the rule "+verb+": no pod of "+placeName(namespace)+" has "+peer.Labels()+elsewhere)
}

// isOthers reports whether a peer is pods that an app declares and that nobody here makes: a server beside the apps, in their namespace.
func (c *checker) isOthers(namespace string, peer *reach.Peer) bool {
	_, wanted, _ := peer.Names()
	if wanted[labelInstance] != "" {
		return false
	}
	for i := range c.Facts.Apps {
		for _, f := range c.Facts.Apps[i].Flows {
			if f.Peer.Pods != nil && f.Peer.Pods.Namespace == namespace && maps.Equal(f.Peer.Pods.Labels, wanted) {
				return true
			}
		}
	}
	return false
}

// nobody says that a selector selects nobody, where the set is all there is; elsewhere somebody else may make such pods.
func (c *checker) nobody(p *reach.Policy, path, namespace string, runtime bool, text string) {
	v := c.reached()
	maker := v.makers[namespace]
	switch {
	case runtime:
		c.unknown(p.Object, "which pods will get %s when they start: what makes them is not among the objects", p.Asks)
	case maker != nil:
		c.unknown(p.Object, "which pods %s makes", maker.Short())
	case !p.Ours() && v.operators.of(namespace) != nil:
		c.unknown(p.Object, "which pods %s makes: it has the right to", v.operators.of(namespace).Short())
	case p.Ours() || v.claimed[namespace] && len(c.In(namespace)) > 0:
		c.violated(p.Object, path, "%s", text)
	default:
		c.unknown(p.Object, "which pods others make in %s", placeName(namespace))
	}
}

// placeName names a namespace in messages.
func placeName(namespace string) string {
	if namespace == "" {
		return "the same namespace"
	}
	return namespace
}

// podless are API groups of others of which no kind makes pods, but for those in makesPods.
var podless = map[string]bool{
	"autoscaling.k8s.io": true, "barmancloud.cnpg.io": true, "bitnami.com": true, "cert-manager.io": true, "cilium.io": true,
	"crd.projectcalico.org": true, "eksctl.io": true, "external-secrets.io": true, "flagger.app": true, "karpenter.k8s.aws": true,
	"karpenter.sh": true, "keda.sh": true, "kyverno.io": true, "monitoring.coreos.com": true, "networking.istio.io": true,
	"projectcalico.org": true, "secrets-store.csi.x-k8s.io": true, "security.istio.io": true, "sloth.slok.dev": true,
	"telemetry.istio.io": true, "traefik.containo.us": true, "traefik.io": true, "velero.io": true,
}

// makesPods are kinds that make pods though others of their group do not.
var makesPods = map[string]bool{
	"monitoring.coreos.com/Prometheus": true, "monitoring.coreos.com/PrometheusAgent": true, "monitoring.coreos.com/Alertmanager": true,
	"monitoring.coreos.com/ThanosRuler": true, "gateway.networking.k8s.io/Gateway": true, "keda.sh/ScaledJob": true,
}

// mayMakePods reports whether a controller may make pods of an object, as far as its kind tells.
func mayMakePods(o *inventory.Object) bool {
	if makesPods[o.Group+"/"+o.Kind] {
		return true
	}
	builtIn := !strings.Contains(o.Group, ".") || strings.HasSuffix(o.Group, ".k8s.io") && !strings.HasSuffix(o.Group, ".x-k8s.io")
	return !builtIn && !podless[o.Group]
}

// podMakers returns for each namespace the first object there of which pods may be made that the set does not hold.
func podMakers(s *inventory.Set) map[string]*inventory.Object {
	known := map[*inventory.Object]bool{}
	for _, w := range s.Workloads {
		known[w.Object] = true
		known[w.MadeBy] = true
	}
	makers := map[string]*inventory.Object{}
	for _, o := range s.Objects {
		if o.Fields != nil && !known[o] && makers[o.Namespace] == nil && mayMakePods(o) {
			makers[o.Namespace] = o
		}
	}
	return makers
}
