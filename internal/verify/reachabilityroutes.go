package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/reach"
)

// routedPorts returns the ports of pods to which something leads from outside, and by what.
func (c *checker) routedPorts() []entrance {
	var all []entrance
	for _, in := range c.Ingresses {
		if b := in.Spec.DefaultBackend; b != nil {
			all = append(all, c.ingressRouted(in, "spec.defaultBackend", *b)...)
		}
		for i, rule := range in.Spec.Rules {
			if rule.HTTP == nil {
				continue
			}
			for j, path := range rule.HTTP.Paths {
				all = append(all, c.ingressRouted(in, fmt.Sprintf("spec.rules[%d].http.paths[%d].backend", i, j), path.Backend)...)
			}
		}
	}
	for _, kind := range []string{"HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"} {
		for _, o := range c.Of("gateway.networking.k8s.io", kind) {
			all = append(all, c.gatewayRouted(o)...)
		}
	}
	for _, o := range c.Of("networking.istio.io", "VirtualService") {
		all = append(all, c.meshRouted(o)...)
	}
	for _, o := range c.Of("flagger.app", "Canary") {
		all = append(all, c.canaryRouted(o)...)
	}
	for _, s := range c.Services {
		if s.Spec.Type == corev1.ServiceTypeLoadBalancer {
			all = append(all, c.balanced(s)...)
		}
	}
	return all
}

// entrances returns the ports of pods behind those of a Service that are wanted.
func (c *checker) entrances(o *inventory.Object, path string, s *inventory.Service, wanted func(corev1.ServicePort) bool) []entrance {
	if s == nil || len(s.Spec.Selector) == 0 {
		return nil
	}
	var all []entrance
	for _, port := range s.Spec.Ports {
		if !wanted(port) {
			continue
		}
		for _, w := range c.WithLabels(s.Namespace, s.Spec.Selector) {
			if number, ok := targetPort(w, port); ok && !excused(w) && w.Serves() {
				all = append(all, entrance{object: o, path: path, workload: w, port: number})
			}
		}
	}
	return all
}

func (c *checker) ingressRouted(in *inventory.Ingress, path string, b networkingv1.IngressBackend) []entrance {
	if b.Service == nil {
		return nil
	}
	return c.entrances(in.Object, path, c.service(in.Namespace, b.Service.Name), func(p corev1.ServicePort) bool {
		return p.Port == b.Service.Port.Number || b.Service.Port.Name != "" && p.Name == b.Service.Port.Name
	})
}

// gatewayRouted reads a route of the Gateway API. One whose parent is a Service is for who calls inside the cluster.
func (c *checker) gatewayRouted(o *inventory.Object) []entrance {
	parents := manifest.Maps(o.Fields, "spec", "parentRefs")
	if !slices.ContainsFunc(parents, func(p map[string]any) bool { return manifest.String(p, "kind") != "Service" }) {
		return nil
	}
	var all []entrance
	for i, rule := range manifest.Maps(o.Fields, "spec", "rules") {
		for j, ref := range manifest.Maps(rule, "backendRefs") {
			if kind := manifest.String(ref, "kind"); kind != "" && kind != "Service" {
				continue
			}
			namespace := o.Namespace
			if other := manifest.String(ref, "namespace"); other != "" {
				namespace = other
			}
			number, _ := manifest.Int(ref, "port")
			service := c.service(namespace, manifest.String(ref, "name"))
			path := fmt.Sprintf("spec.rules[%d].backendRefs[%d]", i, j)
			all = append(all, c.entrances(o, path, service, func(p corev1.ServicePort) bool { return int64(p.Port) == number })...)
		}
	}
	return all
}

// meshRouted reads a route of Istio's. What is for no gateway is for who calls inside the mesh.
func (c *checker) meshRouted(o *inventory.Object) []entrance {
	if !fromGateway(o.Fields["spec"]) {
		return nil
	}
	var all []entrance
	for _, kind := range []string{"http", "tcp", "tls"} {
		for i, rule := range manifest.Maps(o.Fields, "spec", kind) {
			matches := manifest.List(rule, "match")
			inside := func(match any) bool { return manifest.List(asMap(match), "gateways") != nil && !fromGateway(match) }
			if len(matches) > 0 && !slices.ContainsFunc(matches, func(match any) bool { return !inside(match) }) {
				continue
			}
			for j, route := range manifest.Maps(rule, "route") {
				path := fmt.Sprintf("spec.%s[%d].route[%d]", kind, i, j)
				all = append(all, c.meshDestination(o, path, manifest.Map(route, "destination"))...)
			}
		}
	}
	return all
}

// fromGateway reports whether a route, or one match of it, is for requests through a gateway.
func fromGateway(of any) bool {
	return slices.ContainsFunc(manifest.List(asMap(of), "gateways"), func(g any) bool { return g != "mesh" })
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// meshDestination finds the Service that a host means. Without a number, it is the port if there is but one.
func (c *checker) meshDestination(o *inventory.Object, path string, destination map[string]any) []entrance {
	name, domain, _ := strings.Cut(manifest.String(destination, "host"), ".")
	namespace, _, _ := strings.Cut(domain, ".")
	s := c.service(cmp.Or(namespace, o.Namespace), name)
	number, stated := manifest.Int(destination, "port", "number")
	return c.entrances(o, path, s, func(p corev1.ServicePort) bool {
		return int64(p.Port) == number || !stated && len(s.Spec.Ports) == 1
	})
}

// canaryRouted reads Flagger's Canary, of which Flagger makes the routes from outside.
func (c *checker) canaryRouted(o *inventory.Object) []entrance {
	service := manifest.Map(o.Fields, "spec", "service")
	if manifest.List(service, "gatewayRefs") == nil && !fromGateway(service) && manifest.Map(o.Fields, "spec", "ingressRef") == nil {
		return nil
	}
	number, _ := manifest.Int(service, "port")
	name := cmp.Or(manifest.String(service, "name"), manifest.String(o.Fields, "spec", "targetRef", "name"))
	var all []entrance
	for _, name := range []string{name + "-primary", name + "-canary"} {
		all = append(all, c.entrances(o, "spec.service", c.service(o.Namespace, name), func(p corev1.ServicePort) bool { return int64(p.Port) == number })...)
	}
	return all
}

// balanced returns the ports of pods behind a load balancer, and whom it lets in.
func (c *checker) balanced(s *inventory.Service) []entrance {
	clients := s.Spec.LoadBalancerSourceRanges
	if len(clients) == 0 {
		clients = []string{"0.0.0.0/0"}
	}
	all := c.entrances(s.Object, "spec", s, func(corev1.ServicePort) bool { return true })
	for i := range all {
		all[i].clients = clients
	}
	return all
}

// scrapedPorts returns the ports of pods that monitors name.
func (c *checker) scrapedPorts() []entrance {
	var all []entrance
	for _, o := range c.Of("monitoring.coreos.com", "ServiceMonitor") {
		all = append(all, c.scrapedBehind(o)...)
	}
	for _, o := range c.Of("monitoring.coreos.com", "PodMonitor") {
		all = append(all, c.scrapedPods(o)...)
	}
	return all
}

// scrapeSelector returns what a monitor selects: by labels, in which namespaces.
func (c *checker) scrapeSelector(o *inventory.Object) (selector *metav1.LabelSelector, namespaces []string) {
	selector = &metav1.LabelSelector{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(manifest.Map(o.Fields, "spec", "selector"), selector); err != nil {
		return nil, nil
	}
	where := manifest.Map(o.Fields, "spec", "namespaceSelector")
	if where["any"] == true {
		return selector, nil // of all the cluster: too many to be of one object
	}
	for _, name := range manifest.List(where, "matchNames") {
		if s, ok := name.(string); ok {
			namespaces = append(namespaces, s)
		}
	}
	if len(namespaces) == 0 {
		namespaces = []string{o.Namespace}
	}
	return selector, namespaces
}

func (c *checker) scrapedBehind(o *inventory.Object) []entrance {
	var all []entrance
	selector, namespaces := c.scrapeSelector(o)
	for _, namespace := range namespaces {
		for _, s := range c.view.servicesIn[namespace] {
			if !inventory.Matches(selector, s.Labels) {
				continue
			}
			for i, endpoint := range manifest.Maps(o.Fields, "spec", "endpoints") {
				path := fmt.Sprintf("spec.endpoints[%d]", i)
				name, target := manifest.String(endpoint, "port"), fmt.Sprint(endpoint["targetPort"])
				all = append(all, c.entrances(o, path, s, func(p corev1.ServicePort) bool {
					return name != "" && p.Name == name || name == "" && p.TargetPort.String() == target
				})...)
			}
		}
	}
	return all
}

func (c *checker) scrapedPods(o *inventory.Object) []entrance {
	var all []entrance
	selector, namespaces := c.scrapeSelector(o)
	for _, namespace := range namespaces {
		for _, w := range c.Selected(namespace, selector) {
			for i, endpoint := range manifest.Maps(o.Fields, "spec", "podMetricsEndpoints") {
				port, ok := namedPort(w, manifest.String(endpoint, "port"))
				if number, stated := manifest.Int(endpoint, "portNumber"); stated {
					port, ok = reach.Port{Number: int32(number), Protocol: "TCP"}, true
				}
				if ok && !excused(w) {
					all = append(all, entrance{object: o, path: fmt.Sprintf("spec.podMetricsEndpoints[%d]", i), workload: w, port: port})
				}
			}
		}
	}
	return all
}
