// Package expose runs the code of those whose series rules and dashboards read, and returns what they expose about a cluster.
package expose

import (
	"bytes"
	"fmt"
	"reflect"

	dto "github.com/prometheus/client_model/go"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kube-state-metrics/v2/pkg/allowdenylist"
	"k8s.io/kube-state-metrics/v2/pkg/builder"
	generator "k8s.io/kube-state-metrics/v2/pkg/metric_generator"
	metricsstore "k8s.io/kube-state-metrics/v2/pkg/metrics_store"
	"k8s.io/kube-state-metrics/v2/pkg/optin"

	"github.com/scantling/scantling/e2e/exporters/series"
)

// Resources are those that docs/slo.md wants kube-state-metrics to read.
var Resources = []string{
	"cronjobs", "deployments", "horizontalpodautoscalers", "jobs", "poddisruptionbudgets", "pods", "replicasets", "resourcequotas", "statefulsets",
}

// KubeState is what kube-state-metrics says of objects, as it is by default.
func KubeState(objects []runtime.Object) (map[string]*dto.MetricFamily, error) {
	b := builder.NewBuilder()
	if err := b.WithEnabledResources(Resources); err != nil {
		return nil, err
	}
	denied, err := allowdenylist.New(nil, nil)
	if err != nil {
		return nil, err
	}
	if err := denied.Parse(); err != nil {
		return nil, err
	}
	opted, err := optin.NewMetricFamilyFilter(nil)
	if err != nil {
		return nil, err
	}
	filter := generator.NewCompositeFamilyGeneratorFilter(denied, opted)
	b.WithFamilyGeneratorFilter(filter)
	if err := b.WithAllowLabels(nil); err != nil {
		return nil, err
	}
	var wrong error
	b.WithGenerateStoresFunc(func(families []generator.FamilyGenerator, kind any, _ func(kubernetes.Interface, string, string) cache.ListerWatcher, _ bool, _ int64) []cache.Store {
		families = generator.FilterFamilyGenerators(filter, families)
		store := metricsstore.NewMetricsStore(generator.ExtractMetricFamilyHeaders(families), generator.ComposeMetricGenFuncs(families))
		for _, o := range objects {
			if reflect.TypeOf(o) == reflect.TypeOf(kind) {
				if err := store.Add(o); err != nil {
					wrong = err
				}
			}
		}
		return []cache.Store{store}
	})
	var text bytes.Buffer
	for _, w := range b.Build() {
		if err := w.WriteAll(&text); err != nil {
			return nil, err
		}
	}
	if wrong != nil {
		return nil, fmt.Errorf("kube-state-metrics: %w", wrong)
	}
	return series.Parse(&text)
}
