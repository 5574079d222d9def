package resolve

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/diag"
)

// What a drain leaves of the fewest pods never runs on spot capacity; the others, one at least, prefer it.
func TestBaseIsWhatADrainLeaves(t *testing.T) {
	const queue = "needs: events: kafka: topics: [\"orders\"]\nkind: \"worker\"\nscale: {min: 2, max: 6, queue: {need: \"events\", lag: 5}}"
	platform := strings.Replace(testPlatform, "platform: {", `platform: databases: events: {kind: "kafka", host: "events.acme.io", cidrs: ["10.20.1.0/24"], secret: false}`+"\nplatform: {", 1)
	for _, c := range []struct{ spec, spot, workloads string }{
		{"", "prefer", "web 1-1, web-base 1-1"},
		{"replicas: 3", "prefer", "web 1-1, web-base 2-2"},
		{"replicas: 9", "prefer", "web 1-1, web-base 8-8"},
		{"replicas: 10", "prefer", "web 3-3, web-base 7-7"}, // from 10 on a quarter goes, rounded up
		{"replicas: 12", "prefer", "web 3-3, web-base 9-9"},
		{"scale: {min: 3, max: 30}", "prefer", "web 1-28, web-base 2-2"},
		{"scale: {min: 2, max: 2}", "prefer", "web 1-1, web-base 1-1"},
		{queue, "prefer", "web 1-5, web-base 1-1"},
		{"tier: \"best-effort\"", "require", "web 1-1"},
		{"tier: \"best-effort\"\nreplicas: 4", "require", "web 4-4"},
		{"replicas: 0", "never", "web 0-0"},
		{"replicas: 4\nrollout: recreate: {}", "never", "web 4-4"},
		{"replicas: 4\nrollout: blueGreen: active: \"blue\"", "never", "web-blue 4-4"},
		{"replicas: 4\nrollout: canary: via: \"replicas\"", "never", "web 4-4"},
		{"replicas: 4\nrollout: canary: {via: \"replicas\", image: \"registry.acme.io/web:2\", weight: 50}", "never", "web 4-4, web-canary 4-4"},
	} {
		a, found := resolveApp(t, platform, c.spec+"\nspot: true")
		if diag.HasErrors(found) {
			t.Errorf("%s refused:\n%s", c.spec, format(found))
			continue
		}
		var all []string
		for _, w := range a.Workloads() {
			name := "web"
			if w.Role != "" && w.Role != "stable" {
				name += "-" + string(w.Role)
			}
			all = append(all, fmt.Sprintf("%s %d-%d", name, w.Replicas.Min, w.Replicas.Max))
			if w.Role == "base" && (w.Scaling != nil || w.Placement.Spot != "never") {
				t.Errorf("%s: the base is scaled by %v, and runs on spot: %s", c.spec, w.Scaling, w.Placement.Spot)
			}
		}
		if got := strings.Join(all, ", "); got != c.workloads || string(a.Placement.Spot) != c.spot {
			t.Errorf("%s\n got %s, %s\nwant %s, %s", c.spec, a.Placement.Spot, got, c.spot, c.workloads)
		}
		said := strings.Contains(format(found), "[spot-has-floor]")
		if none := c.spot == "never" && c.spec != "replicas: 0"; said != none {
			t.Errorf("%s: is it said that spot changes nothing? %t\n%s", c.spec, said, format(found))
		}
	}
}

func TestRunsAreKeptOffSpot(t *testing.T) {
	for _, tier := range []string{"standard", "best-effort"} {
		_, found := resolveApp(t, testPlatform, "kind: \"cron\"\nschedule: \"@daily\"\nspot: true\ntier: \""+tier+"\"")
		if got := format(found); !strings.Contains(got, "apps.web.spot: a run may not stand on capacity that the cloud takes back: it would begin again, with half of its work done [spot-bears-loss]") {
			t.Errorf("%s: %s", tier, got)
		}
	}
}

// A namespace has room for a base that comes while the pods that it stands for are all there, and for one that goes. Both workloads add
// pods in a rollout, each a quarter of its own.
func TestQuotaHasRoomForABase(t *testing.T) {
	for spec, want := range map[string]int64{
		"replicas: 12":                                     12 + 3 + 3,
		"replicas: 12\nspot: true":                         3 + 9 + (1 + 3) + (1 + 3) + 9,
		"replicas: 12\nspot: false":                        12 + 3 + 3 + 9,
		"replicas: 12\nspot: false\nrollout: recreate: {}": 12,
		"scale: {min: 3, max: 30}\nspot: true":             28 + 2 + (7 + 1) + (7 + 1) + 2,
	} {
		fleets, found := resolveText(t, map[string]string{"platform.cue": testPlatform, "app.cue": oneApp(spec)})
		if diag.HasErrors(found) {
			t.Fatal(format(found))
		}
		if got := fleets[0].Namespaces[0].Quota.Pods; got != want {
			t.Errorf("%s: %d pods, want %d", spec, got, want)
		}
	}
}

// The connections of a base count: it has the same pool.
func TestPoolsCountABase(t *testing.T) {
	platform := strings.Replace(testPlatform, "platform: {", `platform: {
	databases: orders: {kind: "postgres", version: 18, host: "orders.db.acme.io", cidrs: ["10.20.0.0/24"], maxConnections: 100}`, 1)
	_, found := resolveApp(t, platform, "replicas: 12\nspot: true\nneeds: orders: postgres: {pool: 10, managed: true}")
	if got := format(found); !strings.Contains(got, "web 10 × (3 + 9 base + 4 surge pods) = 160 connections") {
		t.Error(got)
	}
}

// An app of the name that a base has, or will have, would be it.
func TestNamesOfBases(t *testing.T) {
	_, found := resolveText(t, map[string]string{"platform.cue": testPlatform, "app.cue": `apps: [string]: {team: "shop", tier: "standard", image: "registry.acme.io/web:1"}
apps: {web: spot: true, "web-base": {}}`})
	if got := format(found); !strings.Contains(got, `"web-base" is also the name of the base of "web"`) {
		t.Error(got)
	}
}
