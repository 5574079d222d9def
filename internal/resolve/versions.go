package resolve

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// versions decides which versions of the app run side by side, and the capacity of the second one.
func (s *spec) versions() {
	s.sharedQueue()
	switch {
	case s.app.Kind == app.Cron, s.app.Kind == app.Stateful:
		return
	case s.app.Rollout.Strategy == app.BlueGreen:
		s.colours(s.get("rollout.blueGreen"))
		return
	}
	s.app.Role = app.RoleStable
	switch sp := s.app.Rollout.Split; {
	case sp == nil:
		s.derived("role", "the only version")
	case byItself(sp.Engine):
		s.derived("role", "the only version in the spec: %s adds the new one by itself", sp.Engine)
		if least := s.atLeast(0, s.app.Replicas.Min); least > 1 && kube.IstioSplit(s.app) {
			sp.MinPods = least
			s.derived("rollout.split.minPods", "%d, as far as the app has so many: a lone pod has no budget", s.number("sideMinReplicas"))
		}
	case s.get("rollout.canary.image") == nil:
		s.derived("role", "the only version: no canary is in progress")
	default:
		s.derived("role", "the version beside which the canary runs")
		s.canary(s.get("rollout.canary.image"))
	}
}

// sharedQueue says of an app that works through a queue that no router splits that work: a preview takes its part of it, and so does a
// canary at weight 0.
func (s *spec) sharedQueue() {
	sp := s.app.Rollout.Split
	twice := s.app.Rollout.Strategy == app.BlueGreen || sp != nil && !byItself(sp.Engine) && sp.Engine != app.ByReplicas
	if queue := s.get("scale.queue"); twice && queue != nil {
		s.note("scale.queue", "queue-is-shared", "both versions read the queue: the new one works from its first pod on, before it has any of the requests, and both are scaled by all that waits", "", "")
	}
}

// side decides the version beside the main one: everything but its image and its number of pods is as in the main one. It is scaled
// whenever the main one is, also where it has no room: a number in its manifest that leaves it in a later step would be reset to one
// pod. Only where pods make the share its number is fixed, from its first step to its last.
func (s *spec) side(role app.Role, field string, replicas app.Replicas, why string) {
	image := s.get(field)
	ref, problem := parseReference(text(image))
	if image.Faulty() || problem != "" {
		return // the loader has said so
	}
	o := &app.Side{Role: role, Image: text(image), Version: version(ref), Replicas: replicas}
	s.app.Other = o
	s.fromSpec("other.image", image)
	s.checkImage(ref, o.Image, image.Pos, s.path(field))
	if o.Version != "" {
		s.derived("other.version", "%s", versionNote(ref))
	}
	s.derived("other.replicas", "%s", why)
	if s.app.Scaling != nil && !s.app.CanaryBy(app.ByReplicas) {
		o.Scaling = s.app.Scaling
		s.derived("other.scaling", "the load that the main version follows, and its pace")
	}
	o.Disruption = s.budget("other.disruption", replicas.Min)
}

// floor is how many pods a version has at least that all traffic may come to at once: the fewest of the app, or half of the most, so
// that a flip or a way back at the peak finds pods.
func (s *spec) floor() int32 {
	r := s.app.Replicas
	return s.atLeast(max(r.Min, (r.Max+1)/2), r.Max)
}

// raise gives the main version that capacity for as long as there is a second one: what may take its traffic may give it back, and the
// step that does so changes nothing but where traffic goes.
func (s *spec) raise() {
	low := s.floor()
	if s.app.Other == nil || low == s.app.Replicas.Min {
		return
	}
	s.app.Replicas.Min = low
	s.app.Origins = slices.DeleteFunc(s.app.Origins, func(o app.Origin) bool {
		return o.Path == "replicas.min" || strings.HasPrefix(o.Path, "disruption.")
	})
	s.derived("replicas.min", "half of the most, and %d where there may be so many, while a second version runs: all traffic may come back at once", s.number("sideMinReplicas"))
	s.disruption()
}

// atLeast raises a number of pods to what one of two versions should have, as far as the app has so many.
func (s *spec) atLeast(n, most int32) int32 {
	return min(max(n, int32(s.number("sideMinReplicas"))), most)
}

// from is so many pods of the second version, to which an autoscaler may add as to those of the main one.
func (s *spec) from(low int32) app.Replicas {
	if s.app.Scaling == nil {
		return app.Replicas{Min: low, Max: low}
	}
	return app.Replicas{Min: low, Max: s.app.Replicas.Max}
}
