// Package monitoring tells Prometheus what to read.
package monitoring

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// ServiceMonitor lets Prometheus read every pod behind an app's Services, once: a Service that leads to pods which another one leads
// to as well bears another component.
var ServiceMonitor = generator.Generator{
	Name: "service-monitor",
	Reasons: generator.Reasons{
		"ServiceMonitor spec.podTargetLabels": "one Service leads to two versions: each series says which of them it is of",
		"ServiceMonitor spec.sampleLimit":     "10,000 series a pod are ten times a busy service; a user's id in a label costs this app its metrics, not everybody the Prometheus",
		"ServiceMonitor spec.labelLimit":      "30 labels a series: Mimir and Cortex refuse more by default",
	},
	Run: func(a app.App) []generator.Object {
		if a.Metrics == nil || a.Kind == app.Cron || !a.Env.Has("prometheus") {
			return nil
		}
		if a.CanaryBy(app.ByFlagger) {
			// Flagger gives its Services names of its own, and those with pods the labels that we ask for.
			return []generator.Object{monitor(a, kube.Meta(a, a.Name), kube.PeerLabels(a.Name, a.Kind))}
		}
		main := monitor(a, kube.Meta(a, a.Name), kube.AppSelector(a))
		if a.CanaryBy(app.ByReplicas) || a.CanaryBy(app.ByIstio) {
			main.Spec.PodTargetLabels = []string{kube.LabelTrack}
		}
		out := []generator.Object{main}
		for _, v := range a.Versions()[1:] {
			if name, component := kube.OwnService(v); name != "" {
				out = append(out, monitor(a, kube.ComponentMeta(v, name, component), kube.Merge(kube.AppSelector(a), map[string]string{kube.LabelComponent: component})))
			}
		}
		return out
	},
}

// monitor reads the pods behind the Services that have these labels.
func monitor(a app.App, meta metav1.ObjectMeta, services map[string]string) *kube.ServiceMonitor {
	if a.Env.Scrape != nil {
		meta.Labels = kube.Merge(meta.Labels, a.Env.Scrape.MonitorLabels)
	}
	return &kube.ServiceMonitor{
		TypeMeta:   kube.Type("monitoring.coreos.com/v1", "ServiceMonitor"),
		ObjectMeta: meta,
		Spec: kube.ServiceMonitorSpec{
			Selector: metav1.LabelSelector{MatchLabels: services},
			Endpoints: []kube.MonitorEndpoint{{
				Port:     a.Metrics.Port.Name,
				Path:     a.Metrics.Path,
				Interval: fmt.Sprintf("%ds", a.Metrics.IntervalSeconds),
			}},
			SampleLimit: 10_000,
			LabelLimit:  30,
		},
	}
}
