package verify

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/reach"
)

func peerIsNotEveryone(c *checker) {
	asked := calledByAPI(c.Set)
	for _, p := range c.reached().Policies {
		for _, r := range p.Rules {
			switch {
			case r.Deny:
			case !everyone(r):
				c.proved(p.Object, "each rule says whom it is for")
			case p.Ours() || len(r.Ports) == 0:
				c.tellEveryone(r)
			case r.Direction == reach.Ingress && !c.needsEveryone(p, asked):
				c.tellEveryone(r)
			}
		}
	}
}

func (c *checker) tellEveryone(r *reach.Rule) {
	ports := "every port"
	if len(r.Ports) > 0 {
		ports = r.Ports[0].String()
		if len(r.Ports) > 1 {
			ports += " and others"
		}
	}
	whose := placeName(r.Policy.Namespace)
	if len(r.Policy.Selects) > 0 {
		whose = r.Policy.Selects[0].Name
	}
	if r.Direction == reach.Ingress {
		c.violated(r.Policy.Object, r.Path, "any pod of any namespace, and whoever reaches the pod's network, connects to %s on %s", whose, ports)
		return
	}
	c.violated(r.Policy.Object, r.Path, "whoever breaks into %s connects to anybody, in the cluster and outside, on %s", whose, ports)
}

// everyone reports whether a rule leaves nobody out.
func everyone(r *reach.Rule) bool {
	return r.Everyone || slices.ContainsFunc(r.Peers, func(p *reach.Peer) bool {
		block, except := p.Block()
		return block.IsValid() && block.Bits() == 0 && len(except) == 0 || p.Entity() == "all"
	})
}

// needsEveryone reports whether pods are there to be called by who is no pod: through a port of nodes, a load balancer, or by the API
// server, which has no labels.
func (c *checker) needsEveryone(p *reach.Policy, asked map[manifest.ID]bool) bool {
	return slices.ContainsFunc(p.Selects, func(w *inventory.Workload) bool {
		return slices.ContainsFunc(c.reached().services[w], func(s *inventory.Service) bool {
			return s.Spec.Type == corev1.ServiceTypeLoadBalancer || s.Spec.Type == corev1.ServiceTypeNodePort || asked[s.ID]
		})
	})
}

// calledByAPI returns the Services that the API server calls: webhooks, and APIs that it passes on.
func calledByAPI(s *inventory.Set) map[manifest.ID]bool {
	called := map[manifest.ID]bool{}
	add := func(ref map[string]any) {
		if name := manifest.String(ref, "name"); name != "" {
			called[manifest.ID{Kind: "Service", Namespace: manifest.String(ref, "namespace"), Name: name}] = true
		}
	}
	for _, kind := range []string{"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"} {
		for _, o := range s.Of("admissionregistration.k8s.io", kind) {
			for _, hook := range manifest.Maps(o.Fields, "webhooks") {
				add(manifest.Map(hook, "clientConfig", "service"))
			}
		}
	}
	for _, o := range s.Of("apiregistration.k8s.io", "APIService") {
		add(manifest.Map(o.Fields, "spec", "service"))
	}
	for _, o := range s.Of("apiextensions.k8s.io", "CustomResourceDefinition") {
		add(manifest.Map(o.Fields, "spec", "conversion", "webhook", "clientConfig", "service"))
	}
	return called
}
