package inventory

import (
	"math"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Workload is an object that keeps pods running, or runs them once or on a schedule.
type Workload struct {
	*Object
	Selector *metav1.LabelSelector // of the pods that it takes for its own; nil for Jobs, CronJobs and Pods
	Template corev1.PodTemplateSpec

	Replicas  *int32 // as written; nil: not stated
	Update    Update
	MinReady  int32  // seconds that a pod must be ready before it counts
	Deadline  *int32 // seconds without progress after which a rollout has failed; nil: the API's default of 600
	Claims    []corev1.PersistentVolumeClaim
	Retention *appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy
	Parallel  bool             // a StatefulSet starts all pods at once
	Governing string           // the Service of a StatefulSet under which its pods have names; may be empty
	Job       *batchv1.JobSpec // of Jobs and CronJobs
	Cron      *batchv1.CronJobSpec

	Once       bool        // a Pod that runs to its end: of a Helm hook or test, or one that is not restarted
	Dormant    bool        // it has pods only while a new version is tried: what Flagger takes its clones of
	Autoscaler *Autoscaler // that scales it; nil: nobody does
}

// Update is how a workload replaces its pods.
type Update struct {
	Kind           UpdateKind
	MaxSurge       intstr.IntOrString // as it is in force: what is not stated has the API's default
	MaxUnavailable intstr.IntOrString
}

// UpdateKind is the way in which pods are replaced.
type UpdateKind string

// The ways.
const (
	Rolling   UpdateKind = "rolling"    // some at a time
	Recreate  UpdateKind = "recreate"   // all old ones go before the first new one comes
	OnDelete  UpdateKind = "on-delete"  // when somebody deletes them
	Canary    UpdateKind = "canary"     // of an Argo Rollout: the new version gets a share of the traffic that grows
	BlueGreen UpdateKind = "blue-green" // of an Argo Rollout: a whole second set of pods, then all traffic at once
)

// EveryNode stands for as many pods as there are nodes, which no manifest knows.
const EveryNode = math.MaxInt32

// Serves reports whether the pods are there all the time: those of Jobs and CronJobs come and go,
// and so do Pods that run once.
func (w *Workload) Serves() bool { return w.Job == nil && !w.Once }

// Least returns how many pods there are when there are fewest, at the lowest load.
func (w *Workload) Least() int32 {
	switch {
	case w.Kind == "DaemonSet":
		return EveryNode
	case w.Autoscaler != nil:
		return w.Autoscaler.Min
	}
	return w.fixed()
}

// Most returns how many pods there are when there are most, without those that a rollout has in excess.
func (w *Workload) Most() int32 {
	switch {
	case w.Kind == "DaemonSet":
		return EveryNode
	case w.Autoscaler != nil:
		return w.Autoscaler.Max
	}
	return w.fixed()
}

// fixed returns the stated number of pods, or the API's default.
func (w *Workload) fixed() int32 {
	if w.Replicas != nil {
		return *w.Replicas
	}
	return 1
}

// Surge returns how many pods more than wanted a rollout may make of n: a share is rounded up, as the Deployment's controller does.
func (w *Workload) Surge(n int32) int32 {
	if w.Update.Kind != Rolling && w.Update.Kind != Canary {
		return 0
	}
	v, err := intstr.GetScaledValueFromIntOrPercent(&w.Update.MaxSurge, int(n), true)
	if err != nil {
		return 0
	}
	return int32(v)
}

// Unavailable returns how many pods fewer than wanted a rollout may leave of n: a share is rounded down, and where neither that nor the
// surge lets anything move, it is one, as the Deployment's controller decides.
func (w *Workload) Unavailable(n int32) int32 {
	switch w.Update.Kind {
	case Recreate:
		return n
	case OnDelete, BlueGreen:
		return 0
	}
	v, err := intstr.GetScaledValueFromIntOrPercent(&w.Update.MaxUnavailable, int(n), false)
	if err != nil {
		return 0
	}
	if v == 0 && w.Surge(n) == 0 {
		return 1
	}
	return int32(v)
}

// Containers returns the containers of a pod with those that start before them.
func (w *Workload) Containers() []corev1.Container {
	all := make([]corev1.Container, 0, len(w.Template.Spec.InitContainers)+len(w.Template.Spec.Containers))
	return append(append(all, w.Template.Spec.InitContainers...), w.Template.Spec.Containers...)
}
