package rollout

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// Ingress leads requests of an ingress controller to an app. Where the platform names no issuer of certificates it has no TLS
// section: the controller answers with its own.
var Ingress = generator.Generator{
	Name: "ingress",
	Reasons: generator.Reasons{
		"Ingress spec.rules[].http.paths[].pathType": "whole path segments: /api is not /apiary",
	},
	Run: func(a app.App) []generator.Object {
		if !exposed(a, "ingress") || a.Env.IngressClass == nil {
			return nil
		}
		var rules []networkingv1.IngressRule
		for _, host := range a.Expose.Hosts {
			rules = append(rules, ingressRule(a, host))
		}
		meta := kube.Meta(a, a.Name)
		var tls []networkingv1.IngressTLS
		if issuer := a.Env.IngressClass.Issuer; issuer != "" {
			meta.Annotations = map[string]string{"cert-manager.io/cluster-issuer": issuer}
			tls = []networkingv1.IngressTLS{{Hosts: a.Expose.Hosts, SecretName: a.Name + "-tls"}} // cert-manager makes the Secret
		}
		return []generator.Object{&networkingv1.Ingress{
			TypeMeta:   kube.Type("networking.k8s.io/v1", "Ingress"),
			ObjectMeta: meta,
			Spec: networkingv1.IngressSpec{
				IngressClassName: new(a.Env.IngressClass.Class),
				Rules:            rules,
				TLS:              tls,
			},
		}}
	},
}

func ingressRule(a app.App, host string) networkingv1.IngressRule {
	return networkingv1.IngressRule{
		Host: host,
		IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
			Paths: []networkingv1.HTTPIngressPath{{
				Path:     prefix(a),
				PathType: new(networkingv1.PathTypePrefix),
				Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
					Name: a.Name,
					Port: networkingv1.ServiceBackendPort{Number: a.Expose.Port.Number},
				}},
			}},
		}},
	}
}
