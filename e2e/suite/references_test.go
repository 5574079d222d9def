package suite

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// The API server takes a name for a name: whether a secret has a key, or a route's destination exists, shows when a pod does not
// start or a request fails, on machines that are only simulated here. So the suite reads what is written.

// elsewhere are the Secrets that specs say somebody else makes.
var elsewhere = []string{"existing-tls"}

// databaseKeys are those of the Secret that CloudNativePG makes for an app.
var databaseKeys = []string{"dbname", "fqdn-jdbc-uri", "fqdn-uri", "host", "jdbc-uri", "password", "pgpass", "port", "uri", "user", "username"}

// references wants what the objects of a case name to be there.
func (j *judgement) references(c rendered) {
	for _, text := range append(c.missingKeys(), c.missingDestinations()...) {
		j.add("%s", text)
	}
}

// missingKeys lists the keys of Secrets and ConfigMaps that pods read and nothing makes.
func (c rendered) missingKeys() []string {
	made := map[string][]string{} // keys by "Secret shop/db"
	for _, o := range c.objects {
		switch o.GetKind() {
		case "ExternalSecret":
			made["Secret "+o.GetNamespace()+"/"+textAt(o.Object, "spec", "target", "name")] = externalKeys(o)
		case "SealedSecret":
			made["Secret "+o.GetNamespace()+"/"+o.GetName()] = keysAt(o.Object, "spec", "encryptedData")
		case "Cluster":
			made["Secret "+o.GetNamespace()+"/"+o.GetName()+"-app"] = databaseKeys
		case "Secret", "ConfigMap":
			made[describe(o)] = append(keysAt(o.Object, "data"), keysAt(o.Object, "stringData")...)
			copied := &unstructured.Unstructured{} // by a drill, of a database
			if copied.UnmarshalJSON([]byte(textAt(o.Object, "data", "cluster.json"))) == nil {
				made["Secret "+o.GetNamespace()+"/"+copied.GetName()+"-app"] = databaseKeys
			}
		}
	}
	var missing []string
	for _, o := range c.objects {
		for _, r := range keysRead(o) {
			keys, ok := made[r.kind+" "+o.GetNamespace()+"/"+r.name]
			if r.kind == "Secret" && slices.Contains(elsewhere, r.name) || r.optional || ok && (r.key == "" || slices.Contains(keys, r.key)) {
				continue
			}
			missing = append(missing, fmt.Sprintf("%s reads %s %s, key %q, which nothing makes", describe(o), r.kind, r.name, r.key))
		}
	}
	return missing
}

// externalKeys are those that an ExternalSecret makes: a template's stand beside those that it fetches, or in their place.
func externalKeys(o *unstructured.Unstructured) []string {
	keys := keysAt(o.Object, "spec", "target", "template", "data")
	if len(keys) > 0 && textAt(o.Object, "spec", "target", "template", "mergePolicy") != "Merge" {
		return keys
	}
	data, _, _ := unstructured.NestedSlice(o.Object, "spec", "data")
	for _, d := range data {
		keys = append(keys, textAt(d, "secretKey"))
	}
	return keys
}

type keyRead struct {
	kind, name, key string // key: empty where all are read
	optional        bool
}

// keysRead lists what the pods of a workload read.
func keysRead(o *unstructured.Unstructured) []keyRead {
	pod := podOf(o)
	if pod == nil {
		return nil
	}
	var all []keyRead
	add := func(kind, name, key string, optional *bool) {
		all = append(all, keyRead{kind, name, key, optional != nil && *optional})
	}
	items := func(kind, name string, items []corev1.KeyToPath, optional *bool) {
		add(kind, name, "", optional)
		for _, item := range items {
			add(kind, name, item.Key, optional)
		}
	}
	for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
		for _, e := range c.Env {
			if e.ValueFrom == nil {
				continue
			}
			if r := e.ValueFrom.SecretKeyRef; r != nil {
				add("Secret", r.Name, r.Key, r.Optional)
			}
			if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
				add("ConfigMap", r.Name, r.Key, r.Optional)
			}
		}
	}
	for _, v := range pod.Volumes {
		if s := v.Secret; s != nil {
			items("Secret", s.SecretName, s.Items, s.Optional)
		}
		if m := v.ConfigMap; m != nil {
			items("ConfigMap", m.Name, m.Items, m.Optional)
		}
	}
	return all
}

// podOf returns the pod of a workload, nil for other objects.
func podOf(o *unstructured.Unstructured) *corev1.PodSpec {
	path := []string{"spec", "template", "spec"}
	switch o.GetKind() {
	case "CronJob":
		path = append([]string{"spec", "jobTemplate"}, path...)
	case "Deployment", "StatefulSet", "Job":
	default:
		return nil
	}
	spec, ok, _ := unstructured.NestedMap(o.Object, path...)
	pod := &corev1.PodSpec{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(spec, pod); !ok || err != nil {
		return nil // the API server refuses it
	}
	return pod
}

// missingDestinations lists where routes and Services lead nowhere: to a Service, port or subset that is not there.
func (c rendered) missingDestinations() []string {
	var missing []string
	miss := func(o *unstructured.Unstructured, to string) {
		missing = append(missing, describe(o)+" leads to "+to+", which is not there")
	}
	for _, o := range c.objects {
		switch o.GetKind() {
		case "VirtualService":
			for _, r := range subtrees(o.Object, "route") {
				host, subset := textAt(r, "destination", "host"), textAt(r, "destination", "subset")
				if subset != "" && !slices.Contains(c.subsets(host), subset) {
					miss(o, "subset "+subset+" of "+host)
				}
				if port := numberAt(r, "destination", "port", "number"); !c.serves(o.GetNamespace(), host, port) {
					miss(o, fmt.Sprintf("port %d of %s", port, host))
				}
			}
		case "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute":
			for _, r := range subtrees(o.Object, "backendRefs") {
				if host, port := textAt(r, "name"), numberAt(r, "port"); !c.serves(o.GetNamespace(), host, port) {
					miss(o, fmt.Sprintf("port %d of %s", port, host))
				}
			}
		case "Ingress":
			for _, r := range subtrees(o.Object, "paths") {
				host, port := textAt(r, "backend", "service", "name"), numberAt(r, "backend", "service", "port", "number")
				if !c.serves(o.GetNamespace(), host, port) {
					miss(o, fmt.Sprintf("port %d of %s", port, host))
				}
			}
		case "Service":
			for _, p := range subtrees(o.Object, "ports") {
				if port := numberAt(p, "targetPort"); port != 0 && !c.listens(o, port) {
					miss(o, fmt.Sprintf("port %d of its pods", port))
				}
			}
		}
	}
	return missing
}

// subsets are those that DestinationRules define of a host.
func (c rendered) subsets(host string) []string {
	var names []string
	for _, o := range c.objects {
		if o.GetKind() == "DestinationRule" && textAt(o.Object, "spec", "host") == host {
			for _, s := range subtrees(o.Object, "subsets") {
				names = append(names, textAt(s, "name"))
			}
		}
	}
	return names
}

// serves reports whether there is a Service of that name with that port (0: any).
func (c rendered) serves(namespace, name string, port int64) bool {
	return slices.ContainsFunc(c.objects, func(o *unstructured.Unstructured) bool {
		return o.GetKind() == "Service" && o.GetNamespace() == namespace && o.GetName() == name &&
			(port == 0 || slices.ContainsFunc(subtrees(o.Object, "ports"), func(p any) bool { return numberAt(p, "port") == port }))
	})
}

// listens reports whether a workload that a Service selects has that port.
func (c rendered) listens(service *unstructured.Unstructured, port int64) bool {
	selector, _, _ := unstructured.NestedStringMap(service.Object, "spec", "selector")
	return slices.ContainsFunc(c.objects, func(o *unstructured.Unstructured) bool {
		labels, _, _ := unstructured.NestedStringMap(o.Object, "spec", "template", "metadata", "labels")
		for k, v := range selector {
			if labels[k] != v {
				return false
			}
		}
		pod := podOf(o)
		return pod != nil && o.GetNamespace() == service.GetNamespace() && slices.ContainsFunc(slices.Concat(pod.InitContainers, pod.Containers), func(c corev1.Container) bool {
			return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return int64(p.ContainerPort) == port })
		})
	})
}

// What stands at a path below a node of any type; the zero value where there is nothing of that type.

func textAt(node any, path ...string) string {
	m, _ := node.(map[string]any)
	s, _, _ := unstructured.NestedString(m, path...)
	return s
}

func numberAt(node any, path ...string) int64 {
	m, _ := node.(map[string]any)
	n, _, _ := unstructured.NestedInt64(m, path...)
	return n
}

func keysAt(node any, path ...string) []string {
	m, _ := node.(map[string]any)
	fields, _, _ := unstructured.NestedMap(m, path...)
	var keys []string
	for k := range fields {
		keys = append(keys, k)
	}
	return keys
}
