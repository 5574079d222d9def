package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/argoproj/argo-rollouts/metricproviders/prometheus"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	analysisutil "github.com/argoproj/argo-rollouts/utils/analysis"
	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/sirupsen/logrus"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// cases are answers of a Prometheus to a question for a share of bad requests, and what the controller must make of them. What
// cannot be known is Inconclusive: the Rollout stops there and waits for a person. An Error would abort it after a few tries.
var cases = []struct {
	name   string
	answer []float64
	want   v1alpha1.AnalysisPhase
}{
	{"no bad request", []float64{0}, v1alpha1.AnalysisPhaseSuccessful},
	{"bad requests only", []float64{1}, v1alpha1.AnalysisPhaseFailed},
	{"no traffic", []float64{math.NaN()}, v1alpha1.AnalysisPhaseInconclusive},
	{"no series", nil, v1alpha1.AnalysisPhaseInconclusive},
}

// analyse starts every analysis of a Rollout, as if a new version came in, and measures what each case says.
func (s set) analyse(r *v1alpha1.Rollout, a *answer) {
	for _, analysis := range analyses(r) {
		var templates []*v1alpha1.AnalysisTemplate
		for _, t := range analysis.Templates {
			templates = append(templates, s.templates[r.Namespace+"/"+t.TemplateName].DeepCopy())
		}
		run, err := start(r, analysis.RolloutAnalysis, templates)
		if err != nil {
			a.add("analysis", nameOf(r), err)
			continue
		}
		for _, metric := range run.Spec.Metrics {
			object := fmt.Sprintf("AnalysisTemplate %s/%s", r.Namespace, owner(templates, metric.Name))
			resolved, err := analysisutil.ResolveMetricArgs(metric, run.Spec.Args)
			if err != nil {
				a.add("analysis", object, err)
				continue
			}
			if resolved.Provider.Prometheus != nil {
				a.Questions = append(a.Questions, question{object, resolved.Provider.Prometheus.Query})
				measure(run, *resolved, object, a)
			}
		}
	}
}

func start(r *v1alpha1.Rollout, analysis *v1alpha1.RolloutAnalysis, templates []*v1alpha1.AnalysisTemplate) (*v1alpha1.AnalysisRun, error) {
	old := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{v1alpha1.DefaultRolloutUniqueLabelKey: stableHash}}}
	args, err := analysisutil.BuildArgumentsForRolloutAnalysisRun(analysis.Args, old, replicaSet(r), r)
	if err != nil {
		return nil, err
	}
	run, err := analysisutil.NewAnalysisRunFromTemplates(templates, nil, args, analysis.DryRun, analysis.MeasurementRetention, nil, nil, r.Name, "", r.Namespace)
	if err != nil {
		return nil, err
	}
	if err := analysisutil.ResolveArgs(run.Spec.Args); err != nil {
		return nil, err
	}
	return run, analysisutil.ValidateMetrics(run.Spec.Metrics)
}

// owner is the template that a metric of a run comes from.
func owner(templates []*v1alpha1.AnalysisTemplate, metric string) string {
	for _, t := range templates {
		for _, m := range t.Spec.Metrics {
			if m.Name == metric {
				return t.Name
			}
		}
	}
	return metric
}

// measure runs the controller's client of Prometheus over the cases.
func measure(run *v1alpha1.AnalysisRun, metric v1alpha1.Metric, object string, a *answer) {
	if _, err := prometheus.NewPrometheusAPI(metric); err != nil {
		a.add("provider", object, err)
		return
	}
	for _, c := range cases {
		provider, err := prometheus.NewPrometheusProvider(server{answer: c.answer}, *logrus.NewEntry(logrus.StandardLogger()), metric)
		if err != nil {
			a.add("provider", object, err)
			return
		}
		if got := provider.Run(run, metric); got.Phase != c.want {
			a.add("condition", object, fmt.Errorf("metric %s: %s is %s, not %s: %s", metric.Name, c.name, got.Phase, c.want, got.Message))
		}
	}
}

// A server is a Prometheus that knows one answer.
type server struct {
	prometheusv1.API
	answer []float64
}

// Query implements prometheusv1.API.
func (s server) Query(context.Context, string, time.Time, ...prometheusv1.Option) (model.Value, prometheusv1.Warnings, error) {
	vector := model.Vector{}
	for _, v := range s.answer {
		vector = append(vector, &model.Sample{Value: model.SampleValue(v)})
	}
	return vector, nil, nil
}
