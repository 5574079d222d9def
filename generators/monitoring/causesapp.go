package monitoring

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// How long a cause holds before anybody hears of it.
const (
	shortly = "5m"  // several scrapes
	while   = "15m" // a peak, a restart or a rollout that goes well
	anHour  = "1h"  // somebody who works on it
)

// daySeconds is a day.
const daySeconds = 24 * 60 * 60

// autoscalerAtMaximum: more load finds no more pods. A maximum of one pod is a switch, no measure of load, and one that is also the
// minimum is always reached.
func autoscalerAtMaximum(a app.App) alarm {
	var names []string
	for _, w := range a.Workloads() {
		if w.Scaling == nil || w.Replicas.Max <= max(1, w.Replicas.Min) {
			continue
		}
		name := kube.WorkloadName(w)
		own := []string{name}
		if w.CanaryBy(app.ByFlagger) {
			own = append(own, kube.PrimaryName(w))
		}
		for _, n := range own {
			if w.Scaling.KEDA {
				n = "keda-hpa-" + n // what KEDA calls the one that it makes
			}
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return alarm{}
	}
	slices.Sort(names)
	s := seriesOf(a, kube.Matcher("horizontalpodautoscaler", names...))
	return alarm{
		name: "AutoscalerAtMaximum",
		expr: most("horizontalpodautoscaler", s.of("kube_horizontalpodautoscaler_status_current_replicas")) + "\n>= " +
			most("horizontalpodautoscaler", s.of("kube_horizontalpodautoscaler_spec_max_replicas")),
		wait:    while,
		summary: fmt.Sprintf("%s has as many pods as its autoscaler may make", a.Name),
		advice: "More load will find no more pods, and everybody waits longer. If the load is wanted, raise scale.max; if each pod is slow, find out why first. What it sees" +
			kube.Commands(kube.Kubectl(a.Namespace, "describe hpa "+found(a, names))),
	}
}

// found is how kubectl finds those of an app's objects that are there: of two versions one may be gone, and of names it wants all.
// Flagger's copies, which stay, do not bear the app's labels.
func found(a app.App, names []string) string {
	if a.CanaryBy(app.ByFlagger) {
		return strings.Join(names, " ")
	}
	return "-l " + kube.LabelInstance + "=" + a.Name
}

// disruptionBudgetExhausted: drains of nodes wait. A budget without pods, as that of an idle version, allows none either.
func disruptionBudgetExhausted(a app.App) alarm {
	names := budgets(a)
	if len(names) == 0 {
		return alarm{}
	}
	s := seriesOf(a, kube.Matcher("poddisruptionbudget", names...))
	is := func(status string) string {
		return most("poddisruptionbudget", s.of("kube_poddisruptionbudget_status_"+status))
	}
	return alarm{
		name: "DisruptionBudgetExhausted",
		expr: strings.Join([]string{
			is("pod_disruptions_allowed") + " == 0",
			"and " + is("current_healthy") + " >= " + is("desired_healthy"),
			"and " + is("expected_pods") + " > 0",
		}, "\n"),
		wait:    anHour,
		summary: fmt.Sprintf("no pod of %s may be taken off its node, and has not been for an hour", a.Name),
		advice: "It serves, but drains of its nodes wait, and so do upgrades of the cluster: some pods are not ready, and the others are the fewest that must stay. Which, and why" +
			kube.Commands(kube.Kubectl(a.Namespace, "describe pdb "+found(a, names)), kube.Kubectl(a.Namespace, "get pods -o wide -l "+kube.LabelInstance+"="+a.Name)),
	}
}

// budgets are the names of an app's disruption budgets, and of its poolers'.
func budgets(a app.App) []string {
	var names []string
	for _, v := range a.Versions() {
		if v.Disruption == nil || v.Kind == app.Cron {
			continue
		}
		names = append(names, kube.WorkloadName(v))
		if v.CanaryBy(app.ByFlagger) {
			names = append(names, kube.PrimaryName(v))
		}
	}
	for _, c := range a.Clusters {
		if c.Pooler != nil && c.Pooler.Instances > 1 {
			names = append(names, c.Pooler.Name)
		}
	}
	slices.Sort(names)
	return names
}

// podCrashLooping: a container ends again and again. The pods of a cron app are never started again.
func podCrashLooping(a app.App) alarm {
	if a.Kind == app.Cron {
		return alarm{}
	}
	s := seriesOf(a, "pod=~"+strconv.Quote(kube.PodPattern(a)), `reason="CrashLoopBackOff"`)
	looping := func(metric string) string {
		return most("pod", "max_over_time("+s.of(metric)+"[5m])") + " == 1" // between two ends it runs, and is no loop for a moment
	}
	return alarm{
		name:    "PodCrashLooping",
		expr:    looping("kube_pod_container_status_waiting_reason") + "\nor " + looping("kube_pod_init_container_status_waiting_reason"),
		wait:    while,
		summary: fmt.Sprintf("a pod of %s ends again and again", a.Name),
		advice: "Kubernetes starts it ever more rarely. If it is a new version, go back. What it said at the end, and why it ended (OOMKilled: raise memory)" +
			kube.Commands(kube.Kubectl(a.Namespace, "logs POD --all-containers --previous --prefix --ignore-errors --tail=50"), kube.Kubectl(a.Namespace, "describe pod POD")),
	}
}

// cpuThrottled: a container waits for its next share of CPU. Without a limit none does.
func cpuThrottled(a app.App) alarm {
	var limited []string
	if a.Resources.CPULimitMilli > 0 {
		limited = append(limited, kube.MainContainer(a))
	}
	for _, sidecar := range a.Sidecars {
		if sidecar.Resources.CPULimitMilli > 0 {
			limited = append(limited, sidecar.Name)
		}
	}
	if len(limited) == 0 {
		return alarm{}
	}
	s := seriesOf(a, "pod=~"+strconv.Quote(kube.PodPattern(a)), kube.Matcher("container", limited...))
	periods := func(metric string) string { return "sum by (namespace, container) (rate(" + s.of(metric) + "[5m]))" }
	return alarm{
		name: "CPUThrottled",
		// A quarter: below it, a busy container loses a few milliseconds now and then; above it, requests wait for whole periods of 100 ms.
		expr:    periods("container_cpu_cfs_throttled_periods_total") + "\n/ " + periods("container_cpu_cfs_periods_total") + " > 0.25",
		wait:    while,
		summary: fmt.Sprintf("a container of %s is held back by its CPU limit for more than a quarter of the time", a.Name),
		advice:  "What waits for CPU answers late, however idle the node is. Remove the limit, or raise it: the request is what keeps neighbours safe.",
	}
}

// targetDown: Prometheus finds a pod, and reads nothing from it.
func targetDown(a app.App) alarm {
	if a.Metrics == nil || a.Kind == app.Cron {
		return alarm{}
	}
	return alarm{
		name:    "TargetDown",
		expr:    "max by (namespace, job, pod) (up{" + kube.Matcher("namespace", a.Namespace) + "," + kube.Matcher("job", scraped(a)...) + "}) == 0",
		wait:    "10m", // longer than a pod takes to start, and to stop
		summary: fmt.Sprintf("Prometheus cannot read the metrics of a pod of %s", a.Name),
		advice: fmt.Sprintf("What is measured of %s lacks that pod; if it is all of them, nobody measures anything. Does it answer at http://localhost:%d%s, and if so, may Prometheus reach it",
			a.Name, a.Metrics.Port.Number, a.Metrics.Path) +
			kube.Commands(kube.Kubectl(a.Namespace, fmt.Sprintf("port-forward POD %d", a.Metrics.Port.Number)), kube.Kubectl(a.Namespace, "describe networkpolicy "+a.Name)),
	}
}

// scraped are the Services that Prometheus reads the app's pods behind; it calls a job like its Service. Flagger makes one for each
// version, and monitors find those by their labels.
func scraped(a app.App) []string {
	if a.CanaryBy(app.ByFlagger) {
		return []string{kube.CanaryName(a), kube.PrimaryName(a)}
	}
	names := []string{a.Name}
	for _, v := range a.Versions()[1:] {
		if name, _ := kube.OwnService(v); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// secretNotSynced: the store's value does not reach the cluster. The one that is there stays.
func secretNotSynced(a app.App) alarm {
	names := fetched(a)
	if len(names) == 0 {
		return alarm{}
	}
	s := seriesOf(a, kube.Matcher("name", names...))
	return alarm{
		name:    "SecretNotSynced",
		expr:    "max by (name) (" + s.told("externalsecret_status_condition", `condition="Ready"`, `status="False"`) + ") == 1",
		wait:    while,
		summary: fmt.Sprintf("a secret of %s cannot be fetched from the store", a.Name),
		advice: "Pods that run go on with the value that they have; new ones do not start if there is none, and a rotated password does not arrive. Why" +
			kube.Commands(kube.Kubectl(a.Namespace, "describe externalsecret NAME")),
	}
}

// fetched are the names of the secrets that external-secrets makes for an app and its migration. Those of its backups and databases
// have louder alerts: of the age of what could be restored.
func fetched(a app.App) []string {
	all := slices.Clone(a.Secrets)
	if a.Migration != nil {
		all = append(all, a.Migration.Secrets...)
	}
	var names []string
	for _, s := range all {
		if s.Store != nil {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// certificateExpires: nobody renews it. One that is young, or whose time to be renewed has not come, is as it should be however short its
// life; one that was never signed has no time at all.
func certificateExpires(a app.App) alarm {
	in := a.Env.IngressClass
	if a.Expose == nil || a.Expose.Via != "ingress" || in == nil || in.Issuer == "" {
		return alarm{}
	}
	name := a.Name + "-tls" // cert-manager calls a Certificate like the Secret that an Ingress wants
	s := seriesOf(a, kube.Matcher("name", name))
	const days = 14 // of 90 are 30 left when it is to be renewed, of 45 15: so renewal has failed for days, and two weeks are time to mend it
	return alarm{
		name: "CertificateExpires",
		expr: fmt.Sprintf("max by (name) (%s) - time() < %d\nunless max by (name) (%s) > time()",
			s.told("certmanager_certificate_expiration_timestamp_seconds"), days*daySeconds, s.told("certmanager_certificate_renewal_timestamp_seconds")),
		wait:    anHour,
		summary: fmt.Sprintf("the certificate of %s ends within %d days, or was never signed", a.Name, days),
		advice: "It should have been renewed by now. What stands in the way" +
			kube.Commands(kube.Kubectl(a.Namespace, "describe certificate "+name), kube.Kubectl(a.Namespace, "get certificaterequests,orders,challenges")),
	}
}
