package recovery

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// steady keeps pods off nodes that the cloud may take back; nil where there are none.
func steady(a app.App) *corev1.NodeAffinity {
	if a.Env.Spot == nil {
		return nil
	}
	return kube.SpotRule(a, corev1.NodeSelectorOpNotIn)
}

// quantity returns bytes as text, for fields of the operator that are strings.
func quantity(bytes int64) string {
	q := kube.Bytes(bytes)
	return q.String()
}
