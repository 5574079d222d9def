package inventory

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// decoder reads the fields of an object of one kind. An error says what the API server would not take.
type decoder func(s *Set, o *Object, fields map[string]any) error

// decoders are the kinds that are decoded. Versions of one kind differ in little; what an old one calls otherwise is not there.
var decoders = map[groupKind]decoder{
	{"", "Namespace"}:                                   namespace,
	{"", "Pod"}:                                         pod,
	{"", "Service"}:                                     service,
	{"", "ServiceAccount"}:                              account,
	{"", "ConfigMap"}:                                   config,
	{"", "Secret"}:                                      secret,
	{"", "ResourceQuota"}:                               quota,
	{"", "LimitRange"}:                                  limitRange,
	{"", "PersistentVolumeClaim"}:                       claim,
	{"", "ReplicationController"}:                       replicationController,
	{"apps", "Deployment"}:                              deployment,
	{"extensions", "Deployment"}:                        deployment,
	{"apps", "StatefulSet"}:                             statefulSet,
	{"apps", "DaemonSet"}:                               daemonSet,
	{"extensions", "DaemonSet"}:                         daemonSet,
	{"apps", "ReplicaSet"}:                              replicaSet,
	{"argoproj.io", "Rollout"}:                          rollout,
	{"batch", "Job"}:                                    job,
	{"batch", "CronJob"}:                                cronJob,
	{"policy", "PodDisruptionBudget"}:                   budget,
	{"autoscaling", "HorizontalPodAutoscaler"}:          horizontal,
	{"keda.sh", "ScaledObject"}:                         scaledObject,
	{"networking.k8s.io", "NetworkPolicy"}:              policy,
	{"networking.k8s.io", "Ingress"}:                    ingress,
	{"rbac.authorization.k8s.io", "Role"}:               role,
	{"rbac.authorization.k8s.io", "ClusterRole"}:        role,
	{"rbac.authorization.k8s.io", "RoleBinding"}:        binding,
	{"rbac.authorization.k8s.io", "ClusterRoleBinding"}: binding,
	{"storage.k8s.io", "StorageClass"}:                  storageClass,
	{"scheduling.k8s.io", "PriorityClass"}:              priorityClass,
	{"monitoring.coreos.com", "PrometheusRule"}:         rules,
}

// into decodes fields into the type of their kind. A field that the type does not have is not looked at.
func into[T any](fields map[string]any) (*T, error) {
	v := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, v); err != nil {
		return v, errors.New(strings.TrimPrefix(err.Error(), "unrecognized type: "))
	}
	return v, nil
}

func namespace(s *Set, o *Object, _ map[string]any) error {
	s.Namespaces = append(s.Namespaces, o)
	return nil
}

func priorityClass(s *Set, o *Object, _ map[string]any) error {
	s.PriorityClasses = append(s.PriorityClasses, o)
	return nil
}

func service(s *Set, o *Object, fields map[string]any) error {
	v, err := into[corev1.Service](fields)
	if err == nil {
		s.Services = append(s.Services, &Service{o, v.Spec})
	}
	return err
}

func account(s *Set, o *Object, fields map[string]any) error {
	v, err := into[corev1.ServiceAccount](fields)
	if err != nil {
		return err
	}
	a := &Account{Object: o, Automount: v.AutomountServiceAccountToken}
	for _, ref := range v.ImagePullSecrets {
		a.PullSecrets = append(a.PullSecrets, ref.Name)
	}
	s.Accounts = append(s.Accounts, a)
	return nil
}

// longestValue is how much of a ConfigMap's value is kept, in bytes: what is larger is a program or a dashboard, not a setting.
const longestValue = 64 << 10

func config(s *Set, o *Object, fields map[string]any) error {
	v, err := into[corev1.ConfigMap](fields)
	if err != nil {
		return err
	}
	keys := slices.Concat(slices.Collect(maps.Keys(v.Data)), slices.Collect(maps.Keys(v.BinaryData)))
	slices.Sort(keys)
	maps.DeleteFunc(v.Data, func(_, value string) bool { return len(value) > longestValue })
	s.Configs = append(s.Configs, &Keys{Object: o, Keys: keys, Fixed: v.Immutable != nil && *v.Immutable, Values: v.Data})
	return nil
}

func secret(s *Set, o *Object, fields map[string]any) error {
	v, err := into[corev1.Secret](fields)
	if err != nil {
		return err
	}
	keys := slices.Concat(slices.Collect(maps.Keys(v.Data)), slices.Collect(maps.Keys(v.StringData)))
	slices.Sort(keys)
	s.Secrets = append(s.Secrets, &Keys{
		Object: o, Keys: slices.Compact(keys), Literal: len(keys) > 0, Fixed: v.Immutable != nil && *v.Immutable, Type: string(v.Type),
		Open: v.Type == corev1.SecretTypeServiceAccountToken,
	})
	return nil
}

func quota(s *Set, o *Object, fields map[string]any) error {
	v, err := into[corev1.ResourceQuota](fields)
	if err == nil {
		s.Quotas = append(s.Quotas, &Quota{o, v.Spec})
	}
	return err
}

func limitRange(s *Set, o *Object, fields map[string]any) error {
	v, err := into[corev1.LimitRange](fields)
	if err == nil {
		s.LimitRanges = append(s.LimitRanges, &LimitRange{o, v.Spec.Limits})
	}
	return err
}

func claim(s *Set, o *Object, fields map[string]any) error {
	v, err := into[corev1.PersistentVolumeClaim](fields)
	if err == nil {
		s.Claims = append(s.Claims, &Claim{o, v.Spec})
	}
	return err
}

func storageClass(s *Set, o *Object, fields map[string]any) error {
	v, err := into[storagev1.StorageClass](fields)
	if err != nil {
		return err
	}
	c := &StorageClass{Object: o, Reclaim: corev1.PersistentVolumeReclaimDelete, Binding: storagev1.VolumeBindingImmediate}
	if v.ReclaimPolicy != nil {
		c.Reclaim = *v.ReclaimPolicy
	}
	if v.VolumeBindingMode != nil {
		c.Binding = *v.VolumeBindingMode
	}
	s.StorageClasses = append(s.StorageClasses, c)
	return nil
}

func budget(s *Set, o *Object, fields map[string]any) error {
	v, err := into[policyv1.PodDisruptionBudget](fields)
	if err == nil {
		s.Budgets = append(s.Budgets, &Budget{o, v.Spec})
	}
	return err
}

func policy(s *Set, o *Object, fields map[string]any) error {
	v, err := into[networkingv1.NetworkPolicy](fields)
	if err != nil {
		return err
	}
	if len(v.Spec.PolicyTypes) == 0 { // as the API server decides it
		v.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(v.Spec.Egress) > 0 {
			v.Spec.PolicyTypes = append(v.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	s.Policies = append(s.Policies, &Policy{o, v.Spec})
	return nil
}

func ingress(s *Set, o *Object, fields map[string]any) error {
	v, err := into[networkingv1.Ingress](fields)
	if err == nil {
		s.Ingresses = append(s.Ingresses, &Ingress{o, v.Spec})
	}
	return err
}

func role(s *Set, o *Object, fields map[string]any) error {
	v, err := into[rbacv1.ClusterRole](fields) // a Role has the same fields, but for the aggregation
	if err == nil {
		s.Roles = append(s.Roles, &Role{o, v.Rules, v.AggregationRule != nil})
	}
	return err
}

func binding(s *Set, o *Object, fields map[string]any) error {
	v, err := into[rbacv1.RoleBinding](fields)
	if err == nil {
		s.Bindings = append(s.Bindings, &Binding{o, v.RoleRef, v.Subjects})
	}
	return err
}

func rules(s *Set, o *Object, fields map[string]any) error {
	v, err := into[struct {
		Spec struct {
			Groups []RuleGroup `json:"groups"`
		} `json:"spec"`
	}](fields)
	if err == nil {
		s.Rules = append(s.Rules, &Rules{o, v.Spec.Groups})
	}
	return err
}

// addWorkload takes in what keeps pods running. Pods inherit the namespace of their workload.
func (s *Set) addWorkload(w *Workload) {
	s.Workloads = append(s.Workloads, w)
	s.byPlace[w.Namespace] = append(s.byPlace[w.Namespace], w)
	for key, value := range w.Template.Labels {
		label := podLabel{w.Namespace, key, value}
		s.byLabel[label] = append(s.byLabel[label], w)
	}
}

func pod(s *Set, o *Object, fields map[string]any) error {
	v, err := into[corev1.Pod](fields)
	if err != nil {
		return err
	}
	s.addWorkload(&Workload{Object: o, Template: corev1.PodTemplateSpec{ObjectMeta: v.ObjectMeta, Spec: v.Spec}, Update: Update{Kind: OnDelete}})
	return nil
}

func deployment(s *Set, o *Object, fields map[string]any) error {
	v, err := into[appsv1.Deployment](fields)
	if err != nil {
		return err
	}
	w := &Workload{
		Object: o, Selector: v.Spec.Selector, Template: v.Spec.Template, Replicas: v.Spec.Replicas,
		MinReady: v.Spec.MinReadySeconds, Deadline: v.Spec.ProgressDeadlineSeconds,
	}
	w.Update = rolling(v.Spec.Strategy.RollingUpdate)
	if v.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType {
		w.Update = Update{Kind: Recreate}
	}
	s.addWorkload(w)
	return nil
}

// quarter is what the API server takes for a surge, and for pods that may be missing, where a Deployment states none.
var quarter = intstr.FromString("25%")

// rolling returns an update with the API's defaults.
func rolling(r *appsv1.RollingUpdateDeployment) Update {
	u := Update{Kind: Rolling, MaxSurge: quarter, MaxUnavailable: quarter}
	if r != nil && r.MaxSurge != nil {
		u.MaxSurge = *r.MaxSurge
	}
	if r != nil && r.MaxUnavailable != nil {
		u.MaxUnavailable = *r.MaxUnavailable
	}
	return u
}

func statefulSet(s *Set, o *Object, fields map[string]any) error {
	v, err := into[appsv1.StatefulSet](fields)
	if err != nil {
		return err
	}
	w := &Workload{
		Object: o, Selector: v.Spec.Selector, Template: v.Spec.Template, Replicas: v.Spec.Replicas, MinReady: v.Spec.MinReadySeconds,
		Claims: v.Spec.VolumeClaimTemplates, Retention: v.Spec.PersistentVolumeClaimRetentionPolicy,
		Parallel: v.Spec.PodManagementPolicy == appsv1.ParallelPodManagement,
		Update:   Update{Kind: Rolling, MaxUnavailable: intstr.FromInt32(1)},
	}
	if r := v.Spec.UpdateStrategy.RollingUpdate; r != nil && r.MaxUnavailable != nil {
		w.Update.MaxUnavailable = *r.MaxUnavailable
	}
	if v.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		w.Update = Update{Kind: OnDelete}
	}
	s.addWorkload(w)
	return nil
}

func daemonSet(s *Set, o *Object, fields map[string]any) error {
	v, err := into[appsv1.DaemonSet](fields)
	if err != nil {
		return err
	}
	w := &Workload{
		Object: o, Selector: v.Spec.Selector, Template: v.Spec.Template, MinReady: v.Spec.MinReadySeconds,
		Update: Update{Kind: Rolling, MaxUnavailable: intstr.FromInt32(1)},
	}
	if r := v.Spec.UpdateStrategy.RollingUpdate; r != nil {
		w.Update.MaxUnavailable = *cmp.Or(r.MaxUnavailable, &w.Update.MaxUnavailable)
		w.Update.MaxSurge = *cmp.Or(r.MaxSurge, &w.Update.MaxSurge)
	}
	if v.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType {
		w.Update = Update{Kind: OnDelete}
	}
	s.addWorkload(w)
	return nil
}

func replicaSet(s *Set, o *Object, fields map[string]any) error {
	v, err := into[appsv1.ReplicaSet](fields)
	if err != nil {
		return err
	}
	s.addWorkload(&Workload{
		Object: o, Selector: v.Spec.Selector, Template: v.Spec.Template, Replicas: v.Spec.Replicas, MinReady: v.Spec.MinReadySeconds,
		Update: Update{Kind: OnDelete},
	})
	return nil
}

func replicationController(s *Set, o *Object, fields map[string]any) error {
	v, err := into[corev1.ReplicationController](fields)
	if err != nil {
		return err
	}
	w := &Workload{Object: o, Replicas: v.Spec.Replicas, MinReady: v.Spec.MinReadySeconds, Update: Update{Kind: OnDelete}}
	if v.Spec.Template != nil {
		w.Template = *v.Spec.Template
	}
	w.Selector = selectorOf(v.Spec.Selector, w.Template.Labels)
	s.addWorkload(w)
	return nil
}

func job(s *Set, o *Object, fields map[string]any) error {
	v, err := into[batchv1.Job](fields)
	if err == nil {
		s.addWorkload(&Workload{Object: o, Template: v.Spec.Template, Job: &v.Spec})
	}
	return err
}

func cronJob(s *Set, o *Object, fields map[string]any) error {
	v, err := into[batchv1.CronJob](fields)
	if err == nil {
		s.addWorkload(&Workload{Object: o, Template: v.Spec.JobTemplate.Spec.Template, Job: &v.Spec.JobTemplate.Spec, Cron: &v.Spec})
	}
	return err
}
