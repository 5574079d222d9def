package resolve

import (
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/kube"
)

// A rehearsal that fails by taking too long has failed before the next one is due, however long a restore may take.
func TestDrillsEndBeforeTheNext(t *testing.T) {
	const hour, day = int64(3600), int64(24 * 3600)
	platform := strings.NewReplacer("platform: {", "platform: {\n\tdatabases: orders: {kind: \"postgres\", host: \"10.8.0.1\", sizeGiB: 1}", `"cilium"`, `"cilium", "cnpg"`).Replace(testPlatform)
	for _, spec := range []string{
		"needs: orders: postgres: {}",
		"needs: own: postgres: provision: \"cnpg\"",
		"kind: \"stateful\"\nreplicas: 1\nstorage: data: {size: \"1Gi\", mount: \"/data\"}",
	} {
		for rto, want := range map[string]map[string]int64{
			"2h":   {"standard": 2 * hour, "critical": 2 * hour},
			"10d":  {"standard": 10 * day, "critical": 7 * day},
			"400d": {"standard": 31 * day, "critical": 7 * day},
		} {
			for tier, seconds := range want {
				a, found := resolveApp(t, platform, spec+"\ntier: \""+tier+"\"\nrecovery: {rpo: \"24h\", rto: \""+rto+"\"}")
				drills := 0
				for _, j := range a.Jobs {
					if j.Component == kube.ComponentDrill {
						drills++
						if j.DeadlineSeconds != seconds {
							t.Errorf("%s, %s, rto %s: a drill may take %d s, want %d", spec, tier, rto, j.DeadlineSeconds, seconds)
						}
					}
				}
				if drills != 1 {
					t.Errorf("%s: %d drills\n%s", spec, drills, format(found))
				}
			}
		}
	}
}

// Each task of a Job has room on disk for all that the kubelet counts as the pod's: every /tmp, and what tasks leave for each other.
func TestJobsHaveRoomForWhatTheyLeave(t *testing.T) {
	platform := strings.NewReplacer("platform: {", "platform: {\n\tdatabases: orders: {kind: \"postgres\", host: \"10.8.0.1\", sizeGiB: 1}", `"cilium"`, `"cilium", "cnpg"`).Replace(testPlatform)
	a, _ := resolveApp(t, platform, "kind: \"stateful\"\nreplicas: 1\nstorage: data: {size: \"1Gi\", mount: \"/data\"}\nneeds: {orders: postgres: {}, own: postgres: provision: \"cnpg\"}\nrecovery: {rpo: \"24h\", rto: \"2h\"}")
	if len(a.Jobs) != 4 {
		t.Fatalf("%d jobs", len(a.Jobs))
	}
	const ownMiB, tmpMiB = 256, 64
	for _, j := range a.Jobs {
		most := j.Request().EphemeralBytes
		if least := j.WorkBytes + int64(len(j.Tasks)*tmpMiB+ownMiB)*mebibyte; most < least {
			t.Errorf("%s reserves %s of disk, and takes %s", j.Name, mebibytes(most), mebibytes(least))
		}
	}
}
