package monitoring

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// Probe lets the platform's prober ask an app that counts no requests itself, so that somebody knows when it does not answer. It asks
// the app's Service from inside the cluster: what lies before that, such as a gateway, is not measured.
var Probe = generator.Generator{
	Name: "probe",
	Reasons: generator.Reasons{
		"Probe spec.prober.path":   "where a blackbox exporter is asked; written out because the operator's schema would add it",
		"Probe spec.scrapeTimeout": "10 s, Prometheus' own, and below the interval: who answers later has not answered",
	},
	Run: func(a app.App) []generator.Object {
		o, ok := asked(a)
		if !ok {
			return nil
		}
		q, ok := kube.Asked(a)
		if !ok {
			return nil
		}
		prober := a.Env.Scrape.Prober
		meta := kube.Meta(a, a.Name)
		meta.Labels = kube.Merge(meta.Labels, a.Env.Scrape.MonitorLabels)
		return []generator.Object{&kube.Probe{
			TypeMeta:   kube.Type("monitoring.coreos.com/v1", "Probe"),
			ObjectMeta: meta,
			Spec: kube.ProbeSpec{
				JobName:       kube.ProbeName(a),
				Prober:        kube.Prober{URL: prober.URL, Path: "/probe"},
				Module:        cmp.Or(prober.Module, q.Module),
				Interval:      fmt.Sprintf("%ds", o.Seconds),
				ScrapeTimeout: fmt.Sprintf("%ds", kube.ProbeTimeout(o.Seconds)),
				Targets: kube.ProbeTargets{StaticConfig: kube.ProbeStaticConfig{
					Static: []string{q.Target},
					Labels: map[string]string{"namespace": a.Namespace}, // else it would be the prober's business which one it is
				}},
			},
		}}
	},
}

// asked returns the objective that a prober measures which asks most often.
func asked(a app.App) (app.Objective, bool) {
	if a.SLO == nil || a.Env.Scrape == nil || a.Env.Scrape.Prober == nil || !a.Env.Has("prometheus") {
		return app.Objective{}, false
	}
	probed := slices.DeleteFunc(slices.Clone(a.SLO.Objectives), func(o app.Objective) bool { return o.Source != "probe" || o.Seconds < 2 })
	if len(probed) == 0 {
		return app.Objective{}, false
	}
	return slices.MinFunc(probed, func(x, y app.Objective) int { return cmp.Compare(x.Seconds, y.Seconds) }), true
}
