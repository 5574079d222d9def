// Package tenancy fences the namespaces that apps live in: how safe a pod must be, how much all may use, who may talk at all.
package tenancy

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// Namespace makes the API server refuse every pod that is less than restricted.
var Namespace = generator.Generator{
	Name: "namespace",
	Reasons: generator.Reasons{
		"Namespace metadata.annotations":                                     "with a namespace goes all that is in it, claims and databases that outlive their apps, too: nobody but a person deletes one",
		"Namespace metadata.labels.pod-security.kubernetes.io/enforce":       "the strictest Pod Security Standard; every pod that we make keeps it",
		"Namespace metadata.labels.pod-security.kubernetes.io/audit":         "what enforce refuses is in the audit log too",
		"Namespace metadata.labels.pod-security.kubernetes.io/audit-version": "shows what the next Kubernetes would refuse, before it does",
		"Namespace metadata.labels.pod-security.kubernetes.io/warn":          "who applies a workload hears at once that its pods will be refused",
		"Namespace metadata.labels.pod-security.kubernetes.io/warn-version":  "warns of what the next Kubernetes would refuse, before it does",
	},
	RunNamespace: each(func(ns app.Namespace) generator.Object {
		meta := kube.NamespaceMeta(ns, ns.Name)
		meta.Namespace = "" // a namespace lies in none
		meta.Annotations = kube.KeepAnnotations(ns.Env.Delivery)
		meta.Labels = kube.Merge(meta.Labels, map[string]string{
			"pod-security.kubernetes.io/enforce": "restricted",
			// Pinned: each Kubernetes adds checks, and an upgrade of the cluster must not refuse pods that ran before.
			"pod-security.kubernetes.io/enforce-version": fmt.Sprintf("v1.%d", ns.Env.Minor),
			"pod-security.kubernetes.io/audit":           "restricted",
			"pod-security.kubernetes.io/audit-version":   "latest",
			"pod-security.kubernetes.io/warn":            "restricted",
			"pod-security.kubernetes.io/warn-version":    "latest",
		})
		return &corev1.Namespace{
			TypeMeta:   kube.Type("v1", "Namespace"),
			ObjectMeta: meta,
		}
	}),
}

// each makes the same object in a namespace of apps and in the one that copies of their volumes are restored into.
func each(make func(app.Namespace) generator.Object) func(app.Namespace) []generator.Object {
	return func(ns app.Namespace) []generator.Object {
		out := []generator.Object{make(ns)}
		if ns.Drill != nil {
			out = append(out, make(*ns.Drill))
		}
		return out
	}
}
