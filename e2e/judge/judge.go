// Package judge puts what Scantling renders before code that other people wrote to accept or refuse it, in seconds and without a cluster.
package judge

import (
	"fmt"

	"github.com/scantling/scantling/e2e/judge/crdcheck"
	"github.com/scantling/scantling/e2e/judge/manifest"
	"github.com/scantling/scantling/e2e/judge/native"
	"github.com/scantling/scantling/e2e/judge/psa"
	"github.com/scantling/scantling/e2e/judge/rulecheck"
	"github.com/scantling/scantling/e2e/judge/score"
)

// A Judge looks at a set of objects as a whole.
type Judge struct {
	Name, Asks string // Asks completes the sentence "this judge asks ..."
	Findings   func([]manifest.Document) ([]manifest.Finding, error)
}

// All is every judge.
func All() ([]Judge, error) {
	scorer, err := score.Build()
	if err != nil {
		return nil, err
	}
	return []Judge{
		{"native", "the API server's create path, for the kinds that Kubernetes ships", native.Judge},
		{"crdcheck", "the API server's create path, for the kinds that CRDs define", crdcheck.New().Judge},
		{"psa", "the Pod Security admission plugin, at the level and version of the namespace", psa.Judge},
		{"rulecheck", "Prometheus' loader of rule files", rulecheck.Judge},
		{"kube-score", "an independent linter", scorer.Judge},
	}, nil
}

// Ask returns what the judges have against a set, parted into what is not waived and, by place in Waivers, how often each waiver
// was needed.
func Ask(judges []Judge, docs []manifest.Document) (findings []manifest.Finding, used []int, err error) {
	used = make([]int, len(Waivers))
	for _, j := range judges {
		found, err := j.Findings(docs)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", j.Name, err)
		}
		for _, f := range found {
			f.Judge = j.Name
			if i := waiver(f, docs); i >= 0 {
				used[i]++
			} else {
				findings = append(findings, f)
			}
		}
	}
	manifest.Sort(findings)
	return findings, used, nil
}
