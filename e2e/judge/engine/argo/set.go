package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/argoproj/argo-rollouts/utils/hash"
)

// A set is what the controller's caches would hold.
type set struct {
	rollouts  []*v1alpha1.Rollout
	templates map[string]*v1alpha1.AnalysisTemplate // by namespace/name, as the others
	services  map[string]*corev1.Service
	mesh      []*unstructured.Unstructured // VirtualServices and DestinationRules
}

// read decodes the objects that the controller looks at. A field that it doesn't know is a finding.
func read(objects []*unstructured.Unstructured, a *answer) set {
	s := set{templates: map[string]*v1alpha1.AnalysisTemplate{}, services: map[string]*corev1.Service{}}
	for _, o := range objects {
		key := o.GetNamespace() + "/" + o.GetName()
		switch group, kind := o.GroupVersionKind().Group, o.GetKind(); {
		case group == "argoproj.io" && kind == "Rollout":
			r := &v1alpha1.Rollout{}
			decode(o, r, a)
			s.rollouts = append(s.rollouts, r)
		case group == "argoproj.io" && kind == "AnalysisTemplate":
			s.templates[key] = &v1alpha1.AnalysisTemplate{}
			decode(o, s.templates[key], a)
		case group == "" && kind == "Service":
			s.services[key] = &corev1.Service{}
			decode(o, s.services[key], a)
		case group == "networking.istio.io" && (kind == "VirtualService" || kind == "DestinationRule"):
			s.mesh = append(s.mesh, o)
		}
	}
	return s
}

func decode(o *unstructured.Unstructured, into any, a *answer) {
	text, err := json.Marshal(o)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(into)
	}
	if err != nil {
		a.add("decode", nameOf(o), err)
	}
}

func nameOf(o metav1.Object) string {
	kind := "Rollout"
	if u, ok := o.(*unstructured.Unstructured); ok {
		kind = u.GetKind()
	}
	return fmt.Sprintf("%s %s/%s", kind, o.GetNamespace(), o.GetName())
}

// stableHash stands for the pods of the version before.
const stableHash = "6c8b9d5f4"

// newHash is how the controller tells the pods of the version that the Rollout describes.
func newHash(r *v1alpha1.Rollout) string { return hash.ComputePodTemplateHash(&r.Spec.Template, nil) }

// replicaSet is what the controller makes of a Rollout, so that others can judge its pods.
func replicaSet(r *v1alpha1.Rollout) *appsv1.ReplicaSet {
	template := r.Spec.Template.DeepCopy()
	if template.Labels == nil {
		template.Labels = map[string]string{}
	}
	template.Labels[v1alpha1.DefaultRolloutUniqueLabelKey] = newHash(r)
	selector := r.Spec.Selector.DeepCopy()
	if selector.MatchLabels == nil {
		selector.MatchLabels = map[string]string{}
	}
	selector.MatchLabels[v1alpha1.DefaultRolloutUniqueLabelKey] = newHash(r)
	return &appsv1.ReplicaSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "ReplicaSet"},
		ObjectMeta: metav1.ObjectMeta{Name: r.Name + "-" + newHash(r), Namespace: r.Namespace, Labels: template.Labels},
		Spec:       appsv1.ReplicaSetSpec{Selector: selector, Template: *template, MinReadySeconds: r.Spec.MinReadySeconds},
	}
}
