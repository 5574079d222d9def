// Package gate decides whether apps may be released, by what is left of their error budgets and by the policy of their tiers.
package gate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/prometheus"
)

// Options say what is judged, and when.
type Options struct {
	Environment string
	Apps        []app.App           // by namespace and name
	Named       bool                // somebody asked for just these
	Match       prometheus.Matchers // which of several clusters
	Now         time.Time           // by our clock, or the time that is asked about
	At          time.Time           // what is asked about; zero: the source's own now
	MaxAge      time.Duration       // an older answer says little about now
}

// Report is what the gate says about the apps of one environment.
type Report struct {
	Environment string
	Time        time.Time // that the answers are about; zero: there was not one series
	Budgets     []Budget  // by namespace, app and objective
	Found       []diag.Diagnostic
}

// Judge asks what is left of every error budget, and judges it.
func Judge(ctx context.Context, source prometheus.Source, opts Options) (Report, error) {
	facts, err := ask(ctx, source, opts)
	if err != nil {
		return Report{}, err
	}
	r := Report{Environment: opts.Environment, Time: facts.time, Found: facts.doubts(opts)}
	for _, a := range opts.Apps {
		if opts.Named && len(objectives(a)) == 0 {
			r.Found = append(r.Found, unmeasured(a))
		}
		for _, o := range objectives(a) {
			b := measure(facts, a, o)
			b.judge()
			r.Budgets = append(r.Budgets, b)
		}
	}
	if len(r.Budgets) == 0 && !opts.Named {
		r.Found = append(r.Found, diag.Diagnostic{Severity: diag.Warning, Rule: "budget-is-recorded",
			Problem: fmt.Sprintf("no app of %s has an objective that is measured: the gate holds nothing back", opts.Environment), Help: "add slo: {availability: 99.9} to those that have users"})
	}
	return r, nil
}

// Blind is the report of a gate that got no answer, for somebody who overrides it.
func Blind(opts Options, why error) Report {
	r := Report{Environment: opts.Environment}
	for _, a := range opts.Apps {
		for _, o := range objectives(a) {
			b := blank(a, o)
			b.Verdict = Unknown
			b.find(diag.Error, "budget-is-recorded", "nobody could look at "+b.whose()+": "+why.Error(), "", "")
			r.Budgets = append(r.Budgets, b)
		}
	}
	return r
}

// objectives are those that somebody measures.
func objectives(a app.App) []app.Objective {
	if a.SLO == nil {
		return nil
	}
	return a.SLO.Objectives
}

// unmeasured is about an app that the gate was asked for, and knows nothing about.
func unmeasured(a app.App) diag.Diagnostic {
	d := diag.Diagnostic{Severity: diag.Warning, Rule: "budget-is-recorded", Pos: diag.Pos{File: a.File}, Path: "apps." + a.Name, Env: a.Env.Name,
		Problem: "the app has no objective, so no error budget: the gate lets it through", Help: "add slo: {availability: 99.9}"}
	if a.SLO != nil {
		d.Path, d.Problem = d.Path+".slo", "nobody measures the objective here: the gate lets the app through"
		d.Help = `state capability "prometheus" and scrape for the environment`
	}
	return d
}

// Diagnostics returns all that was found, sorted.
func (r Report) Diagnostics() []diag.Diagnostic {
	all := slices.Clone(r.Found)
	for _, b := range r.Budgets {
		all = append(all, b.Found...)
	}
	return diag.Sort(all)
}

// skew is how far clocks may be apart: a query looks back five minutes for the last point of a series.
const skew = 5 * time.Minute

// doubts are about the answers as a whole.
func (f facts) doubts(opts Options) (found []diag.Diagnostic) {
	for _, w := range f.warnings {
		found = append(found, diag.Diagnostic{Severity: diag.Warning, Rule: "budget-is-current", Env: opts.Environment,
			Problem: "the answer may be incomplete: " + w, Help: "what is missing was not judged: see that the server reaches all its storage, and ask again"})
	}
	age := opts.Now.Sub(f.time)
	switch at := f.time.UTC().Format("2006-01-02 15:04:05 UTC"); {
	case f.time.IsZero():
	case age > opts.MaxAge:
		found = append(found, diag.Diagnostic{Severity: diag.Warning, Rule: "budget-is-current", Env: opts.Environment,
			Problem: fmt.Sprintf("the answers are of %s, %s ago", at, ago(age)), Want: "none older than " + ago(opts.MaxAge), Help: "fetch them again: less may be left by now"})
	case age < -skew:
		found = append(found, diag.Diagnostic{Severity: diag.Warning, Rule: "budget-is-current", Env: opts.Environment,
			Problem: fmt.Sprintf("the answers are of %s, %s from now", at, ago(-age)), Help: "one of the clocks is wrong, the server's or the one here"})
	}
	return found
}
