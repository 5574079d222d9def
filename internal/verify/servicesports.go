package verify

import (
	"cmp"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/inventory"
)

func servicePortExists(c *checker) {
	for _, v := range c.Services {
		found := serving(c.behind(v))
		if len(found) == 0 || len(v.Spec.Ports) == 0 {
			continue
		}
		before := len(c.results)
		for i, p := range v.Spec.Ports {
			c.servicePort(v, found, i, p)
		}
		if len(c.results) == before {
			c.proved(v.Object, "the pods of %s have what its %s leads to", shortNames(found), plural(len(v.Spec.Ports), "port"))
		}
	}
}

// servicePort looks for one port of a Service in the pods behind it.
func (c *checker) servicePort(v *inventory.Service, found []*inventory.Workload, i int, p corev1.ServicePort) {
	where := fmt.Sprintf("spec.ports[%d].targetPort", i)
	protocol := protocolOf(p.Protocol)
	var without []*inventory.Workload
	for _, w := range found {
		if !leadsTo(w, p) {
			without = append(without, w)
		}
	}
	switch number, name := targetNumber(p), p.TargetPort.StrVal; {
	case len(without) == 0:
	case p.TargetPort.Type == intstr.String && v.Spec.ClusterIP == corev1.ClusterIPNone && !v.Ours(): // DNS leads to the pods themselves
		c.unknown(v.Object, "whether %s listens on %d/%s: none of its containers has a port named %s", without[0].Short(), p.Port, protocol, name)
	case p.TargetPort.Type == intstr.String && (len(without) == len(found) || v.Ours()):
		c.violated(v.Object, where, "connect to port %d: no container of %s has a port named %s for %s, so nothing answers", p.Port, without[0].Short(), name, protocol)
	case p.TargetPort.Type == intstr.String: // the others answer
	case v.Ours():
		c.violated(v.Object, where, "connect to port %d: no container of %s says that it listens on %d/%s", p.Port, without[0].Short(), number, protocol)
	default:
		c.unknown(v.Object, "whether %s listens on %d/%s: none of its containers states that port", without[0].Short(), number, protocol)
	}
}

// leadsTo reports whether pods have the port that a Service's port leads to.
func leadsTo(w *inventory.Workload, p corev1.ServicePort) bool {
	if p.TargetPort.Type == intstr.String {
		return hasPort(w, p.TargetPort.StrVal, protocolOf(p.Protocol))
	}
	return hasPortNumber(w, targetNumber(p), protocolOf(p.Protocol))
}

// targetNumber is the pods' port: where none is stated, the Service's own.
func targetNumber(p corev1.ServicePort) int32 { return cmp.Or(p.TargetPort.IntVal, p.Port) }

// protocolOf is a protocol as it is in force.
func protocolOf(p corev1.Protocol) corev1.Protocol { return cmp.Or(p, corev1.ProtocolTCP) }

// hasPort reports whether a container of the pods has a port of that name and protocol.
func hasPort(w *inventory.Workload, name string, protocol corev1.Protocol) bool {
	return anyPort(w, func(p corev1.ContainerPort) bool { return p.Name == name && protocolOf(p.Protocol) == protocol })
}

// hasPortNumber reports whether a container of the pods states a port of that number and protocol.
func hasPortNumber(w *inventory.Workload, number int32, protocol corev1.Protocol) bool {
	return anyPort(w, func(p corev1.ContainerPort) bool {
		return p.ContainerPort == number && protocolOf(p.Protocol) == protocol
	})
}

// anyPort reports whether a port of containers that run as long as the pod is as wanted.
func anyPort(w *inventory.Workload, wanted func(corev1.ContainerPort) bool) bool {
	for i := range w.Template.Spec.Containers {
		for _, p := range w.Template.Spec.Containers[i].Ports {
			if wanted(p) {
				return true
			}
		}
	}
	for i := range w.Template.Spec.InitContainers {
		sidecar := w.Template.Spec.InitContainers[i]
		if sidecar.RestartPolicy == nil || *sidecar.RestartPolicy != corev1.ContainerRestartPolicyAlways {
			continue
		}
		for _, p := range sidecar.Ports {
			if wanted(p) {
				return true
			}
		}
	}
	return false
}
