package compile_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/manifest"
)

// controllersFindAll wants what Argo Rollouts and Flagger refer to: routes with both subsets, templates, autoscalers; and steps that
// ascend.
func controllersFindAll(_ world, s *space, c combo) (found []string) {
	l := (*lines)(&found)
	l.must(len(s.kind("Rollout")) == btoi(c.via == "argo") && len(s.kind("Canary")) == btoi(c.via == "flagger"), "%d Rollouts and %d Canaries", len(s.kind("Rollout")), len(s.kind("Canary")))
	for _, o := range s.kind("Rollout") {
		ascend(l, o, weightsOfSteps(o))
		spec := manifest.Map(o.Fields, "spec", "strategy", "canary")
		for _, ref := range manifest.Maps(spec, "analysis", "templates") {
			_, ok := s.named("AnalysisTemplate", manifest.String(ref, "templateName"))
			l.must(ok, "%s is judged by %v, which is not there", o, ref)
		}
		l.must(c.kind == "worker" || len(manifest.Maps(spec, "analysis", "templates")) > 0, "nothing judges %s", o)
		l.must((manifest.Map(spec, "trafficRouting") != nil) == (c.routed() == "istio"), "%s has router %v", o, spec["trafficRouting"])
		if routing := manifest.Map(spec, "trafficRouting", "istio"); routing != nil {
			argoFinds(l, s, o, routing)
		}
	}
	for _, o := range s.kind("Canary") {
		var weights []int64
		for _, v := range manifest.List(o.Fields, "spec", "analysis", "stepWeights") {
			weight, _ := v.(int64)
			weights = append(weights, weight)
		}
		ascend(l, o, weights)
		metrics := manifest.Maps(o.Fields, "spec", "analysis", "metrics")
		l.must(len(metrics) > 0, "nothing judges %s", o)
		for _, m := range metrics {
			_, ok := s.named("MetricTemplate", manifest.String(m, "templateRef", "name"))
			l.must(ok && manifest.Map(m, "thresholdRange") != nil, "%s is judged by %v", o, m)
		}
		_, target := s.named(manifest.String(o.Fields, "spec", "targetRef", "kind"), manifest.String(o.Fields, "spec", "targetRef", "name"))
		_, scaler := s.named(manifest.String(o.Fields, "spec", "autoscalerRef", "kind"), manifest.String(o.Fields, "spec", "autoscalerRef", "name"))
		l.must(target && scaler, "%s has a target: %v, and an autoscaler: %v", o, target, scaler)
		want := map[string]string{"istio": "istio", "gateway": "gatewayapi:v1"}[c.routed()]
		l.must(manifest.String(o.Fields, "spec", "provider") == want, "%s is routed by %s, want %s", o, manifest.String(o.Fields, "spec", "provider"), want)
	}
	return found
}

// argoFinds wants each route that Argo Rollouts moves, with both subsets: all of the requests go to the stable one.
func argoFinds(l *lines, s *space, o manifest.Object, routing map[string]any) {
	vs, _ := s.named("VirtualService", manifest.String(routing, "virtualService", "name"))
	dr, _ := s.named("DestinationRule", manifest.String(routing, "destinationRule", "name"))
	stable, canary := manifest.String(routing, "destinationRule", "stableSubsetName"), manifest.String(routing, "destinationRule", "canarySubsetName")
	for _, name := range []string{stable, canary} {
		i := slices.IndexFunc(manifest.Maps(dr.Fields, "spec", "subsets"), func(subset map[string]any) bool { return subset["name"] == name })
		l.must(name != "" && i >= 0, "%s moves subset %q, which %s lacks", o, name, dr)
	}
	routes := manifest.List(routing, "virtualService", "routes")
	for _, m := range manifest.Maps(vs.Fields, "spec", "http") {
		l.must(slices.Contains(routes, m["name"]), "%s leaves route %v where it is", o, m["name"])
		var split []string
		for _, b := range istioRule(vs, m).backends {
			split = append(split, fmt.Sprint(b.subset, b.weight))
		}
		l.must(slices.Equal(split, []string{stable + "100", canary + "0"}), "route %v of %s begins with %v", m["name"], vs, split)
	}
	ports := manifest.Maps(routing, "virtualService", "tcpRoutes")
	l.must(len(routes) > 0 && len(routes) == len(manifest.Maps(vs.Fields, "spec", "http")) && len(ports) == len(manifest.Maps(vs.Fields, "spec", "tcp")), "%s moves %v and %v", o, routes, ports)
}

// weightsOfSteps are those of an Argo Rollout.
func weightsOfSteps(o manifest.Object) (weights []int64) {
	for _, step := range manifest.Maps(o.Fields, "spec", "strategy", "canary", "steps") {
		if weight, ok := step["setWeight"].(int64); ok {
			weights = append(weights, weight)
		}
	}
	return weights
}

func ascend(l *lines, o manifest.Object, weights []int64) {
	last := int64(0)
	for _, weight := range weights {
		l.must(weight > last && weight < 100, "%s has steps %v", o, weights)
		last = weight
	}
	l.must(len(weights) > 0, "%s has no step", o)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// monitorsReadOnce wants the metrics of each pod once: a pod that two Services of one monitor lead to counts twice.
func monitorsReadOnce(_ world, s *space, c combo) (found []string) {
	l := (*lines)(&found)
	count := map[*owner]int{}
	for _, m := range s.kind("ServiceMonitor") {
		for _, svc := range s.kind("Service") {
			if !within(manifest.Strings(m.Fields, "spec", "selector", "matchLabels"), manifest.Strings(svc.Fields, "metadata", "labels")) {
				continue
			}
			for _, endpoint := range manifest.Maps(m.Fields, "spec", "endpoints") {
				has := slices.ContainsFunc(manifest.Maps(svc.Fields, "spec", "ports"), func(p map[string]any) bool { return p["name"] == endpoint["port"] })
				l.must(has, "%s reads port %v of %s", m, endpoint["port"], svc)
				for _, w := range s.behind(svc.Name) {
					count[w]++
				}
			}
		}
	}
	for _, w := range s.owners {
		want := btoi(!w.ends && (c.kind == "service" || c.kind == "stateful"))
		l.must(count[w] == want, "%s is read %d times, want %d", w, count[w], want)
	}
	return found
}

// migrationRunsApart wants the schema of the newest version, and no policy, Service or budget of the app to know the Job.
func migrationRunsApart(_ world, s *space, c combo) (found []string) {
	l := (*lines)(&found)
	jobs := s.kind("Job")
	l.must(len(jobs) == btoi(c.migrate), "%d migrations", len(jobs))
	newest := imageOne
	if c.finished || c.image || c.phase == "preview" || c.phase == "warm" {
		newest = imageTwo
	}
	for _, w := range s.owners {
		if w.Kind != "Job" {
			continue
		}
		l.must(w.image() == newest, "%s runs %s, want %s", w, w.image(), newest)
		for _, p := range s.kind("NetworkPolicy") {
			selector := manifest.Strings(p.Fields, "spec", "podSelector", "matchLabels")
			l.must(len(selector) == 0 || !within(selector, w.labels) || len(s.selected(selector)) == 1, "%s governs %s and the app", p, w)
		}
		for _, o := range s.kind("Service") {
			l.must(!within(manifest.Strings(o.Fields, "spec", "selector"), w.labels), "%s leads to %s", o, w)
		}
		l.must(!strings.HasPrefix(w.labels[nameLabel], c.name+"-primary") && w.labels[nameLabel] != c.name, "%s looks like a pod of the app", w)
	}
	return found
}
