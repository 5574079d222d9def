// Package rollout leads requests to apps: today from outside, in one way out of four that the platform offers.
package rollout

import (
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// HTTPRoute leads requests of a Gateway to an app.
var HTTPRoute = generator.Generator{
	Name:    "http-route",
	Reasons: routeReasons("HTTPRoute", generator.Reasons{"HTTPRoute spec.rules[].matches[].path.type": "whole path segments: /api is not /apiary"}),
	Run: func(a app.App) []generator.Object {
		if !exposed(a, "gateway") || isGRPC(a) {
			return nil
		}
		return []generator.Object{&kube.HTTPRoute{
			TypeMeta:   kube.Type("gateway.networking.k8s.io/v1", "HTTPRoute"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec: kube.HTTPRouteSpec{
				ParentRefs: parents(a),
				Hostnames:  a.Expose.Hosts,
				Rules: []kube.HTTPRouteRule{{
					Matches:     []kube.HTTPMatch{{Path: kube.HTTPPathMatch{Type: "PathPrefix", Value: prefix(a)}}},
					BackendRefs: backends(a),
				}},
			},
		}}
	},
}

// GRPCRoute leads gRPC calls of a Gateway to an app.
var GRPCRoute = generator.Generator{
	Name:    "grpc-route",
	Reasons: routeReasons("GRPCRoute", generator.Reasons{"GRPCRoute spec.rules[].matches[].method.type": "the names as they are, no patterns"}),
	Run: func(a app.App) []generator.Object {
		if !exposed(a, "gateway") || !isGRPC(a) {
			return nil
		}
		return []generator.Object{&kube.GRPCRoute{
			TypeMeta:   kube.Type("gateway.networking.k8s.io/v1", "GRPCRoute"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec: kube.GRPCRouteSpec{
				ParentRefs: parents(a),
				Hostnames:  a.Expose.Hosts,
				Rules:      []kube.GRPCRouteRule{{Matches: methods(a), BackendRefs: backends(a)}},
			},
		}}
	},
}

// routeReasons are the reasons of both kinds of route: what the API server would fill in is written, so that a comparison of the
// cluster with the files shows no difference.
func routeReasons(kind string, more generator.Reasons) generator.Reasons {
	reasons := generator.Reasons{
		kind + " spec.parentRefs[].group":           "the default, written: no drift",
		kind + " spec.parentRefs[].kind":            "the default, written: no drift",
		kind + " spec.rules[].backendRefs[].group":  "the default, written: no drift",
		kind + " spec.rules[].backendRefs[].kind":   "the default, written: no drift",
		kind + " spec.rules[].backendRefs[].weight": "the default, written: no drift",
	}
	for path, why := range more {
		reasons[path] = why
	}
	return reasons
}

func exposed(a app.App, via string) bool { return a.Expose != nil && a.Expose.Via == via }

func isGRPC(a app.App) bool { return a.Expose.Port.App == "grpc" }

// prefix is the path that requests must begin with, without a slash at its end.
func prefix(a app.App) string { return "/" + strings.Trim(a.Expose.Path, "/") }

// methods are the calls that a path stands for, /SERVICE or /SERVICE/METHOD; none for all.
func methods(a app.App) []kube.GRPCMatch {
	service, method, _ := strings.Cut(prefix(a)[1:], "/")
	if service == "" {
		return nil
	}
	return []kube.GRPCMatch{{Method: kube.GRPCMethodMatch{Type: "Exact", Service: service, Method: method}}}
}

func parents(a app.App) []kube.GatewayRef {
	return []kube.GatewayRef{{
		Group:     "gateway.networking.k8s.io",
		Kind:      "Gateway",
		Namespace: a.Expose.Gateway.Namespace,
		Name:      a.Expose.Gateway.Name,
	}}
}

func backends(a app.App) []kube.BackendRef {
	return []kube.BackendRef{{Kind: "Service", Name: a.Name, Port: a.Expose.Port.Number, Weight: 1}}
}
