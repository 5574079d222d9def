package transition

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/manifest"
)

// everyNode stands for as many pods as there are nodes, which nobody here knows.
const everyNode = math.MaxInt32

// workload is an object that keeps pods running.
type workload struct {
	manifest.Object
	template map[string]any    // of its pods
	labels   map[string]string // of its pods
	least    int64             // pods that it has at any load
	most     int64             // pods that it may have
}

// addWorkload takes in an object if it is a workload that may serve. The pods of Jobs come and go, and serve nobody.
func (s *state) addWorkload(o manifest.Object) {
	w := &workload{Object: o, template: manifest.Map(o.Fields, "spec", "template")}
	w.least = number(o.Fields, 1, "replicas")
	switch o.Group() + "/" + o.Kind {
	case "apps/Deployment", "apps/StatefulSet", "apps/ReplicaSet":
	case "apps/DaemonSet":
		w.least = everyNode
	case "argoproj.io/Rollout":
		if ref := manifest.String(o.Fields, "spec", "workloadRef", "name"); ref != "" {
			target := s.objects[manifest.ID{Group: "apps", Kind: "Deployment", Namespace: o.Namespace, Name: ref}]
			w.template = manifest.Map(target.Fields, "spec", "template")
		}
	default:
		return
	}
	w.most = w.least
	w.labels = manifest.Strings(w.template, "metadata", "labels")
	s.workloads = append(s.workloads, w)
	s.byID[w.ID()] = w
	for key, value := range w.labels {
		label := podLabel{w.Namespace, key, value}
		s.byLabel[label] = append(s.byLabel[label], w)
	}
}

// scale gives the target of an autoscaler its numbers.
func (s *state) scale(o manifest.Object) {
	target := manifest.ID{
		Namespace: o.Namespace,
		Kind:      manifest.String(o.Fields, "spec", "scaleTargetRef", "kind"),
		Name:      manifest.String(o.Fields, "spec", "scaleTargetRef", "name"),
	}
	version := manifest.String(o.Fields, "spec", "scaleTargetRef", "apiVersion")
	var least, most int64
	switch o.Group() + "/" + o.Kind {
	case "autoscaling/HorizontalPodAutoscaler":
		least, most = number(o.Fields, 1, "minReplicas"), number(o.Fields, 1, "maxReplicas")
	case "keda.sh/ScaledObject": // what it leaves out are KEDA's own defaults
		least, most = number(o.Fields, 0, "minReplicaCount"), number(o.Fields, 100, "maxReplicaCount")
		version, target.Kind = cmp.Or(version, "apps/v1"), cmp.Or(target.Kind, "Deployment")
	default:
		return
	}
	target.Group, _, _ = strings.Cut(version, "/")
	w := s.byID[target]
	if w == nil || w.most == 0 && o.Kind == "HorizontalPodAutoscaler" { // of 0 pods that one keeps its hands off
		return
	}
	w.least, w.most = least, most
}

// number returns a number of a spec, or what serves when it is not there.
func number(fields map[string]any, otherwise int64, name string) int64 {
	if n, ok := manifest.Int(fields, "spec", name); ok {
		return n
	}
	return otherwise
}

// selected returns the workloads whose pods have all these labels.
func (s *state) selected(namespace string, labels map[string]string) []*workload {
	if len(labels) == 0 {
		return nil // such a Service is filled by somebody else
	}
	var candidates []*workload
	first := true
	for key, value := range labels { // the rarest label leaves the fewest to look at
		if found := s.byLabel[podLabel{namespace, key, value}]; first || len(found) < len(candidates) {
			candidates, first = found, false
		}
	}
	var all []*workload
	for _, w := range candidates {
		if covers(w.labels, labels) {
			all = append(all, w)
		}
	}
	return all
}

// covers reports whether pods with these labels are selected by the wanted ones.
func covers(labels, wanted map[string]string) bool {
	for key, value := range wanted {
		if v, ok := labels[key]; !ok || v != value {
			return false
		}
	}
	return true
}

// part returns the workloads for which keep holds.
func part(all []*workload, keep func(*workload) bool) []*workload {
	var some []*workload
	for _, w := range all {
		if keep(w) {
			some = append(some, w)
		}
	}
	return some
}

// disjoint reports whether no workload is in both lists.
func disjoint(a, b []*workload) bool {
	return !slices.ContainsFunc(a, func(w *workload) bool { return among(b, w) })
}

// among reports whether a workload of the same identity is in the list.
func among(all []*workload, w *workload) bool {
	return slices.ContainsFunc(all, func(other *workload) bool { return other.ID() == w.ID() })
}

// list names workloads: Deployment/web and Deployment/web-canary.
func list(all []*workload) string {
	var names []string
	for _, w := range all {
		names = append(names, short(w.Object))
	}
	return strings.Join(names, " and ")
}
