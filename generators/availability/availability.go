// Package availability keeps enough pods of an app running while nodes are drained for upgrades and repairs.
package availability

import (
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// DisruptionBudget lets a drain take a few pods of an app at a time, and never so few that it hangs.
var DisruptionBudget = generator.Generator{
	Name: "disruption-budget",
	Reasons: generator.Reasons{
		"PodDisruptionBudget spec.maxUnavailable":             "holds at any replica count; minAvailable can block a drain for ever",
		"PodDisruptionBudget spec.unhealthyPodEvictionPolicy": "a crash-looping pod must not block a node upgrade; only a quorum may need its sick member to recover",
	},
	Run: func(a app.App) []generator.Object {
		if a.Disruption == nil || a.Kind == app.Cron {
			return nil // the budget of a pod whose owner cannot be scaled, such as a Job, never allows anything
		}
		return []generator.Object{&policyv1.PodDisruptionBudget{
			TypeMeta:   kube.Type(policyv1.SchemeGroupVersion.String(), "PodDisruptionBudget"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec: policyv1.PodDisruptionBudgetSpec{
				MaxUnavailable:             new(intstr.Parse(a.Disruption.MaxUnavailable)),
				Selector:                   kube.Selector(a),
				UnhealthyPodEvictionPolicy: new(unhealthy(*a.Disruption)),
			},
		}}
	},
}

// unhealthy says when a pod that is not ready may be evicted.
func unhealthy(d app.Disruption) policyv1.UnhealthyPodEvictionPolicyType {
	if d.Quorum {
		return policyv1.IfHealthyBudget
	}
	return policyv1.AlwaysAllow
}
