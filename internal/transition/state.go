package transition

import (
	"maps"
	"slices"

	"github.com/scantling/scantling/internal/manifest"
)

// step is a change from one state to the next.
type step struct {
	before, after *state
}

// state is what one set of objects means for traffic. All lists are in the order of their objects' identities.
type state struct {
	objects   map[manifest.ID]manifest.Object
	ids       []manifest.ID // in order
	workloads []*workload
	byID      map[manifest.ID]*workload
	byLabel   map[podLabel][]*workload
	services  map[address]service
	flagger   map[address]bool // Services that Flagger makes
	routes    []route
	subsets   map[address]map[string]map[string]string // pod labels by host and name of the subset
}

// podLabel is one label of a workload's pods.
type podLabel struct {
	namespace, key, value string
}

// address is where a Service is found.
type address struct {
	namespace, name string
}

func newState(objects []manifest.Object) *state {
	s := &state{
		objects:  byID(objects),
		byID:     map[manifest.ID]*workload{},
		byLabel:  map[podLabel][]*workload{},
		services: map[address]service{},
		flagger:  map[address]bool{},
		subsets:  map[address]map[string]map[string]string{},
	}
	s.ids = slices.SortedFunc(maps.Keys(s.objects), manifest.ID.Compare)
	for _, id := range s.ids {
		o := s.objects[id]
		switch {
		case id.Group == "" && id.Kind == "Service":
			s.services[address{id.Namespace, id.Name}] = service{o, manifest.Strings(o.Fields, "spec", "selector")}
		case id.Group == "networking.istio.io" && id.Kind == "DestinationRule":
			s.addSubsets(o)
		case id.Group == "flagger.app" && id.Kind == "Canary":
			s.flagger[address{id.Namespace, manifest.String(o.Fields, "spec", "targetRef", "name")}] = true
		}
		s.addWorkload(o)
		s.routes = appendRoute(s.routes, o)
	}
	for _, id := range s.ids {
		s.scale(s.objects[id])
	}
	return s
}

// addSubsets notes the pods that the subsets of a DestinationRule stand for.
func (s *state) addSubsets(o manifest.Object) {
	host := hostAddress(manifest.String(o.Fields, "spec", "host"), o.Namespace)
	if s.subsets[host] == nil {
		s.subsets[host] = map[string]map[string]string{}
	}
	for _, subset := range manifest.Maps(o.Fields, "spec", "subsets") {
		s.subsets[host][manifest.String(subset, "name")] = manifest.Strings(subset, "labels")
	}
}

// has reports whether an object of this identity is there.
func (s *state) has(id manifest.ID) bool {
	_, ok := s.objects[id]
	return ok
}

// runs reports whether a workload is there that may have a pod.
func (s *state) runs(w *workload) bool {
	found := s.byID[w.ID()]
	return found != nil && found.most > 0
}

// short names an object of the namespace that is talked about: Service/web.
func short(o manifest.Object) string { return o.Kind + "/" + o.Name }
