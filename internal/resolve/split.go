package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/load"
)

// split decides who splits the traffic of a canary, and for whom the split is another one.
func (s *spec) split(canary *load.Node) {
	s.app.Rollout.Split = &app.Split{}
	s.splitter(canary)
	s.present(canary)
	s.header(canary.Field("header"))
	s.sticky(canary.Field("sticky"))
	s.unsplit()
	if hold := canary.Field("hold"); boolean(hold) {
		s.app.Rollout.Split.Hold = true
		s.fromSpec("rollout.split.hold", hold)
		if s.app.CanaryBy(app.ByFlagger) {
			s.note("rollout.canary.hold", "release-is-held", "flagger starts nothing while it is held: an app that is not there yet gets no pod that serves", "", "leave hold out until the app has been released once")
		}
	}
}

// unsplit warns of callers that pass no router: only sidecars split what comes from inside the cluster.
func (s *spec) unsplit() {
	if !kube.IstioSplit(s.app) || s.w.env.Mesh == "sidecar" || len(elems(s.node.Field("calledBy"))) == 0 {
		return
	}
	s.warn("rollout.canary", "canary-fits-router", "callers inside the cluster have no sidecars, so nothing splits their requests: they reach the new version by its share of the pods, also at weight 0",
		fmt.Sprintf(`mesh: "sidecar" in platform.environments.%s (%s), where it is installed`, s.w.env.Name, s.w.facts.node.KeyPos), "")
}

// present decides the share of the traffic that the new version has now; only commits move it, never a controller.
func (s *spec) present(canary *load.Node) {
	sp, image, weight := s.app.Rollout.Split, canary.Field("image"), canary.Field("weight")
	if byItself(sp.Engine) {
		for _, n := range []*load.Node{image, weight} {
			if n != nil {
				s.w.errorAtKey(n, "canary-engine-moves", s.path("rollout.canary."+n.Key), fmt.Sprintf("%s moves the weight by itself, and the new version is the app's image", sp.Engine), "", s.movedHelp(canary))
			}
		}
		return
	}
	if weight != nil && image == nil {
		s.w.errorAtKey(weight, "canary-has-image", s.path("rollout.canary.weight"), "no canary is in progress that could have a weight", "image beside it", `add image: "REFERENCE" of the new version, or remove weight`)
		return
	}
	if w, ok := integer(weight); ok && w >= 0 && w <= 99 {
		sp.Weight = int32(w)
		s.fromSpec("rollout.split.weight", weight)
	}
}

// movedHelp is what helps against an image or a weight under a controller: another engine, if there is one.
func (s *spec) movedHelp(canary *load.Node) string {
	help := "remove it"
	if image := text(canary.Field("image")); image != "" {
		help = fmt.Sprintf("remove it, and write image: %q for the app", image)
	}
	for _, e := range engines {
		if !byItself(e.name) && s.canUse(e) {
			return fmt.Sprintf("%s; or write via: %q, with which every step is a commit", help, e.name)
		}
	}
	return help
}
