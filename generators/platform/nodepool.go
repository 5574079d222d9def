package platform

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// capacityType is the label by which Karpenter knows what it pays for a node.
const capacityType = "karpenter.sh/capacity-type"

// NodePool makes the platform's groups of nodes, by Karpenter or as a file for eksctl. Of spot capacity Karpenter takes the types that are
// least likely to be taken back, and among them the cheap ones; it hears of a node that goes, and drains it.
var NodePool = generator.Generator{
	Name: "node-pool",
	Reasons: generator.Reasons{
		"NodePool spec.template.spec.requirements[].key":      "the labels that Karpenter chooses machines by: what is paid, the type, the zone",
		"NodePool spec.template.spec.requirements[].operator": "one of the values",
		"NodePool spec.template.spec.taints[].value":          "pods tolerate the key, whatever its value; a taint without one is easily mistyped",
		"NodePool spec.template.spec.taints[].effect":         "what does not say that it bears the loss of its node is not put on it; what runs there already stays",
		"NodePool spec.template.spec.expireAfter":             "30 days, Karpenter's own default: no node misses more than a month of patches",
		"NodePool spec.disruption.consolidationPolicy":        "half-empty nodes cost as much as full ones",
		"NodePool spec.disruption.consolidateAfter":           "5 minutes, as long as an autoscaler waits before it takes pods away: a dip in the load moves nothing",
		"NodePool spec.disruption.budgets":                    "a tenth of the nodes at once, Karpenter's own default, written: the budgets of the pods do the rest",
		"NodePool spec.weight":                                "who may use spot capacity gets it first; below 100, so that a platform's own pools can come before",
	},
	RunPlatform: func(f app.Fleet) []generator.Object {
		if f.Env.Karpenter == nil || !f.Env.Has("karpenter") {
			return nil
		}
		var out []generator.Object
		for _, p := range f.Env.NodePools {
			if marked(f.Env, p) {
				out = append(out, nodePool(f.Env, p))
			}
		}
		return out
	},
	PlatformFiles: eksctlFile,
}

// marked reports whether pods can tell a pool's nodes: those of spot capacity bear a label and a taint, or every pod would be put on them.
func marked(env *app.Environment, p app.NodePool) bool {
	return !p.Spot || env.Spot != nil && len(env.Spot.Label) > 0 && env.Spot.Taint != ""
}

func nodePool(env *app.Environment, p app.NodePool) *kube.NodePool {
	class := env.Karpenter
	pool := &kube.NodePool{
		TypeMeta:   kube.Type("karpenter.sh/v1", "NodePool"),
		ObjectMeta: kube.PlatformMeta("", p.Name),
		Spec: kube.NodePoolSpec{
			Template: kube.NodeTemplate{Spec: kube.NodeSpec{
				NodeClassRef: kube.NodeClassRef{Group: class.Group, Kind: class.Kind, Name: class.Name},
				Requirements: []kube.NodeRequirement{
					oneOf(capacityType, capacity(p)),
					oneOf(corev1.LabelInstanceTypeStable, p.InstanceTypes...),
					oneOf(corev1.LabelTopologyZone, p.Zones...),
				},
				ExpireAfter: "720h",
			}},
			Disruption: kube.NodeDisruption{
				ConsolidationPolicy: "WhenEmptyOrUnderutilized",
				ConsolidateAfter:    "5m",
				Budgets:             []kube.NodeBudget{{Nodes: "10%"}},
			},
			Limits: map[string]string{"nodes": strconv.FormatInt(p.Max, 10)},
		},
	}
	if p.Spot {
		if labels := spotLabels(env.Spot); len(labels) > 0 {
			pool.Spec.Template.Metadata = &kube.NodeMetadata{Labels: labels}
		}
		pool.Spec.Template.Spec.Taints = []corev1.Taint{spotTaint(env.Spot)}
		pool.Spec.Weight = 10
	}
	return pool
}

// capacity is what a pool's nodes are paid as.
func capacity(p app.NodePool) string {
	if p.Spot {
		return "spot"
	}
	return "on-demand"
}

// spotLabels are those that mark nodes of spot capacity; one that Karpenter gives nodes by itself is not given again.
func spotLabels(s *app.SpotNodes) map[string]string {
	labels := kube.Merge(s.Label)
	delete(labels, capacityType)
	return labels
}

// spotTaint keeps pods off spot capacity that do not say that they may be there.
func spotTaint(s *app.SpotNodes) corev1.Taint {
	return corev1.Taint{Key: s.Taint, Value: "true", Effect: corev1.TaintEffectNoSchedule}
}

func oneOf(key string, values ...string) kube.NodeRequirement {
	return kube.NodeRequirement{Key: key, Operator: corev1.NodeSelectorOpIn, Values: values}
}
