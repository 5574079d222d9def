// Package shares adds up what a set says about who gets how much of the traffic, which no engine does: each takes any ratio and any order.
package shares

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// Judge wants the weights of a rule to be percent, and the steps of a release to give the new version more and more.
func Judge(docs []manifest.Document) (findings []manifest.Finding, _ error) {
	for _, d := range docs {
		found := func(rule, format string, args ...any) {
			findings = append(findings, manifest.Finding{Rule: rule, Object: d.String(), Detail: fmt.Sprintf(format, args...)})
		}
		switch d.GetKind() {
		case "HTTPRoute", "GRPCRoute":
			addUp(d, "rules", "backendRefs", found)
		case "VirtualService":
			for _, protocol := range []string{"http", "tcp", "tls"} {
				addUp(d, protocol, "route", found)
			}
		case "Canary":
			stated, _, _ := unstructured.NestedSlice(d.Object, "spec", "analysis", "stepWeights")
			ascend(stated, found)
		case "Rollout":
			var weights []any
			for _, step := range objects(d.Object, "spec", "strategy", "canary", "steps") {
				if weight, ok := step["setWeight"]; ok {
					weights = append(weights, weight)
				}
			}
			ascend(weights, found)
		}
	}
	return findings, nil
}

// addUp looks at each rule that splits traffic. A destination that is alone gets all of it, by whatever weight.
func addUp(d manifest.Document, rules, backends string, found func(rule, format string, args ...any)) {
	for i, rule := range objects(d.Object, "spec", rules) {
		var sum int64
		all := objects(rule, backends)
		for _, b := range all {
			weight, _, _ := unstructured.NestedInt64(b, "weight")
			sum += weight
		}
		if len(all) > 1 && sum != 100 {
			found("weights", "spec.%s[%d]: the weights stated add up to %d, not 100", rules, i, sum)
		}
	}
}

// ascend takes the weights of a release's steps, in percent.
func ascend(weights []any, found func(rule, format string, args ...any)) {
	before := int64(-1)
	for _, w := range weights {
		weight, ok := w.(int64)
		if !ok || weight <= before || weight > 100 {
			found("steps", "steps of %v percent: each should give the new version more, and at most 100", weights)
			return
		}
		before = weight
	}
}

// objects are those of a list.
func objects(fields map[string]any, path ...string) (all []map[string]any) {
	items, _, _ := unstructured.NestedSlice(fields, path...)
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}
