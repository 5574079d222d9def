// Package velero reads the Schedules of Velero as its controller does: what it cannot read it marks as failed, and never backs up.
package velero

import (
	"encoding/json"
	"fmt"

	cron "github.com/netresearch/go-cron"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// Judge reads every Schedule: when it runs, and how long what it makes is kept. The definition takes any text for both.
func Judge(docs []manifest.Document) ([]manifest.Finding, error) {
	var findings []manifest.Finding
	for _, d := range docs {
		if kind := d.GroupVersionKind(); kind.Group != "velero.io" || kind.Kind != "Schedule" {
			continue
		}
		when, _, _ := unstructured.NestedString(d.Object, "spec", "schedule")
		if _, err := cron.ParseStandard(when); err != nil {
			findings = append(findings, manifest.Finding{Rule: "schedule", Object: d.String(), Detail: err.Error()})
		}
		if err := keeps(d); err != nil {
			findings = append(findings, manifest.Finding{Rule: "ttl", Object: d.String(), Detail: err.Error()})
		}
	}
	return findings, nil
}

// keeps reads the time to live. Without one Velero takes its own, which is 30 days unless the server was told otherwise.
func keeps(d manifest.Document) error {
	ttl, ok, _ := unstructured.NestedString(d.Object, "spec", "template", "ttl")
	if !ok {
		return fmt.Errorf("spec.template.ttl is not stated, so the server's default holds")
	}
	text, err := json.Marshal(ttl)
	if err != nil {
		return err
	}
	var kept metav1.Duration // as Velero's type has it
	if err := kept.UnmarshalJSON(text); err != nil {
		return err
	}
	if kept.Duration <= 0 {
		return fmt.Errorf("%q is over when it begins", ttl)
	}
	return nil
}
