package cost

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
)

// requests returns the cores and the GiB that the scheduler reserves for a pod: those of all containers that run together, or of an
// init container that needs more. An init container that stays is one of those that run together, and runs beside those after it.
func requests(spec corev1.PodSpec) (cores, memory float64) {
	var together, first, most [2]float64
	for _, c := range spec.InitContainers {
		r := request(c)
		for i := range r {
			if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
				first[i] += r[i]
				most[i] = max(most[i], first[i])
			} else {
				most[i] = max(most[i], first[i]+r[i])
			}
		}
	}
	together = first
	for _, c := range spec.Containers {
		r := request(c)
		for i := range r {
			together[i] += r[i]
		}
	}
	return max(together[0], most[0]), max(together[1], most[1])
}

func request(c corev1.Container) [2]float64 {
	cpu, memory := c.Resources.Requests[corev1.ResourceCPU], c.Resources.Requests[corev1.ResourceMemory]
	return [2]float64{cpu.AsApproximateFloat64(), gibOf(memory)}
}

// onSpot returns how many of the pods run on spot capacity: all where a rule says so, none to all where it is a wish.
func onSpot(spec corev1.PodSpec, nodes *app.SpotNodes, pods Range) Range {
	if nodes == nil || spec.Affinity == nil || spec.Affinity.NodeAffinity == nil {
		return Range{}
	}
	rule := spec.Affinity.NodeAffinity
	if required := rule.RequiredDuringSchedulingIgnoredDuringExecution; required != nil {
		for _, term := range required.NodeSelectorTerms {
			if wants(term, nodes, corev1.NodeSelectorOpIn) {
				return pods
			}
			if wants(term, nodes, corev1.NodeSelectorOpNotIn) {
				return Range{}
			}
		}
	}
	for _, wish := range rule.PreferredDuringSchedulingIgnoredDuringExecution {
		if wants(wish.Preference, nodes, corev1.NodeSelectorOpIn) {
			return Range{0, pods.Most}
		}
	}
	return Range{}
}

// wants reports whether a term is about the label of spot nodes.
func wants(term corev1.NodeSelectorTerm, nodes *app.SpotNodes, operator corev1.NodeSelectorOperator) bool {
	for _, e := range term.MatchExpressions {
		if _, about := nodes.Label[e.Key]; about && e.Operator == operator {
			return true
		}
	}
	return false
}
