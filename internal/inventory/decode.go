package inventory

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/scantling/scantling/internal/manifest"
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
	if quickly(fields, reflect.ValueOf(v).Elem()) {
		return v, nil
	}
	v = new(T)
	if runtime.DefaultUnstructuredConverter.FromUnstructured(fields, v) == nil {
		return v, nil
	}
	v = new(T) // the converter does not say where it failed; JSON does, and is what the API server goes by
	text, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return v, fmt.Errorf("%s is of type %s, and not %s", fieldPath(wrong.Field), wrong.Value, wrong.Type)
	}
	return v, err
}

// fieldPath is a path without the names of Go types that are part of others.
func fieldPath(path string) string {
	steps := slices.DeleteFunc(strings.Split(path, "."), func(step string) bool { return step != "" && unicode.IsUpper(rune(step[0])) })
	return strings.Join(steps, ".")
}

// knows reports whether the object has all of its metadata: nothing is left to decode, and nothing of it can be wrong.
func (o *Object) knows(fields map[string]any) bool {
	for key, value := range manifest.Map(fields, "metadata") {
		ok := false
		switch v := value.(type) {
		case string:
			ok = key == "name" || key == "namespace"
		case map[string]any:
			ok = key == "labels" && len(o.Labels) == len(v) || key == "annotations" && len(o.Annotations) == len(v)
		}
		if !ok {
			return false
		}
	}
	return true
}

// metadata looks at what all objects have, and at nothing else.
func metadata(_ *Set, _ *Object, fields map[string]any) error {
	if fields["metadata"] == nil {
		return nil
	}
	_, err := into[struct {
		Metadata struct {
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}](fields)
	return err
}

func namespace(s *Set, o *Object, fields map[string]any) error {
	s.Namespaces = append(s.Namespaces, o)
	return metadata(s, o, fields)
}

func priorityClass(s *Set, o *Object, fields map[string]any) error {
	s.PriorityClasses = append(s.PriorityClasses, o)
	return metadata(s, o, fields)
}

func service(s *Set, o *Object, fields map[string]any) error {
	v, err := into[corev1.Service](fields)
	if err == nil {
		s.addService(&Service{o, v.Spec})
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
	for key, value := range v.Data {
		v.Data[key] = s.same(value)
	}
	s.addConfig(&Keys{Object: o, Keys: keys, Fixed: v.Immutable != nil && *v.Immutable, Values: v.Data})
	return nil
}

// same returns a text as it was met first: the apps of a fleet have the same scripts.
func (s *Set) same(text string) string {
	known, ok := s.texts[text]
	if !ok {
		s.texts[text], known = text, text
	}
	return known
}

func secret(s *Set, o *Object, fields map[string]any) error {
	data := manifest.Map(fields, "data")
	for _, key := range slices.Sorted(maps.Keys(data)) {
		text, isText := data[key].(string)
		if _, err := base64.StdEncoding.DecodeString(text); data[key] != nil && (!isText || err != nil) {
			return fmt.Errorf("data.%s is not in base64", key)
		}
	}
	v, err := into[corev1.Secret](fields)
	if err != nil {
		return err
	}
	keys := slices.Concat(slices.Collect(maps.Keys(v.Data)), slices.Collect(maps.Keys(v.StringData)))
	slices.Sort(keys)
	s.addSecret(&Keys{
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
	c := &StorageClass{Object: o, Provisioner: v.Provisioner, Reclaim: corev1.PersistentVolumeReclaimDelete, Binding: storagev1.VolumeBindingImmediate}
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
