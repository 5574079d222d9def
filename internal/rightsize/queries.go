package rightsize

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/prometheus"
)

// The windows that use is looked at over: a week has every hour of every weekday, and memory leaks for longer than that.
const (
	cpuDays    = 7
	memoryDays = 14
)

// The names of the queries.
const (
	qCPU       = "cpu"       // cores of the busiest pod, but in one of twenty moments of a week
	qRuns      = "cpu-runs"  // cores of the busiest run of a cron app
	qTotal     = "cpu-total" // cores of all pods together, but in one of twenty moments: of apps that are scaled by CPU
	qPeak      = "cpu-peak"  // and at the most
	qMemory    = "memory"    // bytes of the largest pod
	qSince     = "since"     // when the series begin, in seconds since 1970
	qKilled    = "oom"       // bytes of the limit that a container was killed at; 0: none was
	qThrottled = "throttled" // share of the periods in which a container waited for its CPU limit
)

// owner is the label that the queries give a series: the app that its pod is of.
const owner = "scantling_app"

// Queries are what rightsize asks about apps: the same few for any number of them. The last two may lack in a file.
func Queries(apps []app.App, match prometheus.Matchers) []prometheus.Query {
	if len(apps) == 0 {
		return nil
	}
	var steady, runs, scaled, limited set
	all := set{match: match}
	for _, a := range apps {
		for _, c := range containers(a) {
			all.add(a, c.Name)
			switch {
			case a.Kind == app.Cron:
				runs.add(a, c.Name)
			case c.scaled():
				scaled.add(a, c.Name)
			default:
				steady.add(a, c.Name)
			}
			if c.Now.CPULimitMilli > 0 {
				limited.add(a, c.Name)
			}
		}
		if a.Migration != nil {
			all.add(a, kube.MigrationName(a))
		}
	}
	var out []prometheus.Query
	ask := func(name string, s set, optional bool, expr func(s set) string) {
		if len(s.apps) > 0 {
			s.match = match
			out = append(out, prometheus.Query{Name: name, Expr: expr(s), Optional: optional})
		}
	}
	ask(qCPU, steady, false, func(s set) string { return p95(s.most(s.cores())) })
	ask(qRuns, runs, false, func(s set) string { return overWeek("max_over_time(", s.most(s.cores())) })
	ask(qTotal, scaled, false, func(s set) string { return p95(s.sum(pods(s.cores()))) })
	ask(qPeak, scaled, false, func(s set) string { return overWeek("max_over_time(", s.sum(pods(s.cores()))) })
	ask(qMemory, all, false, func(s set) string {
		return s.most(fmt.Sprintf("max_over_time(%s[%dd])", s.of("container_memory_working_set_bytes"), memoryDays))
	})
	ask(qSince, all, false, func(s set) string {
		// In steps of an hour that each look at all of it: no sample is read twice, and no short run is missed.
		return fmt.Sprintf("min_over_time((time() + 0 * %s)[%dd:1h])", s.most("max_over_time("+s.of("container_memory_working_set_bytes")+"[1h])"), memoryDays)
	})
	ask(qKilled, all, true, killed)
	ask(qThrottled, limited, true, func(s set) string {
		periods := func(name string) string { return s.sum(fmt.Sprintf("increase(%s[%dd])", s.of(name), cpuDays)) }
		return periods("container_cpu_cfs_throttled_periods_total") + " / " + periods("container_cpu_cfs_periods_total")
	})
	return out
}

// killed is the limit of each container that was killed for its memory, by what the pod itself says: a later one may have a higher limit.
func killed(s set) string {
	limits, ended := s.told("resource_limits", `resource="memory"`), s.told("status_last_terminated_reason", `reason="OOMKilled"`)
	return s.most(fmt.Sprintf("%s * on (namespace, pod, container) %s or 0 * %s", ended, limits, limits))
}

// told is what kube-state-metrics says of containers. Sidecars begin before the others, and have metrics of their own.
func (s set) told(metric, condition string) string {
	over := func(kind string) string {
		return fmt.Sprintf("max_over_time(%s[%dd])", s.of(kind+metric, condition), memoryDays)
	}
	expr := over("kube_pod_container_")
	if slices.ContainsFunc(s.apps, func(a app.App) bool { return len(a.Sidecars) > 0 }) {
		expr += " or " + over("kube_pod_init_container_")
	}
	return pods(expr)
}

// set is containers of apps that one query is about.
type set struct {
	apps       []app.App
	containers []string
	match      prometheus.Matchers
}

func (s *set) add(a app.App, container string) {
	if len(s.apps) == 0 || s.apps[len(s.apps)-1].Name != a.Name {
		s.apps = append(s.apps, a)
	}
	s.containers = append(s.containers, container)
}

// of selects the series of a metric. Pods of other apps may have containers of the same names: their pods have no owner.
func (s set) of(metric string, more ...string) string {
	var namespaces []string
	for _, a := range s.apps {
		namespaces = append(namespaces, a.Namespace)
	}
	conditions := append([]string{kube.Matcher("namespace", unique(namespaces)...), kube.Matcher("container", unique(s.containers)...)}, more...)
	return metric + "{" + strings.Join(conditions, ",") + s.match.String() + "}"
}

// cores is the use of CPU, averaged over five minutes: what is shorter than that is the business of cgroups.
func (s set) cores() string { return "rate(" + s.of("container_cpu_usage_seconds_total") + "[5m])" }

// most is the largest value among the pods of each app.
func (s set) most(expr string) string { return s.by("max", expr) }

// sum is the value of all pods of each app together.
func (s set) sum(expr string) string { return s.by("sum", expr) }

func (s set) by(aggregation, expr string) string {
	pattern, replacement := kube.AppOfPod(s.apps)
	return fmt.Sprintf(`%s by (namespace, %s, container) (label_replace(%s, %q, %q, "pod", %s))`, aggregation, owner, expr, owner, replacement, strconv.Quote(pattern))
}

// pods is one series a container: another one comes with every restart, and from every replica of Prometheus.
func pods(expr string) string { return "max by (namespace, pod, container) (" + expr + ")" }

func p95(expr string) string { return overWeek("quantile_over_time(0.95, ", expr) }

func overWeek(function, expr string) string {
	return fmt.Sprintf("%s(%s)[%dd:5m])", function, expr, cpuDays)
}

func unique(texts []string) []string { return slices.Compact(slices.Sorted(slices.Values(texts))) }
