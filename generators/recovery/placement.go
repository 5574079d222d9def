package recovery

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// steady keeps pods off nodes that the cloud may take back; nil where there are none.
func steady(a app.App) *corev1.NodeAffinity {
	if a.Env.Spot == nil {
		return nil
	}
	var term corev1.NodeSelectorTerm
	for _, key := range slices.Sorted(maps.Keys(a.Env.Spot.Label)) {
		term.MatchExpressions = append(term.MatchExpressions, corev1.NodeSelectorRequirement{
			Key: key, Operator: corev1.NodeSelectorOpNotIn, Values: []string{a.Env.Spot.Label[key]},
		})
	}
	return &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{term},
	}}
}

// tolerations returns the platform's.
func tolerations(a app.App) []corev1.Toleration {
	var out []corev1.Toleration
	for _, t := range a.Placement.Tolerations {
		out = append(out, corev1.Toleration{
			Key: t.Key, Operator: corev1.TolerationOperator(t.Operator), Value: t.Value, Effect: corev1.TaintEffect(t.Effect),
		})
	}
	return out
}

func pullSecrets(a app.App) []corev1.LocalObjectReference {
	if a.PullSecret == "" {
		return nil
	}
	return []corev1.LocalObjectReference{{Name: a.PullSecret}}
}

// quantity returns bytes as text, for fields of the operator that are strings.
func quantity(bytes int64) string {
	q := kube.Bytes(bytes)
	return q.String()
}
