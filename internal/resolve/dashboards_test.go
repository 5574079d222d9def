package resolve

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// TestGrafanaIsAFactOrACapability wants all that a dashboard needs where the platform only says that there is a Grafana, and what it
// states besides.
func TestGrafanaIsAFactOrACapability(t *testing.T) {
	stated := strings.Replace(variant(`"gateway", `, `"gateway", "grafana", `), `zones:`, `grafana: {url: "https://grafana.acme.io", datasource: "mimir", labels: {dashboards: "yes"}}
		zones:`, 1)
	for what, x := range map[string]struct {
		platform string
		want     *app.Grafana
	}{
		"neither":    {testPlatform, nil},
		"capability": {variant(`"gateway", `, `"gateway", "grafana", `), &app.Grafana{Labels: map[string]string{"grafana_dashboard": "1"}}},
		"both":       {stated, &app.Grafana{URL: "https://grafana.acme.io", Datasource: "mimir", Labels: map[string]string{"dashboards": "yes"}}},
	} {
		a, ds := resolveApp(t, x.platform, `slo: availability: 99.5`)
		if a == nil {
			t.Fatalf("%s: %v", what, ds)
		}
		if got := a.Env.Grafana; !reflect.DeepEqual(got, x.want) {
			t.Errorf("%s: Grafana is %+v, want %+v", what, got, x.want)
		}
		noted := slices.ContainsFunc(ds, func(d diag.Diagnostic) bool {
			return d.Severity == diag.Note && d.Rule == "capability-missing" && strings.Contains(d.Problem, "dashboard")
		})
		if noted != (x.want == nil) {
			t.Errorf("%s: it is noted that nobody shows a dashboard: %v", what, noted)
		}
	}
	if _, ds := resolveApp(t, testPlatform, ``); len(ds) > 0 {
		t.Errorf("an app that promises nothing is told %v", ds)
	}
}
