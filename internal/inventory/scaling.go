package inventory

import (
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/scantling/scantling/internal/manifest"
)

func horizontal(s *Set, o *Object, fields map[string]any) error {
	v, err := into[autoscalingv2.HorizontalPodAutoscaler](fields)
	if err != nil {
		return err
	}
	a := &Autoscaler{Object: o, Min: 1, Max: v.Spec.MaxReplicas, Metrics: v.Spec.Metrics}
	if v.Spec.MinReplicas != nil {
		a.Min = *v.Spec.MinReplicas
	}
	if target, ok := manifest.Int(fields, "spec", "targetCPUUtilizationPercentage"); ok { // of autoscaling/v1
		a.Metrics = []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
			Name: "cpu", Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(target))},
		}}}
	}
	group, _, found := strings.Cut(v.Spec.ScaleTargetRef.APIVersion, "/")
	if !found {
		group = ""
	}
	a.Ref = Ref{group, v.Spec.ScaleTargetRef.Kind, v.Spec.ScaleTargetRef.Name}
	s.Autoscalers = append(s.Autoscalers, a)
	return nil
}

// KEDA's own defaults, https://keda.sh/docs/latest/reference/scaledobject-spec/.
const (
	kedaLeast = 0
	kedaMost  = 100
)

func scaledObject(s *Set, o *Object, fields map[string]any) error {
	o.Fields = fields
	a := &Autoscaler{Object: o, Min: kedaLeast, Max: kedaMost, KEDA: true}
	if n, ok := manifest.Int(fields, "spec", "minReplicaCount"); ok {
		a.Min = int32(n)
	}
	if n, ok := manifest.Int(fields, "spec", "maxReplicaCount"); ok {
		a.Max = int32(n)
	}
	ref := manifest.Map(fields, "spec", "scaleTargetRef")
	a.Ref = Ref{"apps", "Deployment", manifest.String(ref, "name")}
	if kind := manifest.String(ref, "kind"); kind != "" {
		a.Ref.Kind = kind
	}
	if version := manifest.String(ref, "apiVersion"); version != "" {
		a.Ref.Group, _, _ = strings.Cut(version, "/")
	}
	s.Autoscalers = append(s.Autoscalers, a)
	return nil
}

// join points an autoscaler and its target at each other. A target that is set to no pods is left alone by a HorizontalPodAutoscaler.
func (s *Set) join(a *Autoscaler) {
	w := s.workloads[s.Get(manifest.ID{Group: a.Ref.Group, Kind: a.Ref.Kind, Namespace: a.Namespace, Name: a.Ref.Name})]
	if w == nil {
		return
	}
	a.Target = w
	if a.KEDA || w.Replicas == nil || *w.Replicas > 0 {
		w.Autoscaler = a
	}
}
