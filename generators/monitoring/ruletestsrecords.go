package monitoring

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// fact is what a record says of an objective at an evaluation: a value, or nothing.
type fact struct {
	forecast
	name  string
	now   int
	value float64
	any   bool
}

// young is the evaluation of a story at which less is known than the five minutes that a record covers.
const young = 6

// recorded is what is left of the budget at an evaluation, how much was bad over some windows, and that events are counted although
// there may be none.
func (p forecast) recorded(now int, windows []string) []fact {
	left, any := p.remaining(now)
	share, some := p.ratio("5m", now)
	budget, _ := strconv.ParseFloat(slo.Budget(p.objective), 64)
	return slices.Concat(
		p.number(slo.BudgetRemaining, now, left, any), p.number(slo.PeriodBurn, now, 1-left, any), p.number(slo.CurrentBurn, now, share/budget, some),
		p.number(slo.Total, now, p.total[now], true), p.number(slo.Errors, now, p.bad[now], true),
		p.number(slo.TotalSample, now, p.total[now], true), p.number(slo.ErrorsSample, now, p.bad[now], true),
		p.shares(now, windows),
	)
}

// shares is how much was bad over some windows. Of nothing, no share is bad.
func (p forecast) shares(now int, windows []string) (all []fact) {
	for _, window := range windows {
		share, any := p.ratio(window, now)
		all = append(all, p.number(slo.RatioOver(window), now, share, any)...)
	}
	return all
}

// promised is what records say of the promise.
func (p forecast) promised(now int) []fact {
	target, _ := strconv.ParseFloat(slo.Target(p.objective), 64)
	budget, _ := strconv.ParseFloat(slo.Budget(p.objective), 64)
	days := lengthOf(slo.Period(p.app)).Hours() / 24
	return slices.Concat(p.number(slo.TargetRatio, now, target, true), p.number(slo.BudgetRatio, now, budget, true), p.number(slo.PeriodDays, now, days, true))
}

// number is one fact, in millionths; none, if how it is rounded depends on the order of sums.
func (p forecast) number(name string, now int, value float64, any bool) []fact {
	millionths := value * 1e6
	if any && math.Abs(millionths-math.Floor(millionths)-0.5) < 1e-3 {
		return nil
	}
	return []fact{{p, name, now, math.Floor(millionths+0.5) / 1e6, any}}
}

// record tests what records say: of each with all its labels once, and else of all objectives together.
func (s stage) record(test *kube.RuleTest, facts []fact) {
	ours := ""
	if slices.ContainsFunc(test.InputSeries, func(x kube.InputSeries) bool { return strings.HasPrefix(x.Series, "slo:") }) {
		ours = fmt.Sprintf(`{namespace=%q,service=%q,slo!="other"}`, s.app.Namespace, s.app.Name) // there are records of others
	}
	for len(facts) > 0 {
		name, now := facts[0].name, facts[0].now
		rest := slices.Clone(facts)
		rest = slices.DeleteFunc(rest, func(f fact) bool { return f.name == name && f.now == now })
		same := slices.DeleteFunc(facts, func(f fact) bool { return f.name != name || f.now != now })
		facts = rest
		together := kube.PromQLExprTest{Expr: "sum by (slo) (round(" + name + ours + ", 1e-6))", EvalTime: s.time(now)}
		whole := len(same) < len(s.app.SLO.Objectives)
		again := true
		for _, f := range same {
			again = again && s.known[name+f.labels()]
			whole = f.any && s.known.first(name+f.labels()) || whole
			together.ExpSamples = append(together.ExpSamples, f.sample(written(map[string]string{"slo": f.objective.Name}))...)
		}
		if again && slices.Contains([]string{slo.TotalSample, slo.ErrorsSample, slo.PeriodBurn}, name) {
			continue // it says what another one does
		}
		if !whole {
			test.PromQLExprTest = append(test.PromQLExprTest, together)
			continue
		}
		for _, f := range same {
			expr := "round(" + name + slo.Selector(f.app, f.objective) + ", 1e-6)"
			test.PromQLExprTest = append(test.PromQLExprTest, kube.PromQLExprTest{Expr: expr, EvalTime: together.EvalTime, ExpSamples: f.sample(f.labels())})
		}
	}
}

// sample is what a query with some labels finds.
func (f fact) sample(labels string) []kube.ExpSample {
	if !f.any {
		return nil
	}
	return []kube.ExpSample{{Labels: labels, Value: f.value}}
}

// labels are those of the record, as Prometheus writes them. What is made of a ratio bears its window.
func (f fact) labels() string {
	all := kube.Merge(slo.Labels(f.app, f.objective), slothLabels(f.app, f.objective))
	window := strings.TrimPrefix(f.name, slo.RatioOver(""))
	switch {
	case f.name == slo.CurrentBurn:
		window = "5m"
	case f.name == slo.PeriodBurn, f.name == slo.BudgetRemaining:
		window = slo.Period(f.app)
	}
	if window != f.name && slothReads(f.app) {
		all["sloth_window"] = window
	}
	return written(all)
}

// written are labels as Prometheus writes them.
func written(labels map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, name+"="+strconv.Quote(labels[name]))
	}
	return "{" + strings.Join(all, ", ") + "}"
}
