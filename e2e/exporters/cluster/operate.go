package cluster

import (
	"fmt"
	"slices"

	"github.com/cloudnative-pg/cloudnative-pg/pkg/utils"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// operate adds what an operator makes of an object of its own kind, under the names that it gives.
func (c *Cluster) operate(o *unstructured.Unstructured) error {
	switch o.GetKind() {
	case "Rollout": // ReplicaSets as a Deployment has them
		var template corev1.PodTemplateSpec
		if err := part(o, &template, "spec", "template"); err != nil {
			return err
		}
		c.replicaSet(o, "Rollout", template)
	case "ScaledObject": // https://github.com/kedacore/keda/blob/v2.18.0/controllers/keda/hpa.go: getHPAName
		most, _, err := unstructured.NestedInt64(o.Object, "spec", "maxReplicaCount")
		if err != nil {
			return err
		}
		c.control(&autoscalingv2.HorizontalPodAutoscaler{
			ObjectMeta: child(o, "keda-hpa-"+o.GetName(), "ScaledObject"),
			Spec:       autoscalingv2.HorizontalPodAutoscalerSpec{MaxReplicas: int32(most), MinReplicas: new(int32(1))},
		})
	case "Cluster": // https://github.com/cloudnative-pg/cloudnative-pg/blob/v1.26.0/pkg/specs/pods.go: NAME-1, with a container postgres
		instances, _, err := unstructured.NestedInt64(o.Object, "spec", "instances")
		if err != nil {
			return err
		}
		for i := range instances {
			template := corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "postgres"}}}}
			template.Labels = map[string]string{utils.ClusterLabelName: o.GetName(), utils.PodRoleLabelName: string(utils.PodRoleInstance)}
			c.pod(o, fmt.Sprintf("%s-%d", o.GetName(), i+1), "Cluster", template)
		}
	case "Pooler":
		c.deployment(&appsv1.Deployment{ObjectMeta: child(o, o.GetName(), "Pooler"), Spec: appsv1.DeploymentSpec{
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "pgbouncer"}}}},
		}})
	}
	return nil
}

// primaries adds the clones that Flagger makes of what its Canaries name and of their autoscalers, and its Services for both.
func (c *Cluster) primaries() error {
	for _, canary := range c.OfKind("Canary") {
		target, err := text(canary, "spec", "targetRef", "name")
		if err != nil {
			return err
		}
		scaler, err := text(canary, "spec", "autoscalerRef", "name")
		if err != nil {
			return err
		}
		for _, o := range slices.Clone(c.Objects) {
			switch o := o.DeepCopyObject().(type) {
			case *appsv1.Deployment:
				if o.Namespace == canary.GetNamespace() && o.Name == target {
					o.Name += primary
					o.Spec.Template.Labels = map[string]string{sideOf: o.Name}
					c.deployment(o)
				}
			case *autoscalingv2.HorizontalPodAutoscaler:
				if o.Namespace == canary.GetNamespace() && (o.Name == scaler || o.Name == "keda-hpa-"+scaler) {
					o.Name += primary
					c.control(o)
				}
			case *corev1.Pod:
				if o.Namespace == canary.GetNamespace() && o.Name == name(target, hash, suffix) {
					c.Pods[slices.IndexFunc(c.Pods, func(p *corev1.Pod) bool { return p.UID == o.UID })].Labels = map[string]string{sideOf: target}
				}
			}
		}
		if err := c.sides(canary, target); err != nil {
			return err
		}
	}
	return nil
}

const (
	primary = "-primary"
	sideOf  = "flagger.example.com/of" // a label of ours, so that each side has a Service of its own
)

// sides adds Flagger's Services. It labels them as the Canary says.
// https://github.com/fluxcd/flagger/blob/v1.41.0/pkg/router/kubernetes_default.go
func (c *Cluster) sides(canary *unstructured.Unstructured, target string) error {
	for side, workload := range map[string]string{"canary": target, "primary": target + primary} {
		labels, _, err := unstructured.NestedStringMap(canary.Object, "spec", "service", side, "labels")
		if err != nil {
			return err
		}
		s := &corev1.Service{ObjectMeta: child(canary, name(target, side), "Canary"), Spec: corev1.ServiceSpec{Selector: map[string]string{sideOf: workload}}}
		s.Labels = labels
		c.add(s)
	}
	return nil
}

func text(o *unstructured.Unstructured, path ...string) (string, error) {
	s, _, err := unstructured.NestedString(o.Object, path...)
	return s, err
}

// part reads a field of an object.
func part(o *unstructured.Unstructured, into any, path ...string) error {
	field, _, err := unstructured.NestedMap(o.Object, path...)
	if err != nil {
		return err
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(field, into)
}
