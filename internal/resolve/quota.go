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

// demand is what one app may hold of its namespace's quota at a time, in pods.
type demand struct {
	name      string
	most      int64         // of the main version
	second    int64         // of the one beside it
	what      string        // that one is called
	surge     int64         // of a rollout, of both; as many may still be stopping when the next ones start, and count until they are gone
	migration int64         // 1: a Job runs before a rollout
	late      int64         // 1: a cron app's run past its deadline, beside the next run
	each      app.Resources // of one pod, all containers together
}

// running is how many pods must fit.
func (d demand) running() int64 { return d.most + d.second + d.surge + d.migration }

// all is how many pods there may be.
func (d demand) all() int64 { return d.running() + d.surge + d.late }

// String is how running adds up: "(10 + 2 canary + 4 surge)".
func (d demand) String() string {
	terms := []string{strconv.FormatInt(d.most, 10)}
	for _, t := range []struct {
		n    int64
		what string
	}{{d.second, d.what}, {d.surge, "surge"}, {d.migration, "migration"}} {
		if t.n > 0 {
			terms = append(terms, fmt.Sprintf("%d %s", t.n, t.what))
		}
	}
	if len(terms) == 1 {
		return terms[0]
	}
	return "(" + strings.Join(terms, " + ") + ")"
}

// demandOf counts an app's pods. A cron app runs one pod at a time (concurrencyPolicy Forbid). A pod that has ended, such as a
// failed run before its retry, does not count.
func demandOf(a *app.App) demand {
	d := demand{name: a.Name, each: podResources(a)}
	if a.Kind == app.Cron {
		d.most, d.late = 1, 1
		return d
	}
	d.most = int64(a.Replicas.Max)
	d.second, d.what = secondVersion(a)
	d.surge = surge(a, d.most) + surge(a, d.second)
	if a.Migration != nil {
		d.migration = 1
	}
	return d
}

// secondVersion is how many pods the version beside the main one may have, and what it is called. Flagger keeps the primary beside
// the new version, and Argo with a router all old pods beside all new ones, until the last step has passed.
func secondVersion(a *app.App) (pods int64, what string) {
	switch sp := a.Rollout.Split; {
	case a.Other != nil:
		return int64(a.Other.Replicas.Max), string(a.Other.Role)
	case sp != nil && sp.Engine == app.ByFlagger:
		return int64(a.Replicas.Max), "primary"
	case sp != nil && sp.Engine == app.ByArgo && sp.Router != "":
		return int64(a.Replicas.Max), "canary"
	}
	return 0, ""
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

// surge is how many pods a rollout may have above the most replicas of a version: a percentage rounds up, as in Kubernetes.
func surge(a *app.App, most int64) int64 {
	percent, isPercent := strings.CutSuffix(a.Rollout.MaxSurge, "%")
	n, err := strconv.ParseInt(percent, 10, 32)
	if err != nil {
		return 0
	}
	if isPercent {
		return (most*n + 99) / 100
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
		pods := d.all()
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
		sum += d.running() * each(d)
	}
	if sum <= stated {
		return
	}
	slices.SortStableFunc(demands, func(a, b demand) int {
		return cmp.Or(cmp.Compare(b.running()*each(b), a.running()*each(a)), strings.Compare(a.name, b.name))
	})
	var terms []string
	for _, d := range demands {
		terms = append(terms, fmt.Sprintf("%s %s × %s", d.name, d, show(each(d))))
	}
	w.errorAt(n, "quota-fits-apps", "platform.teams."+team+".quota."+n.Key,
		fmt.Sprintf("%s %s is less than the %s that the apps of namespace %q need: %s", show(stated), what, show(sum), namespace, joinTerms(terms)),
		"at least "+show(sum), "raise it, or lower scale.max of an app")
}

// decimalCores writes thousandths of a core as a number of cores: "9.75".
func decimalCores(milli int64) string { return decimal(float64(milli) / 1000) }
