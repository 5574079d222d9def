package slo

import (
	"fmt"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// unready is how long no sample may tell of a ready pod, until none is: with samples each half minute, one may fail.
const unready = "90s"

// NoReadyPods is true while pods are wanted and none has been ready for a while, as kube-state-metrics tells, later than a first start may take.
// Empty for what does not run all the time: of an app that may sleep, the first pods take their time to come, and what waits for them
// tells how long that is.
func NoReadyPods(a app.App, n Objects) string {
	if n.Kind == "" || sleeps(a) {
		return ""
	}
	ready, created := n.pods(a, "status_replicas_ready"), n.pods(a, "created")
	if n.Kind == "Rollout" {
		ready = n.pods(a, "status_ready_replicas")
	}
	return fmt.Sprintf("sum(%s) > 0\nand sum(%s) == 0\nand time() - min(%s) > %d", n.wanted(a), ready, created, firstStartSeconds(a))
}

// wanted is how many pods Kubernetes shall run.
func (n Objects) wanted(a app.App) string {
	if n.Kind == "StatefulSet" {
		return n.pods(a, "replicas")
	}
	return n.pods(a, "spec_replicas")
}

// pods is what kube-state-metrics says of the workloads that serve: the most of a while, so that a scrape that fails takes nothing
// away. Of a Rollout it knows only the ReplicaSets.
func (n Objects) pods(a app.App, what string) string {
	namespace := "namespace=" + strconv.Quote(a.Namespace)
	most := func(metric string, matchers ...string) string {
		return "max_over_time(" + selector(metric, append([]string{namespace}, matchers...)...) + "[" + unready + "])"
	}
	switch n.Kind {
	case "StatefulSet":
		return most("kube_statefulset_"+what, kube.Matcher("statefulset", n.Serving...))
	case "Rollout":
		return most("kube_replicaset_"+what) + " and on (namespace, replicaset) " +
			most("kube_replicaset_owner", `owner_kind="Rollout"`, kube.Matcher("owner_name", n.Serving...))
	}
	return most("kube_deployment_"+what, kube.Matcher("deployment", n.Serving...))
}

// sleeps reports whether an app has no pods while there is nothing to do.
func sleeps(a app.App) bool { return a.Scaling != nil && a.Replicas.Min == 0 }

// firstStartSeconds is how long a new workload may take until its first pod is ready: the time after which Kubernetes calls that failed.
func firstStartSeconds(a app.App) int32 {
	if a.Rollout.ProgressDeadlineSeconds > 0 {
		return a.Rollout.ProgressDeadlineSeconds
	}
	return 600 // Kubernetes' default of progressDeadlineSeconds
}
