package resolve

import (
	"fmt"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// replicas decides how many pods run, and what the number follows.
func (s *spec) replicas() {
	scale, fixed := s.node.Field("scale"), s.node.Field("replicas")
	volume := s.lonePodVolume()
	decider := "tier"
	switch {
	case s.app.Kind == app.Cron:
		return
	case boolean(s.node.Field("singleton")):
		decider = "singleton"
		s.onePod(decider, "a singleton")
	case volume != "":
		decider = "storage." + volume
		s.onePod(decider, fmt.Sprintf("volume %q", volume))
	case scale != nil:
		decider = "scale.min"
		s.scaled(scale)
	case fixed != nil:
		decider = "replicas"
		n, _ := integer(fixed)
		s.fixed(int32(n))
		s.fromSpec("replicas", fixed)
	case s.app.Kind == app.Stateful:
		s.fixed(int32(s.fromTier("replicas", "statefulReplicas")))
	default:
		s.fixed(int32(s.fromTier("replicas", s.leastName())))
	}
	s.enoughReplicas(decider)
	s.quorum()
}

func (s *spec) fixed(n int32) { s.app.Replicas = app.Replicas{Min: n, Max: n} }

// leastName is the number of the tables that holds the tier's fewest pods here: critical apps have one a zone, up to three.
func (s *spec) leastName() string {
	if len(s.w.env.Zones) >= 3 {
		return "minReplicasOfThreeZones"
	}
	return "minReplicas"
}

// lonePodVolume names a volume that pods of a Deployment cannot share; empty: none.
func (s *spec) lonePodVolume() string {
	if s.app.Kind != app.Service && s.app.Kind != app.Worker {
		return ""
	}
	for _, v := range s.app.Volumes {
		if v.Access == "ReadWriteOnce" || v.Access == "ReadWriteOncePod" {
			return v.Name
		}
	}
	return ""
}

// onePod fixes the number at one because of a field of the spec, and reports what asks for more. None is possible too: parked.
func (s *spec) onePod(because, what string) {
	s.fixed(1)
	s.decided("replicas", app.BySpec, s.at(because), what+" fits one pod")
	if s.node.Field("scale") != nil {
		s.fail("scale", "one-pod-only", what+" is for one pod: there is nothing to scale", "", s.onePodHelp(because))
	}
	if n, ok := integer(s.node.Field("replicas")); ok && n == 0 {
		s.fixed(0)
	} else if ok && n > 1 {
		s.fail("replicas", "one-pod-only", fmt.Sprintf("%s is for one pod, not for %d", what, n), "replicas: 1, or none at all", s.onePodHelp(because))
	}
}

func (s *spec) onePodHelp(because string) string {
	if because == "singleton" {
		return "remove one of them"
	}
	return `use kind: "stateful", which gives each pod its own volume, or access: "ReadWriteMany"`
}

// enoughReplicas reports a critical app with fewer pods than its tier promises. Stateful apps are exempt: only the app knows how
// many of its pods can work together.
func (s *spec) enoughReplicas(decider string) {
	least := int32(s.number(s.leastName()))
	if s.app.Tier != app.Critical || s.app.Kind == app.Stateful || s.app.Replicas.Min >= least {
		return
	}
	zones := len(s.w.env.Zones)
	why := "one may always be away"
	if zones >= 3 {
		why = fmt.Sprintf("environment %q has %d zones", s.w.env.Name, zones)
	}
	s.fail(decider, "critical-needs-replicas", fmt.Sprintf("%s, but tier critical needs at least %d: %s", pods(s.app.Replicas.Min), least, why), fmt.Sprintf("%d pods or more", least), s.enoughHelp(decider, least))
}

func (s *spec) enoughHelp(decider string, least int32) string {
	switch decider {
	case "replicas":
		return fmt.Sprintf(`use replicas: %d, or tier: "standard"`, least)
	case "scale.min":
		return fmt.Sprintf(`use min: %d, or tier: "standard"`, least)
	}
	return `use tier: "standard"`
}

func pods(n int32) string {
	if n == 1 {
		return "1 pod"
	}
	return strconv.Itoa(int(n)) + " pods"
}

// quorum warns of an even number of voters: one more pod costs nothing that it can lose.
func (s *spec) quorum() {
	n := s.app.Replicas.Min
	if s.app.Kind == app.Stateful && s.app.Scaling == nil && n > 0 && n%2 == 0 {
		s.warn("replicas", "quorum-is-odd", fmt.Sprintf("if the pods vote, %d of them survive no more losses than %d", n, n-1), "an odd number", fmt.Sprintf("use replicas: %d", n+1))
	}
}

// isQuorum reports whether the app's pods are taken to vote: an odd, fixed number of stateful ones, from three on.
func (s *spec) isQuorum() bool {
	r := s.app.Replicas
	return s.app.Kind == app.Stateful && s.app.Scaling == nil && r.Min >= 3 && r.Min%2 == 1
}

// scaled decides the bounds of an autoscaled app and what its number of pods follows.
func (s *spec) scaled(n *load.Node) {
	r := &s.app.Replicas
	if low, ok := integer(n.Field("min")); ok {
		r.Min = int32(low)
		s.fromSpec("replicas.min", n.Field("min"))
	} else {
		r.Min = int32(s.fromTier("replicas.min", s.leastName()))
	}
	if high, ok := integer(n.Field("max")); ok {
		r.Max = int32(high)
		s.fromSpec("replicas.max", n.Field("max"))
		s.checkMax(n)
	} else {
		r.Max = max(r.Min, 1) * int32(s.number("maxReplicasFactor"))
		s.derived("replicas.max", "%d times min", s.number("maxReplicasFactor"))
	}
	if r.Min == 0 {
		s.checkZero(n)
	}
	if r.Max > r.Min {
		s.scaling(n)
	}
}

func (s *spec) checkMax(n *load.Node) {
	r := s.app.Replicas
	from := "scale.min"
	if n.Field("min") == nil {
		from = "the tier's minimum"
	}
	switch warn := s.number("maxReplicasWarnPercent"); {
	case r.Max < r.Min:
		s.fail("scale.max", "scale-max-above-min", fmt.Sprintf("%d is below %s (%d)", r.Max, from, r.Min), "at least min; twice is usual", fmt.Sprintf("use max: %d", 2*r.Min))
	case r.Max == r.Min:
		s.warn("scale.max", "scale-has-room", fmt.Sprintf("max equals %s: the app never scales", from), "", fmt.Sprintf("raise max, or write replicas: %d instead of scale", r.Min))
	case int64(r.Max)*100 < int64(r.Min)*warn:
		s.warn("scale.max", "scale-has-room", fmt.Sprintf("%d is hardly above %s (%d): a peak finds no more pods", r.Max, from, r.Min), "twice min", "")
	}
}

// checkZero checks that an app without pods can get one again, that nobody waits for it, and that pods need not make a share.
func (s *spec) checkZero(n *load.Node) {
	if sp := s.app.Rollout.Split; sp != nil && sp.Engine == app.ByReplicas {
		s.fail("scale.min", "canary-weight-has-router", "pods make the share of a canary, and of none there is no share", "min: 1 or more", "use min: 1, or rollout: {rolling: {}}")
	}
	if n.Field("queue") == nil {
		s.fail("scale.min", "scale-to-zero-needs-queue", "with no pod running, only a queue can call for one", "min: 1, or queue", "use min: 1")
	}
	if latency := s.get("slo.latency.under"); latency != nil {
		s.fail("scale.min", "scale-to-zero-has-no-latency", fmt.Sprintf("no pod is running when the first request comes: it misses the latency objective of %s", text(latency)), "min: 1 or more, or no latency objective", "use min: 1, or remove slo.latency")
	}
}
