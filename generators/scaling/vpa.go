package scaling

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// VerticalPodAutoscaler measures what each container should request, for people to read: it changes no pod, so it never fights
// what scales by the same CPU.
var VerticalPodAutoscaler = generator.Generator{
	Name: "vertical-pod-autoscaler",
	Reasons: generator.Reasons{
		"VerticalPodAutoscaler spec.updatePolicy.updateMode":                                "recommends only: sizes change by a commit, not under a running app",
		"VerticalPodAutoscaler spec.resourcePolicy.containerPolicies[].controlledResources": "what a size is made of",
	},
	Run: func(a app.App) []generator.Object {
		if a.Kind == app.Cron || !a.Env.Has("vpa") {
			return nil
		}
		policies := []kube.VPAContainerPolicy{containerPolicy(kube.MainContainer(a), a.Resources)}
		for _, s := range a.Sidecars {
			policies = append(policies, containerPolicy(s.Name, s.Resources))
		}
		var out []generator.Object
		for _, v := range a.Workloads() {
			out = append(out, &kube.VerticalPodAutoscaler{
				TypeMeta:   kube.Type("autoscaling.k8s.io/v1", "VerticalPodAutoscaler"),
				ObjectMeta: kube.VersionMeta(v),
				Spec: kube.VerticalPodAutoscalerSpec{
					TargetRef: kube.VPATarget{
						APIVersion: kube.WorkloadVersion(v),
						Kind:       kube.WorkloadKind(v),
						Name:       measured(v),
					},
					UpdatePolicy:   kube.VPAUpdatePolicy{UpdateMode: "Off"},
					ResourcePolicy: kube.VPAResourcePolicy{ContainerPolicies: policies},
				},
			})
		}
		return out
	},
}

// measured returns the workload whose pods serve: what Flagger watches mostly has none.
func measured(a app.App) string {
	if a.CanaryBy(app.ByFlagger) {
		return kube.PrimaryName(a)
	}
	return kube.WorkloadName(a)
}

// containerPolicy bounds a recommendation to a quarter and four times of what is requested, two sizes down and up: a container
// that is further off is better looked at than resized.
func containerPolicy(name string, r app.Resources) kube.VPAContainerPolicy {
	return kube.VPAContainerPolicy{
		ContainerName:       name,
		ControlledResources: []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory},
		MinAllowed:          kube.Requirements(app.Resources{CPUMilli: r.CPUMilli / 4, MemoryBytes: r.MemoryBytes / 4}).Requests,
		MaxAllowed:          kube.Requirements(app.Resources{CPUMilli: r.CPUMilli * 4, MemoryBytes: r.MemoryBytes * 4}).Requests,
	}
}
