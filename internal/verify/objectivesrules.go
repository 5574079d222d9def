package verify

import (
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
)

func rulesAreReadable(c *checker) {
	for _, r := range c.told().all {
		switch p := r.problem; {
		case p == nil:
		case p.unsure && !r.object.Ours():
			c.unknown(r.object.Object, "whether who reads %s knows more than PromQL: %s", r.name(), p.text)
		default:
			c.violated(r.object.Object, r.path(), "%s is not loaded: %s", r.name(), p.text)
		}
	}
	for _, o := range c.Rules {
		seen := map[string]bool{}
		rules := 0
		for g := range o.Groups {
			group := &o.Groups[g]
			path := fmt.Sprintf("spec.groups[%d]", g)
			switch {
			case group.Name == "":
				c.violated(o.Object, path+".name", "no rule of this object is loaded: a group has no name")
			case seen[group.Name]:
				c.violated(o.Object, path+".name", "no rule of this object is loaded: two groups are called %s", group.Name)
			}
			seen[group.Name] = true
			if !isPromDuration(group.Interval) {
				c.violated(o.Object, path+".interval", "the group %s is not loaded: its interval %q is no duration", group.Name, group.Interval)
			}
			for i := range group.Rules {
				rules++
				if text := malformed(&group.Rules[i]); text != "" {
					c.violated(o.Object, fmt.Sprintf("%s.rules[%d]", path, i), "the group %s is not loaded: %s", group.Name, text)
				}
			}
		}
		if rules > 0 {
			c.proved(o.Object, "%d groups with %d rules can be read", len(o.Groups), rules)
		}
	}
}

// isPromDuration reports whether a text is a duration of Prometheus, or none was written.
func isPromDuration(text string) bool {
	if text == "" || text == "0" {
		return true
	}
	_, ok := promDuration(text)
	return ok
}

// malformed says why a rule is neither a record nor an alert, as
// https://github.com/prometheus/prometheus/blob/main/model/rulefmt/rulefmt.go decides it.
func malformed(r *inventory.Rule) string {
	switch {
	case r.Record == "" && r.Alert == "":
		return "a rule is neither a record nor an alert"
	case r.Record != "" && r.Alert != "":
		return fmt.Sprintf("a rule is both the record %s and the alert %s", r.Record, r.Alert)
	case !isPromDuration(r.For):
		return fmt.Sprintf("%s waits for %q, which is no duration", r.Alert, r.For)
	case !isPromDuration(r.KeepFiringFor):
		return fmt.Sprintf("%s keeps firing for %q, which is no duration", r.Alert, r.KeepFiringFor)
	case r.Record != "" && (r.For != "" || r.KeepFiringFor != "" || len(r.Annotations) > 0):
		return fmt.Sprintf("the record %s has what only alerts have", r.Record)
	}
	return ""
}

// recordsExist is strict about our own rules alone: what others read may be recorded outside of the set.
func recordsExist(c *checker) {
	b := c.told()
	reads := map[*inventory.Rules]int{}
	for _, r := range b.all {
		if r.expr == nil {
			continue
		}
		for _, s := range r.expr.series() {
			if !isRecord(s.name) {
				continue
			}
			reads[r.object]++
			switch made := b.records[s.name]; {
			case r.object.Ours():
				if !madeBefore(r, s, b.own[ownRecord{r.object, s.name}]) {
					c.violated(r.object.Object, r.path(), "%s reads %s of %s, and nothing before it in this object records that: it never has a value",
						r.name(), s.name, seriesOf(s))
				}
			case len(made) == 0:
				c.unknown(r.object.Object, "who records %s, which %s reads", s.name, r.name())
			}
		}
	}
	for _, o := range c.Rules {
		if n := reads[o]; n > 0 {
			c.proved(o.Object, "%d times a rule reads a record, and each is made", n)
		}
	}
}

// madeBefore reports whether one of the records of its object that a rule of ours reads is made before it, with the labels that are asked
// for.
func madeBefore(r *toldRule, s *promExpr, made []*toldRule) bool {
	for _, m := range made {
		if !m.before(r) {
			continue
		}
		all := true
		for _, label := range []string{"namespace", "service", "slo"} {
			if v := s.equal(label); v != "" && v != m.Labels[label] {
				all = false
			}
		}
		if all {
			return true
		}
	}
	return false
}

// seriesOf is what a selector asks for, in words.
func seriesOf(s *promExpr) string {
	var said []string
	for _, m := range s.match {
		said = append(said, m.label+m.op+m.value)
	}
	if len(said) == 0 {
		return "everybody"
	}
	return strings.Join(said, ", ")
}
