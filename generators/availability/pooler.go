package availability

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// PoolerBudget lets a drain take one pod of a pooler at a time. The operator that makes them gives budgets to servers only.
var PoolerBudget = generator.Generator{
	Name:    "pooler-budget",
	Reasons: DisruptionBudget.Reasons,
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, c := range a.Clusters {
			if c.Pooler == nil || c.Pooler.Instances < 2 {
				continue // a budget on a lone pod blocks every drain
			}
			pods := &metav1.LabelSelector{MatchLabels: kube.PoolerLabels(c.Pooler.Name)}
			out = append(out, budget(kube.DatabaseMeta(a, c.Pooler.Name, c.Pooler.Name), app.Disruption{MaxUnavailable: "1"}, pods))
		}
		return out
	},
}
