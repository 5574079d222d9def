package compile

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/generators"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/internal/manifest"
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

// blameAll puts violations of one environment where the spec leads to them: at the patch without which one would not be, at the first of
// an app's patches if they must all go for that, else at a field.
func (s *Specs) blameAll(fleet *app.Fleet, violated []verify.Result, all []unit, results []rendered, opts Options) ([]diag.Diagnostic, error) {
	if len(violated) == 0 {
		return nil, nil
	}
	out := make([]diag.Diagnostic, len(violated))
	for i, r := range violated {
		out[i] = s.blame(fleet, r)
	}
	for at, u := range all {
		if u.env != fleet.Env.Name || u.app == nil || len(u.app.Patches) == 0 {
			continue
		}
		patches := u.app.Patches
		remains, err := patched(nil, at, fleet, all, results, opts)
		for i := 0; err == nil && i <= len(patches); i++ { // first for all of them at once, then for each
			theirs := 0
			p := patches[max(0, i-1)]
			for j, r := range violated {
				if !remains[keyOf(r)] {
					out[j].Pos, out[j].Path = p.Pos, p.Path
					theirs++
				}
			}
			if i == 0 && theirs == 0 || len(patches) == 1 {
				break
			}
			if i < len(patches) {
				remains, err = patched(slices.Delete(slices.Clone(patches), i, i+1), at, fleet, all, results, opts)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// finding tells violations apart.
type finding struct {
	guarantee, object, path string
}

func keyOf(r verify.Result) finding {
	return finding{r.Guarantee.Name, r.Object.ID.String(), r.Path}
}

// patched returns what would be violated if the app of one unit had these patches.
func patched(patches []app.Patch, at int, fleet *app.Fleet, all []unit, results []rendered, opts Options) (map[finding]bool, error) {
	u, less := all[at], *all[at].app
	less.Patches = patches
	u.app = &less
	results = slices.Clone(results)
	if results[at] = renderUnit(u, generators.All, opts); results[at].err != nil {
		return nil, results[at].err
	}
	set, err := take(fleet, all, results, opts)
	if err != nil {
		return nil, err
	}
	remains := map[finding]bool{}
	open, _ := verify.Open(set, Facts(fleet))
	for _, r := range open {
		if r.State == verify.Violated {
			remains[keyOf(r)] = true
		}
	}
	return remains, nil
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
	for _, e := range fleet.Apps[j].Extensions {
		if manifest.String(e.Object, "kind") == r.Object.Kind && manifest.String(e.Object, "metadata", "name") == r.Object.Name {
			d.Pos, d.Path = e.Pos, e.Path
			return d
		}
	}
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
