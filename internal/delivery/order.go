package delivery

import (
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// wave is a group of kinds that come together, after those of every lower number are there and healthy.
type wave struct {
	number int
	kinds  []string
	reason string
}

// order is every kind that is rendered. generators.All keeps it, and so does each file.
var order = []wave{
	{-5, []string{"Namespace"}, "everything else lies in one"},
	{-5, []string{"PriorityClass", "StorageClass", "VolumeSnapshotClass", "NodePool"}, "the platform's own: pods and claims name them, or run on them"},
	{-4, []string{"ResourceQuota", "LimitRange", "ServiceAccount", "Role", "RoleBinding",
		"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ClusterRole", "ClusterRoleBinding", "NetworkPolicy", "CiliumNetworkPolicy"},
		"the fences stand before the first pod does, and no pod is made without its identity"},
	{-3, []string{"ExternalSecret", "SealedSecret", "ConfigMap", "AnalysisTemplate", "MetricTemplate"},
		"pods read Secrets and files when they start, the migration's first; controllers refuse a rollout whose analysis is not there"},
	{-3, []string{"ObjectStore", "BackupStorageLocation"}, "where backups go; a database ships its log to the bucket from its first minute on"},
	{-3, []string{"Cluster", "Pooler"}, "a database that is made for the app runs before the migration that changes it"},
	{-2, []string{"Job"}, "a migration ends well, or the new version does not start"},
	{0, []string{"PersistentVolumeClaim"},
		"with the pods: many storage classes bind a claim when its first pod is there, so who waits for it before that waits for ever"},
	{0, []string{"Service", "Deployment", "Rollout", "StatefulSet", "CronJob", "Canary"}, "what runs, and how it is called"},
	{0, []string{"HTTPRoute", "GRPCRoute", "Ingress", "DestinationRule", "VirtualService"},
		"not after the pods are healthy: taking the traffic from a broken version must not wait for that version"},
	{1, []string{"PodDisruptionBudget", "HorizontalPodAutoscaler", "TriggerAuthentication", "ScaledObject", "VerticalPodAutoscaler", "ScheduledBackup", "Schedule"},
		"they look for a workload, and are degraded without one or without its metrics"},
	{3, []string{"ServiceMonitor", "PodMonitor", "Probe", "PrometheusRule"}, "nothing to see before"},
}

// Wave returns the number of a kind's wave, and whether the order knows the kind at all.
func Wave(kind string) (number int, known bool) {
	i := slices.IndexFunc(order, func(w wave) bool { return slices.Contains(w.kinds, kind) })
	if i < 0 {
		return 0, false
	}
	return order[i].number, true
}

// Kinds returns every kind that has a wave.
func Kinds() []string {
	var kinds []string
	for _, w := range order {
		kinds = append(kinds, w.kinds...)
	}
	return kinds
}

// baseWave is the wave of a base, and of the claims that its pods wait for: what it takes over from the other pods is there before those
// go. With a new version it is the first, so that one which does not start stops there.
const baseWave = -1

// waveIn returns the wave of an object among those of an app. Where a controller moves the app's traffic nothing comes after the
// workload: that is not healthy before the last step, hours later, and a delivery that waits for it takes no revert.
func waveIn(a *app.App, o generator.Object) int {
	kind := kube.Kind(o)
	number, _ := Wave(kind)
	if a != nil && a.Base != nil && (kind == "PersistentVolumeClaim" || kind == "Deployment" && o.GetName() == kube.BaseName(*a)) {
		return baseWave
	}
	if a != nil && (a.CanaryBy(app.ByArgo) || a.CanaryBy(app.ByFlagger)) {
		return min(number, 0)
	}
	return number
}

// lasting are the kinds that old pods and old routes use until new ones have replaced them.
var lasting = []string{
	"Deployment", "Rollout", "StatefulSet", "CronJob", "Service", "DestinationRule", "ConfigMap", "ExternalSecret", "SealedSecret",
}
