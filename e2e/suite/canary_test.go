package suite

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/e2e/nodes"
)

const stablePods = 10 // that the canaries below promise: their scale.min

func canaryApp(rollout string) string {
	return `tier: "standard", image: "` + reference("1.0") + `", scale: {min: 10, max: 20}, rollout: ` + rollout
}

const byReplicas = `canary: {via: "replicas", steps: [{weight: 10, pause: "10m"}, {weight: 30, pause: "10m"}, {weight: 50, pause: "10m"}]}`

// shareOf returns the canary's part of the ready endpoints, in percent, and wants it within five points of a weight.
func shareOf(t *testing.T, r *release, weight int) string {
	t.Helper()
	now := r.share()
	share := 100 * float64(now.ready["canary"]) / float64(now.total())
	if math.Abs(share-float64(weight)) > 5 {
		t.Errorf("at weight %d the canary has %d of %d endpoints", weight, now.ready["canary"], now.total())
	}
	return fmt.Sprintf("%.0f", share)
}

// shares takes a canary to the end, and another one back, by the commands alone.
func shares(t *testing.T) string {
	const name = "shares"
	r := releasing(t, name, track, canaryApp(byReplicas))
	r.step(t, "set", name, "canary="+reference("2.0"))
	shareOf(t, r, 0)
	var got []string
	for _, weight := range []int{10, 30, 50} {
		r.step(t, "promote", name)
		got = append(got, shareOf(t, r, weight))
	}
	r.step(t, "promote", name) // the stable pods change
	shareOf(t, r, 50)
	r.step(t, "promote", name)
	shareOf(t, r, 0)
	r.step(t, "promote", name) // the canary goes

	r.step(t, "set", name, "canary="+reference("3.0"))
	r.step(t, "promote", name)
	shareOf(t, r, 10)
	r.step(t, "rollback", name)
	shareOf(t, r, 0)
	r.step(t, "rollback", name)
	if images := serving(t, name, name); !slices.Equal(images, slices.Repeat([]string{reference("2.0")}, stablePods)) {
		t.Errorf("after the release of 2.0 and the return from 3.0 traffic goes to %q", images)
	}
	h := r.stop(t)
	if h.leastOf("stable") < stablePods {
		t.Errorf("want never fewer than %d stable pods ready: %s", stablePods, h)
	}
	return fmt.Sprintf("weights of 10, 30 and 50 make %s %% of the ready pods; on the way to the end, and back, never fewer than the %d stable ones that its spec asks for", strings.Join(got, ", "), stablePods)
}

// brokenCanary is a version that never answers.
func brokenCanary(t *testing.T) string {
	const name = "badcanary"
	r := releasing(t, name, track, canaryApp(byReplicas))
	r.broken = name + "-canary"
	r.step(t, "set", name, "canary="+reference("2.0"+nodes.HangingTag))
	for range 3 {
		r.step(t, "promote", name)
		until(t, func() (bool, string) { return runs(t, name, ":2.0"+nodes.HangingTag), "the canary does not run" })
		shareOf(t, r, 0)
	}
	r.step(t, "rollback", name)
	r.step(t, "rollback", name)
	h := r.stop(t)
	if h.leastOf("stable") < stablePods {
		t.Errorf("want never fewer than %d stable pods ready: %s", stablePods, h)
	}
	return fmt.Sprintf("no: it never becomes ready, and the %d stable pods keep all of the traffic", stablePods)
}

// busyCanary begins and ends a canary while the autoscaler has all its pods at work: the app must not be left with what a Deployment
// has that says no number, which is one.
func busyCanary(t *testing.T) string {
	const name = "busycanary"
	r := releasing(t, name, track, canaryApp(byReplicas))
	load(t, busy, name)
	until(t, func() (bool, string) { return r.share().total() == 20, "it does not grow" })
	r.step(t, "set", name, "canary="+reference("2.0"))
	r.step(t, "promote", name)
	r.step(t, "rollback", name)
	r.step(t, "rollback", name)
	h := r.stop(t)
	if h.leastOf("stable") < stablePods {
		t.Errorf("want never fewer than %d stable pods ready: %s", stablePods, h)
	}
	return fmt.Sprintf("yes, with the %d stable pods of its minimum and never fewer: the autoscaler rests while pods make the share, as a warning says", stablePods)
}

// routed takes a canary behind a router through its steps: there the weight is the route's, and the pods are capacity.
func routed(t *testing.T) string {
	const name, canary, few = "routed", "routed-canary", 2 // a canary has two pods at least
	routes := strings.Replace(platform, `capabilities: ["externalsecrets"]`, `capabilities: ["externalsecrets", "gateway"]
		gateway: {name: "public", namespace: "gateway", labels: app: "gateway"}`, 1)
	p := newProject(t, routes, name, canaryApp(`canary: {via: "gateway", steps: [{weight: 10, pause: "10m"}, {weight: 50, pause: "10m"}]}, expose: host: "routed.acme.io"`))
	p.apply(t)
	p.runs(t)
	r := p.recorded(t, track)
	r.step(t, "set", name, "canary="+reference("2.0"))
	until(t, func() (bool, string) {
		return len(serving(t, name, canary)) == few, "the canary's Service does not count its pods"
	})
	beside := record(t, name, canary)
	for _, capacity := range []int{5, 5, 5} { // half of ten: one step ahead of 10 and 50 %, then while the stable pods change
		r.step(t, "promote", name)
		if got := len(living(t, name, track, "canary")); got != capacity {
			t.Errorf("the canary has %d pods, not %d", got, capacity)
		}
	}
	r.step(t, "promote", name)
	h := beside.stop(track)
	t.Log(h)
	if h.least() < few {
		t.Errorf("want never fewer than %d pods of the canary ready: %s", few, h)
	}
	r.step(t, "promote", name)
	if h := r.stop(t); h.least() < stablePods || h.traffic() != "stable" {
		t.Errorf("want never fewer than %d pods ready, all of them stable: %s", stablePods, h)
	}
	return fmt.Sprintf("yes: the canary gets its pods one step ahead, never has fewer than %d, and the %d stable ones stay", few, stablePods)
}

// fromRolling begins a canary in an app that was rolling before.
func fromRolling(t *testing.T) string {
	const name = "strategy"
	r := releasing(t, name, track, canaryApp(`rolling: {}`))
	uid := func() string {
		live, err := world.client.Get(t.Context(), r.workload())
		if err != nil {
			t.Fatal(err)
		}
		return string(live.GetUID())
	}
	was, pods := uid(), living(t, name, track, "stable")
	r.write(t, canaryApp(byReplicas))
	r.render(t)
	r.ship(t)
	r.stands(t)
	r.step(t, "set", name, "canary="+reference("2.0"))
	r.step(t, "promote", name)
	shareOf(t, r, 10)
	if now := living(t, name, track, "stable"); uid() != was || !slices.Equal(now, pods) {
		t.Errorf("the Deployment or its pods are others: %s, %q", uid(), now)
	}
	h := r.stop(t)
	if h.leastOf("stable") < stablePods {
		t.Errorf("want never fewer than %d stable pods ready: %s", stablePods, h)
	}
	return "yes: the Deployment and every one of its pods stay, and the canary comes beside them"
}
