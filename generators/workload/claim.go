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
				claim.Annotations = kube.KeepAnnotations(a.Env.Delivery)
			}
			out = append(out, claim)
		}
		return out
	},
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
