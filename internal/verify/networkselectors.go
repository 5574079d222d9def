package verify

import (
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
			c.nobody(p, "spec", p.Namespace, p.Runtime, "the policy governs nobody: no pod of "+placeName(p.Namespace)+" has the labels that it asks for")
		default:
			c.proved(p.Object, "%d workloads, and every peer that should be among the objects is", len(p.Selects))
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
	if !ok || !peer.Specific() || len(c.In(namespace)) == 0 || len(c.reached().Members(peer)) > 0 {
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
	c.nobody(r.Policy, peer.Path, namespace, false, "the rule "+verb+": there is no pod with "+peer.String()+elsewhere)
}

// nobody says that a selector selects nobody, where the set is all there is; elsewhere somebody else may make such pods.
func (c *checker) nobody(p *reach.Policy, path, namespace string, runtime bool, text string) {
	v := c.reached()
	maker := v.makers[namespace]
	switch {
	case runtime:
		c.unknown(p.Object, "which pods get the labels that %s asks for when they start", path)
	case maker != nil:
		c.unknown(p.Object, "which pods %s makes", maker.Short())
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

// podless are API groups of which no kind makes pods, beside those of Kubernetes itself.
var podless = []string{
	"cilium.io", "cert-manager.io", "external-secrets.io", "bitnami.com", "networking.istio.io", "security.istio.io", "telemetry.istio.io",
	"secrets-store.csi.x-k8s.io", "velero.io", "traefik.io", "traefik.containo.us", "kyverno.io", "autoscaling.k8s.io", "snapshot.storage.k8s.io",
	"projectcalico.org", "crd.projectcalico.org", "karpenter.sh", "flagger.app", "keda.sh", "barmancloud.cnpg.io",
}

// makesPods are kinds that make pods though others of their group do not.
var makesPods = map[string]bool{
	"Prometheus": true, "PrometheusAgent": true, "Alertmanager": true, "ThanosRuler": true, "Gateway": true, "ScaledJob": true, "Canary": true,
}

// podMakers returns for each namespace the first object there that may make pods, of which the set knows nothing.
func podMakers(s *inventory.Set) map[string]*inventory.Object {
	known := map[*inventory.Object]bool{}
	for _, w := range s.Workloads {
		known[w.Object] = true
		known[w.MadeBy] = true
	}
	podless := podlessGroups()
	makers := map[string]*inventory.Object{}
	for _, o := range s.Objects {
		if o.Fields == nil || known[o] || o.Namespace == "" && s.Namespace("") == nil && len(s.In("")) == 0 {
			continue
		}
		ownKind := !strings.Contains(o.Group, ".") || strings.HasSuffix(o.Group, ".k8s.io") && !strings.HasSuffix(o.Group, ".x-k8s.io")
		if (ownKind || podless[o.Group]) && !makesPods[o.Kind] || o.Group == "networking.istio.io" || makers[o.Namespace] != nil {
			continue
		}
		makers[o.Namespace] = o
	}
	return makers
}

func podlessGroups() map[string]bool {
	groups := map[string]bool{"monitoring.coreos.com": true}
	for _, group := range podless {
		groups[group] = true
	}
	return groups
}
