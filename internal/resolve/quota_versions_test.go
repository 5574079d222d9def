package resolve

import (
	"fmt"
	"testing"

	"github.com/scantling/scantling/internal/app"
)

// A namespace has room for both versions while both may run, and for the migration.
func TestQuotaOfVersions(t *testing.T) {
	quota := func(platform, spec string) string {
		t.Helper()
		fleets, _ := resolveText(t, map[string]string{"platform.cue": platform, "app.cue": oneApp(spec)})
		return fmt.Sprint(fleets[0].Namespaces[0].Quota.Pods)
	}
	istio := withCapabilities("argo-rollouts flagger istio", sidecars)
	for _, c := range []struct{ platform, spec, want string }{
		// 8 pods, 2 more in a rollout, and 2 that are leaving.
		{istio, "replicas: 8", "12"},
		{istio, "replicas: 8\n" + `rollout: canary: via: "istio"`, "12"},
		{istio, "replicas: 8\n" + canary2 + `, via: "istio", weight: 50}`, fmt.Sprint(12 + 4 + 1 + 1)},
		{istio, "replicas: 9\n" + canary2 + `, via: "replicas", weight: 25}`, fmt.Sprint(9 + 3 + 3 + 3 + 1 + 1)},
		{istio, "replicas: 8\nrollout: blueGreen: {active: \"blue\", idle: {image: \"registry.acme.io/web:2\", phase: \"warm\"}}", "24"},
		{istio, "replicas: 8\nrollout: blueGreen: active: \"blue\"", "12"},
		{istio, "replicas: 8\n" + `rollout: canary: via: "flagger"`, "24"},
		{istio, "replicas: 8\n" + `rollout: canary: via: "argo"`, "24"},
		{withCapabilities("argo-rollouts", ""), "replicas: 8\nrollout: canary: {}", "12"},
		{istio, "replicas: 8\nmigrate: command: [\"/up\"]", "13"},
	} {
		if got := quota(c.platform, c.spec); got != c.want {
			t.Errorf("%s\n got %s pods, want %s", c.spec, got, c.want)
		}
	}
}

func TestDemandAddsUp(t *testing.T) {
	a := &app.App{Name: "web", Replicas: app.Replicas{Min: 2, Max: 10}, Rollout: app.Rollout{MaxSurge: "25%"}}
	for _, step := range []struct {
		change func()
		want   string
	}{
		{func() {}, "(10 + 3 surge)"},
		{func() { a.Migration = &app.Migration{} }, "(10 + 3 surge + 1 migration)"},
		{func() { a.Other = &app.Side{Role: app.RoleCanary, Replicas: app.Replicas{Max: 2}} }, "(10 + 2 canary + 4 surge + 1 migration)"},
		{func() { a.Other = nil; a.Rollout.Split = &app.Split{Engine: app.ByFlagger} }, "(10 + 10 primary + 6 surge + 1 migration)"},
		{func() { a.Kind = app.Cron }, "1"},
	} {
		step.change()
		if got := demandOf(a).String(); got != step.want {
			t.Errorf("got %s, want %s", got, step.want)
		}
	}
}
