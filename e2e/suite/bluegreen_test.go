package suite

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/e2e/nodes"
)

const (
	activePods = 4 // that the blue-green apps below promise between releases: their scale.min
	warmPods   = 5 // of each colour that has the traffic or may get it at once: half of their scale.max
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
	during := record(t, name, name)
	warm := warmed(t, r)
	flipped := []string{"Service " + name, "Service " + name + "-preview"}
	r.step(t, "promote", name) // the flip
	r.changes(t, flipped...)
	r.step(t, "rollback", name) // and back: green has the capacity of a preview from here on
	r.changes(t, append(slices.Clone(flipped), "HorizontalPodAutoscaler "+name+"-green")...)
	r.step(t, "promote", name)
	r.step(t, "promote", name) // the second flip
	r.changes(t, flipped...)
	if h := during.stop(color); h.least() < warmPods {
		t.Errorf("want never fewer than %d ready while two colours run: %s", warmPods, h)
	}
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
	return fmt.Sprintf("yes, at every moment: never two colours at once; never fewer ready pods than its minimum of %d, nor than %d, half of its maximum, while both colours run. A flip changes the selectors of two Services and nothing else but labels that tell the version: the pods that were tested are those that serve", activePods, warmPods)
}

// warmed gives green the capacity for all traffic, waits by the very command that promote prints for it, and returns its pods.
func warmed(t *testing.T, r *release) []string {
	t.Helper()
	_, wait, ok := strings.Cut(r.command(t, "promote", r.name), "kubectl wait ")
	if !ok {
		t.Fatal("promote does not say how to wait for the pods")
	}
	wait, _, _ = strings.Cut(wait, "\n")
	r.ship(t)
	r.changes(t, "HorizontalPodAutoscaler "+r.name+"-green") // and not the Deployment: kubectl rollout status would not wait
	shell(t, "kubectl wait "+wait, "")
	warm := living(t, r.name, color, "green")
	if len(warm) != warmPods {
		t.Errorf("%d pods are warm, not %d", len(warm), warmPods)
	}
	r.stands(t)
	return warm
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
