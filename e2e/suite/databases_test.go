package suite

import (
	"context"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/judge/engine"
	"github.com/scantling/scantling/e2e/judge/manifest"
)

// operator is the code of CloudNativePG, which says what it would make.
var operator = sync.OnceValues(engine.CNPG)

// databases makes the pods that CloudNativePG makes of the Clusters and Poolers of a case, and of the copies that drills make, each with
// the sidecar of the plugin that archives, and what they need to be let in: an account, and claims for their volumes. The accounts stay.
func databases(ctx context.Context, c rendered) error {
	cnpg, err := operator()
	if err != nil {
		return err
	}
	var docs []manifest.Document
	for _, o := range c.objects {
		docs = append(docs, manifest.Document{Unstructured: o})
	}
	_, made, err := cnpg.Control(docs)
	if err != nil {
		return err
	}
	for _, d := range made {
		spec, isPod := d.Object["spec"].(map[string]any), d.GetKind() == "Pod"
		switch {
		case isPod:
			c.archive(d.Unstructured)
		case d.GetKind() == "Deployment":
			spec = spec["template"].(map[string]any)["spec"].(map[string]any)
		default:
			continue
		}
		needed := []*unstructured.Unstructured{object("v1", "ServiceAccount", d.GetNamespace(), spec["serviceAccountName"].(string), nil)}
		for _, claim := range values(spec, "claimName") {
			needed = append(needed, object("v1", "PersistentVolumeClaim", d.GetNamespace(), claim, map[string]any{
				"accessModes": []any{"ReadWriteOnce"}, "resources": map[string]any{"requests": map[string]any{"storage": "1Gi"}},
			}))
		}
		for _, o := range append(needed, d.Unstructured) {
			if _, _, err := world.client.Apply(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// object is a small one.
func object(version, kind, namespace, name string, spec map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": version, "kind": kind}}
	o.SetNamespace(namespace)
	o.SetName(name)
	if spec != nil {
		o.Object["spec"] = spec
	}
	return o
}

// archive adds to a database's pod what the plugin does: a sidecar, with the resources that its ObjectStore says.
func (c rendered) archive(pod *unstructured.Unstructured) {
	store := c.find("ObjectStore", strings.TrimSuffix(pod.GetLabels()["cnpg.io/cluster"], "-copy"))
	if store == nil {
		return
	}
	resources, _, _ := unstructured.NestedMap(store.Object, "spec", "instanceSidecarConfiguration", "resources")
	before, _, _ := unstructured.NestedSlice(pod.Object, "spec", "initContainers")
	security := before[0].(map[string]any)["securityContext"] // which the plugin copies
	set(pod.Object, append(before, map[string]any{
		"name": "plugin-barman-cloud", "image": "ghcr.io/cloudnative-pg/plugin-barman-cloud-sidecar:v0.9.0", "restartPolicy": string(corev1.ContainerRestartPolicyAlways),
		"resources": resources, "securityContext": security,
	}), "spec", "initContainers")
}
