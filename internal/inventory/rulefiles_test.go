package inventory_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// TestRuleFile knows what promtool takes from what has groups of something else.
func TestRuleFile(t *testing.T) {
	for _, c := range []struct {
		about, text string
		want        bool
	}{
		{"alerts", `groups: [{name: web, interval: 1m, rules: [{alert: Down, expr: up == 0, for: 5m, labels: {severity: page}}]}]`, true},
		{"a number for an expression, and for a label", `groups: [{name: web, rules: [{record: "web:target", expr: 0.999, labels: {tier: 1}}]}]`, true},
		{"no rules", `groups: []`, false},
		{"a group without rules", `groups: [{name: web, rules: []}]`, false},
		{"a group without a name", `groups: [{rules: [{record: a, expr: b}]}]`, false},
		{"groups of people", `groups: [{name: admins, rules: [{allow: all}]}]`, false},
		{"text for groups", `groups: admins`, false},
		{"text for a rule", `groups: [{name: web, rules: [up]}]`, false},
		{"values of a chart, with rules among them", `{replicas: 3, groups: [{name: web, rules: [{record: a, expr: b}]}]}`, false},
		{"promtool's tests", `{rule_files: [a.yaml], tests: []}`, false},
	} {
		var fields map[string]any
		if err := yaml.Unmarshal([]byte(c.text), &fields); err != nil {
			t.Fatal(err)
		}
		if _, ok := inventory.RuleFile(fields, "web", "web.yaml", 1); ok != c.want {
			t.Errorf("%s: %v", c.about, ok)
		}
	}
}

// TestRuleFileIsNoObject wants rules of a file to be read as those of an object, and to be nothing that a cluster could hold.
func TestRuleFileIsNoObject(t *testing.T) {
	fields := map[string]any{"groups": []any{map[string]any{"name": "web", "rules": []any{
		map[string]any{"alert": "Down", "expr": "up == 0", "for": int64(0), "labels": map[string]any{"severity": int64(1)}},
	}}}}
	var files []manifest.Object
	for _, file := range []string{"a/web.yaml", "b/web.yaml"} {
		o, _ := inventory.RuleFile(fields, "web", file, 3)
		files = append(files, o)
	}
	set := inventory.New(files)
	if len(set.Objects)+len(set.Repeated)+len(set.Unreadable) > 0 || set.Size() != 2 || len(set.Rules) != 2 {
		t.Fatalf("objects %v, repeated %v, unreadable %v, size %d", set.Objects, set.Repeated, set.Unreadable, set.Size())
	}
	want := []inventory.RuleGroup{{Name: "web", Rules: []inventory.Rule{{Alert: "Down", Expr: "up == 0", For: "0", Labels: map[string]string{"severity": "1"}}}}}
	if diff := cmp.Diff(want, set.Rules[1].Groups); diff != "" {
		t.Error(diff)
	}
	if o := set.Rules[1]; o.File != "b/web.yaml" || o.Line != 3 || o.Short() != "RuleFile/web" {
		t.Errorf("%s of %s:%d", o.Short(), o.File, o.Line)
	}
}
