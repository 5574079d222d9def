package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// demand is what one app may hold of its namespace's quota at a time.
type demand struct {
	name    string
	running int64         // pods that must fit: the most replicas and the surge of a rollout; of a cron app one run
	leaving int64         // pods that may still be stopping then, and count until they are gone
	each    app.Resources // of one pod, all containers together
}

// demandOf counts an app's pods:
//
//	running = max replicas + surge
//	leaving = surge, for a rollout starts the next pods while the last ones still stop
//
// A cron app runs one pod at a time (concurrencyPolicy Forbid); the one leaving is a run past its deadline beside the next run. A
// pod that has ended, such as a failed run before its retry, no longer counts.
func demandOf(a *app.App) demand {
	d := demand{name: a.Name, running: int64(a.Replicas.Max) + surge(a), leaving: surge(a), each: podResources(a)}
	if a.Kind == app.Cron {
		d.running, d.leaving = 1, 1
	}
	return d
}

// podResources adds up a pod's containers: sidecars run as long as the app does.
func podResources(a *app.App) app.Resources {
	sum := a.Resources
	for _, s := range a.Sidecars {
		sum.CPUMilli += s.Resources.CPUMilli
		sum.MemoryBytes += s.Resources.MemoryBytes
		sum.MemoryLimitBytes += s.Resources.MemoryLimitBytes
	}
	return sum
}

// surge is how many pods a rollout may have above the most replicas: a percentage rounds up, as in Kubernetes.
func surge(a *app.App) int64 {
	percent, isPercent := strings.CutSuffix(a.Rollout.MaxSurge, "%")
	n, err := strconv.ParseInt(percent, 10, 32)
	if err != nil {
		return 0
	}
	if isPercent {
		n = (int64(a.Replicas.Max)*n + 99) / 100
	}
	return n
}

// quota decides what the pods of a namespace may hold together: what its team's platform entry states, else what the apps need.
// Pods, claims and load balancers always follow from the apps, for nobody states them.
func (w *world) quota(namespace string, specs []*spec, team *load.Node) app.Quota {
	var q app.Quota
	var demands []demand
	for _, s := range specs {
		d := demandOf(&s.app)
		demands = append(demands, d)
		pods := d.running + d.leaving
		q.CPUMilli += pods * d.each.CPUMilli
		q.MemoryBytes += pods * d.each.MemoryBytes
		q.MemoryLimitBytes += pods * d.each.MemoryLimitBytes
		q.Pods += pods
		q.Claims += claims(&s.app)
		if s.app.Expose != nil && s.app.Expose.Via == loadBalancer {
			q.LoadBalancers++
		}
	}
	if team == nil {
		return q
	}
	quota := team.Field("quota")
	if cpu, ok := cpuMilli(quota.Field("cpu")); ok {
		w.fits(quota.Field("cpu"), team.Key, namespace, "CPU", cpu, demands, decimalCores, func(d demand) int64 { return d.each.CPUMilli })
		q.CPUMilli = cpu
	}
	if memory, ok := bytes(quota.Field("memory")); ok {
		w.fits(quota.Field("memory"), team.Key, namespace, "memory", memory, demands, mebibytes, func(d demand) int64 { return d.each.MemoryBytes })
		q.MemoryBytes = memory
		// Limits may be above requests; who may request so much may also use it.
		q.MemoryLimitBytes = max(q.MemoryLimitBytes, memory)
	}
	return q
}

// claims is how many PersistentVolumeClaims an app has: one of each volume for every pod of a stateful app, else one for all pods.
func claims(a *app.App) int64 {
	if a.Kind == app.Stateful {
		return int64(len(a.Volumes)) * int64(a.Replicas.Max)
	}
	return int64(len(a.Volumes))
}

// fits reports a quota that is smaller than what the apps must be able to run, pods that are leaving not counted: with less, a
// rollout at the most replicas would never end.
func (w *world) fits(n *load.Node, team, namespace, what string, stated int64, demands []demand, show func(int64) string, each func(demand) int64) {
	var sum int64
	for _, d := range demands {
		sum += d.running * each(d)
	}
	if sum <= stated {
		return
	}
	slices.SortStableFunc(demands, func(a, b demand) int {
		return cmp.Or(cmp.Compare(b.running*each(b), a.running*each(a)), strings.Compare(a.name, b.name))
	})
	var terms []string
	for _, d := range demands {
		pods := strconv.FormatInt(d.running, 10)
		if d.leaving > 0 && d.running > 1 {
			pods = fmt.Sprintf("(%d + %d surge)", d.running-d.leaving, d.leaving)
		}
		terms = append(terms, fmt.Sprintf("%s %s × %s", d.name, pods, show(each(d))))
	}
	w.errorAt(n, "quota-fits-apps", "platform.teams."+team+".quota."+n.Key,
		fmt.Sprintf("%s %s is less than the %s that the apps of namespace %q need: %s", show(stated), what, show(sum), namespace, joinTerms(terms)),
		"at least "+show(sum), "raise it, or lower scale.max of an app")
}

// decimalCores writes thousandths of a core as a number of cores: "9.75".
func decimalCores(milli int64) string { return decimal(float64(milli) / 1000) }
