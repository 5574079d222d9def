package monitoring

import (
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// slothReads reports whether the platform shows objectives on the dashboards of Sloth.
func slothReads(a app.App) bool { return a.Env.Scrape != nil && a.Env.Scrape.Sloth }

// slothLabels are the labels by which those dashboards know an objective; nil where nobody shows them. They know no namespaces, so
// the service has both names: apps of two namespaces may be called alike.
func slothLabels(a app.App, o app.Objective) map[string]string {
	if !slothReads(a) {
		return nil
	}
	service := a.Namespace + "/" + a.Name
	return map[string]string{"sloth_id": service + "-" + o.Name, "sloth_service": service, "sloth_slo": o.Name}
}

// info is the series by which those dashboards list objectives.
func info(a app.App, o app.Objective) []kube.Rule {
	if !slothReads(a) {
		return nil
	}
	return []kube.Rule{{
		Record: "sloth_slo_info",
		Expr:   "vector(1)",
		Labels: kube.Merge(slo.Labels(a, o), slothLabels(a, o), map[string]string{
			"sloth_mode":      kube.ManagedBy,
			"sloth_spec":      "prometheus/v1",
			"sloth_objective": slo.InPercent(slo.Target(o)),
		}),
	}}
}
