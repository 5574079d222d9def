package network

import (
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// HostPolicy lets an app call hosts outside the cluster by name, whose addresses change. It adds to the app's NetworkPolicy.
var HostPolicy = generator.Generator{
	Name: "host-policy",
	Reasons: generator.Reasons{
		"CiliumNetworkPolicy spec.egress[].toPorts[].rules.dns[].matchPattern": "Cilium learns a host's addresses from the answers that pass through its DNS proxy; all names may be asked for, as without it",
	},
	Run: func(a app.App) []generator.Object {
		return hostPolicy(a, kube.Meta(a, a.Name+"-fqdn"), *kube.PeerSelector(a))
	},
}

// hostPolicy returns the policy of the pods that are selected, for the hosts of the app's egress; none without hosts or Cilium.
func hostPolicy(a app.App, meta metav1.ObjectMeta, pods metav1.LabelSelector) []generator.Object {
	var calls []kube.CiliumEgress
	for _, e := range merge(a.Egress) {
		if e.Peer.Host != "" {
			calls = append(calls, kube.CiliumEgress{
				ToFQDNs: []kube.CiliumFQDN{{MatchName: e.Peer.Host}},
				ToPorts: []kube.CiliumPortRule{{Ports: ciliumPorts(e.Ports)}},
			})
		}
	}
	if len(calls) == 0 || !a.Env.Has("cilium") {
		return nil
	}
	return []generator.Object{&kube.CiliumNetworkPolicy{
		TypeMeta:   kube.Type("cilium.io/v2", "CiliumNetworkPolicy"),
		ObjectMeta: meta,
		Spec: kube.CiliumNetworkPolicySpec{
			EndpointSelector: pods,
			Egress:           append([]kube.CiliumEgress{names(a)}, calls...),
		},
	}}
}

// names is the way to DNS through Cilium's proxy.
func names(a app.App) kube.CiliumEgress {
	e := dns(a)
	labels := map[string]string{"k8s:io.kubernetes.pod.namespace": e.Peer.Namespace}
	for k, v := range e.Peer.Labels {
		labels["k8s:"+k] = v
	}
	return kube.CiliumEgress{
		ToEndpoints: []metav1.LabelSelector{{MatchLabels: labels}},
		ToPorts: []kube.CiliumPortRule{{
			Ports: ciliumPorts(e.Ports),
			Rules: &kube.CiliumL7Rules{DNS: []kube.CiliumFQDN{{MatchPattern: "*"}}},
		}},
	}
}

// APIServerPolicy lets an app that has rights at the Kubernetes API reach it. Cilium knows the API server by identity, which no
// address range matches.
var APIServerPolicy = generator.Generator{
	Name: "api-server-policy",
	Reasons: generator.Reasons{
		"CiliumNetworkPolicy spec.egress[].toEntities[]":               "Cilium's name for the API server, wherever it runs",
		"CiliumNetworkPolicy spec.egress[].toPorts[].ports[].port":     "the ports that API servers listen on: 443 where a cloud runs them, else 6443",
		"CiliumNetworkPolicy spec.egress[].toPorts[].ports[].protocol": "the API is HTTPS",
	},
	Run: func(a app.App) []generator.Object {
		return apiServerPolicy(a, kube.Meta(a, a.Name+"-apiserver"), *kube.PeerSelector(a))
	},
}

// apiServerPolicy returns the policy of the pods that are selected; none where the app has no rights, or without Cilium.
func apiServerPolicy(a app.App, meta metav1.ObjectMeta, pods metav1.LabelSelector) []generator.Object {
	if len(a.Access) == 0 || !a.Env.Has("cilium") {
		return nil
	}
	return []generator.Object{&kube.CiliumNetworkPolicy{
		TypeMeta:   kube.Type("cilium.io/v2", "CiliumNetworkPolicy"),
		ObjectMeta: meta,
		Spec: kube.CiliumNetworkPolicySpec{
			EndpointSelector: pods,
			Egress: []kube.CiliumEgress{{
				ToEntities: []string{"kube-apiserver"},
				ToPorts:    []kube.CiliumPortRule{{Ports: ciliumPorts(apiServerTLS)}},
			}},
		},
	}}
}

func ciliumPorts(ports []app.Port) []kube.CiliumPort {
	var out []kube.CiliumPort
	for _, p := range distinct(ports) {
		out = append(out, kube.CiliumPort{Port: strconv.Itoa(int(p.Number)), Protocol: p.Protocol})
	}
	return out
}
