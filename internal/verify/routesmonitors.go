package verify

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

const prometheusGroup = "monitoring.coreos.com"

// labelled finds Services by a label: there may be thousands of them in one namespace.
type labelled map[[3]string][]*inventory.Service // by namespace, key and value

func (c *checker) labelled() (byLabel labelled, byNamespace map[string][]*inventory.Service) {
	byLabel, byNamespace = labelled{}, map[string][]*inventory.Service{}
	for _, v := range c.Services {
		byNamespace[v.Namespace] = append(byNamespace[v.Namespace], v)
		for key, value := range v.Labels {
			k := [3]string{v.Namespace, key, value}
			byLabel[k] = append(byLabel[k], v)
		}
	}
	return byLabel, byNamespace
}

func (c *checker) monitorsReach() {
	before := len(c.results)
	defer func() {
		for i := range c.results[before:] {
			if r := &c.results[before+i]; r.State == Violated && !r.Object.Ours() {
				r.Severity = diag.Warning // nobody's request fails, and operators make Services of these labels that no set holds
			}
		}
	}()
	byLabel, byNamespace := c.labelled()
	for _, o := range c.Of(prometheusGroup, "ServiceMonitor") {
		selector := selectorAt(o.Fields, "spec", "selector")
		var found []*inventory.Service
		for _, namespace := range c.monitoredIn(o) {
			candidates := byNamespace[namespace]
			if selector != nil {
				for key, value := range selector.MatchLabels {
					if some := byLabel[[3]string{namespace, key, value}]; len(some) < len(candidates) {
						candidates = some
					}
				}
			}
			for _, v := range candidates {
				if inventory.Matches(selector, v.Labels) {
					found = append(found, v)
				}
			}
		}
		c.serviceMonitorReaches(o, selector, found)
	}
	for _, o := range c.Of(prometheusGroup, "PodMonitor") {
		c.podMonitorReaches(o)
	}
}

// monitoredIn returns the namespaces that a monitor looks into; none: it looks into all of them, which no set holds.
func (c *checker) monitoredIn(o *inventory.Object) []string {
	if manifest.Map(o.Fields, "spec", "namespaceSelector")["any"] == true {
		return nil
	}
	var names []string
	for _, v := range manifest.List(o.Fields, "spec", "namespaceSelector", "matchNames") {
		if name, ok := v.(string); ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return []string{o.Namespace}
	}
	return names
}

func (c *checker) serviceMonitorReaches(o *inventory.Object, selector *metav1.LabelSelector, found []*inventory.Service) {
	namespaces := c.monitoredIn(o)
	if len(found) == 0 {
		switch {
		case len(namespaces) == 0 || selector == nil:
		case o.Ours():
			c.violated(o, "spec.selector", "look at its metrics: there are none, for no Service has %s", metav1.FormatLabelSelector(selector))
		case slices.ContainsFunc(namespaces, c.holds):
			c.unknown(o, "whether there is a Service with %s: the set has none", metav1.FormatLabelSelector(selector))
		}
		return
	}
	for i, e := range manifest.Maps(o.Fields, "spec", "endpoints") {
		port := manifest.String(e, "port")
		switch {
		case port == "": // a targetPort is of the pods
		case slices.ContainsFunc(found, func(v *inventory.Service) bool { return portNamed(v, port) }):
			c.proved(o, "a Service that it selects has the port %s", port)
		default:
			c.violated(o, fmt.Sprintf("spec.endpoints[%d].port", i), "look at its metrics: there are none, for Service/%s has no port named %s, but %s", found[0].Name, port, portsText(found[0]))
		}
	}
}

// portNamed reports whether a Service has a port of that name: a ServiceMonitor does not know ports by their number.
func portNamed(v *inventory.Service, name string) bool {
	for _, p := range v.Spec.Ports {
		if p.Name == name {
			return true
		}
	}
	return false
}

func (c *checker) podMonitorReaches(o *inventory.Object) {
	selector := selectorAt(o.Fields, "spec", "selector")
	namespaces := c.monitoredIn(o)
	var found []*inventory.Workload
	for _, namespace := range namespaces {
		found = append(found, c.Selected(namespace, selector)...)
	}
	if len(found) == 0 {
		switch {
		case len(namespaces) == 0 || selector == nil:
		case o.Ours():
			c.violated(o, "spec.selector", "look at its metrics: there are none, for no pods have %s", metav1.FormatLabelSelector(selector))
		case slices.ContainsFunc(namespaces, c.holds):
			c.unknown(o, "whether there are pods with %s: the set has none", metav1.FormatLabelSelector(selector))
		}
		return
	}
	for i, e := range manifest.Maps(o.Fields, "spec", "podMetricsEndpoints") {
		port := manifest.String(e, "port")
		switch {
		case port == "":
		case slices.ContainsFunc(found, func(w *inventory.Workload) bool { return hasPortNamed(w, port) }):
			c.proved(o, "pods of %s have the port %s", found[0].Short(), port)
		default:
			c.violated(o, fmt.Sprintf("spec.podMetricsEndpoints[%d].port", i), "look at its metrics: there are none, for no container of %s has a port named %s", found[0].Short(), port)
		}
	}
}
