package verify

import (
	"fmt"
	"strconv"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
)

// aim is a share of a request that an autoscaler keeps its pods at.
type aim struct {
	resource  corev1.ResourceName
	container string // empty: of the whole pod
	percent   int32
	path      string
}

// defaultAim is what the API server gives a HorizontalPodAutoscaler without metrics
// (https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/autoscaling/v2/defaults.go).
var defaultAim = aim{resource: corev1.ResourceCPU, percent: 80, path: "spec.metrics"}

// aims returns the shares of requests that an autoscaler aims at. What aims at a value needs no request.
func aims(a *inventory.Autoscaler) []aim {
	if a.KEDA {
		return kedaAims(a)
	}
	if len(a.Metrics) == 0 {
		return []aim{defaultAim}
	}
	var all []aim
	for i, m := range a.Metrics {
		v := aim{path: fmt.Sprintf("spec.metrics[%d]", i)}
		var target autoscalingv2.MetricTarget
		switch {
		case m.Resource != nil:
			v.resource, target = m.Resource.Name, m.Resource.Target
			v.path += ".resource"
		case m.ContainerResource != nil:
			v.resource, v.container, target = m.ContainerResource.Name, m.ContainerResource.Container, m.ContainerResource.Target
			v.path += ".containerResource"
		}
		if target.AverageUtilization != nil {
			v.percent = *target.AverageUtilization
			all = append(all, v)
		}
	}
	return all
}

// kedaAims reads the triggers that KEDA passes on to the HorizontalPodAutoscaler that it makes.
func kedaAims(a *inventory.Autoscaler) []aim {
	var all []aim
	for i, t := range manifest.Maps(a.Fields, "spec", "triggers") {
		kind := manifest.String(t, "type")
		measure := manifest.String(t, "metricType")
		if measure == "" {
			measure = manifest.String(t, "metadata", "type")
		}
		if kind != "cpu" && kind != "memory" || measure != string(autoscalingv2.UtilizationMetricType) {
			continue
		}
		percent, _ := strconv.ParseInt(manifest.String(t, "metadata", "value"), 10, 32)
		all = append(all, aim{
			resource: corev1.ResourceName(kind), container: manifest.String(t, "metadata", "containerName"),
			percent: int32(percent), path: fmt.Sprintf("spec.triggers[%d]", i),
		})
	}
	return all
}

// metricHasRequest follows the autoscaler's own sum: every container of the pod counts, and every init container that stays
// (https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/podautoscaler/replica_calculator.go).
func metricHasRequest(c *checker) {
	ranges := limitRangesByPlace(c)
	for _, a := range c.Autoscalers {
		w := a.Target
		if w == nil || a.MadeBy != nil || len(w.Template.Spec.Containers) == 0 {
			continue // autoscaler-finds-target says so, or it is part of a manifest
		}
		pod := admit(w, ranges[w.Namespace])
		for _, m := range aims(a) {
			missing, found := pod.without(m)
			switch {
			case !found:
				c.violated(a.Object, m.path, "double the load: %s keeps its %s, because its pods have no container %q to measure", w.Short(), plural(max(a.Min, 1), "pod"), m.container)
			case missing != "":
				c.violated(a.Object, m.path, "double the load: %s keeps its %s, because container %s states no %s request, and %d%% of nothing can't be computed",
					w.Short(), plural(max(a.Min, 1), "pod"), missing, m.resource, m.percent)
			default:
				c.proved(a.Object, "%d%% of %s is of requests that its containers state", m.percent, m.resource)
			}
		}
	}
}

// without returns the first container that lacks the request that an aim is a share of, and whether what it names is there at all.
func (p *admitted) without(m aim) (missing string, found bool) {
	if m.container == "" && len(p.pod.Requests) > 0 {
		if _, ok := p.pod.Requests[m.resource]; ok {
			return "", true
		}
	}
	for _, k := range p.containers {
		if !k.stays || m.container != "" && m.container != k.Name {
			continue
		}
		if _, ok := k.Resources.Requests[m.resource]; !ok {
			return k.Name, true
		}
		found = true
	}
	return "", found || m.container == ""
}

// memoryIsNoScaleSignal leaves alone what may use no more than it requests: there a share of the request is one of the limit.
func memoryIsNoScaleSignal(c *checker) {
	ranges := limitRangesByPlace(c)
	for _, a := range c.Autoscalers {
		for _, m := range aims(a) {
			switch {
			case m.resource != corev1.ResourceMemory || a.MadeBy != nil:
			case a.Target == nil || len(a.Target.Template.Spec.Containers) == 0:
				c.unknown(a.Object, "how much memory the pods of %s %s request and may use: that is not among these manifests", a.Ref.Kind, a.Ref.Name)
			default:
				memorySignal(c, a, m, admit(a.Target, ranges[a.Target.Namespace]))
			}
		}
	}
}

// memorySignal looks for a container that may use other than what it requests.
func memorySignal(c *checker, a *inventory.Autoscaler, m aim, pod *admitted) {
	for _, k := range pod.containers {
		request, limit := k.Resources.Requests[corev1.ResourceMemory], k.Resources.Limits[corev1.ResourceMemory]
		if !k.stays || m.container != "" && m.container != k.Name || !limit.IsZero() && request.Cmp(limit) == 0 {
			continue
		}
		if request.IsZero() { // metric-has-request says that it must
			c.violated(a.Object, m.path, "request memory in container %s, as its share must be of something, and let a peak pass: memory is rarely given back, so up to %s stay",
				k.Name, plural(a.Max, "pod"))
			return
		}
		may := "any amount"
		if !limit.IsZero() {
			may = limit.String()
		}
		c.violated(a.Object, m.path, "let a peak pass: container %s requests %s of memory and may use %s, so it stays above %d%% of the request, and up to %s stay too",
			k.Name, request.String(), may, m.percent, plural(a.Max, "pod"))
		return
	}
	c.proved(a.Object, "its pods may use as much memory as they request")
}

// targetSurvivesZone is about what is labelled critical, and about manifests without tiers where the zones are known.
func targetSurvivesZone(c *checker) {
	zones := int32(len(c.Facts.Zones))
	for _, a := range c.Autoscalers {
		tier := a.Labels[tierLabel]
		if a.MadeBy != nil || tier != tierCritical && (tier != "" || zones == 0) || zones == 1 || a.Min == a.Max { // what is fixed follows no load
			continue
		}
		for _, m := range aims(a) {
			if m.resource != corev1.ResourceCPU || m.percent <= 0 {
				continue
			}
			if zones == 0 {
				c.unknown(a.Object, "how many zones there are")
				continue
			}
			// Pods are spread evenly, so each zone carries an equal part of the load.
			then := float64(m.percent) * float64(zones) / float64(zones-1)
			if then > 100 {
				c.violated(a.Object, m.path, "lose one of %d zones at %d%% of the requested CPU: the pods of the others need %.4g%%", zones, m.percent, then)
				continue
			}
			c.proved(a.Object, "%d%% of the requested CPU in %d zones are %.4g%% in the others when one is lost", m.percent, zones, then)
		}
	}
}
