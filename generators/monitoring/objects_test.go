package monitoring

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/slo"
)

// TestObjects wants the Services whose pods a ServiceMonitor reads and users reach, and the workloads behind them.
func TestObjects(t *testing.T) {
	colours, plain, set := by(app.ByGateway), by(app.ByArgo), by(app.ByArgo)
	colours.Rollout = app.Rollout{Strategy: app.BlueGreen}
	colours.Role, colours.Other = app.RoleBlue, &app.Side{Role: app.RoleGreen}
	plain.Rollout = app.Rollout{Strategy: app.Rolling}
	plain.Base = &app.Base{Pods: 1}
	set.Rollout, set.Kind, set.Role = app.Rollout{}, app.Stateful, ""
	one, both := []string{"web"}, []string{"web", "web-canary"}
	for name, tt := range map[string]struct {
		a    app.App
		want slo.Objects
	}{
		"one version":          {plain, slo.Objects{Services: one, Backends: one, Workloads: []string{"web", "web-base"}, Serving: []string{"web", "web-base"}, Kind: "Deployment"}},
		"stateful":             {set, slo.Objects{Services: one, Backends: one, Workloads: one, Serving: one, Kind: "StatefulSet"}},
		"one Service":          {by(app.ByReplicas), slo.Objects{Services: one, Backends: one, Workloads: both, Serving: both, Kind: "Deployment"}},
		"weights over subsets": {by(app.ByIstio), slo.Objects{Services: one, Backends: one, Workloads: both, Serving: one, Kind: "Deployment"}},
		"weights over Services": {by(app.ByGateway), slo.Objects{
			Services: both, Backends: both, Workloads: both, Serving: one, Kind: "Deployment",
		}},
		"colours": {colours, slo.Objects{
			Services: one, Backends: one, Workloads: []string{"web-blue"}, Serving: []string{"web-blue"}, Kind: "Deployment",
		}},
		"Argo": {by(app.ByArgo), slo.Objects{Services: one, Backends: one, Workloads: one, Serving: one, Kind: "Rollout"}},
		"Flagger": {by(app.ByFlagger), slo.Objects{
			Services: []string{"web-canary", "web-primary"}, Backends: []string{"web-canary", "web-primary"},
			Workloads: []string{"web", "web-primary"}, Serving: []string{"web-primary"}, Kind: "Deployment",
		}},
	} {
		tt.want.Probe = "web-probe"
		got := objectsOf(tt.a)
		slices.Sort(got.Workloads)
		slices.Sort(got.Serving)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (- wanted, + got):\n%s", name, diff)
		}
	}
}
