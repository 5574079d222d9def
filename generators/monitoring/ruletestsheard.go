package monitoring

import (
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/kube"
)

// heard is an alert that fires from one evaluation of a story until another.
type heard struct {
	rule        kube.Rule
	returned    map[string]string // labels of what its expression returns
	from, until int
}

// hears returns when an alert fires whose condition is true from one evaluation until another: after it has lasted for as long as the
// rule waits, and for as long as the rule goes on without it. A condition that does not last is not heard.
func (c clock) hears(r kube.Rule, returned map[string]string, from, until int) []heard {
	wait, more := c.times(lengthOf(r.For)), c.times(lengthOf(r.KeepFiringFor))
	if until-from <= wait {
		return nil
	}
	return []heard{{r, returned, from + wait, until + more}}
}

// whenever returns when an alert fires that waits for nothing, by a condition at each of some evaluations.
func (c clock) whenever(r kube.Rule, returned map[string]string, evaluations int, condition func(now int) bool) (all []heard) {
	more := c.times(lengthOf(r.KeepFiringFor))
	for now := range evaluations {
		if !condition(now) {
			continue
		}
		if n := len(all); n > 0 && all[n-1].until >= now {
			all[n-1].until = now + 1 + more
			continue
		}
		all = append(all, heard{r, returned, now, now + 1 + more})
	}
	return all
}

// tell adds what is heard in a story, and what is not: of each alert at the evaluations asked for and at the last one, and when
// something changes at that one and at the one before. Where one begins, it is compared whole, with whatever else of its name fires.
func (c clock) tell(test *kube.RuleTest, rules []kube.Rule, all []heard, evaluations int, asked ...int) {
	var names []string
	for _, r := range rules {
		if r.Alert != "" && !slices.Contains(names, r.Alert) {
			names = append(names, r.Alert)
		}
	}
	for _, name := range names {
		moments := append(slices.Clone(asked), evaluations-1)
		var begins []int
		for _, h := range all {
			if h.rule.Alert == name {
				begins = append(begins, h.from)
				moments = append(moments, h.from-1, h.from, h.until-1, h.until)
			}
		}
		slices.Sort(moments)
		for _, now := range slices.Compact(moments) {
			if now < 0 || now >= evaluations {
				continue
			}
			var firing []heard
			for _, h := range all {
				if h.rule.Alert == name && h.from <= now && now < h.until {
					firing = append(firing, h)
				}
			}
			state(test, name, c.time(now), firing, slices.Contains(begins, now))
		}
	}
}

// state tests which alerts of a name fire at a time: whole, or only how many.
func state(test *kube.RuleTest, name, at string, firing []heard, whole bool) {
	if len(firing) > 0 && !whole {
		test.PromQLExprTest = append(test.PromQLExprTest, kube.PromQLExprTest{
			Expr:     "count(ALERTS{alertname=" + strconv.Quote(name) + `,alertstate="firing"})`,
			EvalTime: at, ExpSamples: []kube.ExpSample{{Labels: "{}", Value: float64(len(firing))}},
		})
		return
	}
	x := kube.AlertRuleTest{EvalTime: at, Alertname: name}
	for _, h := range firing {
		x.ExpAlerts = append(x.ExpAlerts, kube.ExpAlert{ExpLabels: kube.Merge(h.returned, h.rule.Labels), ExpAnnotations: h.rule.Annotations})
	}
	test.AlertRuleTest = append(test.AlertRuleTest, x)
}
