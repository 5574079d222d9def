package verify

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"

	"github.com/scantling/scantling/internal/inventory"
)

// Names of what is recorded of an objective. Sloth has the same, where it has one.
const (
	totalRecord     = "slo:sli_total:rate5m"
	errorsRecord    = "slo:sli_errors:rate5m"
	totalSamples    = "slo:sli_total:sample2m" // of each two minutes, for the long windows
	errorsSamples   = "slo:sli_errors:sample2m"
	ratioRecord     = "slo:sli_error:ratio_rate" // and the window
	objectiveRecord = "slo:objective:ratio"
	budgetRecord    = "slo:error_budget:ratio"
	daysRecord      = "slo:time_period:days"
	burnRecord      = "slo:current_burn_rate:ratio"
	spentRecord     = "slo:period_burn_rate:ratio"
	leftRecord      = "slo:period_error_budget_remaining:ratio"
)

// promised is all that rules of ours say about one objective.
type promised struct {
	namespace, service, slo string
	object                  *inventory.Rules // of its first record
	records                 map[string]*toldRule
	alerts                  map[string]*toldRule
	twice                   []string
}

// promises returns the objectives that our rules record anything about, in their order.
func (c *checker) promises() (all []*promised) {
	type key struct{ namespace, service, slo string }
	by := map[key]*promised{}
	for _, r := range c.told().all {
		k := key{r.Labels["namespace"], r.Labels["service"], r.Labels["slo"]}
		if k.slo == "" || r.expr == nil || !r.object.Ours() {
			continue
		}
		p := by[k]
		if p == nil {
			p = &promised{namespace: k.namespace, service: k.service, slo: k.slo, object: r.object, records: map[string]*toldRule{}, alerts: map[string]*toldRule{}}
			by[k] = p
			all = append(all, p)
		}
		list := p.records
		if r.Alert != "" {
			list = p.alerts
		}
		if list[r.name()] != nil {
			p.twice = append(p.twice, r.name())
		}
		list[r.name()] = r
	}
	return all
}

// vectorOf returns the number of vector(NUMBER); nil: it is something else.
func vectorOf(e *promExpr) *big.Rat {
	if !e.is(promCall, "vector") {
		return nil
	}
	return e.args[0].number()
}

// constant returns the number that a record is; nil: it is none.
func (p *promised) constant(record string) *big.Rat {
	if r := p.records[record]; r != nil {
		return vectorOf(r.expr)
	}
	return nil
}

// window is one over which bad events are counted.
type window struct {
	name string
	is   time.Duration
	long bool // counted by samples of two minutes
}

var fixedWindows = []window{
	{"5m", 5 * time.Minute, false}, {"30m", 30 * time.Minute, false}, {"1h", time.Hour, false}, {"6h", 6 * time.Hour, false},
	{"2h", 2 * time.Hour, true}, {"1d", 24 * time.Hour, true}, {"3d", 72 * time.Hour, true},
}

// windows are those over which an objective is counted, with that of the promise.
func (p *promised) windows() []window {
	days := p.constant(daysRecord)
	if days == nil || !days.IsInt() || !days.Num().IsInt64() || days.Num().Int64() > 1000 {
		return fixedWindows
	}
	n := days.Num().Int64()
	return append(slices.Clip(fixedWindows), window{fmt.Sprintf("%dd", n), time.Duration(n) * 24 * time.Hour, true})
}

func objectiveIsRecorded(c *checker) {
	known := map[[3]string]*promised{}
	for _, p := range c.promises() {
		known[[3]string{p.namespace, p.service, p.slo}] = p
		before := len(c.results)
		p.complete(c)
		p.counts(c)
		p.ratios(c)
		p.budget(c)
		if len(c.results) == before {
			c.proved(p.object.Object, "%s of %s: %d records, all of counts", p.slo, p.service, len(p.records))
		}
	}
	for i := range c.Facts.Apps {
		a := &c.Facts.Apps[i]
		for _, promise := range a.Promises {
			p := known[[3]string{a.Namespace, a.App, promise.Name}]
			if p == nil {
				if o := c.someObject(a.Namespace, a.App); o != nil {
					c.violated(o, "", "every request fails: nothing records %s of %s, of which %s %% is promised", promise.Name, a.App, promise.Percent)
				}
				continue
			}
			want, is := promRat(promise.Percent), p.constant(objectiveRecord)
			if want != nil && is != nil && new(big.Rat).Quo(want, big.NewRat(100, 1)).Cmp(is) != 0 {
				c.violated(p.object.Object, p.records[objectiveRecord].path(), "%s %% is promised, and %s is recorded", promise.Percent, decimal(is))
			}
		}
	}
}

// someObject returns an object of an app; nil: there is none in the set.
func (c *checker) someObject(namespace, app string) *inventory.Object {
	for _, w := range c.WithLabels(namespace, map[string]string{labelInstance: app}) {
		return w.Object
	}
	return nil
}

// say reports what is wrong with a record, where there is a problem.
func (p *promised) say(c *checker, record, problem string) {
	if problem == "" {
		return
	}
	path := "spec.groups"
	if r := p.records[record]; r != nil {
		path = r.path()
	}
	c.violated(p.object.Object, path, "%s of %s: %s %s", p.slo, p.service, record, problem)
}

// complete wants each record once.
func (p *promised) complete(c *checker) {
	want := []string{totalRecord, errorsRecord, totalSamples, errorsSamples, objectiveRecord, budgetRecord, daysRecord, burnRecord, spentRecord, leftRecord}
	for _, w := range p.windows() {
		want = append(want, ratioRecord+w.name)
	}
	missing := slices.DeleteFunc(slices.Clone(want), func(record string) bool { return p.records[record] != nil })
	if len(missing) > 0 {
		p.say(c, listed(missing), "is not recorded: what reads it is silent")
	}
	for _, record := range slices.Sorted(maps.Keys(p.records)) {
		if !slices.Contains(want, record) && record != "sloth_slo_info" {
			p.say(c, record, "is of no window that is promised or watched")
		}
	}
	for _, record := range p.twice {
		p.say(c, record, "stands there twice: Prometheus refuses the second sample")
	}
	objective, budget := p.constant(objectiveRecord), p.constant(budgetRecord)
	switch {
	case objective == nil || budget == nil:
		p.say(c, objectiveRecord, "is no number, or the budget is none")
	case objective.Sign() <= 0 || budget.Sign() <= 0 || new(big.Rat).Add(objective, budget).Cmp(one) != 0:
		p.say(c, objectiveRecord, fmt.Sprintf("is %s, and %s may be bad: that is not 1", exactly(objective), exactly(budget)))
	}
}

// reads says why an expression is not a record of the objective over a range that begins some time ago; empty: it is.
func (p *promised) reads(e *promExpr, record string, span, offset time.Duration) string {
	match := []promMatcher{{"namespace", "=", p.namespace}, {"service", "=", p.service}, {"slo", "=", p.slo}}
	switch {
	case e.kind != promSeries || e.name != record || e.span != span || e.offset != offset:
		return fmt.Sprintf("reads %s over %s, not %s over %s", e.name, e.span, record, span)
	case !slices.Equal(e.match, match):
		return fmt.Sprintf("reads %s of %s", record, seriesOf(e))
	}
	return ""
}

// exactly writes a decimal with all of its digits.
func exactly(n *big.Rat) string {
	digits, _ := n.FloatPrec()
	return n.FloatString(min(digits, 20))
}
