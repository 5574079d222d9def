package compile_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/manifest"
)

// space is one namespace as a cluster sees it: the objects as plain maps, with what Flagger makes of them. It knows nothing of how
// they were made.
type space struct {
	objects []manifest.Object
	owners  []*owner
}

// owner is an object that makes pods.
type owner struct {
	manifest.Object
	template    map[string]any
	labels      map[string]string // of its pods
	selector    map[string]string // empty: the API server makes one up
	least, most int64             // pods that it wants
	surge       int64             // pods above that during a rollout
	ends        bool              // its pods end by themselves
}

// spaces parts objects into their namespaces.
func spaces(t *testing.T, objects []manifest.Object) map[string]*space {
	t.Helper()
	all := map[string]*space{}
	for _, o := range withClones(t, objects) {
		name := o.Namespace
		if o.Kind == "Namespace" {
			name = o.Name
		}
		if all[name] == nil {
			all[name] = &space{}
		}
		all[name].objects = append(all[name].objects, o)
	}
	for _, s := range all {
		s.findOwners()
	}
	return all
}

func (s *space) findOwners() {
	s.owners = nil
	for _, o := range s.objects {
		path, ends := []string{"spec", "template"}, false
		switch o.Kind {
		case "Deployment", "StatefulSet", "Rollout":
		case "Job":
			ends = true
		case "CronJob":
			path, ends = []string{"spec", "jobTemplate", "spec", "template"}, true
		default:
			continue
		}
		w := &owner{Object: o, ends: ends, least: 1, selector: manifest.Strings(o.Fields, "spec", "selector", "matchLabels")}
		w.template = manifest.Map(o.Fields, path...)
		w.labels = manifest.Strings(w.template, "metadata", "labels")
		if n, ok := manifest.Int(o.Fields, "spec", "replicas"); ok {
			w.least = n
		}
		w.most = w.least
		for _, h := range s.scalersOf(w) {
			low, _ := manifest.Int(h.Fields, "spec", map[string]string{"HorizontalPodAutoscaler": "minReplicas", "ScaledObject": "minReplicaCount"}[h.Kind])
			high, _ := manifest.Int(h.Fields, "spec", map[string]string{"HorizontalPodAutoscaler": "maxReplicas", "ScaledObject": "maxReplicaCount"}[h.Kind])
			w.least, w.most = low, high
		}
		w.surge = surgeOf(w)
		s.owners = append(s.owners, w)
	}
}

// surgeOf is how many pods a rollout may add: Argo Rollouts runs all new pods beside all old ones where a router splits.
func surgeOf(w *owner) int64 {
	switch w.Kind {
	case "Deployment":
		return scaledUp(at(w.Fields, "spec", "strategy", "rollingUpdate", "maxSurge"), w.most)
	case "Rollout":
		n := scaledUp(at(w.Fields, "spec", "strategy", "canary", "maxSurge"), w.most)
		if manifest.Map(w.Fields, "spec", "strategy", "canary", "trafficRouting") != nil {
			n += w.most
		}
		return n
	}
	return 0
}

// at returns what stands at a path; nil: nothing.
func at(fields map[string]any, path ...string) any {
	return manifest.Map(fields, path[:len(path)-1]...)[path[len(path)-1]]
}

// scaledUp is a number, or a percentage of n rounded up, as Kubernetes reads both fields of a budget and the surge of a rollout.
func scaledUp(v any, n int64) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case string:
		percent, err := strconv.ParseInt(strings.TrimSuffix(v, "%"), 10, 64)
		if err == nil && strings.HasSuffix(v, "%") {
			return (n*percent + 99) / 100
		}
	}
	return 0
}

// kind returns the objects of some kinds.
func (s *space) kind(kinds ...string) []manifest.Object {
	return slices.DeleteFunc(slices.Clone(s.objects), func(o manifest.Object) bool { return !slices.Contains(kinds, o.Kind) })
}

// named returns an object; false: there is none.
func (s *space) named(kind, name string) (manifest.Object, bool) {
	i := slices.IndexFunc(s.objects, func(o manifest.Object) bool { return o.Kind == kind && o.Name == name })
	if i < 0 {
		return manifest.Object{}, false
	}
	return s.objects[i], true
}

// selected returns the owners of the pods that have all of these labels; none for no labels.
func (s *space) selected(labels map[string]string) []*owner {
	return slices.DeleteFunc(slices.Clone(s.owners), func(w *owner) bool { return len(labels) == 0 || !within(labels, w.labels) })
}

// behind returns the owners of the pods that a Service leads to.
func (s *space) behind(service string) []*owner {
	o, _ := s.named("Service", service)
	return s.selected(manifest.Strings(o.Fields, "spec", "selector"))
}

// within reports whether labels have all that a selector wants.
func within(selector, labels map[string]string) bool {
	for key, value := range maps.All(selector) {
		if have, ok := labels[key]; !ok || have != value {
			return false
		}
	}
	return true
}

// scalersOf returns the autoscalers of an owner.
func (s *space) scalersOf(w *owner) []manifest.Object {
	return slices.DeleteFunc(s.kind("HorizontalPodAutoscaler", "ScaledObject"), func(o manifest.Object) bool { return !targets(o, "scaleTargetRef", w.Object) })
}

// targets reports whether a reference of an object's spec names another object.
func targets(o manifest.Object, ref string, to manifest.Object) bool {
	return manifest.String(o.Fields, "spec", ref, "kind") == to.Kind && manifest.String(o.Fields, "spec", ref, "name") == to.Name &&
		manifest.String(o.Fields, "spec", ref, "apiVersion") == to.APIVersion
}

// containers are those of a pod that run side by side.
func (w *owner) containers() []map[string]any {
	all := manifest.Maps(w.template, "spec", "containers")
	for _, c := range manifest.Maps(w.template, "spec", "initContainers") {
		if c["restartPolicy"] == "Always" {
			all = append(all, c)
		}
	}
	return all
}

// image is that of the app's own container.
func (w *owner) image() string {
	for _, c := range manifest.Maps(w.template, "spec", "containers") {
		return manifest.String(c, "image")
	}
	return ""
}

// port returns the number of a port of the pods by its name or number; 0: they have none.
func (w *owner) port(target any) int64 {
	for _, c := range w.containers() {
		for _, p := range manifest.Maps(c, "ports") {
			if number, _ := p["containerPort"].(int64); p["name"] == target || number == target {
				return number
			}
		}
	}
	return 0
}

// names lists owners as KIND/NAME.
func names(all []*owner) string {
	var list []string
	for _, w := range all {
		list = append(list, w.Kind+"/"+w.Name)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}
