// Package judge puts what Scantling renders before code that other people wrote, and two sums of our own, to accept or refuse it, in seconds and without a cluster.
package judge

import (
	"fmt"

	"github.com/scantling/scantling/e2e/judge/crdcheck"
	"github.com/scantling/scantling/e2e/judge/engine"
	"github.com/scantling/scantling/e2e/judge/manifest"
	"github.com/scantling/scantling/e2e/judge/native"
	"github.com/scantling/scantling/e2e/judge/psa"
	"github.com/scantling/scantling/e2e/judge/rulecheck"
	"github.com/scantling/scantling/e2e/judge/score"
	"github.com/scantling/scantling/e2e/judge/shares"
	"github.com/scantling/scantling/e2e/judge/velero"
)

// A Judge looks at a set of objects as a whole.
type Judge struct {
	Name, Asks string // Asks completes the sentence "this judge asks ..."
	Findings   func([]manifest.Document) ([]manifest.Finding, error)

	// Control is there instead of Findings when the judge is a controller: it also returns the objects that it would make of the set,
	// which the judges after it then see beside the others.
	Control func([]manifest.Document) ([]manifest.Finding, []manifest.Document, error)
}

// All is every judge.
func All() ([]Judge, error) {
	scorer, err := score.Build()
	if err != nil {
		return nil, err
	}
	argo, err := engine.Argo()
	if err != nil {
		return nil, err
	}
	flagger, err := engine.Flagger()
	if err != nil {
		return nil, err
	}
	istio, err := engine.Istio()
	if err != nil {
		return nil, err
	}
	cnpg, err := engine.CNPG()
	if err != nil {
		return nil, err
	}
	operator, err := engine.Operator()
	if err != nil {
		return nil, err
	}
	return []Judge{
		{Name: "argo-rollouts", Asks: "the controller of Argo Rollouts, which validates a Rollout, walks it through its steps, and measures good, bad and no data", Control: argo.Control},
		{Name: "flagger", Asks: "Flagger, which clones the target of a Canary, makes Services and routes, and moves the weights", Control: flagger.Control},
		{Name: "istio", Asks: "the analyzers of istioctl", Findings: istio.Judge},
		{Name: "cnpg", Asks: "the admission webhook of CloudNativePG, and then its operator, which makes pods and Services of a Cluster", Control: cnpg.Control},
		{Name: "operator", Asks: "the Prometheus operator, which takes rules, monitors and Probes or leaves them out, Prometheus' loader of the configuration that it writes, and an Alertmanager that takes the classic names alone", Findings: operator.Judge},
		{Name: "velero", Asks: "Velero's parsers of what the definition of a Schedule takes as any text", Findings: velero.Judge},
		{Name: "native", Asks: "the API server's create path, for the kinds that Kubernetes ships", Findings: native.Judge},
		{Name: "crdcheck", Asks: "the API server's create path, for the kinds that CRDs define", Findings: crdcheck.New().Judge},
		{Name: "psa", Asks: "the Pod Security admission plugin, at the level and version of the namespace", Findings: psa.Judge},
		{Name: "rulecheck", Asks: "Prometheus' loader of rule files, its parser of the queries that KEDA and Grafana would send, and itself: is each record that is asked for made, each rule there once, and each threshold of a share below 1", Findings: rulecheck.Judge},
		{Name: "kube-score", Asks: "an independent linter", Findings: scorer.Judge},
		{Name: "shares", Asks: "ourselves, as nobody else does: do the weights of a rule add up to 100, and do the steps of a release go up", Findings: shares.Judge},
	}, nil
}

// Ask returns what the judges have against a set, parted into what is not waived and, by place in Waivers, how often each waiver
// was needed.
func Ask(judges []Judge, docs []manifest.Document) (findings []manifest.Finding, used []int, err error) {
	used = make([]int, len(Waivers))
	for _, j := range judges {
		found, made, err := j.ask(docs)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", j.Name, err)
		}
		docs = append(docs[:len(docs):len(docs)], made...)
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

func (j Judge) ask(docs []manifest.Document) ([]manifest.Finding, []manifest.Document, error) {
	if j.Control != nil {
		return j.Control(docs)
	}
	findings, err := j.Findings(docs)
	return findings, nil, err
}
