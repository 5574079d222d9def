package suite

import (
	"fmt"
	"slices"
	"testing"

	"github.com/scantling/scantling/e2e/nodes"
)

const (
	activePods = 4 // that the blue-green apps below promise: their scale.min
	warmPods   = 5 // of the idle colour before the flip: half of their scale.max
)

func blueGreenApp(rollout string) string {
	return `tier: "critical", image: "` + reference("1.0") + `", scale: {min: 4, max: 10}, rollout: blueGreen: ` + rollout
}

// reference is the image of a version.
func reference(version string) string { return "registry.acme.io/shop/app:" + version + digest }

// blueGreen releases a version, takes it back, releases it again and clears up, by the commands alone.
func blueGreen(t *testing.T) string {
	const name = "colours"
	r := releasing(t, name, color, blueGreenApp(`active: "blue"`))
	r.step(t, "set", name, "idle="+reference("2.0"))
	r.step(t, "promote", name) // warm
	warm := living(t, name, color, "green")
	if len(warm) != warmPods {
		t.Errorf("%d pods are warm, not %d", len(warm), warmPods)
	}
	r.step(t, "promote", name)  // the flip
	r.step(t, "rollback", name) // and back
	r.step(t, "promote", name)
	r.step(t, "promote", name) // the second flip
	r.step(t, "promote", name) // the old colour goes
	until(t, func() (bool, string) { return len(living(t, name, color, "blue")) == 0, "the old colour still runs" })
	if now := living(t, name, color, "green"); !slices.Equal(now, warm) {
		t.Errorf("the pods that were tested are not those that serve: %q, then %q", warm, now)
	}
	if _, err := world.scantling.Command(t.Context(), r.dir, "promote", name); err == nil {
		t.Error("a release that is finished can be promoted")
	}
	h := r.stop(t)
	if h.traffic() != "blue green blue green" || h.least() < activePods {
		t.Errorf("want the traffic at blue, green, blue and green, and never fewer than %d ready: %s", activePods, h)
	}
	return fmt.Sprintf("yes, at every moment: never fewer than the %d ready pods that its spec asks for, never two colours at once, and the pods that were tested are those that serve", activePods)
}

// brokenColour takes a version that does not work as far as can be told before the flip.
func brokenColour(t *testing.T) string {
	const name = "badcolour"
	r := releasing(t, name, color, blueGreenApp(`active: "blue"`))
	r.broken = name + "-green"
	for _, fault := range []string{nodes.HangingTag, nodes.CrashingTag, nodes.MissingTag} {
		idle := func() (bool, string) { return runs(t, name, ":2.0"+fault), "the idle colour does not run" }
		r.step(t, "set", name, "idle="+reference("2.0"+fault))
		until(t, idle)
		r.step(t, "promote", name)
		until(t, idle)
		if ok, _ := r.complete(t.Context(), r.find("Deployment", r.broken)); ok {
			t.Error("a colour that does not work counts as ready, so that a team would move the traffic to it")
		}
		r.step(t, "rollback", name)
	}
	h := r.stop(t)
	if h.traffic() != "blue" || h.least() < activePods {
		t.Errorf("want the traffic at blue, and never fewer than %d ready: %s", activePods, h)
	}
	return fmt.Sprintf("no: whether it hangs, crashes or has no image, it never becomes ready, and the %d pods of the other colour keep all of the traffic", activePods)
}
