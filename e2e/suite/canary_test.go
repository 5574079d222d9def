package suite

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/e2e/nodes"
)

// Stable pods of the canaries below.
const (
	stablePods = 10 // that they promise: their scale.min
	mostPods   = 20 // that a load may need: their scale.max
)

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

// busyCanary begins a canary while the autoscaler has all its pods at work, takes it back, and another one to the end: the load never
// loses a pod to it.
func busyCanary(t *testing.T) string {
	const name = "busycanary"
	r := releasing(t, name, track, canaryApp(byReplicas))
	load(t, busy, name)
	until(t, func() (bool, string) { return r.share().total() == mostPods, "it does not grow" })
	r.stands(t)
	before := r.scaler(t)
	under := record(t, name, name)
	r.step(t, "set", name, "canary="+reference("2.0"))
	r.step(t, "promote", name)
	r.changes(t, "Deployment "+name+"-canary")
	r.step(t, "rollback", name)
	r.changes(t, "Deployment "+name+"-canary")
	r.step(t, "rollback", name)

	r.step(t, "set", name, "canary="+reference("3.0"))
	var got []string
	for range 3 {
		r.step(t, "promote", name)
		now := r.share()
		got = append(got, fmt.Sprintf("%.0f", 100*float64(now.ready["canary"])/float64(now.total())))
	}
	for range 3 { // the stable pods change, the weight becomes 0, the canary goes
		r.step(t, "promote", name)
	}
	if images := serving(t, name, name); !slices.Equal(images, slices.Repeat([]string{reference("3.0")}, mostPods)) {
		t.Errorf("after the release of 3.0 traffic goes to %q", images)
	}
	if after := r.scaler(t); after != before {
		t.Errorf("the autoscaler is another: %s, then %s", before, after)
	}
	h := under.stop(track)
	t.Log(h)
	if h.leastOf("stable") < mostPods {
		t.Errorf("want never fewer than the %d stable pods ready that the load needs: %s", mostPods, h)
	}
	r.stop(t)
	return fmt.Sprintf("yes, whether it is taken back or goes to its end: the %d stable pods that the load needs stay ready, and their autoscaler is left alone. Weights of 10, 30 and 50 then make %s %% of the pods, as a note says", mostPods, strings.Join(got, ", "))
}

// scaler is the autoscaler of the stable pods: its identity and its spec.
func (r *release) scaler(t *testing.T) string {
	t.Helper()
	live, err := world.client.Get(t.Context(), r.find("HorizontalPodAutoscaler", r.name))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(live.GetUID(), live.Object["spec"])
}

// routed takes a canary behind a router through its steps, back, and through again: there the weight is the route's, and the pods are
// capacity.
func routed(t *testing.T) string {
	const name, canary = "routed", "routed-canary"
	const usual, raised, few = 4, 10, 2 // stable pods between and during releases: scale.min, and half of scale.max; a canary has two at least
	routes := strings.Replace(platform, `capabilities: ["externalsecrets"]`, `capabilities: ["externalsecrets", "gateway"]
		gateway: {name: "public", namespace: "gateway", labels: app: "gateway"}`, 1)
	p := newProject(t, routes, name, `tier: "standard", image: "`+reference("1.0")+`", scale: {min: 4, max: 20}, expose: host: "routed.acme.io"
		rollout: canary: {via: "gateway", steps: [{weight: 10, pause: "10m"}, {weight: 50, pause: "10m"}]}`)
	p.apply(t)
	p.runs(t)
	r := p.recorded(t, track)
	if got := len(living(t, name, track, "stable")); got != usual {
		t.Errorf("between releases there are %d pods, not %d", got, usual)
	}
	r.step(t, "set", name, "canary="+reference("2.0"))
	until(t, func() (bool, string) {
		return len(serving(t, name, canary)) == few, "the canary's Service does not count its pods"
	})
	during, beside := record(t, name, name), record(t, name, canary)
	capacity := func(want int, args ...string) {
		t.Helper()
		r.step(t, args...)
		if got := len(living(t, name, track, "canary")); got != want {
			t.Errorf("the canary has %d pods, not %d", got, want)
		}
	}
	capacity(5, "promote", name) // weight 10, and half of the stable ten for the next step, of 50 %
	r.changes(t, "HTTPRoute "+name, "HorizontalPodAutoscaler "+canary)
	capacity(5, "promote", name) // weight 50
	r.changes(t, "HTTPRoute "+name)
	r.step(t, "rollback", name) // weight 0: whatever the stable side gave away comes back at once
	r.changes(t, "HTTPRoute "+name, "HorizontalPodAutoscaler "+canary)
	r.step(t, "promote", name)
	capacity(5, "promote", name)
	capacity(5, "promote", name) // the stable pods change
	r.step(t, "promote", name)   // weight 0
	if h := beside.stop(track); h.least() < few {
		t.Errorf("want never fewer than %d pods of the canary ready: %s", few, h)
	}
	r.step(t, "promote", name) // the canary goes
	if h := during.stop(track); h.least() < raised {
		t.Errorf("want never fewer than %d stable pods ready while a canary runs: %s", raised, h)
	}
	if got := number(r.find("HorizontalPodAutoscaler", name), "spec", "minReplicas"); got != usual {
		t.Errorf("after the release the minimum is %d, not %d", got, usual)
	}
	if h := r.stop(t); h.least() < usual || h.traffic() != "stable" {
		t.Errorf("want never fewer than %d pods ready, all of them stable: %s", usual, h)
	}
	return fmt.Sprintf("yes: it has at least %d, and those of the next step one step ahead; while it runs there are never fewer than %d stable ones, half of their maximum, so that a rollback at any weight finds pods for all of the traffic", few, raised)
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
