package workload

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// Deployment runs services and workers: one for each version, and one for a base. An app that Argo Rollouts moves has a Rollout instead.
var Deployment = generator.Generator{
	Name:    "deployment",
	Reasons: reasons("Deployment", "spec.template.spec", spotReasons, podReasons, runningReasons, deployedReasons),
	Run: func(a app.App) []generator.Object {
		if !deployed(a) || a.CanaryBy(app.ByArgo) {
			return nil
		}
		var out []generator.Object
		for _, v := range a.Workloads() {
			out = append(out, &appsv1.Deployment{
				TypeMeta:   kube.Type(appsv1.SchemeGroupVersion.String(), "Deployment"),
				ObjectMeta: kube.VersionMeta(v),
				Spec: appsv1.DeploymentSpec{
					Replicas:                replicas(v),
					RevisionHistoryLimit:    new(v.Rollout.RevisionHistory),
					MinReadySeconds:         v.Rollout.MinReadySeconds,
					ProgressDeadlineSeconds: new(v.Rollout.ProgressDeadlineSeconds),
					Strategy:                strategy(v.Rollout),
					Selector:                kube.Selector(v),
					Template:                podTemplate(v),
				},
			})
		}
		return out
	},
}

// spotReasons are those of pods above a base.
var spotReasons = generator.Reasons{
	"spec.template.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution": "the cheaper nodes where there are any: 80 of 100 is more than the scheduler's own wishes, less than a rule",
}

// deployed reports whether an app's pods are all alike and stay, whoever replaces them.
func deployed(a app.App) bool { return a.Kind == app.Service || a.Kind == app.Worker }

// replicas returns the fixed number of pods. Where an autoscaler sets it, every apply of a number would undo the scaling; and what
// Flagger watches, it scales to zero between two releases.
func replicas(a app.App) *int32 {
	if a.Scaling != nil || a.CanaryBy(app.ByFlagger) {
		return nil
	}
	return new(a.Replicas.Min)
}

func strategy(r app.Rollout) appsv1.DeploymentStrategy {
	if r.Strategy == app.Recreate {
		return appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
	}
	return appsv1.DeploymentStrategy{
		Type: appsv1.RollingUpdateDeploymentStrategyType,
		RollingUpdate: &appsv1.RollingUpdateDeployment{
			MaxSurge:       new(intstr.Parse(r.MaxSurge)),
			MaxUnavailable: new(intstr.Parse(r.MaxUnavailable)),
		},
	}
}
