// Package scaling lets the number of pods follow the load, and records what size the pods should have.
package scaling

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// HorizontalPodAutoscaler follows the CPU use. It never follows memory, which rarely falls after a peak: the number of pods would
// only ever grow. Where the app has a base, it scales the other pods by their own use alone: requests are spread evenly, so that is the
// use of all, and where it is as wanted, it is so for the base, too.
var HorizontalPodAutoscaler = generator.Generator{
	Name: "horizontal-pod-autoscaler",
	Reasons: generator.Reasons{
		"HorizontalPodAutoscaler spec.metrics[].type":                          "of the whole pod, or with sidecars of the app's own container: they idle when it is busy",
		"HorizontalPodAutoscaler spec.metrics[].resource.name":                 "memory rarely falls after a peak, so only CPU counts",
		"HorizontalPodAutoscaler spec.metrics[].resource.target.type":          "in percent of the request: holds when the size changes",
		"HorizontalPodAutoscaler spec.metrics[].containerResource.name":        "memory rarely falls after a peak, so only CPU counts",
		"HorizontalPodAutoscaler spec.metrics[].containerResource.target.type": "in percent of the request: holds when the size changes",
		"HorizontalPodAutoscaler spec.behavior.scaleUp.selectPolicy":           "a peak does not wait: the larger step counts",
		"HorizontalPodAutoscaler spec.behavior.scaleUp.policies[].type":        "in percent for large apps, in pods for small ones",
		"HorizontalPodAutoscaler spec.behavior.scaleDown.selectPolicy":         "a second peak often follows the first: the smaller step counts",
		"HorizontalPodAutoscaler spec.behavior.scaleDown.policies[].type":      "slow in proportion to what runs, and always at least one pod",
	},
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, v := range a.Workloads() {
			switch {
			case v.Scaling != nil && !v.Scaling.KEDA:
				h := autoscaler(v, v.Scaling.CPUPercent)
				h.Spec.Behavior = behavior(v.Scaling)
				out = append(out, h)
			case v.Scaling == nil && v.CanaryBy(app.ByFlagger):
				out = append(out, autoscaler(v, fixedCPUPercent))
			}
		}
		return out
	},
}

// fixedCPUPercent is the target of an autoscaler that may not scale, and Kubernetes' own default. Flagger has no other way to know
// a fixed number: what it watches has none, and it clones the autoscaler.
const fixedCPUPercent = 80

func autoscaler(a app.App, cpuPercent int32) *autoscalingv2.HorizontalPodAutoscaler {
	return &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   kube.Type("autoscaling/v2", "HorizontalPodAutoscaler"),
		ObjectMeta: kube.VersionMeta(a),
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{
				APIVersion: kube.WorkloadVersion(a),
				Kind:       kube.WorkloadKind(a),
				Name:       kube.WorkloadName(a),
			},
			MinReplicas: new(a.Replicas.Min),
			MaxReplicas: a.Replicas.Max,
			Metrics:     []autoscalingv2.MetricSpec{cpuUse(a, cpuPercent)},
		},
	}
}

// cpuUse is the app's use of the CPU that it requests; that of sidecars, which idle when the app is busy, is not mixed in.
func cpuUse(a app.App, percent int32) autoscalingv2.MetricSpec {
	target := autoscalingv2.MetricTarget{
		Type:               autoscalingv2.UtilizationMetricType,
		AverageUtilization: new(percent),
	}
	if len(a.Sidecars) == 0 {
		return autoscalingv2.MetricSpec{
			Type:     autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceCPU, Target: target},
		}
	}
	return autoscalingv2.MetricSpec{
		Type: autoscalingv2.ContainerResourceMetricSourceType,
		ContainerResource: &autoscalingv2.ContainerResourceMetricSource{
			Name:      corev1.ResourceCPU,
			Container: kube.MainContainer(a),
			Target:    target,
		},
	}
}

// behavior is how fast the number follows, written out to the last default.
func behavior(s *app.Scaling) *autoscalingv2.HorizontalPodAutoscalerBehavior {
	return &autoscalingv2.HorizontalPodAutoscalerBehavior{
		ScaleUp: &autoscalingv2.HPAScalingRules{
			StabilizationWindowSeconds: new(s.UpWindowSeconds),
			SelectPolicy:               new(autoscalingv2.MaxChangePolicySelect),
			Policies: []autoscalingv2.HPAScalingPolicy{
				{Type: autoscalingv2.PercentScalingPolicy, Value: s.UpPercent, PeriodSeconds: s.UpPeriodSeconds},
				{Type: autoscalingv2.PodsScalingPolicy, Value: s.UpPods, PeriodSeconds: s.UpPeriodSeconds},
			},
		},
		ScaleDown: &autoscalingv2.HPAScalingRules{
			StabilizationWindowSeconds: new(s.DownWindowSeconds),
			SelectPolicy:               new(autoscalingv2.MinChangePolicySelect),
			Policies: []autoscalingv2.HPAScalingPolicy{
				{Type: autoscalingv2.PercentScalingPolicy, Value: s.DownPercent, PeriodSeconds: s.DownPeriodSeconds},
			},
		},
	}
}
