package diag

import "slices"

// Rule is one thing that diagnostics are about.
type Rule struct {
	ID     string // kebab-case, stable, explains itself
	Reason string // why anybody should care, in one sentence
}

// Rules returns every rule, by id. docs/rules.md is made from it.
func Rules() []Rule {
	return []Rule{}
}

// reason returns why a rule exists; empty for an unknown one.
func reason(id string) string {
	rules := Rules()
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return ""
	}
	return rules[i].Reason
}
