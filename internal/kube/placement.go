package kube

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
)

// SpotLabels returns the keys of the labels that mark nodes which the cloud may take back, sorted; none where there are no such nodes.
func SpotLabels(a app.App) []string {
	if a.Env.Spot == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(a.Env.Spot.Label))
}

// SpotTerm selects those nodes, or with NotIn all others. There must be such nodes.
func SpotTerm(a app.App, op corev1.NodeSelectorOperator) corev1.NodeSelectorTerm {
	var term corev1.NodeSelectorTerm
	for _, key := range SpotLabels(a) {
		term.MatchExpressions = append(term.MatchExpressions, corev1.NodeSelectorRequirement{
			Key:      key,
			Operator: op,
			Values:   []string{a.Env.Spot.Label[key]},
		})
	}
	return term
}

// SpotRule returns the rule that pods stand on those nodes, or with NotIn on all others.
func SpotRule(a app.App, op corev1.NodeSelectorOperator) *corev1.NodeAffinity {
	return &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{SpotTerm(a, op)},
	}}
}

// Tolerations returns those that the platform gives an app.
func Tolerations(a app.App) []corev1.Toleration {
	var out []corev1.Toleration
	for _, t := range a.Placement.Tolerations {
		out = append(out, corev1.Toleration{
			Key:      t.Key,
			Operator: corev1.TolerationOperator(t.Operator),
			Value:    t.Value,
			Effect:   corev1.TaintEffect(t.Effect),
		})
	}
	return out
}

// PullSecrets returns what an app's images are pulled with.
func PullSecrets(a app.App) []corev1.LocalObjectReference {
	if a.PullSecret == "" {
		return nil
	}
	return []corev1.LocalObjectReference{{Name: a.PullSecret}}
}
