// Package rightsize holds what containers ask for against what they use, and proposes what they should ask for.
package rightsize

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/prometheus"
)

// Options say what is looked at, and when.
type Options struct {
	Environment string
	Apps        []app.App           // by namespace and name
	Match       prometheus.Matchers // which of several clusters
	At          time.Time           // zero: the source's own now
}

// Container is one container of an app's pods.
type Container struct {
	App     app.App
	Name    string
	Sidecar string // its name in the spec; empty: the app's own container
	Now     app.Resources
}

// scaled reports whether an autoscaler keeps the container's use of CPU where it wants it, by the number of pods.
func (c Container) scaled() bool {
	return c.Sidecar == "" && c.App.Scaling != nil && c.App.Scaling.CPUPercent > 0
}

// containers are those of an app's pods, the app's own first.
func containers(a app.App) []Container {
	out := []Container{{App: a, Name: kube.MainContainer(a), Now: a.Resources}}
	for _, s := range a.Sidecars {
		out = append(out, Container{App: a, Name: s.Name, Sidecar: s.Name, Now: s.Resources})
	}
	return out
}

// Verdict is what is said about a container.
type Verdict string

// The verdicts, the gravest first.
const (
	Needs   Verdict = "needs more"
	Wastes  Verdict = "reserves too much"
	Unknown Verdict = "unknown"
	Fits    Verdict = "fits"
)

// rank orders verdicts, the gravest first.
func (v Verdict) rank() int { return slices.Index([]Verdict{Needs, Wastes, Unknown, Fits}, v) }

// Finding is what is said about one container.
type Finding struct {
	Container
	Verdict Verdict
	CPU     Judgement
	Memory  Judgement
	Days    float64   // that the series go back, at most the longest window; NaN: there is none
	Notes   []string  // what a reader must know before the change
	Change  *Proposal // nil: none, or none that can be stated
}

// Judgement is what is said about one resource of a container: thousandths of a core, or bytes.
type Judgement struct {
	Verdict  Verdict
	Now      int64
	Used     float64 // NaN: unknown
	Proposed int64   // Now, where nothing is to change
	Because  string  // the arithmetic
	urgent   bool    // too little memory: what is missing kills
	most     float64 // that should be asked for, before it is rounded
	far      float64 // how far from right, as a factor above 1: for the order
}

// Report is what is said about the apps of one environment.
type Report struct {
	Environment string
	Time        time.Time // that the answers are about; zero: there was not one series
	Findings    []Finding // the gravest first
	Warnings    []string  // why the answers may be incomplete, in the server's words
}

// Judge asks what containers use, and judges what they ask for.
func Judge(ctx context.Context, source prometheus.Source, opts Options) (Report, error) {
	f, err := ask(ctx, source, opts)
	if err != nil {
		return Report{}, err
	}
	r := Report{Environment: opts.Environment, Time: f.time, Warnings: f.warnings}
	for _, a := range opts.Apps {
		for _, c := range containers(a) {
			r.Findings = append(r.Findings, judge(c, f.of(c)))
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(b.far(), a.far()), cmp.Compare(a.App.Name, b.App.Name))
	})
	return r, nil
}

// rank orders findings, the gravest first: what is killed before what is slow.
func (f Finding) rank() int {
	if f.Memory.Verdict == Needs && f.Memory.urgent {
		return -1
	}
	return f.Verdict.rank()
}

// far is how far the worse of the two resources is from right, among those that the verdict is about.
func (f Finding) far() (most float64) {
	for _, j := range []Judgement{f.CPU, f.Memory} {
		if j.Verdict == f.Verdict {
			most = max(most, j.far)
		}
	}
	return most
}
