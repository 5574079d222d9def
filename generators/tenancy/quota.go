package tenancy

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// Quota bounds what all pods of a namespace use together, so that a runaway app starves only its own namespace.
var Quota = generator.Generator{
	Name: "quota",
	RunNamespace: each(func(ns app.Namespace) generator.Object {
		return &corev1.ResourceQuota{
			TypeMeta:   kube.Type("v1", "ResourceQuota"),
			ObjectMeta: kube.NamespaceMeta(ns, "quota"),
			Spec: corev1.ResourceQuotaSpec{
				Hard: corev1.ResourceList{
					corev1.ResourceRequestsCPU:            kube.CPU(ns.Quota.CPUMilli),
					corev1.ResourceRequestsMemory:         kube.Bytes(ns.Quota.MemoryBytes),
					corev1.ResourceLimitsMemory:           kube.Bytes(ns.Quota.MemoryLimitBytes),
					corev1.ResourcePods:                   kube.Count(ns.Quota.Pods),
					corev1.ResourcePersistentVolumeClaims: kube.Count(ns.Quota.Claims),
					corev1.ResourceServicesLoadBalancers:  kube.Count(ns.Quota.LoadBalancers),
					// Each of our load balancers has one port, and most clouds reach it through a node port.
					corev1.ResourceServicesNodePorts: kube.Count(ns.Quota.LoadBalancers),
				},
			},
		}
	}),
}
