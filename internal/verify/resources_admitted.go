package verify

import (
	"cmp"
	"maps"
	"slices"

	"github.com/scantling/scantling/internal/inventory"
	corev1 "k8s.io/api/core/v1"
)

// admitted is a pod as it is once the API server and the LimitRanges of its namespace have filled in what is not stated.
type admitted struct {
	pod        corev1.ResourceRequirements // stated of the pod as a whole
	containers []admittedContainer         // those that start before the others come first
	overhead   corev1.ResourceList
}

// admittedContainer is one container of it.
type admittedContainer struct {
	corev1.Container
	path  string // of its field in the pod's spec
	init  bool   // it starts before the others
	stays bool   // it runs as long as the pod
}

// limitRangesByPlace returns the LimitRanges of every namespace, by name.
func limitRangesByPlace(c *checker) map[string][]*inventory.LimitRange {
	by := map[string][]*inventory.LimitRange{}
	for _, r := range c.LimitRanges {
		by[r.Namespace] = append(by[r.Namespace], r)
	}
	for _, ranges := range by {
		slices.SortStableFunc(ranges, func(a, b *inventory.LimitRange) int { return cmp.Compare(a.Name, b.Name) })
	}
	return by
}

// admit fills in the resources of a workload's pods: a request that is not stated is the limit, then come the LimitRanges' defaults
// (https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/admission/limitranger/admission.go).
func admit(w *inventory.Workload, ranges []*inventory.LimitRange) *admitted {
	spec := &w.Template.Spec
	p := &admitted{overhead: spec.Overhead, containers: make([]admittedContainer, 0, len(spec.InitContainers)+len(spec.Containers))}
	if spec.Resources != nil {
		p.pod = stated(*spec.Resources)
	}
	for i, k := range spec.InitContainers {
		stays := k.RestartPolicy != nil && *k.RestartPolicy == corev1.ContainerRestartPolicyAlways
		p.containers = append(p.containers, admittedContainer{k, containerPath(w, "initContainers", i), true, stays})
	}
	for i, k := range spec.Containers {
		p.containers = append(p.containers, admittedContainer{k, containerPath(w, "containers", i), false, true})
	}
	for i := range p.containers {
		r := &p.containers[i].Resources
		*r = stated(*r)
		for _, l := range ranges {
			for _, item := range l.Limits {
				if item.Type == corev1.LimitTypeContainer {
					*r = defaulted(*r, item)
				}
			}
		}
	}
	return p
}

// stated fills in requests from limits.
func stated(r corev1.ResourceRequirements) corev1.ResourceRequirements {
	r.Requests = filled(r.Requests, r.Limits)
	return r
}

// defaulted fills in what an item of a LimitRange gives: its limit is the default or the most, its request that or the least.
func defaulted(r corev1.ResourceRequirements, item corev1.LimitRangeItem) corev1.ResourceRequirements {
	limits := filled(item.Default, item.Max)
	requests := filled(filled(item.DefaultRequest, limits), item.Min)
	r.Limits = filled(r.Limits, limits)
	r.Requests = filled(r.Requests, requests)
	return r
}

// filled adds to a list what only another one has. Neither is changed.
func filled(list, other corev1.ResourceList) corev1.ResourceList {
	cloned := false
	for name, q := range other {
		if _, ok := list[name]; ok {
			continue
		}
		if !cloned {
			list, cloned = maps.Clone(list), true
		}
		if list == nil {
			list = corev1.ResourceList{}
		}
		list[name] = q
	}
	return list
}

// requests is what the scheduler and quotas count for the pod.
func (p *admitted) requests() corev1.ResourceList {
	total := p.sum(func(k *admittedContainer) corev1.ResourceList { return k.Resources.Requests })
	maps.Copy(total, p.pod.Requests)
	add(total, p.overhead)
	return total
}

// limits is what the pod may use at most; what one container has no limit of is the sum of the others'.
func (p *admitted) limits() corev1.ResourceList {
	total := p.sum(func(k *admittedContainer) corev1.ResourceList { return k.Resources.Limits })
	maps.Copy(total, p.pod.Limits)
	for name, q := range p.overhead {
		if have, ok := total[name]; ok && !have.IsZero() {
			have.Add(q)
			total[name] = have
		}
	}
	return total
}

// sum is the most that containers need at a time: all that stay together, or one that starts them, with those that stay before it
// (https://github.com/kubernetes/component-helpers/blob/master/resource/helpers.go).
func (p *admitted) sum(of func(*admittedContainer) corev1.ResourceList) corev1.ResourceList {
	total, most := corev1.ResourceList{}, corev1.ResourceList{}
	for i := range p.containers {
		k := &p.containers[i]
		if k.stays {
			add(total, of(k))
			continue
		}
		step := maps.Clone(total)
		add(step, of(k))
		for name, q := range step {
			if have, ok := most[name]; !ok || q.Cmp(have) > 0 {
				most[name] = q
			}
		}
	}
	for name, q := range most {
		if have, ok := total[name]; !ok || q.Cmp(have) > 0 {
			total[name] = q
		}
	}
	return total
}

// add adds a list of resources to another.
func add(total, more corev1.ResourceList) {
	for name, q := range more {
		have := total[name].DeepCopy()
		have.Add(q)
		total[name] = have
	}
}
