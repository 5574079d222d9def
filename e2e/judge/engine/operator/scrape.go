package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus-operator/prometheus-operator/pkg/assets"
	"github.com/prometheus-operator/prometheus-operator/pkg/operator"
	prom "github.com/prometheus-operator/prometheus-operator/pkg/prometheus"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
)

// found stands for how Prometheus finds what a ServiceMonitor selects: the operator writes the same for each, and what Prometheus has for it
// builds with no Kubernetes modules that the operator builds with.
type found struct {
	discovery.Config
	Any map[string]any `yaml:",inline"`
}

// Name is what the lists of it are called by in a configuration, less _sd_configs.
func (found) Name() string { return "kubernetes" }

// SetDirectory has no paths to complete.
func (found) SetDirectory(string) {}

// scraping is what says whom Prometheus reads, and what the operator has against it.
type scraping struct {
	record.EventRecorder // where the operator complains: Eventf
	objects              []runtime.Object
	findings             []finding
}

// Eventf takes note of an object that the operator leaves out.
func (s *scraping) Eventf(o runtime.Object, _, _, format string, args ...any) {
	meta := o.(metav1.ObjectMetaAccessor).GetObjectMeta()
	s.findings = append(s.findings, finding{"rejected", fmt.Sprintf("%s %s/%s", o.GetObjectKind().GroupVersionKind().Kind, meta.GetNamespace(), meta.GetName()), fmt.Sprintf(format, args...)})
}

// configure has the operator write the configuration of all objects that it accepts, and Prometheus load it.
func (s *scraping) configure() ([]finding, error) {
	ctx, p := context.Background(), &monitoringv1.Prometheus{ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "k8s"}}
	p.Spec.ScrapeInterval, p.Spec.EvaluationInterval = "30s", "30s" // the operator's defaults
	none := fake.NewClientset().CoreV1()                            // secrets and certificates: what is rendered refers to none
	store := assets.NewStoreBuilder(none, none)
	selector, err := prom.NewResourceSelector(silent, p, store, nil, operator.NewMetrics(prometheus.NewRegistry()), s)
	if err != nil {
		return nil, err
	}
	services, err := selector.SelectServiceMonitors(ctx, list[*monitoringv1.ServiceMonitor](s))
	if err != nil {
		return nil, err
	}
	pods, err := selector.SelectPodMonitors(ctx, list[*monitoringv1.PodMonitor](s))
	if err != nil {
		return nil, err
	}
	probes, err := selector.SelectProbes(ctx, list[*monitoringv1.Probe](s))
	if err != nil {
		return nil, err
	}
	generator, err := prom.NewConfigGenerator(silent, p, prom.WithEndpointSliceSupport())
	if err != nil {
		return nil, err
	}
	text, err := generator.GenerateServerConfiguration(p, services.ValidResources(), pods.ValidResources(), probes.ValidResources(), nil, store, nil, nil, nil, nil)
	if err == nil {
		err = load(text)
	}
	if err != nil {
		s.findings = append(s.findings, finding{"configuration", "the set", err.Error()})
	}
	slices.SortFunc(s.findings, func(a, b finding) int { return cmp.Compare(a.Object, b.Object) }) // the operator goes through maps
	return s.findings, nil
}

// load has Prometheus load a configuration, which it refuses to do where names are not as free as its own.
func load(text []byte) error {
	was := model.NameValidationScheme
	model.NameValidationScheme = model.UTF8Validation
	defer func() { model.NameValidationScheme = was }()
	_, err := config.Load(string(text), silent)
	return err
}

// list hands out the objects of one type, whatever is asked for.
func list[T runtime.Object](s *scraping) prom.ListAllByNamespaceFn {
	return func(_ string, _ labels.Selector, add cache.AppendFunc) error {
		for _, o := range s.objects {
			if _, ok := o.(T); ok {
				add(o)
			}
		}
		return nil
	}
}
