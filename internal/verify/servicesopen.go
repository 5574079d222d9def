package verify

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/inventory"
)

// doors are the ServiceAccounts that say of routes where they are served: those of ingress controllers and gateways.
type doors map[accessKey]bool

// doorStatuses are what only who serves routes writes to.
var doorStatuses = []string{"ingresses/status", "gateways/status", "httproutes/status"}

func doorAccounts(c *checker) doors {
	roles := map[accessKey]bool{}
	for _, r := range c.Roles {
		for _, rule := range r.Rules {
			if slices.ContainsFunc(rule.Resources, func(resource string) bool { return slices.Contains(doorStatuses, resource) }) {
				roles[accessKey{r.Namespace, r.Name}] = true
			}
		}
	}
	accounts := doors{}
	for account, bindings := range accessRights(c) {
		for _, b := range bindings {
			if b.Role.Kind == "ClusterRole" && roles[accessKey{"", b.Role.Name}] || b.Role.Kind == "Role" && roles[accessKey{b.Namespace, b.Role.Name}] {
				accounts[account] = true
			}
		}
	}
	return accounts
}

// lets reports whether pods are there to let requests in: by their rights, or because Istio makes a gateway of them.
func (d doors) lets(w *inventory.Workload) bool {
	return d[accessKey{w.Namespace, podAccount(w)}] || strings.Contains(w.Template.Annotations["inject.istio.io/templates"], "gateway")
}

// openTo is who can call a load balancer: its annotations may say that it is inside.
func openTo(v *inventory.Service) string {
	for key, value := range v.Annotations {
		if strings.Contains(key, "internal") && value != "false" || strings.EqualFold(value, "internal") {
			return ""
		}
	}
	if v.Spec.LoadBalancerClass != nil && strings.Contains(*v.Spec.LoadBalancerClass, "tailscale") {
		return ""
	}
	return "everybody who finds the address of its load balancer"
}

func serviceIsNotOpen(c *checker) {
	doors := doorAccounts(c)
	for _, v := range c.Services {
		switch {
		case len(v.Spec.ExternalIPs) > 0:
			c.violated(v.Object, "spec.externalIPs", "call %s: every node takes what goes to that address for its own", v.Spec.ExternalIPs[0])
		case isOutside(v) && !v.Ours() && slices.ContainsFunc(c.behind(v), doors.lets):
			c.proved(v.Object, "its pods pass on what comes from outside by the routes of the cluster")
		case v.Spec.Type == corev1.ServiceTypeNodePort:
			c.violated(v.Object, "spec.type", "call any node: it passes on what comes to %s", nodePorts(v))
		case v.Spec.Type == corev1.ServiceTypeLoadBalancer && len(v.Spec.LoadBalancerSourceRanges) == 0 && openTo(v) != "":
			c.violated(v.Object, "spec.loadBalancerSourceRanges", "call it from anywhere: %s gets in, no source ranges are stated", openTo(v))
		case v.Spec.Type == corev1.ServiceTypeLoadBalancer:
			c.proved(v.Object, "its load balancer takes requests from %s", orInside(v.Spec.LoadBalancerSourceRanges))
		default:
			c.proved(v.Object, "it has no address outside of the cluster")
		}
	}
}

func orInside(ranges []string) string {
	if len(ranges) == 0 {
		return "inside alone"
	}
	return strings.Join(ranges, ", ")
}

// nodePorts names the ports of the nodes.
func nodePorts(v *inventory.Service) string {
	for _, p := range v.Spec.Ports {
		if p.NodePort != 0 {
			return fmt.Sprintf("its port %d", p.NodePort)
		}
	}
	return "a port between 30000 and 32767"
}

// isOutside reports whether a Service has an address outside of the cluster.
func isOutside(v *inventory.Service) bool {
	return v.Spec.Type == corev1.ServiceTypeLoadBalancer || v.Spec.Type == corev1.ServiceTypeNodePort
}
