package delivery

import (
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// flux has no order within a Kustomization: the stage label lets a first one apply the migration alone. Its Job is made anew where
// a field changed that Kubernetes does not let change. And postBuild must not take the ${VARIABLES} of scripts and config files for
// its own: what it does not know it empties.
func flux(a *app.App, o generator.Object) marks {
	annotations := map[string]string{}
	if kube.Kind(o) == "Job" && migrates(o) {
		annotations["kustomize.toolkit.fluxcd.io/force"] = "enabled"
	}
	if slices.ContainsFunc(texts(o), func(s string) bool { return strings.Contains(s, "${") }) {
		annotations["kustomize.toolkit.fluxcd.io/substitute"] = "disabled"
	}
	return marks{labels: stage(a, o), annotations: annotations}
}

// texts returns the texts of an object that are a team's or the platform's own, as opposed to names, numbers and patterns, which cannot hold "${".
func texts(o generator.Object) []string {
	switch o := o.(type) {
	case *corev1.ConfigMap:
		return slices.Collect(maps.Values(o.Data))
	case *kube.ExternalSecret:
		return slices.Collect(maps.Values(o.Spec.Target.Template.Data))
	case *appsv1.Deployment:
		return podTexts(o.Spec.Template)
	case *kube.Rollout:
		return podTexts(o.Spec.Template)
	case *appsv1.StatefulSet:
		return podTexts(o.Spec.Template)
	case *batchv1.Job:
		return podTexts(o.Spec.Template)
	case *batchv1.CronJob:
		return podTexts(o.Spec.JobTemplate.Spec.Template)
	case *storagev1.StorageClass:
		return slices.Collect(maps.Values(o.Parameters)) // as ${pvc.namespace}, which drivers fill in
	}
	return nil
}

func podTexts(p corev1.PodTemplateSpec) []string {
	out := slices.Collect(maps.Values(p.Annotations))
	for _, c := range slices.Concat(p.Spec.InitContainers, p.Spec.Containers) {
		out = slices.Concat(out, c.Command, c.Args)
		for _, v := range c.Env {
			out = append(out, v.Value)
		}
		for _, probe := range []*corev1.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
			if probe != nil && probe.Exec != nil {
				out = append(out, probe.Exec.Command...)
			}
		}
	}
	return out
}
