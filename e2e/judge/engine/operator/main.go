// Command operator asks the Prometheus operator what it asks of a PrometheusRule, a ServiceMonitor, a PodMonitor and a Probe, has it
// write the configuration that Prometheus then loads, and hands each alert to the validation of an Alertmanager that knows no UTF-8
// in names. It reads the objects of one set after the other as JSON, and prints what it has against each.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus-operator/prometheus-operator/pkg/operator"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/matcher/compat"
	"github.com/prometheus/alertmanager/types"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// A finding is one thing that the operator, Prometheus or the Alertmanager says.
type finding struct{ Rule, Object, Detail string }

var silent = slog.New(slog.DiscardHandler)

func main() {
	classic, err := featurecontrol.NewFlags(silent, featurecontrol.FeatureClassicMode)
	if err != nil {
		log.Fatal(err)
	}
	compat.InitFromFlags(silent, classic)
	model.NameValidationScheme = model.LegacyValidation // as the classic mode counts on, and Prometheus before 3.0
	discovery.RegisterConfig(&found{})
	sets, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var objects []*unstructured.Unstructured
		var findings []finding
		err := sets.Decode(&objects)
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			findings, err = judge(objects)
		}
		if err == nil {
			err = answers.Encode(map[string]any{"Findings": findings})
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

func judge(objects []*unstructured.Unstructured) (findings []finding, err error) {
	s := &scraping{}
	for _, o := range objects {
		if o.GroupVersionKind().Group != monitoring.GroupName {
			continue
		}
		var typed runtime.Object
		switch o.GetKind() {
		case monitoringv1.PrometheusRuleKind:
			typed = &monitoringv1.PrometheusRule{}
		case monitoringv1.ServiceMonitorsKind:
			typed = &monitoringv1.ServiceMonitor{}
		case monitoringv1.PodMonitorsKind:
			typed = &monitoringv1.PodMonitor{}
		case monitoringv1.ProbesKind:
			typed = &monitoringv1.Probe{}
		default:
			findings = append(findings, finding{"unknown-kind", name(o), "nobody is asked about this kind yet: add it to engine/operator/main.go"})
			continue
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, typed); err != nil {
			findings = append(findings, finding{"decode", name(o), err.Error()})
			continue
		}
		if rule, ok := typed.(*monitoringv1.PrometheusRule); ok {
			for _, f := range append(loads(rule), sends(rule)...) {
				f.Object = name(o)
				findings = append(findings, f)
			}
			continue
		}
		s.objects = append(s.objects, typed)
	}
	scraped, err := s.configure()
	return append(findings, scraped...), err
}

func name(o *unstructured.Unstructured) string {
	return fmt.Sprintf("%s %s/%s", o.GetKind(), o.GetNamespace(), o.GetName())
}

// loads asks whether the operator would hand the rules on: what Prometheus can load, and no more than half of what a ConfigMap holds.
func loads(rule *monitoringv1.PrometheusRule) (findings []finding) {
	for _, err := range operator.ValidateRule(*rule.Spec.DeepCopy()) {
		findings = append(findings, finding{Rule: "rules", Detail: err.Error()})
	}
	return findings
}

// sends asks whether the Alertmanager would take each alert.
func sends(rule *monitoringv1.PrometheusRule) (findings []finding) {
	for _, g := range rule.Spec.Groups {
		for _, r := range g.Rules {
			if r.Alert == "" {
				continue
			}
			alert := types.Alert{Alert: model.Alert{Labels: model.LabelSet{model.AlertNameLabel: model.LabelValue(r.Alert)}, Annotations: model.LabelSet{}, StartsAt: time.Unix(0, 0)}}
			for key, value := range r.Labels {
				alert.Labels[model.LabelName(key)] = model.LabelValue(value)
			}
			for key, value := range r.Annotations {
				alert.Annotations[model.LabelName(key)] = model.LabelValue(value)
			}
			if err := alert.Validate(); err != nil {
				findings = append(findings, finding{Rule: "alert", Detail: r.Alert + ": " + err.Error()})
			}
		}
	}
	return findings
}
