package resolve

import (
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
)

// TestProberMayAsk wants a way in for the prober's pods where an objective is measured by asking, to the port that is asked, and none
// for an app that counts by itself or promises nothing.
func TestProberMayAsk(t *testing.T) {
	platform := strings.Replace(testPlatform, `labels: {app: "prometheus"}}`,
		`labels: {app: "prometheus"}, prober: {url: "blackbox.probers.svc:9115", namespace: "probers", labels: {app: "blackbox"}}}`, 1)
	for spec, want := range map[string]int32{
		`ports: "tcp-feed": 6000, slo: {availability: 99, source: "probe"}`: 6000,
		`port: 8080, slo: {availability: 99, source: "probe"}`:              8080,
		`port: 8080, slo: availability: 99`:                                 0,
		`port: 8080`:                                                        0,
	} {
		a, found := resolveApp(t, platform, spec)
		i := slices.IndexFunc(a.Ingress, func(e app.Edge) bool { return e.Name == "prober" })
		switch {
		case i < 0 && want == 0:
		case i < 0 || want == 0:
			t.Errorf("%s: who may call is %v\n%s", spec, a.Ingress, format(found))
		default:
			e := a.Ingress[i]
			if e.Peer.Namespace != "probers" || e.Peer.Labels["app"] != "blackbox" || len(e.Ports) != 1 || e.Ports[0].Number != want {
				t.Errorf("%s: the prober's way in is %+v, want port %d", spec, e, want)
			}
		}
	}
}
