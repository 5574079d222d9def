package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// services are about what is behind a Service; who refers to one is in routes.
var services = []Guarantee{
	{
		Name:    "service-finds-pods",
		Promise: "every Service with a selector finds the pods of one app, and none that come and go as those of Jobs",
		Why:     "requests to a Service without pods fail, and those that a Job's pod gets are lost",
		Source:  "https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service",
		Foreign: diag.Error,
		check:   serviceFindsPods,
	},
	{
		Name:    "service-port-exists",
		Promise: "every port of a Service leads to a port of the pods behind it",
		Why:     "a Service whose target port no container has is there, resolves, and refuses every connection",
		Source:  "https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports",
		Foreign: diag.Error,
		check:   servicePortExists,
	},
	{
		Name:    "service-is-not-open",
		Promise: "no Service is open to everybody who finds its address",
		Why:     "a load balancer without source ranges, and a port of every node, go around the gateway with its TLS, limits and logs",
		Source:  "https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer",
		Foreign: diag.Warning,
		check:   serviceIsNotOpen,
	},
}

// runtimeLabels are labels that pods get only when they run: by controllers, or by who elects a leader among them.
var runtimeLabels = []string{
	"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "pod-template-hash", "controller-revision-hash",
	"rollouts-pod-template-hash", "job-name", "batch.kubernetes.io/job-name", "cnpg.io/instanceRole", "cnpg.io/instanceName",
	"cnpg.io/podRole", "role", "spilo-role", "cluster-name",
}

// isRuntimeLabel reports whether a pod may get the label only when it runs.
func isRuntimeLabel(key string) bool {
	for _, word := range []string{"active", "leader", "primary", "master", "role"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return slices.Contains(runtimeLabels, key)
}

// behind returns the workloads whose pods a Service finds, and whether it finds pods at all by a selector. Labels that pods get when they
// run are left out of it, where there are pods with all others.
func (c *checker) behind(v *inventory.Service) []*inventory.Workload {
	if len(v.Spec.Selector) == 0 || v.Spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	if all := c.WithLabels(v.Namespace, v.Spec.Selector); len(all) > 0 {
		return all
	}
	known := map[string]string{}
	for key, value := range v.Spec.Selector {
		if !isRuntimeLabel(key) {
			known[key] = value
		}
	}
	if len(known) == 0 || len(known) == len(v.Spec.Selector) {
		return nil
	}
	return c.WithLabels(v.Namespace, known)
}

// serving returns those whose pods are there all the time.
func serving(all []*inventory.Workload) []*inventory.Workload {
	return slices.DeleteFunc(slices.Clone(all), func(w *inventory.Workload) bool { return !w.Serves() })
}

func serviceFindsPods(c *checker) {
	for _, v := range c.Services {
		if len(v.Spec.Selector) == 0 || v.Spec.Type == corev1.ServiceTypeExternalName {
			continue
		}
		all := c.behind(v)
		if len(all) == 0 {
			c.noPods(v)
			continue
		}
		found := serving(all)
		if len(found) > 0 && v.Spec.ClusterIP != corev1.ClusterIPNone {
			if w := passerBy(v, all); w != nil {
				c.violated(v.Object, "spec.selector", "run %s: its pods have %s, too, and get requests that they do not answer", w.Short(), labelText(v.Spec.Selector))
				continue
			}
		}
		if apps := appsOf(found); v.Ours() && len(apps) > 1 {
			c.violated(v.Object, "spec.selector", "call it: the request goes to a pod of %s", strings.Join(apps, " or of "))
			continue
		}
		c.proved(v.Object, "it finds the pods of %s", shortNames(all))
	}
}

// noPods says of a Service that nothing in the set is behind it. Pods may be elsewhere, unless what is called as the Service has others.
func (c *checker) noPods(v *inventory.Service) {
	selector := labelText(v.Spec.Selector)
	if v.Ours() {
		c.violated(v.Object, "spec.selector", "call it: no pods of %s have %s", namespaceText(v.Namespace), selector)
		return
	}
	for _, kind := range []string{"Deployment", "StatefulSet", "DaemonSet"} {
		w := c.Workload(c.Get(manifest.ID{Group: "apps", Kind: kind, Namespace: v.Namespace, Name: v.Name}))
		if w != nil && w.MadeBy == nil && !slices.ContainsFunc(keysOf(v.Spec.Selector), isRuntimeLabel) {
			c.violated(v.Object, "spec.selector", "call it: the pods of %s have %s, and none has %s", w.Short(), labelText(w.Template.Labels), selector)
			return
		}
	}
	c.unknown(v.Object, "whether there are pods with %s: the set has none", selector)
}

// keysOf returns the keys of labels.
func keysOf(labels map[string]string) []string {
	return slices.Sorted(maps.Keys(labels))
}

// namespaceText names a namespace in a sentence.
func namespaceText(name string) string {
	if name == "" {
		return "its namespace"
	}
	return "namespace " + name
}

// passerBy returns a Job or CronJob whose pods get requests for a Service: a port that only has a name leads to no pod without it.
func passerBy(v *inventory.Service, all []*inventory.Workload) *inventory.Workload {
	for _, w := range all {
		if w.Job == nil {
			continue
		}
		for _, p := range v.Spec.Ports {
			if p.TargetPort.Type == intstr.Int || hasPort(w, p.TargetPort.StrVal, protocolOf(p.Protocol)) {
				return w
			}
		}
	}
	return nil
}

// appsOf returns the apps that workloads are of, sorted.
func appsOf(all []*inventory.Workload) []string {
	var apps []string
	for _, w := range all {
		if app := App(w.Object); app != "" {
			apps = append(apps, app)
		}
	}
	slices.Sort(apps)
	return slices.Compact(apps)
}

// shortNames lists workloads, three at the most.
func shortNames(all []*inventory.Workload) string {
	const most = 3
	var names []string
	for _, w := range all[:min(most, len(all))] {
		names = append(names, w.Short())
	}
	if len(all) > most {
		names = append(names, fmt.Sprintf("%d more", len(all)-most))
	}
	return strings.Join(names, ", ")
}
