// Package availability keeps enough pods of an app running while nodes are drained for upgrades and repairs.
package availability

import (
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// DisruptionBudget lets a drain take a few pods of an app at a time, and never so few that it hangs. Each version has its own: the
// pods of an idle one must not stand in for those that serve. Those of a base are no other version: Kubernetes adds up what both
// workloads want, and takes no pod of two budgets away at all.
var DisruptionBudget = generator.Generator{
	Name: "disruption-budget",
	Reasons: generator.Reasons{
		"PodDisruptionBudget spec.maxUnavailable":             "holds at any replica count; minAvailable can block a drain for ever",
		"PodDisruptionBudget spec.unhealthyPodEvictionPolicy": "a crash-looping pod must not block a node upgrade; only a quorum may need its sick member to recover",
	},
	Run: func(a app.App) []generator.Object {
		if a.Kind == app.Cron {
			return nil // the budget of a pod whose owner cannot be scaled, such as a Job, never allows anything
		}
		var out []generator.Object
		for _, v := range a.Versions() {
			if v.Disruption == nil {
				continue
			}
			out = append(out, budget(kube.VersionMeta(v), *v.Disruption, kube.VersionSelector(v)))
			if v.CanaryBy(app.ByFlagger) {
				out = append(out, budget(kube.Meta(v, kube.PrimaryName(v)), *v.Disruption, kube.PrimarySelector(v)))
			}
		}
		return out
	},
}

func budget(meta metav1.ObjectMeta, d app.Disruption, pods *metav1.LabelSelector) *policyv1.PodDisruptionBudget {
	return &policyv1.PodDisruptionBudget{
		TypeMeta:   kube.Type(policyv1.SchemeGroupVersion.String(), "PodDisruptionBudget"),
		ObjectMeta: meta,
		Spec: policyv1.PodDisruptionBudgetSpec{
			MaxUnavailable:             new(intstr.Parse(d.MaxUnavailable)),
			Selector:                   pods,
			UnhealthyPodEvictionPolicy: new(unhealthy(d)),
		},
	}
}

// unhealthy says when a pod that is not ready may be evicted.
func unhealthy(d app.Disruption) policyv1.UnhealthyPodEvictionPolicyType {
	if d.Quorum {
		return policyv1.IfHealthyBudget
	}
	return policyv1.AlwaysAllow
}
