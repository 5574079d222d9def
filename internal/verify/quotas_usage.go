package verify

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// doubles reports whether a rollout keeps a whole second set of pods: a blue-green one, and a canary behind a router, where the old
// pods all stay until the last step (https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/).
func doubles(w *inventory.Workload) bool {
	return w.Update.Kind == inventory.BlueGreen ||
		w.Update.Kind == inventory.Canary && manifest.Map(w.Fields, "spec", "strategy", "canary", "trafficRouting") != nil
}

// podUsage is what one pod is counted as.
func podUsage(pod *admitted) corev1.ResourceList {
	one := *resource.NewQuantity(1, resource.DecimalSI)
	usage := corev1.ResourceList{corev1.ResourcePods: one, "count/pods": one}
	for name, q := range pod.requests() {
		usage[corev1.DefaultResourceRequestsPrefix+name] = q
	}
	for name, q := range pod.limits() {
		usage["limits."+name] = q
	}
	return usage
}

// heldByPlace returns what namespaces hold beside pods: claims and Services.
func heldByPlace(c *checker) map[string][]use {
	held := map[string][]use{}
	once := atOnce{least: 1, most: 1}
	for _, v := range c.Claims {
		if v.MadeBy == nil || v.MadeBy.Kind != "StatefulSet" { // whose claims come with its pods
			held[v.Namespace] = append(held[v.Namespace], use{v.Object, once, claimUsage(&v.Spec)})
		}
	}
	for _, w := range c.Workloads {
		n := podsAtOnce(w)
		for i := range w.Claims {
			held[w.Namespace] = append(held[w.Namespace], use{w.Object, atOnce{least: n.least, most: n.most}, claimUsage(&w.Claims[i].Spec)})
		}
		for i := range w.Template.Spec.Volumes {
			if e := w.Template.Spec.Volumes[i].Ephemeral; e != nil && e.VolumeClaimTemplate != nil {
				held[w.Namespace] = append(held[w.Namespace], use{w.Object, n, claimUsage(&e.VolumeClaimTemplate.Spec)})
			}
		}
	}
	for _, s := range c.Services {
		held[s.Namespace] = append(held[s.Namespace], use{s.Object, once, serviceUsage(&s.Spec)})
	}
	return held
}

// serviceUsage is what a Service is counted as: one of type LoadBalancer takes a port of every node for each of its own, too.
func serviceUsage(spec *corev1.ServiceSpec) corev1.ResourceList {
	one := *resource.NewQuantity(1, resource.DecimalSI)
	usage := corev1.ResourceList{corev1.ResourceServices: one, "count/services": one}
	ports := len(spec.Ports)
	if spec.Type == corev1.ServiceTypeLoadBalancer {
		usage[corev1.ResourceServicesLoadBalancers] = one
		if spec.AllocateLoadBalancerNodePorts != nil && !*spec.AllocateLoadBalancerNodePorts {
			ports = 0
			for i := range spec.Ports {
				if spec.Ports[i].NodePort != 0 {
					ports++
				}
			}
		}
	}
	if spec.Type == corev1.ServiceTypeLoadBalancer || spec.Type == corev1.ServiceTypeNodePort {
		usage[corev1.ResourceServicesNodePorts] = *resource.NewQuantity(int64(ports), resource.DecimalSI)
	}
	return usage
}

// demanding returns the resources that every container must state because a quota counts them: the API server asks that for CPU and
// memory alone.
func demanding(q *inventory.Quota) []corev1.ResourceName {
	var all []corev1.ResourceName
	for _, name := range []corev1.ResourceName{
		corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory,
		corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory,
	} {
		if _, ok := q.Spec.Hard[name]; ok {
			all = append(all, counted(name))
		}
	}
	return all
}

// lacks returns the first container that doesn't state one of the resources, and which. A pod that states its own needs none of them.
func (p *admitted) lacks(names []corev1.ResourceName) (container string, name corev1.ResourceName) {
	if len(p.pod.Requests)+len(p.pod.Limits) > 0 {
		return "", ""
	}
	for i := range p.containers {
		k := &p.containers[i]
		for _, name := range names {
			list := k.Resources.Requests
			plain, isLimit := strings.CutPrefix(string(name), "limits.")
			if isLimit {
				list = k.Resources.Limits
			} else {
				plain = strings.TrimPrefix(plain, corev1.DefaultResourceRequestsPrefix)
			}
			if _, ok := list[corev1.ResourceName(plain)]; !ok {
				return k.Name, name
			}
		}
	}
	return "", ""
}

// inScope reports whether a quota counts a workload's pods: all of its scopes must hold.
func inScope(q *inventory.Quota, w *inventory.Workload, pod *admitted) bool {
	for _, s := range q.Spec.Scopes {
		if !scopeHolds(corev1.ScopedResourceSelectorRequirement{ScopeName: s, Operator: corev1.ScopeSelectorOpExists}, w, pod) {
			return false
		}
	}
	if q.Spec.ScopeSelector != nil {
		for _, r := range q.Spec.ScopeSelector.MatchExpressions {
			if !scopeHolds(r, w, pod) {
				return false
			}
		}
	}
	return true
}

func scopeHolds(r corev1.ScopedResourceSelectorRequirement, w *inventory.Workload, pod *admitted) bool {
	spec := &w.Template.Spec
	switch r.ScopeName {
	case corev1.ResourceQuotaScopeTerminating:
		return spec.ActiveDeadlineSeconds != nil
	case corev1.ResourceQuotaScopeNotTerminating:
		return spec.ActiveDeadlineSeconds == nil
	case corev1.ResourceQuotaScopeBestEffort:
		return pod.bestEffort()
	case corev1.ResourceQuotaScopeNotBestEffort:
		return !pod.bestEffort()
	case corev1.ResourceQuotaScopePriorityClass:
		has, in := spec.PriorityClassName != "", slices.Contains(r.Values, spec.PriorityClassName)
		switch r.Operator {
		case corev1.ScopeSelectorOpIn:
			return has && in
		case corev1.ScopeSelectorOpNotIn:
			return !has || !in
		case corev1.ScopeSelectorOpDoesNotExist:
			return !has
		}
		return has
	case corev1.ResourceQuotaScopeCrossNamespacePodAffinity:
		for _, t := range podTerms(w) {
			if len(t.Namespaces) > 0 || t.NamespaceSelector != nil {
				return true
			}
		}
	}
	return false
}

// bestEffort reports whether no container of a pod states any CPU or memory.
func (p *admitted) bestEffort() bool {
	lists := []corev1.ResourceList{p.pod.Requests, p.pod.Limits}
	for i := range p.containers {
		lists = append(lists, p.containers[i].Resources.Requests, p.containers[i].Resources.Limits)
	}
	for _, list := range lists {
		if !list.Cpu().IsZero() || !list.Memory().IsZero() {
			return false
		}
	}
	return true
}
