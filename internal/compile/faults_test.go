package compile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/kube"
)

// faults are the faults of hand-written manifests that may never come out of Scantling, by their number in the catalogue that
// the project started from. Each reads only rendered objects.
var faults = []fault{
	{"E03 idle colours that cannot take the traffic back", lostWaysBack},
	{"E04 rules without retries, hosts that give up no pod", openSubsets},
	{"E05 users who flap between two versions", flappingUsers},
	{"E06 new versions that nothing aborts", unjudgedCanaries},
	{"E07 rollouts without selector, surge, pacing or deadline", unpacedRollouts},
	{"E12 probes without time-outs, or liveness delayed instead of started up", carelessProbes},
	{"E20 read-only pods without a writable /tmp, or with a uid of the host's", unwritableTmp},
	{"E28 autoscaling by memory", memoryAutoscaling},
	{"E30 autoscalers without a scale-up policy or with fewer pods than zones", shortAutoscalers},
	{"E31 throttled or evictable containers, and none without requests", carelessResources},
}

type fault struct {
	name  string
	check func(r *rendered) []string
}

// catalogue is all of them.
func catalogue() []fault { return slices.Concat(faults, recoveryFaults, sloFaults) }

// TestFaults renders every project of the corpus and looks for each fault.
func TestFaults(t *testing.T) {
	all := corpus(t)
	for _, fault := range catalogue() {
		t.Run(strings.Fields(fault.name)[0], func(t *testing.T) {
			for _, c := range all {
				for _, problem := range fault.check(c.rendered) {
					t.Errorf("%s: %s: %s", fault.name, c.name, problem)
				}
			}
		})
	}
}

// selects reports whether a selector matches labels.
func selects(s *metav1.LabelSelector, set map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(labels.Set(set))
}

// workload is what keeps pods running, of whatever kind.
type workload struct {
	kind     string
	meta     metav1.ObjectMeta
	replicas *int32
	selector *metav1.LabelSelector
	pods     map[string]string // their labels
}

func (w workload) id() string { return w.kind + "/" + w.meta.Namespace + "/" + w.meta.Name }

func (r *rendered) workloads() (all []workload) {
	for _, d := range r.deployments {
		all = append(all, workload{"Deployment", d.ObjectMeta, d.Spec.Replicas, d.Spec.Selector, d.Spec.Template.Labels})
	}
	for _, w := range r.rollouts {
		all = append(all, workload{"Rollout", w.ObjectMeta, w.Spec.Replicas, w.Spec.Selector, w.Spec.Template.Labels})
	}
	for _, s := range r.statefulSets {
		all = append(all, workload{"StatefulSet", s.ObjectMeta, s.Spec.Replicas, s.Spec.Selector, s.Spec.Template.Labels})
	}
	return all
}

func unpacedRollouts(r *rendered) (found []string) {
	for _, d := range r.deployments {
		pace := d.Spec.Strategy.RollingUpdate
		switch {
		case d.Spec.Strategy.Type == "RollingUpdate" && pace == nil:
			found = append(found, d.Name+": no pace")
			continue
		case d.Spec.Strategy.Type == "Recreate":
			pace = &appsv1.RollingUpdateDeployment{MaxSurge: new(intstr.FromInt32(1)), MaxUnavailable: new(intstr.FromInt32(0))}
		}
		found = append(found, unpaced(workload{"Deployment", d.ObjectMeta, nil, d.Spec.Selector, d.Spec.Template.Labels}, d.Spec.ProgressDeadlineSeconds, d.Spec.MinReadySeconds, pace)...)
	}
	for _, w := range r.rollouts {
		pace := &appsv1.RollingUpdateDeployment{MaxSurge: w.Spec.Strategy.Canary.MaxSurge, MaxUnavailable: w.Spec.Strategy.Canary.MaxUnavailable}
		found = append(found, unpaced(workload{"Rollout", w.ObjectMeta, nil, w.Spec.Selector, w.Spec.Template.Labels}, w.Spec.ProgressDeadlineSeconds, w.Spec.MinReadySeconds, pace)...)
	}
	return found
}

func unpaced(w workload, deadline *int32, ready int32, pace *appsv1.RollingUpdateDeployment) (found []string) {
	tier := w.meta.Labels[kube.LabelTier]
	switch {
	case w.selector == nil || !selects(w.selector, w.pods):
		found = append(found, w.id()+": its selector misses its pods")
	case deadline == nil || *deadline <= ready:
		found = append(found, w.id()+": no progress deadline above minReadySeconds")
	case pace.MaxSurge == nil || pace.MaxSurge.String() == "0" || pace.MaxUnavailable == nil:
		found = append(found, w.id()+": no surge")
	case tier != "best-effort" && pace.MaxUnavailable.String() != "0":
		found = append(found, w.id()+": a rollout takes ready pods away")
	case tier == "critical" && ready == 0:
		found = append(found, w.id()+": no minReadySeconds")
	}
	return found
}

// fewest returns the fewest pods of the workload with this name in a namespace, as its autoscaler or itself says.
func (r *rendered) fewest(namespace, name string) int32 {
	for _, h := range r.autoscalers {
		if h.Namespace == namespace && h.Spec.ScaleTargetRef.Name == name {
			return *h.Spec.MinReplicas
		}
	}
	for _, s := range r.scaled {
		if s.Namespace == namespace && s.Spec.ScaleTargetRef.Name == name {
			return s.Spec.MinReplicaCount
		}
	}
	for _, w := range r.workloads() {
		if w.meta.Namespace == namespace && w.meta.Name == name {
			return *w.replicas
		}
	}
	for _, p := range r.poolers {
		if p.Namespace == namespace && p.Name == name {
			return p.Spec.Instances
		}
	}
	return 0
}

func carelessProbes(r *rendered) (found []string) {
	for _, p := range r.pods {
		for _, c := range p.spec.Containers {
			for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
				if probe != nil && (probe.TimeoutSeconds == 0 || probe.InitialDelaySeconds != 0) {
					found = append(found, p.id+": a probe without time-out or with an initial delay")
				}
			}
			if c.LivenessProbe == nil {
				continue
			}
			if c.StartupProbe == nil || c.ReadinessProbe == nil {
				found = append(found, p.id+": liveness without startup and readiness")
				continue
			}
			live, ready := c.LivenessProbe, c.ReadinessProbe
			if live.HTTPGet != nil && ready.HTTPGet != nil && live.HTTPGet.Path == ready.HTTPGet.Path {
				found = append(found, p.id+": a slow dependency restarts pods")
			}
			if live.PeriodSeconds*live.FailureThreshold < 2*ready.PeriodSeconds*ready.FailureThreshold {
				found = append(found, p.id+": liveness is not twice as patient as readiness")
			}
			if c.Lifecycle == nil || c.Lifecycle.PreStop == nil || c.Lifecycle.PreStop.Sleep == nil ||
				c.Lifecycle.PreStop.Sleep.Seconds >= *p.spec.TerminationGracePeriodSeconds {
				found = append(found, p.id+": no sleep before SIGTERM within the grace period")
			}
		}
	}
	return found
}

func memoryAutoscaling(r *rendered) (found []string) {
	for _, h := range r.autoscalers {
		for _, m := range h.Spec.Metrics {
			if m.Resource != nil && m.Resource.Name == corev1.ResourceMemory || m.ContainerResource != nil && m.ContainerResource.Name == corev1.ResourceMemory {
				found = append(found, h.Name)
			}
		}
	}
	return found
}

func shortAutoscalers(r *rendered) (found []string) {
	for _, h := range r.autoscalers {
		b := h.Spec.Behavior
		switch {
		case *h.Spec.MinReplicas == h.Spec.MaxReplicas:
			// it never scales: Flagger knows a fixed number only as an autoscaler's
		case b == nil || b.ScaleUp == nil || b.ScaleDown == nil || len(b.ScaleUp.Policies) == 0 || len(b.ScaleDown.Policies) == 0:
			found = append(found, h.Name+": no policy")
		case *h.Spec.MinReplicas > h.Spec.MaxReplicas || *h.Spec.MinReplicas < 1:
			found = append(found, h.Name+": bounds")
		case h.Labels[kube.LabelTier] == "critical" && *h.Spec.MinReplicas < 2:
			found = append(found, h.Name+": fewer pods than zones")
		case len(h.Spec.Metrics) == 0 || slices.ContainsFunc(h.Spec.Metrics, func(m autoscalingv2.MetricSpec) bool { return m.Type == "" }):
			found = append(found, h.Name+": no metric")
		}
	}
	return found
}

func carelessResources(r *rendered) (found []string) {
	for _, p := range r.pods {
		for _, c := range slices.Concat(p.spec.InitContainers, p.spec.Containers) {
			for _, want := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
				if _, ok := c.Resources.Requests[want]; !ok {
					found = append(found, p.id+" "+c.Name+": no request of "+string(want))
				}
			}
			tier := p.meta.Labels[kube.LabelTier]
			request, limit := c.Resources.Requests[corev1.ResourceMemory], c.Resources.Limits[corev1.ResourceMemory]
			if limit.IsZero() || tier != "best-effort" && request.Cmp(limit) != 0 {
				found = append(found, fmt.Sprintf("%s %s: memory request %s, limit %s", p.id, c.Name, &request, &limit))
			}
			if _, ok := c.Resources.Limits[corev1.ResourceCPU]; ok && tier == "critical" {
				found = append(found, p.id+" "+c.Name+": a CPU limit throttles it")
			}
		}
	}
	return found
}
