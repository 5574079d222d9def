package compile_test

import (
	"encoding/json"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/manifest"
)

// rendered is one environment's manifests, read back from their bytes as a cluster would, with what Flagger makes of them.
type rendered struct {
	namespaces   []*corev1.Namespace
	quotas       []*corev1.ResourceQuota
	limits       []*corev1.LimitRange
	accounts     []*corev1.ServiceAccount
	services     []*corev1.Service
	configs      []*corev1.ConfigMap
	claims       []*corev1.PersistentVolumeClaim
	deployments  []*appsv1.Deployment
	rollouts     []*kube.Rollout
	statefulSets []*appsv1.StatefulSet
	cronJobs     []*batchv1.CronJob
	jobs         []*batchv1.Job
	budgets      []*policyv1.PodDisruptionBudget
	autoscalers  []*autoscalingv2.HorizontalPodAutoscaler
	policies     []*networkingv1.NetworkPolicy
	ingresses    []*networkingv1.Ingress
	roles        []*rbacv1.Role
	bindings     []*rbacv1.RoleBinding
	external     []*kube.ExternalSecret
	verticals    []*kube.VerticalPodAutoscaler
	scaled       []*kube.ScaledObject
	virtuals     []*kube.VirtualService
	destinations []*kube.DestinationRule
	analyses     []*kube.AnalysisTemplate
	canaries     []*kube.Canary
	metrics      []*kube.MetricTemplate
	rules        []*kube.PrometheusRule
	clusters     []*kube.Cluster
	poolers      []*kube.Pooler
	archives     []*kube.ObjectStore
	bases        []*kube.ScheduledBackup
	schedules    []*kube.Schedule
	locations    []*kube.BackupStorageLocation // of the platform, as the classes are
	classes      []*storagev1.StorageClass
	nodePools    []*kube.NodePool
	probes       []*kube.Probe
	monitors     []*kube.ServiceMonitor
	podMonitors  []*kube.PodMonitor
	ciliums      []*kube.CiliumNetworkPolicy
	pods         []podTemplate
	ids          []string // KIND/NAMESPACE/NAME of every object, in order
}

// podTemplate is the pod template of one workload.
type podTemplate struct {
	id        string // KIND/NAMESPACE/NAME of the workload
	namespace string
	meta      metav1.ObjectMeta
	spec      corev1.PodSpec
}

// read decodes every document strictly into its type: a field that the type doesn't know fails the test.
func read(t *testing.T, stream []byte) *rendered {
	t.Helper()
	objects, err := manifest.Parse("rendered", stream)
	if err != nil {
		t.Fatal(err)
	}
	r := &rendered{}
	for _, o := range withClones(t, objects) {
		id := o.Kind + "/" + o.Namespace + "/" + o.Name
		r.ids = append(r.ids, id)
		if o.Kind != "SealedSecret" && o.Label(kube.LabelManagedBy) != kube.ManagedBy {
			t.Errorf("%s does not say that it is ours", id)
		}
		doc, err := json.Marshal(o.Fields)
		if err != nil {
			t.Fatal(err)
		}
		r.add(t, o.APIVersion+" "+o.Kind, id, doc)
	}
	return r
}

// decode appends a document to a list of its type.
func decode[T any](t *testing.T, list *[]*T, id string, doc []byte) *T {
	t.Helper()
	v := new(T)
	if err := yaml.UnmarshalStrict(doc, v); err != nil {
		t.Errorf("%s: %v", id, err)
	}
	if list != nil {
		*list = append(*list, v)
	}
	return v
}

func (r *rendered) add(t *testing.T, kind, id string, doc []byte) {
	t.Helper()
	switch kind {
	case "v1 Namespace":
		decode(t, &r.namespaces, id, doc)
	case "v1 ResourceQuota":
		decode(t, &r.quotas, id, doc)
	case "v1 LimitRange":
		decode(t, &r.limits, id, doc)
	case "v1 ServiceAccount":
		decode(t, &r.accounts, id, doc)
	case "v1 Service":
		decode(t, &r.services, id, doc)
	case "v1 ConfigMap":
		decode(t, &r.configs, id, doc)
	case "v1 PersistentVolumeClaim":
		decode(t, &r.claims, id, doc)
	case "apps/v1 Deployment":
		w := decode(t, &r.deployments, id, doc)
		r.pods = append(r.pods, podTemplate{id, w.Namespace, w.Spec.Template.ObjectMeta, w.Spec.Template.Spec})
	case "argoproj.io/v1alpha1 Rollout":
		w := decode(t, &r.rollouts, id, doc)
		r.pods = append(r.pods, podTemplate{id, w.Namespace, w.Spec.Template.ObjectMeta, w.Spec.Template.Spec})
	case "apps/v1 StatefulSet":
		w := decode(t, &r.statefulSets, id, doc)
		r.pods = append(r.pods, podTemplate{id, w.Namespace, w.Spec.Template.ObjectMeta, w.Spec.Template.Spec})
	case "batch/v1 CronJob":
		w := decode(t, &r.cronJobs, id, doc)
		template := w.Spec.JobTemplate.Spec.Template
		r.pods = append(r.pods, podTemplate{id, w.Namespace, template.ObjectMeta, template.Spec})
	case "batch/v1 Job":
		w := decode(t, &r.jobs, id, doc)
		r.pods = append(r.pods, podTemplate{id, w.Namespace, w.Spec.Template.ObjectMeta, w.Spec.Template.Spec})
	case "policy/v1 PodDisruptionBudget":
		decode(t, &r.budgets, id, doc)
	case "autoscaling/v2 HorizontalPodAutoscaler":
		decode(t, &r.autoscalers, id, doc)
	case "networking.k8s.io/v1 NetworkPolicy":
		decode(t, &r.policies, id, doc)
	case "networking.k8s.io/v1 Ingress":
		decode(t, &r.ingresses, id, doc)
	case "rbac.authorization.k8s.io/v1 Role":
		decode(t, &r.roles, id, doc)
	case "rbac.authorization.k8s.io/v1 RoleBinding":
		decode(t, &r.bindings, id, doc)
	case "rbac.authorization.k8s.io/v1 ClusterRole":
		decode[rbacv1.ClusterRole](t, nil, id, doc)
	case "rbac.authorization.k8s.io/v1 ClusterRoleBinding":
		decode[rbacv1.ClusterRoleBinding](t, nil, id, doc)
	case "storage.k8s.io/v1 StorageClass":
		decode(t, &r.classes, id, doc)
	case "scheduling.k8s.io/v1 PriorityClass":
		decode[schedulingv1.PriorityClass](t, nil, id, doc)
	case "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy":
		decode[admissionv1.ValidatingAdmissionPolicy](t, nil, id, doc)
	case "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding":
		decode[admissionv1.ValidatingAdmissionPolicyBinding](t, nil, id, doc)
	default:
		r.addThirdParty(t, kind, id, doc)
	}
}

// addThirdParty decodes into the structs that mirror the kinds' CRDs.
func (r *rendered) addThirdParty(t *testing.T, kind, id string, doc []byte) {
	t.Helper()
	switch kind {
	case "external-secrets.io/v1 ExternalSecret":
		decode(t, &r.external, id, doc)
	case "autoscaling.k8s.io/v1 VerticalPodAutoscaler":
		decode(t, &r.verticals, id, doc)
	case "keda.sh/v1alpha1 ScaledObject":
		decode(t, &r.scaled, id, doc)
	case "keda.sh/v1alpha1 TriggerAuthentication":
		decode[kube.TriggerAuthentication](t, nil, id, doc)
	case "monitoring.coreos.com/v1 ServiceMonitor":
		decode(t, &r.monitors, id, doc)
	case "monitoring.coreos.com/v1 PodMonitor":
		decode(t, &r.podMonitors, id, doc)
	case "monitoring.coreos.com/v1 Probe":
		decode(t, &r.probes, id, doc)
	case "monitoring.coreos.com/v1 PrometheusRule":
		decode(t, &r.rules, id, doc)
	case "postgresql.cnpg.io/v1 Cluster":
		decode(t, &r.clusters, id, doc)
	case "postgresql.cnpg.io/v1 Pooler":
		decode(t, &r.poolers, id, doc)
	case "postgresql.cnpg.io/v1 ScheduledBackup":
		decode(t, &r.bases, id, doc)
	case "barmancloud.cnpg.io/v1 ObjectStore":
		decode(t, &r.archives, id, doc)
	case "velero.io/v1 Schedule":
		decode(t, &r.schedules, id, doc)
	case "velero.io/v1 BackupStorageLocation":
		decode(t, &r.locations, id, doc)
	case "snapshot.storage.k8s.io/v1 VolumeSnapshotClass":
		decode[kube.VolumeSnapshotClass](t, nil, id, doc)
	case "karpenter.sh/v1 NodePool":
		decode(t, &r.nodePools, id, doc)
	case "gateway.networking.k8s.io/v1 HTTPRoute":
		decode[kube.HTTPRoute](t, nil, id, doc)
	case "gateway.networking.k8s.io/v1 GRPCRoute":
		decode[kube.GRPCRoute](t, nil, id, doc)
	case "networking.istio.io/v1 VirtualService":
		decode(t, &r.virtuals, id, doc)
	case "networking.istio.io/v1 DestinationRule":
		decode(t, &r.destinations, id, doc)
	case "argoproj.io/v1alpha1 AnalysisTemplate":
		decode(t, &r.analyses, id, doc)
	case "flagger.app/v1beta1 Canary":
		decode(t, &r.canaries, id, doc)
	case "flagger.app/v1beta1 MetricTemplate":
		decode(t, &r.metrics, id, doc)
	case "cilium.io/v2 CiliumNetworkPolicy":
		decode(t, &r.ciliums, id, doc)
	case "bitnami.com/v1alpha1 SealedSecret":
		// the user's own object, passed through
	default:
		t.Errorf("%s: a kind that this test does not know: %s", id, strings.Fields(kind)[0])
	}
}
