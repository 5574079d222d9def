package verify

import (
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// covered are the workloads whose pods a disruption budget selects, with one of the budgets.
func (c *checker) covered() map[*inventory.Workload]*inventory.Budget {
	by := map[*inventory.Workload]*inventory.Budget{}
	for _, b := range c.Budgets {
		for _, w := range c.Selected(b.Namespace, b.Spec.Selector) {
			if by[w] == nil {
				by[w] = b
			}
		}
	}
	return by
}

// severalPods is from how many pods on a budget has something to keep.
const severalPods = 2

func canaryHasBudget(c *checker) {
	by := c.covered()
	c.shared(func(_ *inventory.Object, rules [][]share) {
		for _, rule := range rules {
			var versions []*inventory.Workload
			for _, s := range rule {
				if s.weight > 0 {
					versions = append(versions, serving(s.pods)...)
				}
			}
			c.versions(versions, by)
		}
	})
	for _, v := range c.Services {
		if found := serving(c.behind(v)); len(found) > 1 && len(appsOf(found)) == 1 {
			c.versions(found, by)
		}
	}
}

// versions compares the versions of an app among which requests are shared.
func (c *checker) versions(all []*inventory.Workload, by map[*inventory.Workload]*inventory.Budget) {
	var one *inventory.Workload
	for _, w := range all {
		if by[w] != nil {
			one = w
			break
		}
	}
	if one == nil {
		return
	}
	for _, w := range all {
		switch {
		case w == one || w.Least() < severalPods || App(w.Object) != App(one.Object):
		case by[w] != nil:
			c.proved(w.Object, "%s covers it", by[w].Short())
		default:
			c.violated(w.Object, "", "drain its nodes: %s keeps pods of %s, but nothing keeps its own %d, which get requests, too", by[one].Short(), one.Short(), w.Least())
		}
	}
}

func flaggerPrimaryIsCovered(c *checker) {
	for _, primary := range c.Workloads {
		if primary.MadeBy == nil || primary.MadeBy.Kind != "Canary" {
			continue
		}
		canary := primary.MadeBy
		target := c.Workload(c.Get(manifest.ID{
			Group: "apps", Kind: primary.Kind, Namespace: canary.Namespace, Name: manifest.String(canary.Fields, "spec", "targetRef", "name"),
		}))
		if target == nil {
			continue
		}
		before := len(c.results)
		c.coversBoth(canary, target, primary)
		if len(c.results) == before {
			c.proved(canary, "what selects the pods of %s selects those of %s, too", target.Short(), primary.Short())
		}
	}
}

// coversBoth compares what selects the target with what selects the primary.
func (c *checker) coversBoth(canary *inventory.Object, target, primary *inventory.Workload) {
	var budgets, policies, monitors []selecting
	for _, b := range c.Budgets {
		budgets = append(budgets, selecting{b.Object, b.Spec.Selector})
	}
	for _, p := range c.Policies {
		policies = append(policies, selecting{p.Object, &p.Spec.PodSelector})
	}
	for _, o := range c.Of("monitoring.coreos.com", "PodMonitor") {
		monitors = append(monitors, selecting{o, selectorAt(o.Fields, "spec", "selector")})
	}
	for _, k := range []struct {
		all  []selecting
		text string
	}{
		{budgets, "drain the nodes of %[2]s, which serves: %[1]s does not select its pods, and all may go at once"},
		{policies, "call %[2]s, which serves: %[1]s does not select its pods, so nothing is kept from them"},
		{monitors, "look at the metrics of %[2]s, which serves: %[1]s does not select its pods"},
	} {
		if by := alone(k.all, target, primary); by != nil {
			c.violated(canary, "spec.targetRef", k.text, by.Short(), primary.Short())
		}
	}
}

// selecting is an object that selects pods of its namespace.
type selecting struct {
	*inventory.Object
	selector *metav1.LabelSelector
}

// alone returns what selects the target, where nothing of that kind selects the primary; nil: there is none.
func alone(all []selecting, target, primary *inventory.Workload) *inventory.Object {
	var found *inventory.Object
	for _, s := range all {
		if s.Namespace != target.Namespace {
			continue
		}
		if inventory.Matches(s.selector, primary.Template.Labels) {
			return nil
		}
		if found == nil && inventory.Matches(s.selector, target.Template.Labels) {
			found = s.Object
		}
	}
	return found
}

// selectorAt reads a selector of a kind that is not decoded; nil: there is none.
func selectorAt(fields map[string]any, path ...string) *metav1.LabelSelector {
	m := manifest.Map(fields, path...)
	if m == nil {
		return nil
	}
	s := &metav1.LabelSelector{MatchLabels: manifest.Strings(m, "matchLabels")}
	for _, e := range manifest.Maps(m, "matchExpressions") {
		r := metav1.LabelSelectorRequirement{Key: manifest.String(e, "key"), Operator: metav1.LabelSelectorOperator(manifest.String(e, "operator"))}
		for _, v := range manifest.List(e, "values") {
			if text, ok := v.(string); ok {
				r.Values = append(r.Values, text)
			}
		}
		s.MatchExpressions = append(s.MatchExpressions, r)
	}
	return s
}
