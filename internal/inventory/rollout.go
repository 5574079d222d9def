package inventory

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/manifest"
)

// argoRollout is what of an Argo Rollout is as in a Deployment, and how it replaces pods.
type argoRollout struct {
	Spec struct {
		Replicas                *int32                 `json:"replicas"`
		Selector                *metav1.LabelSelector  `json:"selector"`
		Template                corev1.PodTemplateSpec `json:"template"`
		MinReadySeconds         int32                  `json:"minReadySeconds"`
		ProgressDeadlineSeconds *int32                 `json:"progressDeadlineSeconds"`
		Strategy                struct {
			Canary *appsv1.RollingUpdateDeployment `json:"canary"`
		} `json:"strategy"`
	} `json:"spec"`
}

// rollout takes in an Argo Rollout. Its other fields stay readable; one that takes its pods from a Deployment is joined in operate.
func rollout(s *Set, o *Object, fields map[string]any) error {
	v, err := into[argoRollout](fields)
	if err != nil {
		return err
	}
	o.Fields = fields
	w := &Workload{
		Object: o, Selector: v.Spec.Selector, Template: v.Spec.Template, Replicas: v.Spec.Replicas,
		MinReady: v.Spec.MinReadySeconds, Deadline: v.Spec.ProgressDeadlineSeconds, Update: Update{Kind: BlueGreen},
	}
	if c := v.Spec.Strategy.Canary; c != nil { // https://argo-rollouts.readthedocs.io/en/stable/features/specification/
		w.Update = rolling(c)
		w.Update.Kind = Canary
	}
	s.addWorkload(w)
	return nil
}

// takeOver gives a Rollout that refers to a Deployment the pods of that, and the Deployment none if it is told to hand them over.
// https://argo-rollouts.readthedocs.io/en/stable/migrating/#reference-deployment-from-rollout
func (s *Set) takeOver(o *Object) {
	ref := manifest.Map(o.Fields, "spec", "workloadRef")
	w := s.workloads[o]
	from := s.workloads[s.Get(manifest.ID{Group: "apps", Kind: manifest.String(ref, "kind"), Namespace: o.Namespace, Name: manifest.String(ref, "name")})]
	if w == nil || from == nil || len(w.Template.Spec.Containers) > 0 {
		return
	}
	w.Template = from.Template
	if w.Selector == nil {
		w.Selector = from.Selector
	}
	s.index(w)
	if down := manifest.String(ref, "scaleDown"); down == "onsuccess" || down == "progressively" {
		from.Replicas = new(int32(0))
	}
}

// selectorOf is the selector of kinds that have a plain map, or none at all.
func selectorOf(labels, otherwise map[string]string) *metav1.LabelSelector {
	if len(labels) == 0 {
		labels = otherwise
	}
	return &metav1.LabelSelector{MatchLabels: labels}
}
