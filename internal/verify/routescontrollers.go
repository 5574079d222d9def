package verify

import (
	"cmp"
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// hasPortNamed reports whether a container that runs as long as the pod has a port of that name.
func hasPortNamed(w *inventory.Workload, name string) bool {
	return anyPort(w, func(p corev1.ContainerPort) bool { return p.Name == name })
}

// rolloutServices are the fields in which an Argo Rollout names its Services.
var rolloutServices = [][]string{
	{"spec", "strategy", "canary", "stableService"}, {"spec", "strategy", "canary", "canaryService"},
	{"spec", "strategy", "canary", "pingPong", "pingService"}, {"spec", "strategy", "canary", "pingPong", "pongService"},
	{"spec", "strategy", "blueGreen", "activeService"}, {"spec", "strategy", "blueGreen", "previewService"},
}

// refersTo is the Deployment that a Rollout takes its pods from; empty: it has its own.
func refersTo(w *inventory.Workload) string {
	return manifest.String(w.Fields, "spec", "workloadRef", "name")
}

// controllersReach looks at what moves requests between versions.
func (c *checker) controllersReach() {
	for _, o := range c.Of("argoproj.io", "Rollout") {
		for _, path := range rolloutServices {
			name := manifest.String(o.Fields, path...)
			if name == "" {
				continue
			}
			where := joinPath(path)
			c.reaches(backend{o, where, "release a version", o.Namespace, name, ""})
			c.rolloutIsBehind(o, where, name)
		}
	}
	for _, w := range c.Workloads {
		if w.Kind == "StatefulSet" && w.Governing != "" && w.Ours() && w.MadeBy == nil {
			c.reaches(backend{w.Object, "spec.serviceName", "call a pod by its name", w.Namespace, w.Governing, ""})
		}
	}
	for _, o := range c.Of("flagger.app", "Canary") {
		c.canaryHasTarget(o)
	}
}

func joinPath(path []string) string {
	text := path[0]
	for _, step := range path[1:] {
		text += "." + step
	}
	return text
}

// rolloutIsBehind wants the pods of a Rollout behind its Services: Argo Rollouts refuses it otherwise.
func (c *checker) rolloutIsBehind(o *inventory.Object, path, name string) {
	v, w := c.Service(o.Namespace, name), c.Workload(o)
	if v == nil || w == nil || len(w.Template.Labels) == 0 {
		return
	}
	for key, value := range v.Spec.Selector {
		if key != "rollouts-pod-template-hash" && w.Template.Labels[key] != value {
			c.violated(o, path, "release a version: it is refused, for Service/%s selects %s, which its pods do not have", name, labelText(v.Spec.Selector))
			return
		}
	}
}

// canaryHasTarget wants what Flagger makes a primary of.
func (c *checker) canaryHasTarget(o *inventory.Object) {
	kind, name := manifest.String(o.Fields, "spec", "targetRef", "kind"), manifest.String(o.Fields, "spec", "targetRef", "name")
	if kind != "Deployment" && kind != "DaemonSet" {
		return
	}
	switch {
	case c.Get(manifest.ID{Group: "apps", Kind: kind, Namespace: o.Namespace, Name: name}) != nil:
		c.proved(o, "%s/%s is there", kind, name)
	case o.Ours():
		c.violated(o, "spec.targetRef", "release a version: there is no %s/%s to make a primary of", kind, name)
	case c.holds(o.Namespace):
		c.unknown(o, "whether there is a %s/%s: the set has none", kind, name)
	}
}

// httpsPort is where the API server calls webhooks and other API servers if no port is stated,
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#service-reference.
const httpsPort = 443

func (c *checker) webhooksReach() {
	for _, kind := range []string{"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"} {
		for _, o := range c.Of("admissionregistration.k8s.io", kind) {
			for i, hook := range manifest.Maps(o.Fields, "webhooks") {
				c.apiServerReaches(o, fmt.Sprintf("webhooks[%d].clientConfig.service", i), manifest.Map(hook, "clientConfig", "service"))
			}
		}
	}
	for _, o := range c.Of("apiregistration.k8s.io", "APIService") {
		c.apiServerReaches(o, "spec.service", manifest.Map(o.Fields, "spec", "service"))
	}
	for _, o := range c.Of("apiextensions.k8s.io", "CustomResourceDefinition") {
		c.apiServerReaches(o, "spec.conversion.webhook.clientConfig.service", manifest.Map(o.Fields, "spec", "conversion", "webhook", "clientConfig", "service"))
	}
}

// apiServerReaches looks at a Service that the API server calls.
func (c *checker) apiServerReaches(o *inventory.Object, path string, ref map[string]any) {
	name := manifest.String(ref, "name")
	if name == "" {
		return
	}
	port, _ := manifest.Int(ref, "port")
	c.reaches(backend{
		o, path, "let the API server call it", manifest.String(ref, "namespace"), name, strconv.FormatInt(cmp.Or(port, httpsPort), 10),
	})
}
