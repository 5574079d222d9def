package tenancy

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// LimitRange gives a request and a memory limit to containers that state none, such as those of a debug pod: the quota counts
// both, so without them the pod would be refused.
//
// It never has a default CPU limit, which would throttle our own pods, since they state none on purpose. It has nothing on
// local disk: the quota doesn't count that, and a limit its owner never heard of would evict a pod.
var LimitRange = generator.Generator{
	Name: "limit-range",
	Reasons: generator.Reasons{
		"LimitRange spec.limits[].type":                  "the quota counts what each container states",
		"LimitRange spec.limits[].defaultRequest.cpu":    "100m is size s: enough for a shell, little of the quota",
		"LimitRange spec.limits[].defaultRequest.memory": "128Mi is size s: enough for a shell, little of the quota",
		"LimitRange spec.limits[].default.memory":        "256Mi is size m: a stray container may double, not fill a node",
	},
	RunNamespace: each(func(ns app.Namespace) generator.Object {
		return &corev1.LimitRange{
			TypeMeta:   kube.Type("v1", "LimitRange"),
			ObjectMeta: kube.NamespaceMeta(ns, "defaults"),
			Spec: corev1.LimitRangeSpec{
				Limits: []corev1.LimitRangeItem{{
					Type: corev1.LimitTypeContainer,
					DefaultRequest: corev1.ResourceList{
						corev1.ResourceCPU:    kube.CPU(100),
						corev1.ResourceMemory: kube.Bytes(128 << 20),
					},
					Default: corev1.ResourceList{
						corev1.ResourceMemory: kube.Bytes(256 << 20),
					},
				}},
			},
		}
	}),
}
