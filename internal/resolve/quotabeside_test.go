package resolve

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// A namespace has room for a run of each backup and drill beside the app at its largest, and for the volumes that they work on.
func TestQuotaHasRoomForBackups(t *testing.T) {
	quota := func(gib int, recovery string) app.Quota {
		platform := strings.Replace(testPlatform, "platform: {", fmt.Sprintf("platform: {\n\tdatabases: orders: {kind: \"postgres\", host: \"10.8.0.1\", sizeGiB: %d}", gib), 1)
		fleets, found := resolveText(t, map[string]string{"platform.cue": platform, "app.cue": oneApp("replicas: 2\nneeds: orders: postgres: {" + recovery + "}")})
		if diag.HasErrors(found) {
			t.Fatal(format(found))
		}
		return fleets[0].Namespaces[0].Quota
	}
	const recovery = `recovery: {rpo: "48h", rto: "4h"}`
	without, with, large := quota(4, "managed: true"), quota(4, recovery), quota(30, recovery)
	// One task of 250m and 256Mi at a time; in a drill the scratch server of 500m and 1Gi beside it.
	if pods, cpu, memory := with.Pods-without.Pods, with.CPUMilli-without.CPUMilli, with.MemoryBytes-without.MemoryBytes; pods != 2 || cpu != 250+750 || memory != (256+1280)*mebibyte {
		t.Errorf("a backup and a drill hold %d pods, %dm CPU and %s", pods, cpu, mebibytes(memory))
	}
	// Of each of two Jobs: a run and its two retries, beside those of the failed run before.
	if with.Claims != 0 || large.Claims != 2*6 {
		t.Errorf("a small database takes %d claims, a large one %d", with.Claims, large.Claims)
	}
}

// What a quota lacks is told with its terms.
func TestQuotaNamesWhatRunsBeside(t *testing.T) {
	platform := strings.Replace(testPlatform, "platform: {", "platform: {\n\tteams: shop: quota: {cpu: \"1\", memory: \"10Gi\"}\n\tdatabases: orders: {kind: \"postgres\", host: \"10.8.0.1\", sizeGiB: 1}", 1)
	_, found := resolveText(t, map[string]string{"platform.cue": platform, "app.cue": oneApp("replicas: 2\nneeds: orders: postgres: recovery: {rpo: \"24h\", rto: \"1h\"}")})
	want := "platform.cue:2:28: platform.teams.shop.quota.cpu: 1 CPU is less than the 1.75 that the apps of namespace \"shop\" need: web (2 + 1 surge) × 0.25 + its backup of orders 1 × 0.25 + its drill of orders 1 × 0.75 [quota-fits-apps]\n"
	if got := format(found); !strings.Contains(got, want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestDatabasesCountInQuotas(t *testing.T) {
	each := app.Resources{CPUMilli: 100}
	a := &app.App{Clusters: []app.Cluster{{Instances: 3, Resources: each, Pooler: &app.Pooler{Instances: 2, Resources: each}, Archive: &app.Archive{Drill: "x", Resources: app.Resources{CPUMilli: 10}}}}}
	var pods, claims, milli int64
	for _, c := range companionsOf(a) {
		pods, claims, milli = pods+c.pods, claims+c.claims, milli+c.pods*c.each.CPUMilli
	}
	// Three servers, a Job that prepares one, the copy of a drill; two poolers, one of a rollout, and one that still stops.
	if pods != 5+4 || claims != 5 || milli != 5*110+4*100 {
		t.Errorf("%d pods, %d claims, %dm", pods, claims, milli)
	}
}
