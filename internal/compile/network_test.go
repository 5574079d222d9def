package compile_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/kube"
)

// TestPolicyPeersExist wants each peer of a policy that lies in a namespace of the render to be pods of the render, and each
// opened port to be a port of theirs: an edge that reaches nobody is a mistake, and a port that nobody has is one too.
func TestPolicyPeersExist(t *testing.T) {
	edges := 0
	for _, c := range corpus(t) {
		for _, p := range c.policies {
			id := c.name + " " + p.Namespace + "/" + p.Name
			own := c.selected(p.Namespace, p.Spec.PodSelector.MatchLabels)
			if len(own) == 0 && len(p.Spec.PodSelector.MatchLabels) > 0 { // one for all pods also closes a namespace that waits for some
				t.Errorf("%s governs no pod", id)
			}
			for _, rule := range p.Spec.Ingress {
				edges += c.checkPeers(t, id+" ingress", rule.From)
				c.checkPorts(t, id+" ingress", own, rule.Ports)
			}
			for _, rule := range p.Spec.Egress {
				edges += c.checkPeers(t, id+" egress", rule.To)
				for _, peer := range rule.To {
					if peer.NamespaceSelector != nil && peer.PodSelector != nil {
						c.checkPorts(t, id+" egress", c.selected(peer.NamespaceSelector.MatchLabels[kube.LabelNamespace], peer.PodSelector.MatchLabels), rule.Ports)
					}
				}
			}
		}
	}
	if edges < 30 {
		t.Errorf("the corpus has only %d edges between its own pods", edges)
	}
}

// selected returns the pods that labels select in a namespace.
func (r *rendered) selected(namespace string, labels map[string]string) []podTemplate {
	return slices.DeleteFunc(append(r.operated(), r.pods...), func(p podTemplate) bool {
		if p.namespace != namespace {
			return true
		}
		for key, value := range maps.All(labels) {
			if p.meta.Labels[key] != value {
				return true
			}
		}
		return false
	})
}

// checkPeers returns how many peers lie in the render's own namespaces, and fails those that are nobody.
func (r *rendered) checkPeers(t *testing.T, id string, peers []networkingv1.NetworkPolicyPeer) (ours int) {
	t.Helper()
	for _, peer := range peers {
		if peer.NamespaceSelector == nil || peer.PodSelector == nil {
			continue
		}
		namespace := peer.NamespaceSelector.MatchLabels[kube.LabelNamespace]
		if !slices.ContainsFunc(r.pods, func(p podTemplate) bool { return p.namespace == namespace }) {
			continue
		}
		ours++
		if len(r.selected(namespace, peer.PodSelector.MatchLabels)) == 0 {
			t.Errorf("%s: nobody in %s has the labels %v", id, namespace, peer.PodSelector.MatchLabels)
		}
	}
	return ours
}

// meshPorts are the sidecar's and the tunnel's: the mesh opens them in the pod, no container declares them.
var meshPorts = []intstr.IntOrString{intstr.FromInt32(15008), intstr.FromInt32(15020), intstr.FromInt32(15090)}

// checkPorts fails opened ports that no container of the pods has.
func (r *rendered) checkPorts(t *testing.T, id string, pods []podTemplate, ports []networkingv1.NetworkPolicyPort) {
	t.Helper()
	for _, pod := range pods {
		have := map[string]bool{}
		for _, c := range slices.Concat(pod.spec.InitContainers, pod.spec.Containers) {
			for _, p := range c.Ports {
				have[fmt.Sprint(p.ContainerPort, p.Protocol)] = true
			}
		}
		for _, p := range ports {
			if !slices.Contains(meshPorts, *p.Port) && !have[fmt.Sprint(p.Port.IntVal, *p.Protocol)] {
				t.Errorf("%s opens port %s, which %s doesn't have", id, p.Port, pod.id)
			}
		}
	}
}
