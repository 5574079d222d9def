package workload

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// spotWeight is how much spot capacity is preferred, of 100: more than the scheduler's own wishes, less than a rule.
const spotWeight = 80

// spread keeps an app's pods apart. Pods on nodes that may take none (cordoned, dead, of another pool) are not counted: else an
// empty zone would hold every new pod back.
func spread(a app.App) []corev1.TopologySpreadConstraint {
	var out []corev1.TopologySpreadConstraint
	add := func(topologyKey string, strength app.Strength) {
		if strength == app.None {
			return
		}
		out = append(out, corev1.TopologySpreadConstraint{
			MaxSkew:            1,
			TopologyKey:        topologyKey,
			WhenUnsatisfiable:  whenUnsatisfiable(strength),
			NodeTaintsPolicy:   new(corev1.NodeInclusionPolicyHonor),
			NodeAffinityPolicy: new(corev1.NodeInclusionPolicyHonor),
			LabelSelector:      kube.Selector(a),
			MatchLabelKeys:     revisionLabels(a),
		})
	}
	add(corev1.LabelTopologyZone, a.Spread.Zones)
	add(corev1.LabelHostname, a.Spread.Hosts)
	if a.Placement.Spot == app.SpotPrefer {
		for _, key := range spotLabels(a) {
			add(key, app.Soft) // some pods stay on nodes that nobody takes back
		}
	}
	return out
}

func whenUnsatisfiable(s app.Strength) corev1.UnsatisfiableConstraintAction {
	if s == app.Hard {
		return corev1.DoNotSchedule
	}
	return corev1.ScheduleAnyway
}

// revisionLabels lets a rollout spread the new pods among themselves, not against the old ones that are about to go. A Deployment
// and Argo Rollouts each have their own label for it; other pods have none.
func revisionLabels(a app.App) []string {
	switch {
	case !deployed(a):
		return nil
	case a.CanaryBy(app.ByArgo):
		return []string{"rollouts-pod-template-hash"}
	}
	return []string{"pod-template-hash"}
}

// affinity returns the rules about nodes and neighbours, nil without any. There is none against sharing a zone: it would allow one
// pod a zone, and keep the rest pending.
func affinity(a app.App) *corev1.Affinity {
	out := corev1.Affinity{NodeAffinity: nodeAffinity(a)}
	if a.Spread.HostAntiAffinity {
		out.PodAntiAffinity = &corev1.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
				TopologyKey:   corev1.LabelHostname,
				LabelSelector: kube.Selector(a),
			}},
		}
	}
	if out == (corev1.Affinity{}) {
		return nil
	}
	return &out
}

func nodeAffinity(a app.App) *corev1.NodeAffinity {
	if a.Env.Spot == nil {
		return nil
	}
	switch a.Placement.Spot {
	case app.SpotNever:
		return &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{spotTerm(a, corev1.NodeSelectorOpNotIn)},
		}}
	case app.SpotRequire:
		return &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{spotTerm(a, corev1.NodeSelectorOpIn)},
		}}
	case app.SpotPrefer:
		return &corev1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{{
			Weight:     spotWeight,
			Preference: spotTerm(a, corev1.NodeSelectorOpIn),
		}}}
	}
	return nil
}

func spotTerm(a app.App, op corev1.NodeSelectorOperator) corev1.NodeSelectorTerm {
	var term corev1.NodeSelectorTerm
	for _, key := range spotLabels(a) {
		term.MatchExpressions = append(term.MatchExpressions, corev1.NodeSelectorRequirement{
			Key:      key,
			Operator: op,
			Values:   []string{a.Env.Spot.Label[key]},
		})
	}
	return term
}

// spotLabels returns the keys of the labels that mark spot nodes, sorted.
func spotLabels(a app.App) []string {
	if a.Env.Spot == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(a.Env.Spot.Label))
}

// tolerations returns the platform's, and spot's where the app may use it.
func tolerations(a app.App) []corev1.Toleration {
	var out []corev1.Toleration
	for _, t := range a.Placement.Tolerations {
		out = append(out, corev1.Toleration{
			Key:      t.Key,
			Operator: corev1.TolerationOperator(t.Operator),
			Value:    t.Value,
			Effect:   corev1.TaintEffect(t.Effect),
		})
	}
	uses := a.Placement.Spot == app.SpotPrefer || a.Placement.Spot == app.SpotRequire
	if uses && a.Env.Spot != nil && a.Env.Spot.Taint != "" {
		out = append(out, corev1.Toleration{Key: a.Env.Spot.Taint, Operator: corev1.TolerationOpExists})
	}
	return out
}
