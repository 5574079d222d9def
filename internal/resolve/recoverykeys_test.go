package resolve

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// twoTeams is two apps in namespaces of their own, each with a database.
const twoTeams = `
apps: a: {team: "ta", tier: "standard", image: "registry.acme.io/a:1", needs: one: postgres: recovery: {rpo: "24h", rto: "4h"}}
apps: b: {team: "tb", tier: "standard", image: "registry.acme.io/b:1", needs: two: postgres: recovery: {rpo: "24h", rto: "4h"}}
`

func withDatabases(platform string, names ...string) string {
	var list strings.Builder
	for _, name := range names {
		fmt.Fprintf(&list, "%s: {kind: \"postgres\", version: 16, host: \"10.8.0.1\", sizeGiB: 4}, ", name)
	}
	return strings.Replace(platform, "platform: {", "platform: {\n\tdatabases: {"+list.String()+"}", 1)
}

// TestKeysOfTheBucket wants a place with {namespace} to be each namespace's own, and one that all share to be told.
func TestKeysOfTheBucket(t *testing.T) {
	platform := withDatabases(testPlatform, "one", "two")
	const secret = `secret: "platform/backups"`
	if !strings.Contains(platform, secret) {
		t.Fatal("the platform has no keys of a bucket")
	}
	for place, want := range map[string]map[string]string{
		"platform/backups":             {"a": "platform/backups", "b": "platform/backups"},
		"platform/{namespace}/backups": {"a": "platform/ta/backups", "b": "platform/tb/backups"},
	} {
		fleets, found := resolveText(t, map[string]string{"platform.cue": strings.Replace(platform, secret, fmt.Sprintf("secret: %q", place), 1), "app.cue": twoTeams})
		if diag.HasErrors(found) {
			t.Fatal(format(found))
		}
		for _, a := range fleets[0].Apps {
			for _, j := range a.Jobs {
				for _, s := range j.Secrets {
					for _, d := range s.Store.Data {
						if strings.HasSuffix(s.Name, "-store") && d.Remote != want[a.Name] {
							t.Errorf("%s of %s comes from %q, want %q", d.Key, s.Name, d.Remote, want[a.Name])
						}
					}
				}
			}
		}
		if told := strings.Contains(format(found), "backups-have-own-keys"); told != (place == "platform/backups") {
			t.Errorf("%s: %s", place, format(found))
		}
	}
}

// TestLossIsAsLoudAsForTheMostCritical wants the alerts of a shared database to wake somebody for the most critical of its apps,
// also where one that may wait wants the stricter objectives, and so owns the backup.
func TestLossIsAsLoudAsForTheMostCritical(t *testing.T) {
	fleets, found := resolveText(t, map[string]string{"platform.cue": withDatabases(testPlatform, "orders"), "app.cue": `
apps: report: {team: "t", tier: "best-effort", image: "registry.acme.io/a:1", needs: orders: postgres: recovery: {rpo: "4h", rto: "4h"}}
apps: shop: {team: "t", tier: "standard", image: "registry.acme.io/b:1", needs: orders: postgres: recovery: {rpo: "24h", rto: "4h"}}
`})
	if diag.HasErrors(found) {
		t.Fatal(format(found))
	}
	for _, a := range fleets[0].Apps {
		if r := a.Recovery[0]; r.Tier != app.Standard || (r.SharedWith == "") != (a.Name == "report") {
			t.Errorf("%s: tier %s, shared with %q", a.Name, r.Tier, r.SharedWith)
		}
	}
}

// TestAQueueMayBeEmpty wants the backup of a queue to bear that it has been worked off, and no other one to.
func TestAQueueMayBeEmpty(t *testing.T) {
	platform := strings.Replace(testPlatform, "platform: {", "platform: {\n\tdatabases: jobs: {kind: \"redis\", version: 7, host: \"10.8.0.1\", sizeGiB: 4}", 1)
	for _, purpose := range []string{"queue", "store"} {
		fleets, found := resolveText(t, map[string]string{"platform.cue": platform, "app.cue": oneApp(fmt.Sprintf("needs: jobs: redis: {purpose: %q, recovery: {rpo: \"24h\", rto: \"4h\"}}", purpose))})
		if diag.HasErrors(found) {
			t.Fatal(format(found))
		}
		said := map[string]string{} // by task and variable
		for _, j := range fleets[0].Apps[0].Jobs {
			for _, task := range j.Tasks {
				for _, v := range task.Variables {
					said[task.Name+" "+v.Name] = v.Value
				}
			}
		}
		empty := purpose == "queue"
		if (said["dump MIN_BYTES"] == "1") != empty || (said["dump MAY_BE_EMPTY"] == "true") != empty || (said["restore MAY_BE_EMPTY"] == "true") != empty {
			t.Errorf("%s: %v", purpose, said)
		}
	}
}

// TestNamespacesOfOperators wants no app beside the keys of all backups, or beside an operator that may do everything.
func TestNamespacesOfOperators(t *testing.T) {
	platform := strings.Replace(testPlatform, `"velero"`, `"cnpg", "velero"`, 1)
	for _, namespace := range []string{"velero", "cnpg-system"} {
		_, found := resolveText(t, map[string]string{"platform.cue": platform, "app.cue": oneApp(fmt.Sprintf("namespace: %q", namespace))})
		if !strings.Contains(format(found), "namespace-reserved") {
			t.Errorf("an app may live in %s: %s", namespace, format(found))
		}
	}
}
