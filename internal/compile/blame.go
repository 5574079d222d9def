package compile

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/verify"
)

// decides lists for each kind of object which fields of an app.App decide what it is, those first that people change.
var decides = map[string][]string{
	"PodDisruptionBudget":     {"disruption", "replicas", "scaling"},
	"HorizontalPodAutoscaler": {"replicas", "scaling"},
	"ScaledObject":            {"scaling", "replicas"},
	"Deployment":              {"rollout", "replicas", "health", "resources", "image"},
	"Rollout":                 {"rollout", "replicas", "health", "resources", "image"},
	"StatefulSet":             {"volumes", "replicas", "rollout", "health", "resources", "image"},
	"CronJob":                 {"cron", "jobs", "recovery", "resources"},
	"Job":                     {"migration"},
	"Service":                 {"ports", "rollout"},
	"ServiceMonitor":          {"metrics"},
	"PodMonitor":              {"metrics"},
	"HTTPRoute":               {"expose", "rollout"},
	"GRPCRoute":               {"expose", "rollout"},
	"Ingress":                 {"expose"},
	"VirtualService":          {"rollout", "expose"},
	"DestinationRule":         {"rollout"},
	"Canary":                  {"rollout"},
	"NetworkPolicy":           {"ingress", "egress", "expose"},
	"CiliumNetworkPolicy":     {"egress"},
	"PrometheusRule":          {"slo", "recovery"},
	"ExternalSecret":          {"secrets"},
	"PersistentVolumeClaim":   {"volumes"},
	"Cluster":                 {"clusters"},
	"Role":                    {"access"},
	"RoleBinding":             {"access"},
}

// blame puts a violation where the spec leads to it: at the first field of the app's that has a say in the object and that the team or
// the platform wrote, else at the app's name. What belongs to no app of the project has no line.
func (s *Specs) blame(fleet *app.Fleet, r verify.Result) diag.Diagnostic {
	d := diag.Diagnostic{
		Severity: r.Severity, Rule: r.Guarantee.Name, Env: fleet.Env.Name,
		Problem: r.Object.Short() + ": " + r.Text, Want: r.Guarantee.Promise,
		Help: "scantling explain guarantee." + r.Guarantee.Name,
	}
	name := verify.App(r.Object)
	i := slices.IndexFunc(s.Project.Apps, func(a load.AppSpec) bool { return a.Name == name })
	j := slices.IndexFunc(fleet.Apps, func(a app.App) bool { return a.Name == name })
	if i < 0 || j < 0 {
		return d
	}
	d.Pos, d.Path = s.Project.Apps[i].Node.KeyPos, "apps."+name
	for _, field := range decides[r.Object.Kind] {
		if o, ok := written(fleet.Apps[j].Origins, field); ok {
			d.Pos = o.Pos
			return d
		}
	}
	return d
}

// written returns the first origin of a field, or of one below it, that stands in a file of the user.
func written(origins []app.Origin, field string) (app.Origin, bool) {
	i := slices.IndexFunc(origins, func(o app.Origin) bool {
		rest, below := strings.CutPrefix(o.Path, field)
		return below && (rest == "" || rest[0] == '.' || rest[0] == '[') && o.Pos.IsValid() && (o.By == app.BySpec || o.By == app.ByPlatform)
	})
	if i < 0 {
		return app.Origin{}, false
	}
	return origins[i], true
}
