package delivery_test

import (
	"encoding/json"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/generators/monitoring"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/delivery"
	"github.com/scantling/scantling/internal/kube"
)

// TestDashboardsArriveAsTheyAre wants a dashboard, which has variables of its own, to reach Grafana unchanged by every delivery: Flux is
// told not to substitute, and nothing in it looks like a template of Helm.
func TestDashboardsArriveAsTheyAre(t *testing.T) {
	for tool, want := range map[string]string{
		"argocd": "sync-options=PruneLast=true sync-wave=-3", "flux": "substitute=disabled", "helm": "", "kubectl": "", "": "",
	} {
		a := checkout(tool)
		a.Migration = nil
		a.Env.Capabilities = []string{"grafana", "prometheus"}
		a.Env.Grafana = &app.Grafana{Labels: map[string]string{"grafana_dashboard": "1"}}
		made := monitoring.Dashboard.Run(a)
		before := made[0].(*corev1.ConfigMap).Data[kube.DashboardKey(a)]
		o := delivery.Mark(a.Env, &a, made)[0].(*corev1.ConfigMap)
		after := o.Data[kube.DashboardKey(a)]
		if got := marksOf(o); got != want {
			t.Errorf("%s: the dashboard is marked %q, want %q", tool, got, want)
		}
		if before != after || !json.Valid([]byte(after)) || !strings.Contains(after, "${datasource}") || !strings.Contains(after, "[$__rate_interval]") {
			t.Errorf("%s: the dashboard has lost its variables:\n%s", tool, after)
		}
		if strings.Contains(after, "{{") {
			t.Errorf("%s: Helm reads a template of its own:\n%s", tool, after)
		}
		if o.Labels["grafana_dashboard"] != "1" || o.Annotations["grafana_folder"] != "payments" {
			t.Errorf("%s: Grafana does not find it: %v %v", tool, o.Labels, o.Annotations)
		}
	}
}
