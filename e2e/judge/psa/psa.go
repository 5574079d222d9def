// Package psa asks the code of the Pod Security admission plugin whether a namespace would let a workload's pods in.
package psa

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/pod-security-admission/admission"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// strictest is enforced where the set holds no Namespace that says otherwise.
var strictest = api.Policy{Enforce: api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}}

// Judge holds the pod template of every workload against the level and version that its namespace enforces.
func Judge(docs []manifest.Document) ([]manifest.Finding, error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	var findings []manifest.Finding
	enforced := map[string]api.LevelVersion{}
	for _, d := range docs {
		if d.GetKind() != "Namespace" {
			continue
		}
		namespace, errs := api.PolicyToEvaluate(d.GetLabels(), strictest)
		for _, err := range errs {
			findings = append(findings, manifest.Finding{Rule: "label", Object: d.String(), Detail: err.Error()})
		}
		enforced[d.GetName()] = namespace.Enforce
	}
	for _, d := range docs {
		meta, pod := template(d)
		if pod == nil {
			continue
		}
		level, ok := enforced[d.GetNamespace()]
		if !ok {
			level = strictest.Enforce
		}
		for _, result := range evaluator.EvaluatePod(level, meta, pod) {
			if !result.Allowed {
				findings = append(findings, manifest.Finding{Rule: level.String(), Object: d.String(), Detail: result.ForbiddenReason + ": " + result.ForbiddenDetail})
			}
		}
	}
	return findings, nil
}

// template returns what a workload makes its pods of; nothing for other kinds, and for what cannot be decoded, which native reports.
func template(d manifest.Document) (*metav1.ObjectMeta, *corev1.PodSpec) {
	if !scheme.Scheme.Recognizes(d.GroupVersionKind()) {
		return nil, nil
	}
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode(d.Text, nil, nil)
	if err != nil {
		return nil, nil
	}
	meta, pod, err := admission.DefaultPodSpecExtractor{}.ExtractPodSpec(object)
	if err != nil {
		return nil, nil
	}
	return meta, pod
}
