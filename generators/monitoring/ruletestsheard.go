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
// something changes at that one and at the one before. Where one begins for the first time, it is compared whole, with whatever else of
// its name fires.
func (c clock) tell(known told, test *kube.RuleTest, rules []kube.Rule, all []heard, evaluations int, asked ...int) {
	var names []string
	for _, r := range rules {
		if r.Alert != "" && !slices.Contains(names, r.Alert) {
			names = append(names, r.Alert)
		}
	}
	for _, name := range names {
		moments := append(slices.Clone(asked), evaluations-1)
		for _, h := range all {
			if h.rule.Alert == name {
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
			whole := len(firing) == 0
			for _, h := range firing {
				whole = h.from == now && known.first(name+written(h.labels())) || whole
			}
			state(test, name, c.time(now), firing, whole)
		}
	}
}

// labels are those of an alert that fires, but its name.
func (h heard) labels() map[string]string { return kube.Merge(h.returned, h.rule.Labels) }

// state tests which alerts of a name fire at a time: whole, or only of which objectives.
func state(test *kube.RuleTest, name, at string, firing []heard, whole bool) {
	if !whole {
		test.PromQLExprTest = append(test.PromQLExprTest, kube.PromQLExprTest{
			Expr:     "count by (slo) (ALERTS{alertname=" + strconv.Quote(name) + `,alertstate="firing"})`,
			EvalTime: at, ExpSamples: byObjective(firing),
		})
		return
	}
	x := kube.AlertRuleTest{EvalTime: at, Alertname: name}
	for _, h := range firing {
		x.ExpAlerts = append(x.ExpAlerts, kube.ExpAlert{ExpLabels: h.labels(), ExpAnnotations: h.rule.Annotations})
	}
	test.AlertRuleTest = append(test.AlertRuleTest, x)
}

// byObjective is how many alerts there are of each objective.
func byObjective(firing []heard) (samples []kube.ExpSample) {
	for _, h := range firing {
		labels := "{}"
		if o := h.labels()["slo"]; o != "" {
			labels = written(map[string]string{"slo": o})
		}
		if i := slices.IndexFunc(samples, func(x kube.ExpSample) bool { return x.Labels == labels }); i >= 0 {
			samples[i].Value++
			continue
		}
		samples = append(samples, kube.ExpSample{Labels: labels, Value: 1})
	}
	return samples
}

// tell tells what is heard on this stage.
func (s stage) tell(test *kube.RuleTest, rules []kube.Rule, all []heard, evaluations int, asked ...int) {
	s.clock.tell(s.known, test, rules, all, evaluations, asked...)
}
