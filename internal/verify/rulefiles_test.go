package verify_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/verify"
)

// TestRuleFiles wants rules in a file of their own to be held to what those of an object are, and to nothing that is for objects.
func TestRuleFiles(t *testing.T) {
	for _, c := range []struct{ about, text, want string }{
		{"sound", `groups: [{name: web, rules: [{alert: Down, expr: up == 0, for: 5m, labels: {severity: 1}}]}]`, ""},
		{"of Loki, which knows more than PromQL", `groups: [{name: web, rules: [{alert: Down, expr: 'sum(rate({app="web"} |= "panic" [5m])) > 1'}]}]`, ""},
		{"two groups of one name", `groups: [{name: web, rules: [{record: a, expr: b}]}, {name: web, rules: [{record: c, expr: d}]}]`,
			"rules-are-readable groups[1].name: no rule of this object is loaded: two groups are called web"},
		{"no PromQL", `groups: [{name: web, rules: [{alert: Down, expr: "up =="}]}]`, "rules-are-readable groups[0].rules[0].expr: Down is not loaded"},
		{"labels that are none", `groups: [{name: web, rules: [{alert: Down, expr: up == 0, labels: [page]}]}]`,
			"object-is-readable : reload Prometheus: it refuses the file, because groups.rules.labels is of type array"},
	} {
		var fields map[string]any
		if err := yaml.Unmarshal([]byte(c.text), &fields); err != nil {
			t.Fatal(err)
		}
		file, ok := inventory.RuleFile(fields, "Web_Alerts", "Web_Alerts.yaml", 1)
		if !ok {
			t.Fatal(c.about)
		}
		var got []string
		for _, r := range verify.Check(inventory.New([]manifest.Object{file, file}), verify.Facts{Kubernetes: 34}, false) {
			if r.State == verify.Violated {
				got = append(got, r.Guarantee.Name+" "+r.Path+": "+r.Text)
			}
		}
		if len(got) > 0 != (c.want != "") || len(got) > 0 && !strings.HasPrefix(got[0], c.want) {
			t.Errorf("%s: %q", c.about, got)
		}
	}
}
