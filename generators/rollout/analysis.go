package rollout

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// AnalysisTemplate is what Argo Rollouts judges a new version by: its own requests, measured while it gets them. The Rollout gives
// the hash of the new pods.
var AnalysisTemplate = generator.Generator{
	Name: "analysis-template",
	Reasons: generator.Reasons{
		"AnalysisTemplate spec.args[].name":                 "the hash in the names of the new version's pods, which the Rollout gives",
		"AnalysisTemplate spec.metrics[].inconclusiveLimit": "no answer is no success: the first look without one stops the rollout until a person has looked",
	},
	Run: func(a app.App) []generator.Object {
		if !a.CanaryBy(app.ByArgo) || len(measures(a)) == 0 {
			return nil
		}
		var metrics []kube.AnalysisMetric
		for _, m := range measures(a) {
			metrics = append(metrics, analysisMetric(a, m))
		}
		return []generator.Object{&kube.AnalysisTemplate{
			TypeMeta:   kube.Type("argoproj.io/v1alpha1", "AnalysisTemplate"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec: kube.AnalysisTemplateSpec{
				Args:    []kube.AnalysisArg{{Name: "hash"}},
				Metrics: metrics,
			},
		}}
	},
}

// analysisMetric has two conditions, so that an answer without a value, or with one that is no number, fulfils neither: with one
// alone it would count as the other. The window need not be full for the first look, as it holds requests of the new version only.
func analysisMetric(a app.App, m app.Measure) kube.AnalysisMetric {
	analysis := a.Rollout.Split.Analysis
	most := decimal(m.Limit)
	return kube.AnalysisMetric{
		Name:              m.Name,
		InitialDelay:      seconds(a.Rollout.Split.FirstLook()),
		Interval:          seconds(analysis.IntervalSeconds),
		SuccessCondition:  "len(result) == 1 && !isNaN(result[0]) && result[0] <= " + most,
		FailureCondition:  "len(result) == 1 && !isNaN(result[0]) && result[0] > " + most,
		FailureLimit:      analysis.FailureLimit,
		InconclusiveLimit: 0,
		Provider: kube.AnalysisProvider{Prometheus: kube.AnalysisPrometheus{
			Address: a.Env.Scrape.URL,
			Query:   query(a, m, a.Name+"-{{args.hash}}-.*"),
		}},
	}
}

func seconds(n int64) string { return fmt.Sprintf("%ds", n) }
