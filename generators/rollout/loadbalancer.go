package rollout

import (
	"cmp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// LoadBalancer is a Service with an address of its own outside, for the clients that the app names. Nothing here knows that
// address: external-dns, where it runs, gives it the app's hosts.
var LoadBalancer = generator.Generator{
	Name: "load-balancer",
	Reasons: generator.Reasons{
		"Service spec.type":                  "the app asks for an address of its own outside",
		"Service spec.externalTrafficPolicy": "keeps the client's address, which the app's NetworkPolicy checks",
		"Service spec.sessionAffinity":       "a client stays on the version that answered first",
	},
	Run: func(a app.App) []generator.Object {
		if !exposed(a, "loadbalancer") || len(a.Expose.From) == 0 {
			return nil // without source ranges it would be open to the world
		}
		meta := kube.ComponentMeta(a, kube.ExternalName(a), kube.ComponentExternal)
		meta.Annotations = map[string]string{"external-dns.alpha.kubernetes.io/hostname": strings.Join(a.Expose.Hosts, ",")}
		var class *string
		if lb := a.Env.LoadBalancers; lb != nil {
			meta.Annotations = kube.Merge(meta.Annotations, lb.Annotations)
			if lb.Class != "" {
				class = new(lb.Class)
			}
		}
		affinity, config := kube.ClientAffinity(a)
		return []generator.Object{&corev1.Service{
			TypeMeta:   kube.Type("v1", "Service"),
			ObjectMeta: meta,
			Spec: corev1.ServiceSpec{
				Type:                     corev1.ServiceTypeLoadBalancer,
				Selector:                 kube.ServicePods(a),
				SessionAffinity:          affinity,
				SessionAffinityConfig:    config,
				LoadBalancerClass:        class,
				LoadBalancerSourceRanges: a.Expose.From,
				ExternalTrafficPolicy:    corev1.ServiceExternalTrafficPolicyLocal,
				Ports: []corev1.ServicePort{{
					Name:       a.Expose.Port.Name,
					Port:       a.Expose.Port.Number,
					TargetPort: intstr.FromString(a.Expose.Port.Name),
					Protocol:   corev1.Protocol(cmp.Or(a.Expose.Port.Protocol, "TCP")),
				}},
			},
		}}
	},
}
