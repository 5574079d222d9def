// Package monitoring tells Prometheus what to read.
package monitoring

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// ServiceMonitor lets Prometheus read every pod behind an app's Service, once: further Services of the app bear another component.
var ServiceMonitor = generator.Generator{
	Name: "service-monitor",
	Reasons: generator.Reasons{
		"ServiceMonitor spec.sampleLimit": "10,000 series a pod are ten times a busy service; a user's id in a label costs this app its metrics, not everybody the Prometheus",
		"ServiceMonitor spec.labelLimit":  "30 labels a series: Mimir and Cortex refuse more by default",
	},
	Run: func(a app.App) []generator.Object {
		if a.Metrics == nil || a.Kind == app.Cron || !a.Env.Has("prometheus") {
			return nil
		}
		meta := kube.Meta(a, a.Name)
		if a.Env.Scrape != nil {
			meta.Labels = kube.Merge(meta.Labels, a.Env.Scrape.MonitorLabels)
		}
		return []generator.Object{&kube.ServiceMonitor{
			TypeMeta:   kube.Type("monitoring.coreos.com/v1", "ServiceMonitor"),
			ObjectMeta: meta,
			Spec: kube.ServiceMonitorSpec{
				Selector: metav1.LabelSelector{MatchLabels: kube.AppSelector(a)},
				Endpoints: []kube.MonitorEndpoint{{
					Port:     a.Metrics.Port.Name,
					Path:     a.Metrics.Path,
					Interval: fmt.Sprintf("%ds", a.Metrics.IntervalSeconds),
				}},
				SampleLimit: 10_000,
				LabelLimit:  30,
			},
		}}
	},
}
