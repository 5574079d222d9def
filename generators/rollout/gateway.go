// Package rollout leads requests to apps, and to the new version of one in the share that its release has reached.
package rollout

import (
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// HTTPRoute leads requests of a Gateway to an app. Flagger makes the one of its apps itself.
var HTTPRoute = generator.Generator{
	Name:    "http-route",
	Reasons: routeReasons("HTTPRoute", generator.Reasons{"HTTPRoute spec.rules[].matches[].path.type": "whole path segments: /api is not /apiary"}),
	Run: func(a app.App) []generator.Object {
		if !exposed(a, "gateway") || isGRPC(a) || a.CanaryBy(app.ByFlagger) {
			return nil
		}
		path := kube.HTTPPathMatch{Type: "PathPrefix", Value: prefix(a)}
		var rules []kube.HTTPRouteRule
		for _, b := range branches(a) {
			rules = append(rules, kube.HTTPRouteRule{
				Matches:     []kube.HTTPMatch{{Path: path, Headers: b.headers}},
				BackendRefs: b.backends,
			})
		}
		return []generator.Object{&kube.HTTPRoute{
			TypeMeta:   kube.Type("gateway.networking.k8s.io/v1", "HTTPRoute"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec:       kube.HTTPRouteSpec{ParentRefs: parents(a), Hostnames: a.Expose.Hosts, Rules: rules},
		}}
	},
}

// GRPCRoute leads gRPC calls of a Gateway to an app.
var GRPCRoute = generator.Generator{
	Name:    "grpc-route",
	Reasons: routeReasons("GRPCRoute", generator.Reasons{"GRPCRoute spec.rules[].matches[].method.type": "the names as they are, no patterns"}),
	Run: func(a app.App) []generator.Object {
		if !exposed(a, "gateway") || !isGRPC(a) || a.CanaryBy(app.ByFlagger) {
			return nil
		}
		var rules []kube.GRPCRouteRule
		for _, b := range branches(a) {
			rules = append(rules, kube.GRPCRouteRule{Matches: calls(a, b.headers), BackendRefs: b.backends})
		}
		return []generator.Object{&kube.GRPCRoute{
			TypeMeta:   kube.Type("gateway.networking.k8s.io/v1", "GRPCRoute"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec:       kube.GRPCRouteSpec{ParentRefs: parents(a), Hostnames: a.Expose.Hosts, Rules: rules},
		}}
	},
}

// routeReasons are the reasons of both kinds of route: what the API server would fill in is written, so that a comparison of the
// cluster with the files shows no difference.
func routeReasons(kind string, more generator.Reasons) generator.Reasons {
	reasons := generator.Reasons{
		kind + " spec.parentRefs[].group":               "the default, written: no drift",
		kind + " spec.parentRefs[].kind":                "the default, written: no drift",
		kind + " spec.rules[].backendRefs[].group":      "the default, written: no drift",
		kind + " spec.rules[].backendRefs[].kind":       "the default, written: no drift",
		kind + " spec.rules[].backendRefs[].weight":     "the default, written: no drift; of versions side by side their share in percent",
		kind + " spec.rules[].matches[].headers[].type": "the default, written: no drift",
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

// calls are those that a path stands for, /SERVICE or /SERVICE/METHOD, with the headers; none for all.
func calls(a app.App, headers []kube.HeaderMatch) []kube.GRPCMatch {
	service, method, _ := strings.Cut(prefix(a)[1:], "/")
	match := kube.GRPCMatch{Headers: headers}
	if service != "" {
		match.Method = kube.GRPCMethodMatch{Type: "Exact", Service: service, Method: method}
	} else if headers == nil {
		return nil
	}
	return []kube.GRPCMatch{match}
}

func parents(a app.App) []kube.GatewayRef {
	return []kube.GatewayRef{{
		Group:     "gateway.networking.k8s.io",
		Kind:      "Gateway",
		Namespace: a.Expose.Gateway.Namespace,
		Name:      a.Expose.Gateway.Name,
	}}
}

// A branch is the requests with some headers, and who gets them.
type branch struct {
	headers  []kube.HeaderMatch // nil: all requests
	backends []kube.BackendRef
}

// branches are where the requests of an app go: while a canary runs, those that ask for it by a header, and then all others by
// weight, of which 100 is the whole.
func branches(a app.App) []branch {
	switch {
	case !a.CanaryBy(app.ByGateway):
		return []branch{{backends: []kube.BackendRef{backend(a, a.Name, 1)}}}
	case a.Other == nil: // so that the canary's coming and going changes no other weight
		return []branch{{backends: []kube.BackendRef{backend(a, a.Name, 100)}}}
	}
	weight := a.Rollout.Split.Weight
	split := []kube.BackendRef{backend(a, a.Name, 100-weight), backend(a, kube.CanaryName(a), weight)}
	h := header(a, app.ByGateway)
	if h == nil {
		return []branch{{backends: split}}
	}
	return []branch{
		{[]kube.HeaderMatch{{Type: "Exact", Name: h.Name, Value: h.Value}}, []kube.BackendRef{backend(a, kube.CanaryName(a), 100)}},
		{backends: split},
	}
}

func backend(a app.App, service string, weight int32) kube.BackendRef {
	return kube.BackendRef{Kind: "Service", Name: service, Port: a.Expose.Port.Number, Weight: weight}
}

// header is the one by which requests choose the canary; nil where there is none, or none to choose.
func header(a app.App, engine app.Engine) *app.Header {
	if !a.CanaryBy(engine) || a.Other == nil {
		return nil
	}
	return a.Rollout.Split.Header
}
