package inventory

import (
	"fmt"

	"github.com/scantling/scantling/internal/manifest"
)

// ruleFile is the kind of what is no object of a cluster: the rules that Prometheus reads from a file.
const ruleFile = "RuleFile"

func (o *Object) isRuleFile() bool { return o.APIVersion == "" && o.Kind == ruleFile }

// RuleFile returns the fields of a document as an object where they are rules as Prometheus reads them from a file: groups, and nothing
// else (https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/). Name is what the file is called.
func RuleFile(fields map[string]any, name, file string, line int) (o manifest.Object, ok bool) {
	groups, _ := fields["groups"].([]any)
	if len(groups) == 0 || len(fields) != 1 {
		return manifest.Object{}, false
	}
	for _, group := range groups {
		if group, ok := group.(map[string]any); !ok || manifest.String(group, "name") == "" || !isRules(group["rules"]) {
			return manifest.Object{}, false
		}
	}
	spec := map[string]any{"spec": asText(fields)}
	return manifest.Object{Kind: ruleFile, Name: name, File: file, Line: line, Fields: spec}, true
}

func isRules(v any) bool {
	rules, _ := v.([]any)
	for _, rule := range rules {
		rule, _ := rule.(map[string]any)
		if rule["expr"] == nil || rule["alert"] == nil && rule["record"] == nil {
			return false
		}
	}
	return len(rules) > 0
}

// asText returns a value with every number and truth value as its text: Prometheus takes `severity: 1` for a label, and the API server
// would not.
func asText(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for key, value := range v {
			m[key] = asText(value)
		}
		return m
	case []any:
		all := make([]any, len(v))
		for i, item := range v {
			all[i] = asText(item)
		}
		return all
	case nil, string:
		return v
	}
	return fmt.Sprint(v)
}

// takeRules takes in a rule file. It has no identity: two may be called alike.
func (s *Set) takeRules(o *Object, fields map[string]any) {
	if err := rules(s, o, fields); err != nil {
		s.Unreadable = append(s.Unreadable, Problem{o, err.Error()})
	}
}

// Size is how many objects and rule files were taken in.
func (s *Set) Size() int {
	n := len(s.Objects)
	for _, r := range s.Rules {
		if r.isRuleFile() {
			n++
		}
	}
	return n
}
