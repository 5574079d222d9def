package extension

import (
	"reflect"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// native are the types of Kubernetes' own kinds that an app's namespace can hold, by apiVersion and kind. Of other kinds, third-party
// ones that we write ourselves among them, nobody here knows all fields.
var native = map[string]reflect.Type{
	"v1 ConfigMap":                             reflect.TypeFor[corev1.ConfigMap](),
	"v1 LimitRange":                            reflect.TypeFor[corev1.LimitRange](),
	"v1 PersistentVolumeClaim":                 reflect.TypeFor[corev1.PersistentVolumeClaim](),
	"v1 Pod":                                   reflect.TypeFor[corev1.Pod](),
	"v1 PodTemplate":                           reflect.TypeFor[corev1.PodTemplate](),
	"v1 ResourceQuota":                         reflect.TypeFor[corev1.ResourceQuota](),
	"v1 Secret":                                reflect.TypeFor[corev1.Secret](),
	"v1 Service":                               reflect.TypeFor[corev1.Service](),
	"v1 ServiceAccount":                        reflect.TypeFor[corev1.ServiceAccount](),
	"apps/v1 DaemonSet":                        reflect.TypeFor[appsv1.DaemonSet](),
	"apps/v1 Deployment":                       reflect.TypeFor[appsv1.Deployment](),
	"apps/v1 StatefulSet":                      reflect.TypeFor[appsv1.StatefulSet](),
	"autoscaling/v2 HorizontalPodAutoscaler":   reflect.TypeFor[autoscalingv2.HorizontalPodAutoscaler](),
	"batch/v1 CronJob":                         reflect.TypeFor[batchv1.CronJob](),
	"batch/v1 Job":                             reflect.TypeFor[batchv1.Job](),
	"discovery.k8s.io/v1 EndpointSlice":        reflect.TypeFor[discoveryv1.EndpointSlice](),
	"networking.k8s.io/v1 Ingress":             reflect.TypeFor[networkingv1.Ingress](),
	"networking.k8s.io/v1 NetworkPolicy":       reflect.TypeFor[networkingv1.NetworkPolicy](),
	"policy/v1 PodDisruptionBudget":            reflect.TypeFor[policyv1.PodDisruptionBudget](),
	"rbac.authorization.k8s.io/v1 Role":        reflect.TypeFor[rbacv1.Role](),
	"rbac.authorization.k8s.io/v1 RoleBinding": reflect.TypeFor[rbacv1.RoleBinding](),
}

// clusterWide are kinds that no namespace holds, by group and kind: Kubernetes' own, and those of operators that platforms often run.
var clusterWide = map[string]bool{
	" Namespace": true, " Node": true, " PersistentVolume": true,
	"admissionregistration.k8s.io MutatingAdmissionPolicy":          true,
	"admissionregistration.k8s.io MutatingAdmissionPolicyBinding":   true,
	"admissionregistration.k8s.io MutatingWebhookConfiguration":     true,
	"admissionregistration.k8s.io ValidatingAdmissionPolicy":        true,
	"admissionregistration.k8s.io ValidatingAdmissionPolicyBinding": true,
	"admissionregistration.k8s.io ValidatingWebhookConfiguration":   true,
	"apiextensions.k8s.io CustomResourceDefinition":                 true,
	"apiregistration.k8s.io APIService":                             true,
	"certificates.k8s.io CertificateSigningRequest":                 true,
	"flowcontrol.apiserver.k8s.io FlowSchema":                       true,
	"flowcontrol.apiserver.k8s.io PriorityLevelConfiguration":       true,
	"networking.k8s.io IngressClass":                                true,
	"node.k8s.io RuntimeClass":                                      true,
	"rbac.authorization.k8s.io ClusterRole":                         true,
	"rbac.authorization.k8s.io ClusterRoleBinding":                  true,
	"scheduling.k8s.io PriorityClass":                               true,
	"snapshot.storage.k8s.io VolumeSnapshotClass":                   true,
	"storage.k8s.io CSIDriver":                                      true,
	"storage.k8s.io StorageClass":                                   true,
	"cert-manager.io ClusterIssuer":                                 true,
	"cilium.io CiliumClusterwideNetworkPolicy":                      true,
	"external-secrets.io ClusterExternalSecret":                     true,
	"external-secrets.io ClusterSecretStore":                        true,
	"gateway.networking.k8s.io GatewayClass":                        true,
	"karpenter.sh NodePool":                                         true,
	"kyverno.io ClusterPolicy":                                      true,
}
