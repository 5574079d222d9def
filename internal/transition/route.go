package transition

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/manifest"
)

// service is a Service with the labels of the pods behind it.
type service struct {
	manifest.Object
	selector map[string]string
}

// previews reports whether a Service only lets a new version of another one be tried: users don't come that way. Argo Rollouts
// calls it so, too.
func (s *state) previews(svc service) bool {
	name, ok := strings.CutSuffix(svc.Name, "-preview")
	main, there := s.services[address{svc.Namespace, name}]
	return ok && there && appOf(main.Object) == appOf(svc.Object)
}

// route is an object that leads requests to Services.
type route struct {
	manifest.Object
	rules []rule
}

// rule is one rule of a route.
type rule struct {
	match    string // which requests it takes
	all      bool   // it takes all that no other rule takes
	asked    bool   // it takes only requests that ask for it, by a header or a parameter: testers, not users
	backends []backend
}

// backend is where a rule leads.
type backend struct {
	to     address
	subset string // of a DestinationRule; empty: none
	weight int64
	share  float64 // of the rule's requests, from 0 to 1
	stated bool    // the weight is written down
}

// appendRoute adds an object if it is a route.
func appendRoute(all []route, o manifest.Object) []route {
	var rules []rule
	switch o.Group() {
	case "gateway.networking.k8s.io":
		for _, r := range manifest.Maps(o.Fields, "spec", "rules") {
			rules = append(rules, newRule(o, r, "matches", "backendRefs", gatewayBackend))
		}
	case "networking.istio.io":
		if o.Kind != "VirtualService" {
			return all
		}
		for _, protocol := range []string{"http", "tcp", "tls"} {
			for _, r := range manifest.Maps(o.Fields, "spec", protocol) {
				rule := newRule(o, r, "match", "route", istioBackend)
				rule.match = protocol + rule.match
				rules = append(rules, rule)
			}
		}
	case "networking.k8s.io":
		rules = ingressRules(o)
	}
	if len(rules) == 0 {
		return all
	}
	return append(all, route{o, rules})
}

// newRule reads a rule of a Gateway API route or a VirtualService.
func newRule(o manifest.Object, fields map[string]any, match, to string, read func(o manifest.Object, fields map[string]any, alone bool) backend) rule {
	matches := manifest.Maps(fields, match)
	r := rule{
		match: key(fields[match]),
		all:   len(matches) == 0 || slices.ContainsFunc(matches, takesAll),
		asked: len(matches) > 0 && !slices.ContainsFunc(matches, func(m map[string]any) bool {
			return len(manifest.List(m, "headers"))+len(manifest.Map(m, "headers"))+
				len(manifest.List(m, "queryParams"))+len(manifest.Map(m, "queryParams")) == 0
		}),
	}
	all := manifest.Maps(fields, to)
	for _, b := range all {
		r.backends = append(r.backends, read(o, b, len(all) == 1))
	}
	var sum int64
	for _, b := range r.backends {
		sum += b.weight
	}
	for i := range r.backends {
		r.backends[i].share = float64(r.backends[i].weight) / float64(max(sum, 1))
	}
	return r
}

// takesAll reports whether a match of the Gateway API or of Istio leaves nothing out.
func takesAll(match map[string]any) bool {
	byPath := manifest.String(match, "path", "type") == "PathPrefix" && manifest.String(match, "path", "value") == "/"
	return len(match) == 0 || len(match) == 1 && (byPath || manifest.String(match, "uri", "prefix") == "/")
}

// gatewayBackend reads a backendRef. A weight that is not stated is 1.
func gatewayBackend(o manifest.Object, fields map[string]any, _ bool) backend {
	b := backend{to: address{o.Namespace, manifest.String(fields, "name")}, weight: 1}
	if ns := manifest.String(fields, "namespace"); ns != "" {
		b.to.namespace = ns
	}
	if kind := manifest.String(fields, "kind"); kind != "" && kind != "Service" {
		b.to = address{}
	}
	if n, ok := manifest.Int(fields, "weight"); ok {
		b.weight, b.stated = n, true
	}
	return b
}

// istioBackend reads a destination. A weight that is not stated is all for one that is alone, and nothing beside others.
func istioBackend(o manifest.Object, fields map[string]any, alone bool) backend {
	b := backend{
		to:     hostAddress(manifest.String(fields, "destination", "host"), o.Namespace),
		subset: manifest.String(fields, "destination", "subset"),
	}
	n, ok := manifest.Int(fields, "weight")
	b.weight, b.stated = n, ok
	if !ok && alone {
		b.weight = 100
	}
	return b
}

// ingressRules reads an Ingress, where each path has one Service.
func ingressRules(o manifest.Object) []rule {
	add := func(all []rule, host string, fields map[string]any) []rule {
		name := manifest.String(fields, "backend", "service", "name")
		if name == "" {
			return all
		}
		path := manifest.String(fields, "path")
		return append(all, rule{
			match:    host + path,
			all:      path == "" || path == "/",
			backends: []backend{{to: address{o.Namespace, name}, weight: 100, share: 1}},
		})
	}
	var rules []rule
	for _, r := range manifest.Maps(o.Fields, "spec", "rules") {
		for _, path := range manifest.Maps(r, "http", "paths") {
			rules = add(rules, manifest.String(r, "host"), path)
		}
	}
	return add(rules, "", map[string]any{"backend": manifest.Map(o.Fields, "spec", "defaultBackend")})
}

// hosts returns the names by which clients ask for a route, as the Gateway API, Istio and Ingress write them.
func hosts(o manifest.Object) []string {
	var all []string
	for _, field := range []string{"hostnames", "hosts"} {
		for _, h := range manifest.List(o.Fields, "spec", field) {
			if host, ok := h.(string); ok {
				all = append(all, host)
			}
		}
	}
	for _, r := range manifest.Maps(o.Fields, "spec", "rules") {
		if host := manifest.String(r, "host"); host != "" {
			all = append(all, host)
		}
	}
	return all
}

// hostAddress returns the Service that a host of Istio's means: web, web.shop or web.shop.svc.cluster.local.
func hostAddress(host, namespace string) address {
	steps := strings.Split(host, ".")
	switch {
	case len(steps) == 1:
		return address{namespace, host}
	case len(steps) == 2 || steps[2] == "svc":
		return address{steps[1], steps[0]}
	}
	return address{name: host} // outside of the cluster
}

// key returns a value as JSON, in which equal values are equal texts.
func key(v any) string {
	b, _ := json.Marshal(v) // what was parsed is JSON
	return string(b)
}

// String names the backend as messages do.
func (b backend) String() string {
	if b.subset != "" {
		return "subset " + b.subset + " of Service/" + b.to.name
	}
	return "Service/" + b.to.name
}

// same reports whether two backends are one place, whatever their weights.
func (b backend) same(other backend) bool { return b.to == other.to && b.subset == other.subset }

// behind returns the workloads that serve a backend.
func (s *state) behind(b backend) []*workload {
	svc, ok := s.services[b.to]
	if !ok {
		return nil
	}
	all := s.selected(b.to.namespace, svc.selector)
	labels, ok := s.subsets[b.to][b.subset]
	if !ok && b.subset != "" {
		return nil
	}
	return part(all, func(w *workload) bool { return covers(w.labels, labels) })
}

// route returns the route of this identity; without rules: there is none.
func (s *state) route(id manifest.ID) route {
	i, ok := slices.BinarySearchFunc(s.routes, id, func(r route, id manifest.ID) int { return r.ID().Compare(id) })
	if !ok {
		return route{}
	}
	return s.routes[i]
}

// rule returns the rule that takes these requests, of several the first, as routers do; false: there is none.
func (r route) rule(match string) (rule, bool) {
	i := slices.IndexFunc(r.rules, func(rule rule) bool { return rule.match == match })
	if i < 0 {
		return rule{}, false
	}
	return r.rules[i], true
}

// reached returns the backends that get requests of users.
func (r route) reached() []backend {
	var all []backend
	for _, rule := range r.rules {
		for _, b := range rule.backends {
			if !rule.asked && b.weight > 0 {
				all = append(all, b)
			}
		}
	}
	return all
}
