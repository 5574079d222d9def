package simulate

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// shape is what the scheduler minds of pods that are all alike. What it says of pods of other shapes is decided once, when the later one
// of two becomes known.
type shape struct {
	namespace  string
	labels     labels.Set
	controller int // whose pods they are; -1: nobody's
	spec       *corev1.PodSpec
	required   nodeSelector
	cpu, mem   int64
	ports      []corev1.ContainerPort // of the host
	clash      []bool                 // by shape: both want one port of the host
	spread     []spread
	affinity   []term
	repels     []term // required anti-affinity
	near       []bool // by shape: matches all terms of affinity
}

// shape takes in a template and returns where it is.
func (c *Cluster) shape(t Template, label, revision string, owner int) int {
	s := &shape{namespace: t.Namespace, labels: maps.Clone(t.Labels), controller: owner, spec: &t.Spec}
	if s.labels == nil {
		s.labels = labels.Set{}
	}
	if label != "" {
		s.labels[label] = revision
	}
	s.required = requiredNodes(&t.Spec)
	s.cpu, s.mem = requests(&t.Spec)
	s.ports = hostPorts(&t.Spec)
	s.spread = spreads(s)
	if a := t.Spec.Affinity; a != nil && a.PodAffinity != nil {
		s.affinity = terms(s, a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
	}
	if a := t.Spec.Affinity; a != nil && a.PodAntiAffinity != nil {
		s.repels = terms(s, a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
	}
	for i := range s.spread {
		c.topology(s.spread[i].key)
	}
	for _, t := range s.affinity {
		c.topology(t.key)
	}
	for _, t := range s.repels {
		c.topology(t.key)
	}
	c.topology(corev1.LabelTopologyZone)
	c.shapes = append(c.shapes, s)
	for i, other := range c.shapes {
		s.meet(other)
		if i < len(c.shapes)-1 {
			other.meet(s)
		}
	}
	c.grow()
	return len(c.shapes) - 1
}

// grow makes room for shapes that have become known since.
func (c *Cluster) grow() {
	for k := len(c.counts); k < len(c.shapes); k++ {
		verdicts := make([]verdict, len(c.nodes))
		for i := range c.nodes {
			verdicts[i] = c.shapes[k].judge(&c.nodes[i])
		}
		c.counts, c.static = append(c.counts, make([]int32, len(c.nodes))), append(c.static, verdicts)
	}
}

// meet decides what the shape minds of pods of another one.
func (s *shape) meet(other *shape) {
	for i := range s.spread {
		p := &s.spread[i]
		// A selector of everything counts nothing: so the scheduler does.
		p.counts = append(p.counts, other.namespace == s.namespace && !p.selector.Empty() && p.selector.Matches(other.labels))
	}
	near := len(s.affinity) > 0
	for i := range s.affinity {
		near = near && s.affinity[i].matches(other)
	}
	s.near = append(s.near, near)
	for i := range s.repels {
		t := &s.repels[i]
		t.found = append(t.found, t.matches(other))
	}
	s.clash = append(s.clash, portsClash(s.ports, other.ports))
}

// requests returns what the scheduler reserves for a pod: what runs together, or what starts before it where that is more.
func requests(spec *corev1.PodSpec) (cpu, memory int64) {
	var peak, beside [2]int64
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		r := requested(&c.Resources)
		if sidecar(c) {
			beside[0], beside[1] = beside[0]+r[0], beside[1]+r[1]
			r = [2]int64{}
		}
		peak[0], peak[1] = max(peak[0], beside[0]+r[0]), max(peak[1], beside[1]+r[1])
	}
	for i := range spec.Containers {
		r := requested(&spec.Containers[i].Resources)
		beside[0], beside[1] = beside[0]+r[0], beside[1]+r[1]
	}
	cpu, memory = max(peak[0], beside[0]), max(peak[1], beside[1])
	if r := spec.Resources; r != nil {
		whole := requested(r)
		cpu, memory = max(whole[0], 0), max(whole[1], 0)
	}
	return cpu + spec.Overhead.Cpu().MilliValue(), memory + spec.Overhead.Memory().Value()
}

// requested returns requests of cpu and memory; where there is none, the limit is, as the API server decides it.
func requested(r *corev1.ResourceRequirements) [2]int64 {
	cpu, ok := r.Requests[corev1.ResourceCPU]
	if !ok {
		cpu = r.Limits[corev1.ResourceCPU]
	}
	memory, ok := r.Requests[corev1.ResourceMemory]
	if !ok {
		memory = r.Limits[corev1.ResourceMemory]
	}
	return [2]int64{cpu.MilliValue(), memory.Value()}
}

// hostPorts returns the ports of the node that a pod takes.
func hostPorts(spec *corev1.PodSpec) []corev1.ContainerPort {
	var all []corev1.ContainerPort
	add := func(c *corev1.Container) {
		for _, p := range c.Ports {
			if spec.HostNetwork && p.HostPort == 0 {
				p.HostPort = p.ContainerPort // as the API server sets it
			}
			if p.HostPort > 0 {
				all = append(all, p)
			}
		}
	}
	for i := range spec.InitContainers {
		if sidecar(&spec.InitContainers[i]) {
			add(&spec.InitContainers[i])
		}
	}
	for i := range spec.Containers {
		add(&spec.Containers[i])
	}
	return all
}

// sidecar reports whether an init container goes on running beside those that come after it.
func sidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

func portsClash(a, b []corev1.ContainerPort) bool {
	for _, p := range a {
		for _, q := range b {
			if p.HostPort == q.HostPort && protocol(p) == protocol(q) && (wide(p) || wide(q) || p.HostIP == q.HostIP) {
				return true
			}
		}
	}
	return false
}

func protocol(p corev1.ContainerPort) corev1.Protocol {
	if p.Protocol == "" {
		return corev1.ProtocolTCP
	}
	return p.Protocol
}

// wide reports whether a port is taken on every address of the node.
func wide(p corev1.ContainerPort) bool { return p.HostIP == "" || p.HostIP == "0.0.0.0" }
