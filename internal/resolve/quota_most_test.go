package resolve

import (
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// TestMostOfAQuota wants the pods that apps have at their most, and none that a rollout has in excess: with those, the quota has more.
func TestMostOfAQuota(t *testing.T) {
	for spec, want := range map[string][2]int64{ // pods at the most, and of the quota
		"port: 8080, replicas: 8":                              {8, 12},
		"port: 8080, replicas: 8, rollout: recreate: {}":       {8, 8},
		"port: 8080, scale: {min: 4, max: 16}":                 {16, 24},
		"port: 8080, replicas: 8\nmigrate: command: [\"/up\"]": {8, 13},
		"kind: \"cron\", schedule: \"30 2 * * *\"":             {1, 2},
	} {
		fleets, found := resolveText(t, map[string]string{"platform.cue": testPlatform, "app.cue": oneApp(spec)})
		if diag.HasErrors(found) {
			t.Fatalf("%s refused:\n%s", spec, format(found))
		}
		ns := fleets[0].Namespaces[0]
		if got := [2]int64{ns.Most.Pods, ns.Quota.Pods}; got != want {
			t.Errorf("%s: at the most %d of %d pods, want %d of %d", spec, got[0], got[1], want[0], want[1])
		}
		if ns.Most == (app.Quota{Pods: ns.Most.Pods}) || ns.Most.CPUMilli > ns.Quota.CPUMilli || ns.Most.MemoryBytes > ns.Quota.MemoryBytes {
			t.Errorf("%s: at the most %+v of %+v", spec, ns.Most, ns.Quota)
		}
	}
}
