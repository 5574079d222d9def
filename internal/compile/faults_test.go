package compile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/kube"
)

// faults are the faults of hand-written manifests that may never come out of Scantling, by their number in the catalogue that
// the project started from. Each reads only rendered objects.
var faults = []fault{
	{"E01 selectors that other workloads' pods match", overlappingSelectors},
	{"E02 Services that leave open which colour has the traffic", undeclaredCutOvers},
	{"E03 idle colours that cannot take the traffic back", lostWaysBack},
	{"E04 subsets without DestinationRule, rules without retries", openSubsets},
	{"E05 users who flap between two versions", flappingUsers},
	{"E06 new versions that nothing aborts", unjudgedCanaries},
	{"E07 rollouts without selector, surge, pacing or deadline", unpacedRollouts},
	{"E08 required zone anti-affinity", requiredZoneAntiAffinity},
	{"E09 spread that counts old pods or tainted nodes", inertSpread},
	{"E10 budgets that block every drain", blockingBudgets},
	{"E12 probes without time-outs, or liveness delayed instead of started up", carelessProbes},
	{"E13 plaintext secrets", plaintextSecrets},
	{"E14 ExternalSecrets without store kind or policies", vagueExternalSecrets},
	{"E15 keys that no secret holds", missingSecretKeys},
	{"E16 permissions nobody asked for", broadAccess},
	{"E17 pods that can't resolve names", noDNS},
	{"E18 peers without namespace", vaguePeers},
	{"E19 namespaces without pinned pod security, quota or limits", unguardedNamespaces},
	{"E20 read-only pods without a writable /tmp, or with a uid of the host's", unwritableTmp},
	{"E28 autoscaling by memory", memoryAutoscaling},
	{"E29 replicas beside an autoscaler", replicasBesideAutoscaler},
	{"E30 autoscalers without a scale-up policy or with fewer pods than zones", shortAutoscalers},
	{"E31 throttled or evictable containers, and none without requests", carelessResources},
	{"E41 volumes that vanish with their workload", vanishingVolumes},
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

func overlappingSelectors(r *rendered) (found []string) {
	check := func(namespace, id string, s *metav1.LabelSelector) {
		for _, p := range r.pods {
			if p.namespace == namespace && p.id != id && selects(s, p.meta.Labels) {
				found = append(found, id+" selects pods of "+p.id)
			}
		}
		for _, mutable := range []string{kube.LabelVersion, kube.LabelTier, kube.LabelOwner} {
			if _, ok := s.MatchLabels[mutable]; ok {
				found = append(found, id+" selects by "+mutable+", which can change")
			}
		}
	}
	for _, w := range r.workloads() {
		check(w.meta.Namespace, w.id(), w.selector)
	}
	for _, s := range r.services {
		for _, p := range r.pods {
			if p.namespace == s.Namespace && labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(p.meta.Labels)) && strings.Contains(p.id, "Job/") {
				found = append(found, "Service "+s.Name+" sends traffic to "+p.id)
			}
		}
	}
	return found
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

func requiredZoneAntiAffinity(r *rendered) (found []string) {
	for _, p := range r.pods {
		if p.spec.Affinity == nil || p.spec.Affinity.PodAntiAffinity == nil {
			continue
		}
		for _, term := range p.spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
			if term.TopologyKey == corev1.LabelTopologyZone {
				found = append(found, p.id)
			}
		}
	}
	return found
}

// hashes are the labels by which the controller of each kind tells its new pods from old ones.
var hashes = map[string][]string{"Deployment": {"pod-template-hash"}, "Rollout": {"rollouts-pod-template-hash"}}

func inertSpread(r *rendered) (found []string) {
	for _, p := range r.pods {
		for _, c := range p.spec.TopologySpreadConstraints {
			switch {
			case !selects(c.LabelSelector, p.meta.Labels):
				found = append(found, p.id+": a spread that doesn't match its own pods")
			case c.NodeTaintsPolicy == nil || *c.NodeTaintsPolicy != corev1.NodeInclusionPolicyHonor:
				found = append(found, p.id+": a spread that counts tainted nodes")
			case r.based(p) && slices.Equal(c.MatchLabelKeys, []string{kube.LabelVersion}) && p.meta.Labels[kube.LabelVersion] != "":
				// a release changes it in both
			case !slices.Equal(c.MatchLabelKeys, hashes[strings.Split(p.id, "/")[0]]):
				found = append(found, fmt.Sprintf("%s: a spread by %v, which counts old pods or none", p.id, c.MatchLabelKeys))
			}
		}
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

// fewestOf returns the fewest pods of all workloads that a budget is for, as the disruption controller adds them up.
func (r *rendered) fewestOf(b *policyv1.PodDisruptionBudget) (n int32) {
	for _, w := range r.workloads() {
		if w.meta.Namespace == b.Namespace && selects(b.Spec.Selector, w.pods) {
			n += r.fewest(w.meta.Namespace, w.meta.Name)
		}
	}
	if n == 0 { // of what an operator makes
		n = r.fewest(b.Namespace, b.Name)
	}
	return n
}

func blockingBudgets(r *rendered) (found []string) {
	for _, b := range r.budgets {
		n := r.fewestOf(b)
		switch {
		case b.Spec.MinAvailable != nil:
			found = append(found, b.Name+": minAvailable can block a drain for ever")
		case n < 2:
			found = append(found, fmt.Sprintf("%s: a budget on %d pods", b.Name, n))
		case b.Spec.UnhealthyPodEvictionPolicy == nil:
			found = append(found, b.Name+": a crash-looping pod blocks a drain")
		case *b.Spec.UnhealthyPodEvictionPolicy != policyv1.AlwaysAllow && !r.isStateful(b.Namespace, b.Name):
			found = append(found, b.Name+": only a quorum may hold unhealthy pods")
		default:
			if allowed, err := intstr.GetScaledValueFromIntOrPercent(b.Spec.MaxUnavailable, int(n), true); err != nil || allowed < 1 {
				found = append(found, fmt.Sprintf("%s: allows no eviction of %d pods", b.Name, n))
			}
		}
	}
	for _, w := range r.workloads() {
		n := r.fewest(w.meta.Namespace, w.meta.Name)
		if n >= 2 && !slices.ContainsFunc(r.budgets, func(b *policyv1.PodDisruptionBudget) bool {
			return b.Namespace == w.meta.Namespace && selects(b.Spec.Selector, w.pods)
		}) {
			found = append(found, fmt.Sprintf("%s: %d pods without a budget", w.id(), n))
		}
	}
	return found
}

func (r *rendered) isStateful(namespace, name string) bool {
	for _, s := range r.statefulSets {
		if s.Namespace == namespace && s.Name == name {
			return true
		}
	}
	return false
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

func requiredPolicy(r *rendered, namespace string, podLabels map[string]string) *networkingv1.NetworkPolicy {
	for _, p := range r.policies {
		if p.Namespace == namespace && len(p.Spec.PodSelector.MatchLabels) > 0 && selects(&p.Spec.PodSelector, podLabels) {
			return p
		}
	}
	return nil
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

func replicasBesideAutoscaler(r *rendered) (found []string) {
	targets := map[string]int{}
	for _, h := range r.autoscalers {
		targets[h.Spec.ScaleTargetRef.Kind+"/"+h.Namespace+"/"+h.Spec.ScaleTargetRef.Name]++
	}
	for _, s := range r.scaled {
		targets[s.Spec.ScaleTargetRef.Kind+"/"+s.Namespace+"/"+s.Spec.ScaleTargetRef.Name]++
	}
	seen := 0
	for _, w := range r.workloads() {
		n := targets[w.id()]
		seen += n
		if n > 1 || (n == 1) == (w.replicas != nil) {
			found = append(found, fmt.Sprintf("%s: %d autoscalers and replicas %v", w.id(), n, w.replicas))
		}
	}
	if seen != len(r.autoscalers)+len(r.scaled) {
		found = append(found, "an autoscaler without a workload")
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
