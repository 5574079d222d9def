package monitoring

import (
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// podPanels show what the app has to work with, by the metrics of the kubelet and of kube-state-metrics. The main container is called like
// the app, in the pods of all its versions.
func podPanels(a app.App) []panel {
	s := seriesOf(a, "pod=~"+strconv.Quote(kube.PodPattern(a)), kube.Matcher("container", kube.MainContainer(a)))
	out := slices.Concat([]panel{cpu(a, s), memory(a, s)}, replicas(a, s))
	out = append(out, panel{
		title: "Restarts", unit: "short", width: 8,
		lines: []line{{"", "sum by (pod) (increase(" + s.of("kube_pod_container_status_restarts_total") + "[$__rate_interval]))"}},
	})
	if a.Resources.CPULimitMilli > 0 {
		rate := func(metric string) string {
			return "sum by (pod) (rate(" + s.of("container_cpu_cfs_"+metric+"_total") + "[$__rate_interval]))"
		}
		out = append(out, panel{
			title: "CPU throttled", unit: "percentunit", width: 8, highest: 1,
			why:   "Share of the periods in which a pod had used up its limit, and waited. Orange: from a quarter on users feel it, and a ticket is made.",
			steps: []step{{0.25, orange}},
			lines: []line{{"", rate("throttled_periods") + " / " + rate("periods")}},
		})
	}
	return append(out, slices.Concat(disruptions(a), volumes(a))...)
}

func cpu(a app.App, s series) panel {
	p := panel{
		title: "CPU", unit: "suffix:CPU", width: 12,
		lines: []line{{"", "sum by (pod) (rate(" + s.of("container_cpu_usage_seconds_total") + "[$__rate_interval]))"}, bound(request, "cpu", s)},
	}
	if a.Resources.CPULimitMilli > 0 {
		p.lines = append(p.lines, bound(limit, "cpu", s))
	}
	return p
}

func memory(a app.App, s series) panel {
	p := panel{
		title: "Memory", unit: "bytes", width: 12,
		lines: []line{{"", "max by (pod) (" + s.of("container_memory_working_set_bytes") + ")"}, bound(request, "memory", s)},
	}
	if a.Resources.MemoryLimitBytes > 0 {
		p.lines = append(p.lines, bound(limit, "memory", s))
	}
	return p
}

// bound is the request or the limit of the main container.
func bound(which, resource string, s series) line {
	return line{which, "max(" + s.of("kube_pod_container_resource_"+which+"s", kube.Matcher("resource", resource)) + ")"}
}

// replicas shows how many pods are ready, and how many there should be.
func replicas(a app.App, s series) []panel {
	if a.Kind == app.Cron {
		return nil
	}
	p := panel{
		title: "Replicas", unit: "short", width: 8,
		lines: []line{{"ready", "sum(max by (pod) (" + s.of("kube_pod_container_status_ready") + "))"}},
	}
	total := func(kind, metric string, names []string) string {
		return "sum(" + most(kind, seriesOf(a, kube.Matcher(kind, names...)).of(metric)) + ")"
	}
	if names := autoscalers(a); len(names) > 0 {
		const kind = "horizontalpodautoscaler"
		p.lines = append(p.lines,
			line{"wanted", total(kind, "kube_horizontalpodautoscaler_status_desired_replicas", names)},
			line{"minimum", total(kind, "kube_horizontalpodautoscaler_spec_min_replicas", names)},
			line{maximum, total(kind, "kube_horizontalpodautoscaler_spec_max_replicas", names)})
		return []panel{p}
	}
	switch kube.WorkloadKind(a) {
	case "StatefulSet":
		p.lines = append(p.lines, line{"wanted", total("statefulset", "kube_statefulset_replicas", kube.WorkloadNames(a))})
	case "Deployment":
		p.lines = append(p.lines, line{"wanted", total("deployment", "kube_deployment_spec_replicas", kube.WorkloadNames(a))})
	}
	return []panel{p}
}

// disruptions shows whether a node with a pod of the app can be drained.
func disruptions(a app.App) []panel {
	names := budgets(a)
	if len(names) == 0 {
		return nil
	}
	return []panel{{
		title: "Disruptions allowed", unit: "short", width: 8,
		why:   "Pods that a drain of nodes may take now. At 0, no node with a pod of the app can be drained; a ticket is made after an hour.",
		lines: []line{{"", "min by (poddisruptionbudget) (" + seriesOf(a, kube.Matcher("poddisruptionbudget", names...)).of("kube_poddisruptionbudget_status_pod_disruptions_allowed") + ")"}},
	}}
}

// volumes shows how full the app's volumes are.
func volumes(a app.App) []panel {
	var claims []string
	for _, v := range a.Volumes {
		name := kube.ClaimName(a, v.Name)
		if a.Kind == app.Stateful {
			name = v.Name + "-" + a.Name + "-[0-9]+"
		}
		claims = append(claims, name)
	}
	if len(claims) == 0 {
		return nil
	}
	s := seriesOf(a, "persistentvolumeclaim=~"+strconv.Quote(strings.Join(claims, "|")))
	return []panel{{
		title: "Volumes used", unit: "percentunit", width: 8, highest: 1,
		lines: []line{{"", "max by (persistentvolumeclaim) (" + s.of("kubelet_volume_stats_used_bytes") + " / " + s.of("kubelet_volume_stats_capacity_bytes") + ")"}},
	}}
}

// autoscalers are the names of the HorizontalPodAutoscalers of the app; KEDA makes them of its own objects. Of an app that Flagger moves
// it is the primary's: the other one has something to do only while a new version comes in.
func autoscalers(a app.App) []string {
	var names []string
	for _, v := range a.Workloads() {
		name := kube.WorkloadName(v)
		if v.CanaryBy(app.ByFlagger) {
			name = kube.PrimaryName(v)
		} else if v.Scaling == nil {
			continue
		}
		if v.Scaling != nil && v.Scaling.KEDA {
			name = "keda-hpa-" + name
		}
		names = append(names, name)
	}
	return names
}
