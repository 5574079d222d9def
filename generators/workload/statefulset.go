package workload

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// StatefulSet runs stateful apps: pods with names and volumes of their own.
var StatefulSet = generator.Generator{
	Name: "stateful-set",
	Reasons: reasons("StatefulSet", "spec.template.spec", generator.Reasons{
		"spec.podManagementPolicy":                    "members find each other by name; one that waits for its turn may wait for the very pod that waits for it",
		"spec.updateStrategy":                         "a new version reaches every pod, one at a time",
		"spec.volumeClaimTemplates[].apiVersion":      "written out because Kubernetes adds it",
		"spec.volumeClaimTemplates[].kind":            "written out because Kubernetes adds it",
		"spec.volumeClaimTemplates[].spec.volumeMode": "apps mount files, not devices; written out because Kubernetes adds it",
		"spec.template.spec.affinity.podAntiAffinity": "a node that dies must take one vote only",
	}, podReasons, runningReasons),
	Run: func(a app.App) []generator.Object {
		if a.Kind != app.Stateful {
			return nil
		}
		return []generator.Object{&appsv1.StatefulSet{
			TypeMeta:   kube.Type(appsv1.SchemeGroupVersion.String(), "StatefulSet"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec: appsv1.StatefulSetSpec{
				ServiceName:          kube.HeadlessName(a),
				Replicas:             replicas(a),
				RevisionHistoryLimit: new(a.Rollout.RevisionHistory),
				MinReadySeconds:      a.Rollout.MinReadySeconds,
				PodManagementPolicy:  appsv1.ParallelPodManagement,
				UpdateStrategy: appsv1.StatefulSetUpdateStrategy{
					Type:          appsv1.RollingUpdateStatefulSetStrategyType,
					RollingUpdate: &appsv1.RollingUpdateStatefulSetStrategy{Partition: new(int32(0))},
				},
				Selector:                             kube.Selector(a),
				Template:                             podTemplate(a),
				VolumeClaimTemplates:                 claimTemplates(a.Volumes),
				PersistentVolumeClaimRetentionPolicy: retention(a.Volumes),
			},
		}}
	},
}

// claimTemplates returns the volumes that each pod gets. They can never change, so they carry no label; their kind is written out
// because Kubernetes adds it.
func claimTemplates(vs []app.Volume) []corev1.PersistentVolumeClaim {
	var out []corev1.PersistentVolumeClaim
	for _, v := range vs {
		out = append(out, corev1.PersistentVolumeClaim{
			TypeMeta:   kube.Type("v1", "PersistentVolumeClaim"),
			ObjectMeta: metav1.ObjectMeta{Name: v.Name},
			Spec:       claimSpec(v),
		})
	}
	return out
}

// retention keeps the claims when their pods or the app go, if one of them must stay: the policy is one for all.
func retention(vs []app.Volume) *appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy {
	if len(vs) == 0 {
		return nil
	}
	policy := appsv1.DeletePersistentVolumeClaimRetentionPolicyType
	if slices.ContainsFunc(vs, func(v app.Volume) bool { return v.Retain }) {
		policy = appsv1.RetainPersistentVolumeClaimRetentionPolicyType
	}
	return &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{WhenDeleted: policy, WhenScaled: policy}
}
