package compile_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/manifest"
)

// rule is one rule of a route: who gets the requests that it matches.
type rule struct {
	route    manifest.Object
	door     string           // gateway and port, where a route has several
	headers  []map[string]any // that requests must have
	backends []destination
	bytes    bool // connections, which have no headers
}

type destination struct {
	service, subset string
	port, weight    int64
	weighted        bool // the weight is written
}

// asked reports whether only some requests match, by what they carry.
func (r rule) asked() bool { return len(r.headers) > 0 }

// rules returns the rules of all routes in their order.
func (s *space) rules() (all []rule) {
	for _, o := range s.kind("HTTPRoute", "GRPCRoute") {
		for _, m := range manifest.Maps(o.Fields, "spec", "rules") {
			r := rule{route: o}
			for _, match := range manifest.Maps(m, "matches") {
				r.headers = append(r.headers, manifest.Maps(match, "headers")...)
			}
			for _, b := range manifest.Maps(m, "backendRefs") {
				weight, ok := b["weight"].(int64)
				port, _ := b["port"].(int64)
				r.backends = append(r.backends, destination{manifest.String(b, "name"), "", port, weight, ok})
			}
			all = append(all, r)
		}
	}
	for _, o := range s.kind("Ingress") {
		for _, host := range manifest.Maps(o.Fields, "spec", "rules") {
			for _, path := range manifest.Maps(host, "http", "paths") {
				port, _ := manifest.Int(path, "backend", "service", "port", "number")
				all = append(all, rule{route: o, backends: []destination{{service: manifest.String(path, "backend", "service", "name"), port: port}}})
			}
		}
	}
	for _, o := range s.kind("VirtualService") {
		for _, m := range manifest.Maps(o.Fields, "spec", "http") {
			all = append(all, istioRule(o, m))
		}
		for _, m := range manifest.Maps(o.Fields, "spec", "tcp") {
			r := istioRule(o, m)
			r.bytes = true
			all = append(all, r)
		}
	}
	return all
}

func istioRule(o manifest.Object, m map[string]any) rule {
	r := rule{route: o}
	for _, match := range manifest.Maps(m, "match") {
		r.door = fmt.Sprint(match["gateways"], match["port"])
		if headers := manifest.Map(match, "headers"); headers != nil {
			r.headers = append(r.headers, headers)
		}
	}
	for _, to := range manifest.Maps(m, "route") {
		weight, ok := to["weight"].(int64)
		port, _ := manifest.Int(to, "destination", "port", "number")
		r.backends = append(r.backends, destination{manifest.String(to, "destination", "host"), manifest.String(to, "destination", "subset"), port, weight, ok})
	}
	return r
}

// reached returns the owners of the pods that a destination leads to.
func (s *space) reached(d destination) []*owner {
	behind := s.behind(d.service)
	if d.subset == "" {
		return behind
	}
	var all []*owner
	for _, o := range s.kind("DestinationRule") {
		for _, subset := range manifest.Maps(o.Fields, "spec", "subsets") {
			if manifest.String(o.Fields, "spec", "host") == d.service && subset["name"] == d.subset {
				for _, w := range behind {
					if within(manifest.Strings(subset, "labels"), w.labels) {
						all = append(all, w)
					}
				}
			}
		}
	}
	return all
}

func servicesLeadToVersions(_ world, s *space, c combo) (found []string) {
	l := (*lines)(&found)
	_, served := c.promise()
	own := strings.Join(slices.Sorted(slices.Values(served)), " ")
	want := map[string]string{}
	if c.kind == "service" || c.kind == "stateful" {
		want[c.name] = own
	}
	switch {
	case c.kind == "stateful":
		want[c.name+"-headless"] = own
	case c.via == "flagger":
		want[c.name+"-primary"], want[c.name+"-canary"] = own, "Deployment/"+c.name
	case c.via == "gateway" && c.image:
		want[c.name+"-canary"] = "Deployment/" + c.name + "-canary"
	case c.phase != "":
		want[c.name+"-preview"] = "Deployment/" + c.idle()
	}
	if c.expose == "loadbalancer" {
		want[c.name+"-external"] = own
	}
	for _, o := range s.kind("Service") {
		pods := s.behind(o.Name)
		l.must(names(pods) == want[o.Name], "%s leads to %q, want %q", o, names(pods), want[o.Name])
		for _, p := range manifest.Maps(o.Fields, "spec", "ports") {
			for _, w := range pods {
				l.must(w.port(p["targetPort"]) != 0, "%s has no port %v for %s", w, p["targetPort"], o)
			}
		}
		l.must((manifest.String(o.Fields, "spec", "type") == "LoadBalancer") == (o.Name == c.name+"-external"), "%s has type %s", o, manifest.String(o.Fields, "spec", "type"))
		delete(want, o.Name)
	}
	l.must(len(want) == 0, "no Service %v", want)
	return found
}

func routesLeadToPods(_ world, s *space, c combo) (found []string) {
	l := (*lines)(&found)
	for _, r := range s.rules() {
		var sum int64
		for _, b := range r.backends {
			sum += b.weight
			svc, ok := s.named("Service", b.service)
			i := slices.IndexFunc(manifest.Maps(svc.Fields, "spec", "ports"), func(p map[string]any) bool { return p["port"] == b.port })
			l.must(ok && i >= 0, "%s leads to %+v, which is no port of a Service", r.route, b)
			pods := s.reached(b)
			l.must(len(pods) > 0, "%s leads to %+v, where no pods are", r.route, b)
			serves := slices.ContainsFunc(pods, func(w *owner) bool { return w.least > 0 })
			l.must(serves || b.weighted && b.weight == 0, "%s leads to %s, without a pod", r.route, names(pods))
		}
		switch len(r.backends) {
		case 0:
			l.must(false, "%s has a rule that leads nowhere", r.route)
		case 1:
			l.must(!r.backends[0].weighted || sum > 0, "%s leads nobody to %+v", r.route, r.backends[0])
		default:
			l.must(sum == 100 && !slices.ContainsFunc(r.backends, func(b destination) bool { return !b.weighted || b.weight < 0 }), "%s has weights that are together %d", r.route, sum)
		}
	}
	l.must(c.expose == "" || slices.Contains(s.doors(), c.expose), "nobody leads from outside by %s: %v", c.expose, s.doors())
	for _, o := range s.kind("VirtualService") {
		if !slices.Contains(manifest.List(o.Fields, "spec", "gateways"), any("mesh")) {
			continue
		}
		svc, _ := s.named("Service", c.name)
		for _, p := range manifest.Maps(svc.Fields, "spec", "ports") {
			l.must(slices.ContainsFunc(s.rules(), func(r rule) bool { return !r.asked() && r.door == fmt.Sprint([]any{"mesh"}, p["port"]) }), "%s loses port %v inside the mesh", o, p["port"])
		}
	}
	return found
}

// doors are the ways from outside, as the spec calls them.
func (s *space) doors() (all []string) {
	for _, o := range s.objects {
		switch gateways := manifest.List(o.Fields, "spec", "gateways"); {
		case o.Kind == "HTTPRoute" && manifest.String(manifest.Maps(o.Fields, "spec", "parentRefs")[0], "namespace") == "gateway",
			o.Kind == "Canary" && len(manifest.List(o.Fields, "spec", "service", "gatewayRefs")) > 0:
			all = append(all, "gateway")
		case slices.Contains(gateways, any("istio-ingress/public")), slices.Contains(manifest.List(o.Fields, "spec", "service", "gateways"), any("istio-ingress/public")):
			all = append(all, "istio")
		case o.Kind == "Ingress":
			all = append(all, "ingress")
		case manifest.String(o.Fields, "spec", "type") == "LoadBalancer":
			all = append(all, "loadbalancer")
		}
	}
	return all
}

func subsetsAreDefined(_ world, s *space, c combo) (found []string) {
	l := (*lines)(&found)
	for _, r := range s.rules() {
		for _, b := range r.backends {
			if b.subset == "" {
				continue
			}
			want := "Deployment/" + c.name + map[string]string{"stable": "", "canary": "-canary"}[b.subset]
			if c.via == "argo" {
				want = "Rollout/" + c.name
			}
			l.must(names(s.reached(b)) == want, "%s names subset %s, which is %q, want %q", r.route, b.subset, names(s.reached(b)), want)
			_, ok := s.named("DestinationRule", b.service)
			l.must(ok, "%s names subset %s of %s, which has no DestinationRule", r.route, b.subset, b.service)
		}
	}
	for _, o := range s.kind("DestinationRule") {
		l.must(manifest.Map(o.Fields, "spec", "trafficPolicy", "outlierDetection") != nil, "%s gives up no pod", o)
		for _, subset := range manifest.Maps(o.Fields, "spec", "subsets") {
			pods := s.reached(destination{service: manifest.String(o.Fields, "spec", "host"), subset: manifest.String(subset, "name")})
			l.must(len(pods) == 1, "%s has subset %v of %q", o, subset["name"], names(pods))
		}
	}
	return found
}

func versionsGetTheirShare(_ world, s *space, c combo) (found []string) {
	l := (*lines)(&found)
	stable, canary := s.owner(c.name), s.owner(c.name+"-canary")
	switch {
	case c.strategy == "blueGreen" && c.phase != "":
		active, idle := s.owner(c.name+"-"+c.active), s.owner(c.idle())
		l.must(idle.least >= min(2, active.most) && idle.most <= active.most, "a %s of %d to %d pods", c.phase, idle.least, idle.most)
		l.must(c.phase == "preview" || idle.least >= max(active.least, (active.most+1)/2) && idle.most == active.most,
			"%s has %d to %d pods, and %s %d to %d", idle, idle.least, idle.most, active, active.least, active.most)
	case c.image && c.via == "replicas":
		pods, _ := c.canaryPods()
		l.must(canary.least == int64(pods) && canary.most == int64(pods), "%d to %d pods make %d %%, want %d", canary.least, canary.most, c.weight, pods)
		l.must(stable.least == int64(c.fixedPods()) && (len(s.scalersOf(stable)) > 0) == strings.HasPrefix(c.scale, "scale:"), "%d to %d stable pods beside a canary", stable.least, stable.most)
	case c.image:
		share := int64(max(c.weight, 0))
		l.must(canary.least >= min(2, stable.least) && 100*canary.least >= stable.least*share && 100*canary.most >= stable.most*share && canary.most <= stable.most,
			"%d to %d pods for %d %% of what %d to %d serve", canary.least, canary.most, share, stable.least, stable.most)
		split := 0
		for _, r := range s.rules() {
			for _, b := range r.backends {
				if !r.asked() && slices.Contains(s.reached(b), canary) {
					split++
					l.must(b.weight == share, "%s gives the canary %d %%, want %d", r.route, b.weight, share)
				}
			}
		}
		l.must(split > 0, "no rule knows the canary")
	}
	sticks := c.sticky && (c.via == "replicas" || c.via == "argo")
	for _, o := range s.kind("Service") {
		l.must((manifest.String(o.Fields, "spec", "sessionAffinity") == "ClientIP") == (sticks && c.kind == "service"), "%s has affinity %q", o, manifest.String(o.Fields, "spec", "sessionAffinity"))
	}
	return found
}

// owner returns the workload with this name; one without pods where there is none.
func (s *space) owner(name string) *owner {
	for _, w := range s.owners {
		if w.Name == name {
			return w
		}
	}
	return &owner{}
}

// headerReachesNew wants who asks for the new version to reach it whatever the weights are, by a rule above the weighted one; and who
// has been on a version to stay there.
func headerReachesNew(_ world, s *space, c combo) (found []string) {
	l := (*lines)(&found)
	canary := s.owner(c.name + "-canary")
	first := map[string]bool{} // doors whose first rule is for the header
	for _, r := range s.rules() {
		door := r.route.Kind + r.door
		header := strings.Contains(fmt.Sprint(r.headers), "always")
		if _, seen := first[door]; !seen && !r.bytes {
			first[door] = header
			l.must(header == (c.header && c.image), "the first rule of %s at %s: %+v", r.route, r.door, r)
		}
		if header {
			l.must(len(r.backends) == 1 && names(s.reached(r.backends[0])) == names([]*owner{canary}), "who asks by a header reaches %+v", r.backends)
			continue
		}
		if r.asked() { // by a cookie: one version each
			l.must(c.sticky && len(r.backends) == 1, "%s: %+v", r.route, r)
		}
	}
	pins := c.sticky && c.via == "istio" && c.weight > 0 // at weight 0 a rollback takes everybody back
	l.must((len(s.pinned()) > 0) == pins, "versions keep their users: %v", s.pinned())
	for door, n := range s.pinned() {
		l.must(n == 2, "at %s %d versions keep their users", door, n)
	}
	for _, o := range s.kind("Rollout") {
		steps := fmt.Sprint(manifest.List(o.Fields, "spec", "strategy", "canary", "steps"))
		l.must(strings.Contains(steps, "setHeaderRoute") == c.header, "%s: header %v, steps %s", o, c.header, steps)
	}
	return found
}

// pinned returns how many rules lead those who were on a version before, by door.
func (s *space) pinned() map[string]int {
	count := map[string]int{}
	for _, r := range s.rules() {
		for _, h := range r.headers {
			if slices.Contains(slices.Collect(maps.Keys(h)), "cookie") {
				count[r.door]++
			}
		}
	}
	return count
}
