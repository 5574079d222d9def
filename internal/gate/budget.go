package gate

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/prometheus"
	"github.com/scantling/scantling/internal/slo"
)

// Verdict is what becomes of a release.
type Verdict string

// The verdicts, from the one that lets everything through.
const (
	Free       Verdict = "ok"         // enough is left
	Slow       Verdict = "go slowly"  // only by a canary or a blue-green
	Spent      Verdict = "spent"      // would be frozen, in a tier that only says so
	Unknown    Verdict = "unknown"    // nothing is recorded, or no number
	Frozen     Verdict = "frozen"     // nothing but fixes
	Overridden Verdict = "overridden" // somebody answers for the release
)

// Budget is what is left of the error budget of one objective. A number that is not known is NaN.
type Budget struct {
	App       app.App
	Objective app.Objective
	Left      float64 // of it, in percent; negative: overspent
	Burn      float64 // how fast it goes now; 1: it lasts for the window
	Minutes   float64 // of a total failure that the window has left
	Events    float64 // that may still be bad in the window, where events are counted and not time
	Verdict   Verdict
	Found     []diag.Diagnostic
}

// blank is a budget of which nothing is known.
func blank(a app.App, o app.Objective) Budget {
	none := math.NaN()
	return Budget{App: a, Objective: o, Left: none, Burn: none, Minutes: none, Events: none}
}

// measure finds what is left of one budget.
func measure(f facts, a app.App, o app.Objective) Budget {
	b := blank(a, o)
	all := f.of(slo.BudgetRemaining, a, o)
	if len(all) == 0 {
		b.unrecorded(len(f.of(slo.TargetRatio, a, o)) > 0)
		return b
	}
	worst := b.worst(all)
	if len(all) > 1 {
		b.several(all, worst)
	}
	if !isShare(worst.Value) {
		b.noNumber(worst)
		return b
	}
	b.Left = worst.Value * 100
	share := worst.Value * round(100-o.Percent) / 100 // of what the window holds
	b.Minutes = share * float64(a.SLO.WindowDays) * 24 * 60
	if burn, ok := f.beside(worst, slo.CurrentBurn); ok && finite(burn) {
		b.Burn = burn
	}
	if n, ok := f.beside(worst, eventsKey); ok && finite(n) && events(o) != "" {
		b.Events = share * n
	}
	b.compare(f, worst)
	return b
}

// worst returns the series that counts. One that is no share hides nobody knows what, and is worse than all but a budget that is low.
func (b *Budget) worst(all []prometheus.Sample) prometheus.Sample {
	low := float64(max(b.App.SLO.Policy.FreezePercent, b.App.SLO.Policy.CautionPercent))
	rank := func(s prometheus.Sample) int {
		switch {
		case !isShare(s.Value):
			return 1
		case round(s.Value*100) <= low:
			return 0
		}
		return 2
	}
	return slices.MinFunc(all, func(x, y prometheus.Sample) int { return cmp.Or(rank(x)-rank(y), cmp.Compare(x.Value, y.Value)) })
}

// isShare reports whether a number can be what is left of a budget: never more than all of it, and even where all has failed no less than
// what an objective of seven nines has overspent.
func isShare(v float64) bool { return v >= -1e7 && v <= 1+1e-9 }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// find records a diagnostic about the budget, at the line of the spec that promises it.
func (b *Budget) find(severity diag.Severity, rule, problem, want, help string) {
	pos := diag.Pos{File: b.App.File}
	path := "slo.objectives[" + b.Objective.Name + "]"
	if i := slices.IndexFunc(b.App.Origins, func(o app.Origin) bool { return o.Path == path && o.Pos.IsValid() }); i >= 0 {
		pos = b.App.Origins[i].Pos
	}
	b.Found = append(b.Found, diag.Diagnostic{Severity: severity, Rule: rule, Pos: pos, Path: "apps." + b.App.Name + ".slo." + b.Objective.Name,
		Problem: problem, Want: want, Help: help, Env: b.App.Env.Name})
}

// unrecorded warns that nobody knows what is left; loaded: the rules are there, and find nothing to count.
func (b *Budget) unrecorded(loaded bool) {
	problem := "nothing is recorded of " + b.whose()
	help := fmt.Sprintf("the app is new, or its rules are not loaded: kubectl -n %s get prometheusrule %s, and ask Prometheus for %s%s",
		b.App.Namespace, b.App.Name, slo.TargetRatio, slo.Selector(b.App, b.Objective))
	if loaded {
		problem += ", although its rules are loaded"
		help = fmt.Sprintf("nobody has used the app yet, or nobody measures it: ask Prometheus for %s%s", slo.Total, slo.Selector(b.App, b.Objective))
	}
	b.find(diag.Warning, "budget-is-recorded", problem, "", help)
}

func (b *Budget) noNumber(s prometheus.Sample) {
	b.find(diag.Warning, "budget-is-recorded", fmt.Sprintf("what is left of %s is %v, which is no amount", b.whose(), s.Value), "",
		"rules of another tool write the same record: see who records "+slo.BudgetRemaining+slo.Selector(b.App, b.Objective))
}

// several says which of many series counts: those that two clusters write into one store, or a pair of servers.
func (b *Budget) several(all []prometheus.Sample, worst prometheus.Sample) {
	differ := map[string]bool{} // labels that are not the same in all
	for _, s := range all {
		for _, labels := range []map[string]string{s.Labels, worst.Labels} {
			for name := range labels {
				if s.Labels[name] != worst.Labels[name] {
					differ[name] = true
				}
			}
		}
	}
	problem, help := fmt.Sprintf("%d series tell what is left of %s: the worst counts", len(all), b.whose()), ""
	for i, name := range slices.Sorted(maps.Keys(differ)) {
		if i == 0 {
			problem += fmt.Sprintf(", of %s=%q", name, worst.Labels[name])
			help = fmt.Sprintf("if that is not the cluster of %s, name it: --match '%s=%q'", b.App.Env.Name, name, "NAME")
		}
	}
	b.find(diag.Note, "budget-is-recorded", problem, "", help)
}

// compare warns when the rules that are loaded are about another promise than the spec's.
func (b *Budget) compare(f facts, s prometheus.Sample) {
	target, hasTarget := f.beside(s, slo.TargetRatio)
	days, hasDays := f.beside(s, slo.PeriodDays)
	spec := fmt.Sprintf("%s %% over %d days", decimal(b.Objective.Percent), b.App.SLO.WindowDays)
	loaded := spec
	if hasTarget || hasDays {
		if !hasTarget {
			target = b.Objective.Percent / 100
		}
		if !hasDays {
			days = float64(b.App.SLO.WindowDays)
		}
		loaded = fmt.Sprintf("%s %% over %s days", decimal(round(target*100)), decimal(days))
	}
	if loaded != spec {
		b.find(diag.Warning, "budget-is-current", fmt.Sprintf("the rules of %s that are loaded promise %s, the spec %s", b.App.Name, loaded, spec), "",
			"apply what generate makes of the spec; a few minutes later the budget is the promised one's")
	}
}
