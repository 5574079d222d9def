package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/reach"
)

// meshPorts are those that a mesh opens in a pod, or that its proxy has there: no container of a manifest declares them,
// https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio.
var meshPorts = []int32{15001, 15006, 15008, 15020, 15021, 15090}

func policyPortsExist(c *checker) {
	for _, p := range c.reached().Policies {
		for _, r := range p.Rules {
			targets, all := c.targets(r)
			if len(targets) == 0 || !all || r.Deny {
				continue
			}
			for _, port := range r.Ports {
				c.portExists(r, port, targets)
			}
		}
	}
}

// targets returns the workloads whose ports a rule is about, and whether it is about theirs alone.
func (c *checker) targets(r *reach.Rule) (targets []*inventory.Workload, all bool) {
	if r.Direction == reach.Ingress {
		return r.Policy.Selects, !r.Policy.Whole || c.reached().claimed[r.Policy.Namespace]
	}
	for _, peer := range r.Peers {
		members := c.reached().Members(peer)
		if _, _, ok := peer.Names(); !ok || len(members) == 0 {
			return nil, false
		}
		targets = append(targets, members...)
	}
	return targets, !r.Everyone
}

func (c *checker) portExists(r *reach.Rule, port reach.Ports, targets []*inventory.Workload) {
	whose := andMore(targets)
	o := r.Policy.Object
	switch {
	case port.Name == "" && port.First == 0, injectedPort(port):
	case slices.ContainsFunc(targets, func(w *inventory.Workload) bool { return declares(w, port) }):
		c.proved(o, "the pods have every port that it names")
	case port.Name != "" && c.reached().makers[targets[0].Namespace] == nil:
		c.violated(o, port.Path, "the rule opens nothing: no container of %s has a port of the name %q", whose, port.Name)
	case c.serviceMistake(r, port, targets):
	case o.Ours():
		c.violated(o, port.Path, "the rule opens nothing: no container of %s has the port %s", whose, port)
	default:
		c.unknown(o, "whether a container of %s listens on %s: none declares it", whose, port)
	}
}

// andMore names the first of workloads.
func andMore(all []*inventory.Workload) string {
	if len(all) == 1 {
		return all[0].Name
	}
	return fmt.Sprintf("%s and %d more", all[0].Name, len(all)-1)
}

// injectedPort reports whether a port is one of a proxy that is put into the pod.
func injectedPort(p reach.Ports) bool {
	if p.Name != "" {
		return strings.HasPrefix(p.Name, "linkerd-") || p.Name == "http-envoy-prom"
	}
	return p.First == p.Last && slices.Contains(meshPorts, p.First)
}

// declares reports whether a container has a port that a rule is about.
func declares(w *inventory.Workload, p reach.Ports) bool {
	for _, container := range w.Containers() {
		for _, have := range container.Ports {
			protocol := cmp.Or(string(have.Protocol), "TCP")
			if p.Protocol != "" && p.Protocol != protocol {
				continue
			}
			if p.Name != "" && have.Name == p.Name || p.Name == "" && p.First <= have.ContainerPort && have.ContainerPort <= p.Last {
				return true
			}
		}
	}
	return false
}

// serviceMistake finds a rule that has a Service's port where it should have the one behind it. If another rule opens that one, it only
// says too much.
func (c *checker) serviceMistake(r *reach.Rule, p reach.Ports, targets []*inventory.Workload) bool {
	for _, w := range targets {
		for _, s := range c.reached().services[w] {
			for _, port := range s.Spec.Ports {
				behind, ok := targetPort(w, port)
				if !ok || port.Port != p.First || port.Port == behind.Number || c.opensBeside(r, w, behind) {
					continue
				}
				c.violated(r.Policy.Object, p.Path, "the rule opens nothing: what calls %s on port %d comes to the pod's port %d, where policies look",
					s.Short(), port.Port, behind.Number)
				return true
			}
		}
	}
	return false
}

// opensBeside reports whether any rule for the pods of a rule is about a port of a target.
func (c *checker) opensBeside(r *reach.Rule, target *inventory.Workload, port reach.Port) bool {
	for _, w := range r.Policy.Selects {
		policies, _ := c.reached().Governed(w, r.Direction)
		for _, p := range policies {
			if slices.ContainsFunc(p.Rules, func(other *reach.Rule) bool {
				return other.Direction == r.Direction && !other.Deny && other.Opens(reach.Pod(target), port) == reach.Yes
			}) {
				return true
			}
		}
	}
	return false
}

// targetPort returns the port of a workload's pods behind a port of a Service; not ok: they have none of that name.
func targetPort(w *inventory.Workload, port corev1.ServicePort) (reach.Port, bool) {
	protocol := cmp.Or(string(port.Protocol), "TCP")
	switch {
	case port.TargetPort.Type == intstr.Int && port.TargetPort.IntVal == 0:
		return reach.Port{Number: port.Port, Protocol: protocol}, true
	case port.TargetPort.Type == intstr.Int:
		return reach.Port{Number: port.TargetPort.IntVal, Protocol: protocol}, true
	}
	return namedPort(w, port.TargetPort.StrVal)
}

// namedPort returns the port of a name that a container has.
func namedPort(w *inventory.Workload, name string) (reach.Port, bool) {
	for _, container := range w.Containers() {
		for _, have := range container.Ports {
			if have.Name == name && name != "" {
				return reach.Port{Number: have.ContainerPort, Protocol: cmp.Or(string(have.Protocol), "TCP")}, true
			}
		}
	}
	return reach.Port{}, false
}
