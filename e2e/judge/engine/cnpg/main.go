// Command cnpg asks what the admission webhook of CloudNativePG asks of a Cluster, a Pooler and a ScheduledBackup when they are
// created: its defaults, then its validation, with the warnings. Then it makes of them what the operator makes: Services, pods of
// a Cluster, and the Deployment of a Pooler. It reads the objects of one set after the other as JSON, and prints what it has
// against each, and what it made.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	apiv1 "github.com/cloudnative-pg/cloudnative-pg/api/v1"
	"github.com/cloudnative-pg/cloudnative-pg/internal/webhook/guard"
	webhook "github.com/cloudnative-pg/cloudnative-pg/internal/webhook/v1"
	"github.com/cloudnative-pg/cloudnative-pg/pkg/specs"
	"github.com/cloudnative-pg/cloudnative-pg/pkg/specs/pgbouncer"
	"github.com/cloudnative-pg/cloudnative-pg/pkg/utils"
	"github.com/cloudnative-pg/cloudnative-pg/pkg/versions"
)

// A finding is one thing that the webhook says.
type finding struct{ Rule, Object, Detail string }

// A set is what is known of one set of objects.
type set struct {
	Findings []finding
	Made     []any // by the operator

	clusters map[client.ObjectKey]*apiv1.Cluster
	stores   map[client.ObjectKey]bool // places for archives
}

func main() {
	sets, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var objects []*unstructured.Unstructured
		err := sets.Decode(&objects)
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			err = answers.Encode(judge(append(objects, copies(objects)...)))
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

// copies are the Clusters that drills make: the Job reads them from a file.
func copies(objects []*unstructured.Unstructured) (found []*unstructured.Unstructured) {
	for _, o := range objects {
		text, ok, _ := unstructured.NestedString(o.Object, "data", "cluster.json")
		copied := &unstructured.Unstructured{}
		if ok && copied.UnmarshalJSON([]byte(text)) == nil {
			found = append(found, copied)
		}
	}
	return found
}

func judge(objects []*unstructured.Unstructured) *set {
	s := &set{clusters: map[client.ObjectKey]*apiv1.Cluster{}, stores: map[client.ObjectKey]bool{}}
	slices.SortStableFunc(objects, func(a, b *unstructured.Unstructured) int { return strings.Compare(a.GetKind(), b.GetKind()) }) // what others need comes first
	for _, o := range objects {
		if o.GetKind() == "ObjectStore" {
			s.stores[client.ObjectKeyFromObject(o)] = true
		}
	}
	for _, o := range objects {
		if o.GroupVersionKind().Group != apiv1.SchemeGroupVersion.Group {
			continue
		}
		for _, f := range s.admit(o) {
			f.Object = fmt.Sprintf("%s %s/%s", o.GetKind(), o.GetNamespace(), o.GetName())
			s.Findings = append(s.Findings, f)
		}
	}
	return s
}

// admit puts an object before the webhook of its kind, and then before the operator.
func (s *set) admit(o *unstructured.Unstructured) []finding {
	switch o.GetKind() {
	case "Cluster":
		c := &apiv1.Cluster{}
		found := ask(o, c, webhook.NewClusterAdmissionGuard())
		s.clusters[client.ObjectKeyFromObject(c)] = c
		return slices.Concat(found, s.archives(c), s.serve(c))
	case "Pooler":
		p := &apiv1.Pooler{}
		found := ask(o, p, webhook.NewPoolerAdmissionGuard())
		return slices.Concat(found, s.knows(p.Namespace, p.Spec.Cluster.Name), s.pool(p))
	case "ScheduledBackup":
		b := &apiv1.ScheduledBackup{}
		found := ask(o, b, webhook.NewScheduledBackupAdmissionGuard())
		return append(found, s.knows(b.Namespace, b.Spec.Cluster.Name)...)
	}
	return []finding{{Rule: "unknown-kind", Detail: "no webhook is asked about this kind yet: add it to engine/cnpg/main.go"}}
}

// knows wants a Cluster to be there.
func (s *set) knows(namespace, cluster string) []finding {
	if s.clusters[client.ObjectKey{Namespace: namespace, Name: cluster}] == nil {
		return []finding{{Rule: "no-cluster", Detail: "there is no Cluster " + cluster}}
	}
	return nil
}

// archives wants the places to be there that the plugin for object stores is told to use: its own webhook looks at no Cluster.
func (s *set) archives(c *apiv1.Cluster) (findings []finding) {
	plugins := slices.Clone(c.Spec.Plugins)
	for _, from := range c.Spec.ExternalClusters {
		if from.PluginConfiguration != nil {
			plugins = append(plugins, *from.PluginConfiguration)
		}
	}
	for _, p := range plugins {
		if store := p.Parameters["barmanObjectName"]; !s.stores[client.ObjectKey{Namespace: c.Namespace, Name: store}] {
			findings = append(findings, finding{Rule: "no-store", Detail: fmt.Sprintf("there is no ObjectStore %q", store)})
		}
	}
	return findings
}

// serve makes what the operator makes of a Cluster that runs: its pods, a Service for the first and, where there are several, one for
// the others.
func (s *set) serve(c *apiv1.Cluster) []finding {
	c.Status.Image = c.Spec.ImageName
	for i := range c.Spec.Instances {
		pod, err := specs.NewInstance(context.Background(), *c, i+1, true) // with TLS
		if err != nil {
			return []finding{{Rule: "no-pod", Detail: err.Error()}}
		}
		pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
		pod.Labels[utils.ClusterInstanceRoleLabelName] = specs.ClusterRoleLabelReplica
		if i == 0 {
			pod.Labels[utils.ClusterInstanceRoleLabelName] = specs.ClusterRoleLabelPrimary
		}
		s.Made = append(s.Made, pod)
	}
	services := []*corev1.Service{specs.CreateClusterReadWriteService(*c), specs.CreateClusterReadOnlyService(*c)}
	for _, service := range services[:min(2, c.Spec.Instances)] {
		service.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}
		service.Namespace = c.Namespace
		s.Made = append(s.Made, service)
	}
	return nil
}

// pool makes what the operator makes of a Pooler.
func (s *set) pool(p *apiv1.Pooler) []finding {
	c := s.clusters[client.ObjectKey{Namespace: p.Namespace, Name: p.Spec.Cluster.Name}]
	if c == nil {
		return nil
	}
	p.Status.Image = versions.DefaultPgbouncerImage
	pods, err := pgbouncer.Deployment(p, c)
	if err != nil {
		return []finding{{Rule: "no-pod", Detail: err.Error()}}
	}
	service, err := pgbouncer.Service(p, c)
	if err != nil {
		return []finding{{Rule: "no-service", Detail: err.Error()}}
	}
	pods.TypeMeta = metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}
	service.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}
	s.Made = append(s.Made, pods, service)
	return nil
}

func ask[T interface {
	guard.AdmittableObject
	client.Object
}](o *unstructured.Unstructured, object T, by *guard.Admission[T]) (findings []finding) {
	const strict = true // fields that the webhook's version does not have
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, object, strict); err != nil {
		return []finding{{Rule: "decode", Detail: err.Error()}}
	}
	var warnings admission.Warnings
	var err error
	if by.Defaulter != nil { // a Pooler has no defaults
		err = by.Defaulter.Default(context.Background(), object)
	}
	if err == nil {
		warnings, err = by.Validator.ValidateCreate(context.Background(), object)
	}
	for _, w := range warnings {
		findings = append(findings, finding{Rule: "warning", Detail: w})
	}
	if err != nil {
		findings = append(findings, finding{Rule: "refused", Detail: err.Error()})
	}
	return findings
}
