package resolve

import (
	"fmt"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// A namespace has room for both versions and the migration before a release begins, and no step of it changes the quota.
func TestQuotaOfReleases(t *testing.T) {
	const next = `image: "registry.acme.io/web:2"`
	platform := withCapabilities("argo-rollouts flagger gateway istio", sidecars)
	canary := func(via string) []string {
		states := []string{fmt.Sprintf("canary: via: %q", via), fmt.Sprintf("canary: {via: %q, hold: true}", via)}
		for _, weight := range []int{0, 10, 25, 50} {
			states = append(states, fmt.Sprintf("canary: {via: %q, %s, weight: %d}", via, next, weight))
		}
		return states
	}
	var colours []string
	for _, idle := range []string{"", `, idle: {` + next + `, phase: "preview"}`, `, idle: {` + next + `, phase: "warm"}`, `, idle: {` + next + `, phase: "previous"}`} {
		colours = append(colours, `blueGreen: {active: "blue"`+idle+`}`, `blueGreen: {active: "green"`+idle+`}`)
	}
	for _, c := range []struct {
		spec     string
		rollouts []string
		want     int64 // pods
	}{
		// 8 pods, 2 more in a rollout, and 2 that are leaving.
		{"replicas: 8", []string{"rolling: {}"}, 8 + 2 + 2},
		{"replicas: 8", []string{"recreate: {}"}, 8},
		{"replicas: 8\nmigrate: command: [\"/up\"]", []string{"rolling: {}"}, 8 + 2 + 2 + 1},
		// The last of the tier's steps is 50 %.
		{"replicas: 8", canary("istio"), 8 + 4 + 3 + 3},
		{"replicas: 8" + exposed, canary("gateway"), 8 + 4 + 3 + 3},
		{"scale: {min: 4, max: 16}", canary("istio"), 16 + 16 + 8 + 8},
		{"scale: {min: 1, max: 3}", canary("istio"), 3 + 3 + 2 + 2},
		{"replicas: 9", canary("replicas"), 9 + 9 + 6 + 6},
		// Half of the requests at the fewest pods.
		{"scale: {min: 8, max: 40}", canary("replicas"), 40 + 8 + 12 + 12},
		{"scale: {min: 8, max: 9}", canary("replicas"), 9 + 8 + 5 + 5},
		{"replicas: 8", colours, 8 + 8 + 4 + 4},
		{"scale: {min: 4, max: 8}", colours, 8 + 8 + 4 + 4},
		{"replicas: 8", []string{`canary: via: "flagger"`, `canary: {via: "flagger", hold: true}`}, 8 + 8 + 4 + 4},
		{"replicas: 8", []string{`canary: via: "argo"`}, 8 + 8 + 4 + 4},
		{"replicas: 8" + exposed, []string{`canary: via: "argo"`}, 8 + 2 + 2}, // whole pods
	} {
		for _, rollout := range c.rollouts {
			fleets, found := resolveText(t, map[string]string{"platform.cue": platform, "app.cue": oneApp(c.spec + "\nrollout: " + rollout)})
			if diag.HasErrors(found) {
				t.Fatalf("%s, %s refused:\n%s", c.spec, rollout, format(found))
			}
			if got := fleets[0].Namespaces[0].Quota.Pods; got != c.want {
				t.Errorf("%s, %s\n got %d pods, want %d", c.spec, rollout, got, c.want)
			}
		}
	}
}

// A migration's pod has no sidecars.
func TestMigrationsRunAlone(t *testing.T) {
	const resources = `resources: {cpu: "100m", memory: "100Mi"}` + "\n" + `sidecars: proxy: {image: "registry.acme.io/proxy:1` + digest + `", size: "l"}` + "\nreplicas: 2\n"
	quota := func(spec string) app.Quota {
		fleets, _ := resolveText(t, map[string]string{"platform.cue": testPlatform, "app.cue": oneApp(spec)})
		return fleets[0].Namespaces[0].Quota
	}
	without, with := quota(resources), quota(resources+`migrate: command: ["/up"]`)
	if cpu, memory := with.CPUMilli-without.CPUMilli, with.MemoryBytes-without.MemoryBytes; cpu != 100 || memory != 100<<20 {
		t.Errorf("a migration holds %dm CPU and %d bytes", cpu, memory)
	}
}
