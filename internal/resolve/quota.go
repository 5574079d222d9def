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
	handover  int64         // of a base that comes or goes, while the pods that it stands for are there, too
	late      int64         // 1: a cron app's run past its deadline, beside the next run
	migration int64         // 1: a Job runs before a rollout
	each      app.Resources // of one pod, all containers together
	job       app.Resources // of the migration's pod, which has no sidecars
	beside    []companions  // backups, drills and databases of the app's own
}

// companions are pods of one sort that run beside an app.
type companions struct {
	pods   int64
	what   string // they are called: "backups and drills"
	each   app.Resources
	claims int64 // PersistentVolumeClaims that they have together
}

// running is how many pods of the app must fit, beside its migration.
func (d demand) running() int64 { return d.most + d.second + d.surge }

// all is how many pods of the app there may be, beside its migration.
func (d demand) all() int64 { return d.running() + d.surge + d.late + d.handover }

// of adds up one resource of so many pods, of the migration, and of what runs beside the app.
func (d demand) of(pods int64, resource func(app.Resources) int64) int64 {
	sum := pods*resource(d.each) + d.migration*resource(d.job)
	for _, c := range d.beside {
		sum += c.pods * resource(c.each)
	}
	return sum
}

// Resources that are counted.
func cpuOf(r app.Resources) int64         { return r.CPUMilli }
func memoryOf(r app.Resources) int64      { return r.MemoryBytes }
func memoryLimitOf(r app.Resources) int64 { return r.MemoryLimitBytes }

// sum is how running adds up, with or without the migration: "(10 + 2 canary + 4 surge)", with the unit behind the last number.
func (d demand) sum(migration int64, unit string) string {
	terms := []string{strconv.FormatInt(d.most, 10)}
	for _, t := range []struct {
		n    int64
		what string
	}{{d.second, d.what}, {d.surge, "surge"}, {migration, "migration"}} {
		if t.n > 0 {
			terms = append(terms, fmt.Sprintf("%d %s", t.n, t.what))
		}
	}
	if len(terms) == 1 {
		return terms[0] + unit
	}
	return "(" + strings.Join(terms, " + ") + unit + ")"
}

// demand counts an app's pods at the largest that a release becomes, whether one is in progress or not: the namespace has room before
// a release begins, and no step changes its quota. A cron app runs one pod at a time (concurrencyPolicy Forbid). A pod that has ended,
// such as a failed run before its retry, does not count.
func (s *spec) demand() demand {
	a := &s.app
	d := demand{name: a.Name, each: podResources(a), job: a.Resources, beside: companionsOf(a)}
	if a.Kind == app.Cron {
		d.most, d.late = 1, 1
		return d
	}
	d.most, d.second, d.what = s.versionsAtMost()
	d.surge = surge(a, d.most) + surge(a, d.second)
	d.handover = s.basePods()
	if n := s.node.Field("migrate"); n != nil && n.Kind == load.Struct {
		d.migration = 1
	}
	return d
}

// versionsAtMost is how many pods the main version and the one beside it may have at once, and what the second is called; a base is
// counted as one, for it has a surge of its own. Flagger keeps
// the primary beside the new version, and Argo with a router all old pods beside all new ones, until the last step has passed.
func (s *spec) versionsAtMost() (main, second int64, what string) {
	most := int64(s.app.Replicas.Max)
	switch sp := s.app.Rollout.Split; {
	case s.app.Rollout.Strategy == app.BlueGreen:
		return most, most, "idle"
	case s.app.Base != nil:
		base := int64(s.app.Base.Pods)
		return most - base, base, "base"
	case sp == nil:
		return most, 0, ""
	case sp.Engine == app.ByFlagger:
		return most, most, "primary"
	case sp.Engine == app.ByArgo && sp.Router != "":
		return most, most, "canary"
	case sp.Engine == app.ByArgo:
		return most, 0, ""
	case sp.Engine == app.ByReplicas:
		return most, canaryPods(int64(s.app.Replicas.Min), int64(s.largestWeight())), "canary"
	}
	return most, int64(s.capacity(s.largestWeight()).Max), "canary"
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
		d := s.demand()
		demands = append(demands, d)
		q.CPUMilli += d.of(d.all(), cpuOf)
		q.MemoryBytes += d.of(d.all(), memoryOf)
		q.MemoryLimitBytes += d.of(d.all(), memoryLimitOf)
		q.Pods += d.all() + d.migration
		q.Claims += claims(&s.app)
		for _, c := range d.beside {
			q.Pods += c.pods
			q.Claims += c.claims
		}
		if s.app.Expose != nil && s.app.Expose.Via == loadBalancer {
			q.LoadBalancers++
		}
	}
	if team == nil {
		return q
	}
	quota := team.Field("quota")
	if cpu, ok := cpuMilli(quota.Field("cpu")); ok {
		w.fits(quota.Field("cpu"), team.Key, namespace, "CPU", cpu, demands, decimalCores, cpuOf)
		q.CPUMilli = cpu
	}
	if memory, ok := bytes(quota.Field("memory")); ok {
		w.fits(quota.Field("memory"), team.Key, namespace, "memory", memory, demands, mebibytes, memoryOf)
		q.MemoryBytes = memory
		// Limits may be above requests; who may request so much may also use it.
		q.MemoryLimitBytes = max(q.MemoryLimitBytes, memory)
	}
	return q
}

// atMost is what the pods of apps hold together at the most replicas of all versions, and what runs beside them.
func atMost(specs []*spec) app.Quota {
	var q app.Quota
	for _, s := range specs {
		d := s.demand()
		pods := d.most + d.second
		d.migration = 0
		q.CPUMilli += d.of(pods, cpuOf)
		q.MemoryBytes += d.of(pods, memoryOf)
		q.MemoryLimitBytes += d.of(pods, memoryLimitOf)
		q.Pods += pods
		for _, c := range d.beside {
			q.Pods += c.pods
		}
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
func (w *world) fits(n *load.Node, team, namespace, what string, stated int64, demands []demand, show func(int64) string, resource func(app.Resources) int64) {
	var sum int64
	for _, d := range demands {
		sum += d.of(d.running(), resource)
	}
	if sum <= stated {
		return
	}
	slices.SortStableFunc(demands, func(a, b demand) int {
		return cmp.Or(cmp.Compare(b.of(b.running(), resource), a.of(a.running(), resource)), strings.Compare(a.name, b.name))
	})
	var terms []string
	for _, d := range demands {
		term := fmt.Sprintf("%s %s × %s", d.name, d.sum(0, ""), show(resource(d.each)))
		if d.migration > 0 {
			term += " + its migration × " + show(resource(d.job))
		}
		for _, c := range d.beside {
			term += fmt.Sprintf(" + its %s %d × %s", c.what, c.pods, show(resource(c.each)))
		}
		terms = append(terms, term)
	}
	w.errorAt(n, "quota-fits-apps", "platform.teams."+team+".quota."+n.Key,
		fmt.Sprintf("%s %s is less than the %s that the apps of namespace %q need: %s", show(stated), what, show(sum), namespace, joinTerms(terms)),
		"at least "+show(sum), "raise it, or lower scale.max of an app")
}

// decimalCores writes thousandths of a core as a number of cores: "9.75".
func decimalCores(milli int64) string { return decimal(float64(milli) / 1000) }
