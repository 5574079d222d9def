package resolve

import (
	"slices"
	"testing"

	"github.com/scantling/scantling/internal/app"
)

// TestMembersReachEachOther: a default-deny namespace would otherwise keep a quorum from ever forming.
func TestMembersReachEachOther(t *testing.T) {
	const storage = "\nport: 7000\nstorage: data: {size: \"1Gi\", mount: \"/data\"}"
	for spec, want := range map[string]bool{
		"kind: \"stateful\"\nreplicas: 3" + storage: true,
		"kind: \"stateful\"\nreplicas: 1" + storage: false, // nobody to talk to
		"replicas: 3\nport: 7000":                   false, // no member of anything
	} {
		a, found := resolveApp(t, testPlatform, spec)
		own := func(e app.Edge) bool { return e.Name == a.Name && len(e.Ports) == 1 && e.Ports[0].Number == 7000 }
		in, out := slices.ContainsFunc(a.Ingress, own), slices.ContainsFunc(a.Egress, own)
		if in != want || out != want {
			t.Errorf("%s\nlet in %v, let out %v, wanted %v\n%s", spec, in, out, want, format(found))
		}
	}
}
