package platform

import (
	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// priority is what a tier's pods are worth to the scheduler.
type priority struct {
	tier        app.Tier
	value       int32 // Kubernetes' own classes begin at 2,000,000,000; a pod without a class has 0
	preemption  corev1.PreemptionPolicy
	description string
}

// priorities leave room between the tiers for a platform's other classes. What may wait comes after pods without a class, which may be
// the platform's own; it is not below -10, where the cluster autoscaler stops making room for pods.
var priorities = []priority{
	{app.Critical, 1_000_000, corev1.PreemptLowerPriority, "Apps of the tier critical: they take the place of others when nodes fail."},
	{app.Standard, 100_000, corev1.PreemptLowerPriority, "Apps of the tier standard: they take the place of what may wait."},
	{app.BestEffort, -10, corev1.PreemptNever, "Apps of the tier best-effort: they wait for room, and make room for all others."},
}

// PriorityClass makes the classes by which the scheduler knows whose pods matter most when nodes are short.
var PriorityClass = generator.Generator{
	Name: "priority-class",
	Reasons: generator.Reasons{
		"PriorityClass value":            "by tier: above pods without a class (0) for what somebody waits for, below them for what may wait",
		"PriorityClass preemptionPolicy": "what may wait takes nobody's place",
		"PriorityClass description":      "kubectl shows it to whoever looks for a class",
	},
	RunPlatform: func(f app.Fleet) []generator.Object {
		var out []generator.Object
		made := map[string]bool{} // tiers may share a class: it is worth what the highest of them is
		for _, p := range priorities {
			name := f.Env.PriorityClasses[p.tier]
			if name == "" || made[name] {
				continue
			}
			made[name] = true
			out = append(out, &schedulingv1.PriorityClass{
				TypeMeta:         kube.Type("scheduling.k8s.io/v1", "PriorityClass"),
				ObjectMeta:       kube.PlatformMeta("", name),
				Value:            p.value,
				PreemptionPolicy: new(p.preemption),
				Description:      p.description,
			})
		}
		return out
	},
}
