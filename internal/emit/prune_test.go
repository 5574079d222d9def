package emit

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestPrune(t *testing.T) {
	pod := corev1.PodSpec{
		Containers: []corev1.Container{{Name: "a"}},
		Volumes:    []corev1.Volume{{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}},
	}
	podYAML := func(pad string) string {
		return pad + "spec:\n" + pad + "  containers:\n" + pad + "  - name: a\n" + pad + "  volumes:\n" + pad + "  - emptyDir: {}\n" + pad + "    name: tmp\n"
	}
	for _, tt := range []struct {
		in   any
		want string
	}{
		{&appsv1.Deployment{
			TypeMeta: typeMeta("apps/v1", "Deployment"),
			Spec:     appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{}, Template: corev1.PodTemplateSpec{Spec: pod}},
			Status:   appsv1.DeploymentStatus{Replicas: 3},
		}, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {}\nspec:\n  selector: {}\n  template:\n" + podYAML("    ")},
		{&batchv1.CronJob{
			TypeMeta: typeMeta("batch/v1", "CronJob"),
			Spec:     batchv1.CronJobSpec{Schedule: "@daily", JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: pod}}}},
		}, "apiVersion: batch/v1\nkind: CronJob\nmetadata: {}\nspec:\n  jobTemplate:\n    spec:\n      template:\n" + podYAML("        ") + "  schedule: \"@daily\"\n"},
		{&appsv1.StatefulSet{
			TypeMeta: typeMeta("apps/v1", "StatefulSet"),
			Spec: appsv1.StatefulSetSpec{
				Template:             corev1.PodTemplateSpec{Spec: pod},
				VolumeClaimTemplates: []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: corev1.PersistentVolumeClaimSpec{VolumeName: "v"}}},
			},
		}, "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {}\nspec:\n  selector: null\n  serviceName: \"\"\n  template:\n" + podYAML("    ") +
			"  volumeClaimTemplates:\n  - metadata:\n      name: data\n    spec:\n      volumeName: v\n"},
		{&corev1.Namespace{TypeMeta: typeMeta("v1", "Namespace"), ObjectMeta: metav1.ObjectMeta{Name: "a"}}, "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n"},
		{&rbacv1.Role{TypeMeta: typeMeta("rbac.authorization.k8s.io/v1", "Role")}, "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {}\n"},
		{&policyv1.PodDisruptionBudget{TypeMeta: typeMeta("policy/v1", "PodDisruptionBudget"), Spec: policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{}}},
			"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {}\nspec:\n  selector: {}\n"},
		// What is empty here means everything or nothing, and stays.
		{&networkingv1.NetworkPolicy{
			TypeMeta: typeMeta("networking.k8s.io/v1", "NetworkPolicy"),
			Spec:     networkingv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{{}}, PolicyTypes: []networkingv1.PolicyType{"Ingress"}},
		}, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {}\nspec:\n  ingress:\n  - {}\n  podSelector: {}\n  policyTypes:\n  - Ingress\n"},
		// A document that somebody else wrote is passed through whole.
		{map[string]any{"kind": "Deployment", "spec": map[string]any{"strategy": map[string]any{}}, "status": map[string]any{}},
			"kind: Deployment\nspec:\n  strategy: {}\nstatus: {}\n"},
	} {
		got, err := AppendYAML(nil, tt.in)
		if diff := cmp.Diff(tt.want, string(got)); err != nil || diff != "" {
			t.Errorf("%T: %v\n%s", tt.in, err, diff)
		}
	}
}
