package expose

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	rollouts "github.com/argoproj/argo-rollouts/controller/metrics"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	rolloutlisters "github.com/argoproj/argo-rollouts/pkg/client/listers/rollouts/v1alpha1"
	"github.com/argoproj/argo-rollouts/utils/conditions"
	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	certmanager "github.com/cert-manager/cert-manager/pkg/metrics"
	externalsecretsv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	"github.com/external-secrets/external-secrets/pkg/controllers/externalsecret/esmetrics"
	names "github.com/external-secrets/external-secrets/pkg/controllers/metrics"
	flaggerv1 "github.com/fluxcd/flagger/pkg/apis/flagger/v1beta1"
	flagger "github.com/fluxcd/flagger/pkg/metrics"
	"github.com/go-logr/logr"
	keda "github.com/kedacore/keda/v2/pkg/metricscollector"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	velero "github.com/vmware-tanzu/velero/pkg/metrics"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
	controllers "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/scantling/scantling/e2e/exporters/series"
)

// A Name is that of an object.
type Name struct{ Namespace, Name string }

func (n Name) meta() metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: n.Namespace, Name: n.Name}
}

func gather(from prometheus.Gatherer) (map[string]*dto.MetricFamily, error) {
	families, err := from.Gather()
	return series.Gathered(families), err
}

// registered gathers what is registered with Prometheus' default registry meanwhile.
func registered(run func()) (map[string]*dto.MetricFamily, error) {
	before, own := prometheus.DefaultRegisterer, prometheus.NewRegistry()
	prometheus.DefaultRegisterer = own
	defer func() { prometheus.DefaultRegisterer = before }()
	run()
	return gather(own)
}

// Rollouts is what the controller of Argo Rollouts says of Rollouts, each of which is in every phase in turn.
func Rollouts(names []Name) (map[string]*dto.MetricFamily, error) {
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	all := map[string]*dto.MetricFamily{}
	for _, reason := range []string{
		conditions.NewRSAvailableReason, conditions.RolloutPausedReason, conditions.FailedRSCreateReason, conditions.TimedOutReason, conditions.RolloutAbortedReason,
		conditions.InvalidSpecReason,
	} {
		for _, n := range names {
			r := &v1alpha1.Rollout{ObjectMeta: n.meta()}
			r.Status.Conditions = []v1alpha1.RolloutCondition{{Type: v1alpha1.RolloutProgressing, Reason: reason}}
			if reason == conditions.InvalidSpecReason {
				r.Status.Conditions[0].Type = v1alpha1.InvalidSpec
			}
			if err := indexer.Update(r); err != nil {
				return nil, err
			}
		}
		registry := prometheus.NewRegistry()
		registry.MustRegister(rollouts.NewRolloutCollector(rolloutlisters.NewRolloutLister(indexer)))
		phase, err := gather(registry)
		if err != nil {
			return nil, err
		}
		for name, f := range phase {
			if all[name] != nil {
				f.Metric = append(f.Metric, all[name].Metric...)
			}
			all[name] = f
		}
	}
	return all, nil
}

// Flagger is what Flagger says of Canaries; targets are what they name.
func Flagger(targets []Name) (map[string]*dto.MetricFamily, error) {
	return registered(func() {
		recorder := flagger.NewRecorder("flagger", true) // as in https://github.com/fluxcd/flagger/blob/v1.41.0/pkg/controller/controller.go
		for _, n := range targets {
			canary := &flaggerv1.Canary{ObjectMeta: n.meta()}
			canary.Spec.TargetRef.Name = n.Name
			recorder.SetStatus(canary, flaggerv1.CanaryPhaseFailed)
		}
	})
}

// CertManager is what cert-manager says of Certificates.
func CertManager(certificates []Name) (map[string]*dto.MetricFamily, error) {
	m := certmanager.New(logr.Discard(), clock.RealClock{})
	for _, n := range certificates {
		at := metav1.NewTime(time.Now())
		m.UpdateCertificate(&certmanagerv1.Certificate{ObjectMeta: n.meta(), Status: certmanagerv1.CertificateStatus{NotBefore: &at, NotAfter: &at, RenewalTime: &at}})
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	return answered(m.NewServer(listener).Handler, "/metrics")
}

// answered is what a handler answers.
func answered(h http.Handler, path string) (map[string]*dto.MetricFamily, error) {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	if answer.Code != http.StatusOK {
		return nil, fmt.Errorf("%s: %d %s", path, answer.Code, answer.Body)
	}
	return series.Parse(answer.Body)
}

// ExternalSecrets is what external-secrets says of ExternalSecrets that have been fetched, and then could not be.
func ExternalSecrets(secrets []Name) (map[string]*dto.MetricFamily, error) {
	before, own := controllers.Registry, prometheus.NewRegistry()
	controllers.Registry = own
	defer func() { controllers.Registry = before }()
	names.SetUpLabelNames(false) // as by default
	esmetrics.SetUpMetrics()
	for _, n := range secrets {
		secret := &externalsecretsv1.ExternalSecret{ObjectMeta: n.meta()}
		for _, status := range []corev1.ConditionStatus{corev1.ConditionTrue, corev1.ConditionFalse} {
			esmetrics.UpdateExternalSecretCondition(secret, &externalsecretsv1.ExternalSecretStatusCondition{Type: externalsecretsv1.ExternalSecretReady, Status: status}, 1)
		}
	}
	return gather(own)
}

// A Trigger is one of a ScaledObject.
type Trigger struct {
	Name          // of the ScaledObject
	Index  int    // of the trigger
	Scaler string // its class in KEDA
	Metric string // as KEDA calls it
}

// kedaOnce is because KEDA registers what it exposes once in a process.
var kedaOnce sync.Once

// KEDA is what KEDA's operator says of triggers.
func KEDA(triggers []Trigger) (map[string]*dto.MetricFamily, error) {
	kedaOnce.Do(func() { keda.NewMetricsCollectors(true, false) })
	for _, t := range triggers {
		keda.RecordScalerMetric(t.Namespace, t.Name.Name, t.Scaler, t.Index, t.Metric, true, 1)
		defer keda.DeleteScalerMetrics(t.Namespace, t.Name.Name, true)
	}
	return gather(controllers.Registry)
}

// Velero is what Velero says of Schedules whose backups have succeeded.
func Velero(schedules []string) (map[string]*dto.MetricFamily, error) {
	return registered(func() {
		m := velero.NewServerMetrics()
		m.RegisterAllMetrics()
		for _, s := range schedules {
			m.InitSchedule(s)
			m.SetBackupLastSuccessfulTimestamp(s, time.Now())
		}
	})
}
