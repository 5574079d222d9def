package verify

import (
	"fmt"
	"maps"
	"slices"

	"github.com/scantling/scantling/internal/inventory"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// sizeIsInLimits does what the LimitRanger admission does.
func sizeIsInLimits(c *checker) {
	ranges := limitRangesByPlace(c)
	if len(ranges) == 0 {
		return
	}
	for _, w := range c.Workloads {
		here := ranges[w.Namespace]
		if len(here) == 0 {
			continue
		}
		pod := admit(w, here)
		for _, l := range here {
			for _, item := range l.Limits {
				podInLimits(c, w, pod, l, item)
			}
		}
		c.proved(w.Object, "its pods are within %s", plural(len(here), "LimitRange"))
		for i := range w.Claims {
			claimInLimits(c, w.Object, fmt.Sprintf("spec.volumeClaimTemplates[%d]", i), w.Claims[i].Name, w.Claims[i].Spec.Resources.Requests, here)
		}
	}
	for _, v := range c.Claims {
		if here := ranges[v.Namespace]; v.MadeBy == nil && len(here) > 0 {
			claimInLimits(c, v.Object, "spec", v.Name, v.Spec.Resources.Requests, here)
			c.proved(v.Object, "it is within %s", plural(len(here), "LimitRange"))
		}
	}
}

// podInLimits holds a pod against one item of a LimitRange, as a whole or container by container.
func podInLimits(c *checker, w *inventory.Workload, pod *admitted, l *inventory.LimitRange, item corev1.LimitRangeItem) {
	switch item.Type {
	case corev1.LimitTypeContainer:
		for i := range pod.containers {
			k := &pod.containers[i]
			for _, problem := range outside(item, k.Resources.Requests, k.Resources.Limits) {
				c.violated(w.Object, k.path+".resources", "apply it: its pods are refused, because container %s %s (LimitRange %s)", k.Name, problem, l.Name)
			}
		}
	case corev1.LimitTypePod:
		for _, problem := range outside(item, pod.requests(), pod.limits()) {
			c.violated(w.Object, podPath(w), "apply it: its pods are refused, because a pod %s (LimitRange %s)", problem, l.Name)
		}
	}
}

// claimInLimits holds a claim against the LimitRanges of its namespace.
func claimInLimits(c *checker, o *inventory.Object, path, name string, requests corev1.ResourceList, ranges []*inventory.LimitRange) {
	size := requests[corev1.ResourceStorage]
	for _, l := range ranges {
		for _, item := range l.Limits {
			if item.Type != corev1.LimitTypePersistentVolumeClaim {
				continue
			}
			if least, ok := item.Min[corev1.ResourceStorage]; ok && size.Cmp(least) < 0 {
				c.violated(o, path+".resources.requests", "apply it: claim %s is refused, because it requests %s and at least %s is asked (LimitRange %s)", name, size.String(), least.String(), l.Name)
			}
			if most, ok := item.Max[corev1.ResourceStorage]; ok && size.Cmp(most) > 0 {
				c.violated(o, path+".resources.requests", "apply it: claim %s is refused, because it requests %s and at most %s is allowed (LimitRange %s)", name, size.String(), most.String(), l.Name)
			}
		}
	}
}

// outside says in which resources sizes are outside of an item, at most one reason for each.
func outside(item corev1.LimitRangeItem, requests, limits corev1.ResourceList) []string {
	var problems []string
	say := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, name := range slices.Sorted(maps.Keys(item.Min)) {
		least := item.Min[name]
		request, requested := requests[name]
		limit, limited := limits[name]
		switch {
		case !requested:
			say("requests no %s, and at least %s is asked", name, least.String())
		case request.Cmp(least) < 0:
			say("requests %s of %s, and at least %s is asked", request.String(), name, least.String())
		case limited && limit.Cmp(least) < 0:
			say("may use %s of %s, and at least %s is asked", limit.String(), name, least.String())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(item.Max)) {
		most := item.Max[name]
		request := requests[name]
		limit, limited := limits[name]
		switch {
		case !limited:
			say("has no limit of %s, and at most %s is allowed", name, most.String())
		case limit.Cmp(most) > 0:
			say("may use %s of %s, and at most %s is allowed", limit.String(), name, most.String())
		case request.Cmp(most) > 0:
			say("requests %s of %s, and at most %s is allowed", request.String(), name, most.String())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(item.MaxLimitRequestRatio)) {
		ratio := item.MaxLimitRequestRatio[name]
		request, limit := requests[name], limits[name]
		if request.IsZero() || limit.IsZero() {
			say("has no request or no limit of %s, and their ratio is at most %s", name, ratio.String())
		} else if have := times(limit, request); have > ratio.AsApproximateFloat64() {
			say("may use %s of %s, %.3g times its request, and at most %s times is allowed", limit.String(), name, have, ratio.String())
		}
	}
	return problems
}

// times returns how many times one quantity is another.
func times(a, b resource.Quantity) float64 {
	return a.AsApproximateFloat64() / b.AsApproximateFloat64()
}
