package workload

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// PersistentVolumeClaim is the storage of an app that is not stateful: one volume for all its pods.
var PersistentVolumeClaim = generator.Generator{
	Name: "persistent-volume-claim",
	Reasons: generator.Reasons{
		"PersistentVolumeClaim metadata.annotations": "the data survives the app: the delivery tool must not delete what is no longer rendered",
		"PersistentVolumeClaim spec.volumeMode":      "apps mount files, not devices; written out because Kubernetes adds it",
	},
	Run: func(a app.App) []generator.Object {
		if a.Kind == app.Stateful {
			return nil // its StatefulSet makes them, pod by pod
		}
		var out []generator.Object
		for _, v := range a.Volumes {
			claim := &corev1.PersistentVolumeClaim{
				TypeMeta:   kube.Type("v1", "PersistentVolumeClaim"),
				ObjectMeta: kube.Meta(a, kube.ClaimName(a, v.Name)),
				Spec:       claimSpec(v),
			}
			if v.Retain {
				claim.Annotations = keep(a.Env.Delivery)
			}
			out = append(out, claim)
		}
		return out
	},
}

// keep returns the annotations that stop a delivery tool from deleting an object that is no longer rendered.
func keep(delivery string) map[string]string {
	switch delivery {
	case "argocd":
		return map[string]string{"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"}
	case "flux":
		return map[string]string{"kustomize.toolkit.fluxcd.io/prune": "disabled"}
	case "helm":
		return map[string]string{"helm.sh/resource-policy": "keep"}
	}
	return nil
}

func claimSpec(v app.Volume) corev1.PersistentVolumeClaimSpec {
	spec := corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.PersistentVolumeAccessMode(v.Access)},
		VolumeMode:  new(corev1.PersistentVolumeFilesystem),
		Resources: corev1.VolumeResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceStorage: kube.Bytes(v.SizeBytes)},
		},
	}
	if v.Class != "" {
		spec.StorageClassName = new(v.Class)
	}
	return spec
}
