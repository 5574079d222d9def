package cost

import (
	"time"

	"github.com/robfig/cron/v3"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// gib is one GiB in bytes.
const gib = 1 << 30

// running is pods of one shape, and how many of them there are on average.
type running struct {
	kind  string
	pods  Range
	spec  corev1.PodSpec
	disks float64 // GiB of the claims that each pod has
	fixed float64 // GiB of claims whatever runs
	doors float64 // load balancers
}

// target is a workload as autoscalers name it.
type target struct{ kind, name string }

// scales returns between which numbers autoscalers keep the workloads.
func scales(objects []generator.Object) map[target]Range {
	out := map[target]Range{}
	for _, o := range objects {
		switch o := o.(type) {
		case *autoscalingv2.HorizontalPodAutoscaler:
			least := int32(1) // Kubernetes' default
			if o.Spec.MinReplicas != nil {
				least = *o.Spec.MinReplicas
			}
			out[target{o.Spec.ScaleTargetRef.Kind, o.Spec.ScaleTargetRef.Name}] = Range{float64(least), float64(o.Spec.MaxReplicas)}
		case *kube.ScaledObject:
			out[target{o.Spec.ScaleTargetRef.Kind, o.Spec.ScaleTargetRef.Name}] = Range{float64(o.Spec.MinReplicaCount), float64(o.Spec.MaxReplicaCount)}
		}
	}
	return out
}

// part returns what an object runs or holds; false: nothing that costs.
func part(o generator.Object, sc map[target]Range) (running, bool) {
	count := func(kind string, replicas *int32) Range {
		if r, scaled := sc[target{kind, o.GetName()}]; scaled {
			return r
		}
		if replicas == nil {
			return exact(1) // Kubernetes' default
		}
		return exact(float64(*replicas))
	}
	switch o := o.(type) {
	case *appsv1.Deployment:
		return running{kind: "Deployment", pods: count("Deployment", o.Spec.Replicas), spec: o.Spec.Template.Spec}, true
	case *kube.Rollout:
		return running{kind: "Rollout", pods: count("Rollout", o.Spec.Replicas), spec: o.Spec.Template.Spec}, true
	case *appsv1.StatefulSet:
		r := running{kind: "StatefulSet", pods: count("StatefulSet", o.Spec.Replicas), spec: o.Spec.Template.Spec}
		for _, c := range o.Spec.VolumeClaimTemplates {
			r.disks += claimed(c.Spec)
		}
		return r, true
	case *batchv1.CronJob:
		r := running{kind: "CronJob", pods: Range{0, busy(o)}, spec: o.Spec.JobTemplate.Spec.Template.Spec}
		for _, v := range r.spec.Volumes {
			if v.Ephemeral != nil {
				r.disks += claimed(v.Ephemeral.VolumeClaimTemplate.Spec)
			}
		}
		return r, true
	case *corev1.PersistentVolumeClaim:
		return running{kind: "PersistentVolumeClaim", fixed: claimed(o.Spec)}, true
	case *corev1.Service:
		return running{kind: "Service", doors: 1}, o.Spec.Type == corev1.ServiceTypeLoadBalancer
	case *kube.Cluster:
		return running{kind: "Cluster", pods: exact(float64(o.Spec.Instances)), disks: amount(o.Spec.Storage.Size), spec: corev1.PodSpec{
			Containers: []corev1.Container{{Resources: o.Spec.Resources}},
			Affinity:   &corev1.Affinity{NodeAffinity: o.Spec.Affinity.NodeAffinity},
		}}, true
	case *kube.Pooler:
		return running{kind: "Pooler", pods: exact(float64(o.Spec.Instances)), spec: poolerPod(o.Spec.Template.Spec)}, true
	}
	return running{}, false
}

func poolerPod(p kube.PoolerPod) corev1.PodSpec {
	spec := corev1.PodSpec{Affinity: p.Affinity}
	for _, c := range p.InitContainers {
		spec.InitContainers = append(spec.InitContainers, corev1.Container{Resources: c.Resources})
	}
	for _, c := range p.Containers {
		spec.Containers = append(spec.Containers, corev1.Container{Resources: c.Resources})
	}
	return spec
}

// claimed returns the GiB of a claim.
func claimed(c corev1.PersistentVolumeClaimSpec) float64 {
	return gibOf(c.Resources.Requests[corev1.ResourceStorage])
}

// amount returns the GiB of a quantity that a third-party kind has as text.
func amount(text string) float64 {
	q, err := resource.ParseQuantity(text)
	if err != nil {
		return 0 // no such object is rendered
	}
	return gibOf(q)
}

func gibOf(q resource.Quantity) float64 { return q.AsApproximateFloat64() / gib }

// busy is the largest part of the time for which a CronJob's pod runs: each run until it is stopped, one after another.
func busy(o *batchv1.CronJob) float64 {
	if o.Spec.JobTemplate.Spec.ActiveDeadlineSeconds == nil {
		return 1
	}
	schedule, err := cron.ParseStandard(o.Spec.Schedule)
	if err != nil {
		return 1
	}
	// Four years, so that every 29 February counts as often as it comes; of a busy schedule a part of them tells enough.
	const mostRuns = 10_000
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(4, 0, 0)
	runs, deadline := 0.0, float64(*o.Spec.JobTemplate.Spec.ActiveDeadlineSeconds)
	for at := schedule.Next(from.Add(-time.Second)); !at.IsZero() && at.Before(to); at = schedule.Next(at) {
		if runs == mostRuns {
			to = at
			break
		}
		runs++
	}
	return min(1, runs*deadline/to.Sub(from).Seconds())
}

// usage returns what is reserved and what that costs in an environment.
func (r running) usage(env *app.Environment) Usage {
	cpu, memory := requests(r.spec)
	u := Usage{
		Pods:          r.pods,
		CPU:           r.pods.times(cpu),
		Memory:        r.pods.times(memory),
		Storage:       r.pods.times(r.disks).plus(exact(r.fixed)),
		LoadBalancers: r.doors,
		Spot:          onSpot(r.spec, env.Spot, r.pods),
	}
	u.Cost = price(u, *env.Prices).cents() // each part, so that what is shown adds up
	return u
}
