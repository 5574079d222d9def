package monitoring

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// PodMonitor lets Prometheus read the databases that are made for an app, and their poolers. The operator's own monitors are deprecated.
var PodMonitor = generator.Generator{
	Name: "pod-monitor",
	Reasons: generator.Reasons{
		"PodMonitor spec.podMetricsEndpoints[].port":                "what the operator calls the port in its pods",
		"PodMonitor spec.podMetricsEndpoints[].interval":            "the operator asks the database every 30 s at most; more often tells nothing new",
		"PodMonitor spec.selector.matchLabels." + kube.LabelPodRole: "servers, as opposed to the Jobs that make them",
		"PodMonitor spec.sampleLimit":                               "10,000 series a pod, as for every app",
		"PodMonitor spec.labelLimit":                                "30 labels a series: Mimir and Cortex refuse more by default",
	},
	Run: func(a app.App) []generator.Object {
		if a.Env.Scrape == nil || !a.Env.Has("prometheus") {
			return nil
		}
		var out []generator.Object
		for _, c := range a.Clusters {
			servers := kube.Merge(kube.InstanceLabels(c.Name), map[string]string{kube.LabelPodRole: "instance"})
			out = append(out, podMonitor(a, c.Name, servers))
			if c.Pooler != nil {
				out = append(out, podMonitor(a, c.Pooler.Name, kube.PoolerLabels(c.Pooler.Name)))
			}
		}
		return out
	},
}

func podMonitor(a app.App, name string, pods map[string]string) *kube.PodMonitor {
	meta := kube.DatabaseMeta(a, name, name)
	meta.Labels = kube.Merge(meta.Labels, a.Env.Scrape.MonitorLabels)
	return &kube.PodMonitor{
		TypeMeta:   kube.Type("monitoring.coreos.com/v1", "PodMonitor"),
		ObjectMeta: meta,
		Spec: kube.PodMonitorSpec{
			Selector:            metav1.LabelSelector{MatchLabels: pods},
			PodMetricsEndpoints: []kube.PodMetricsEndpoint{{Port: "metrics", Interval: "30s"}},
			SampleLimit:         10_000,
			LabelLimit:          30,
		},
	}
}
