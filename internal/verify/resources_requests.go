package verify

import (
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	corev1 "k8s.io/api/core/v1"
)

// needed are the resources that a container states: what the scheduler counts, and what a leak would take from others.
var needed = []struct {
	name  corev1.ResourceName
	limit bool
	ours  bool // asked of our own objects alone
	then  string
}{
	{name: corev1.ResourceCPU, then: "the scheduler counts 0 CPU for it, and it may get next to none"},
	{name: corev1.ResourceMemory, then: "the scheduler counts 0 memory for it, and it is the first to be killed when the node runs out"},
	{name: corev1.ResourceEphemeralStorage, ours: true, then: "the scheduler counts 0 disk for it, and it is the first to be evicted when the node's is full"},
	{name: corev1.ResourceMemory, limit: true, then: "a leak takes the memory of the whole node, and pods of others are killed"},
}

// refused is a violation that the API server answers with a no, whoever made the object.
func (c *checker) refused(o *inventory.Object, path, format string, args ...any) {
	c.violated(o, path, format, args...)
	c.results[len(c.results)-1].Severity = diag.Error
}

func requestsAreSet(c *checker) {
	ranges := limitRangesByPlace(c)
	for _, w := range c.Workloads {
		here := ranges[w.Namespace]
		if w.Ours() {
			here = nil // what a namespace gives to pods that state nothing is not the size of this one
		}
		pod := admit(w, here)
		for i := range pod.containers {
			k := &pod.containers[i]
			for name, request := range k.Resources.Requests {
				if limit, ok := k.Resources.Limits[name]; ok && request.Cmp(limit) > 0 {
					c.refused(w.Object, k.path+".resources.requests."+string(name), "apply it: its pods are refused, because container %s requests %s of %s and may use %s",
						k.Name, request.String(), name, limit.String())
				}
			}
			if !w.Ours() && !k.stays {
				continue // it runs for moments
			}
			if field, then := pod.unstated(k, w.Ours()); field != "" {
				c.violated(w.Object, k.path+".resources", "start it: container %s has no %s, so %s", k.Name, field, then)
			}
		}
		if len(pod.containers) == 0 {
			continue
		}
		c.proved(w.Object, "%s with requests, and with limits of memory", plural(len(pod.containers), "container"))
	}
}

// unstated returns the resources that a container should state and does not, and what comes of the first of them. What the pod states
// as a whole its containers need not.
func (p *admitted) unstated(k *admittedContainer, ours bool) (fields, then string) {
	var missing []string
	for _, n := range needed {
		list, whole, field := k.Resources.Requests, p.pod.Requests, "request"
		if n.limit {
			list, whole, field = k.Resources.Limits, p.pod.Limits, "limit"
		}
		_, here := list[n.name]
		_, there := whole[n.name]
		if here || there || n.ours && !ours {
			continue
		}
		if len(missing) == 0 {
			then = n.then
		}
		missing = append(missing, string(n.name)+" "+field)
	}
	return strings.Join(missing, ", "), then
}
