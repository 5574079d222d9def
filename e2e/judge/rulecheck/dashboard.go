package rulecheck

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/judge/manifest"
)

// dashboards is the label by which the sidecar of Grafana's chart finds them.
const dashboards = "grafana_dashboard"

// longestUID is how many characters Grafana stores of one.
const longestUID = 40

// variables are those that Grafana fills in, with any value that they could have.
var variables = strings.NewReplacer("$__rate_interval", "5m", "$__interval", "1m", "$__range", "1d")

// dashboard reads the queries that Grafana would send for its panels and its marks.
func (s *set) dashboard(d manifest.Document) {
	files, _, _ := unstructured.NestedStringMap(d.Object, "data")
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(file) != ".json" {
			s.add("dashboard", d, "%s: the sidecar reads files that end in .json", file)
			continue
		}
		var page map[string]any
		if err := json.Unmarshal([]byte(files[file]), &page); err != nil {
			s.add("dashboard", d, "%s: %v", file, err)
			continue
		}
		if uid, _ := page["uid"].(string); uid == "" || len(uid) > longestUID {
			s.add("dashboard", d, "%s: Grafana takes no uid %q", file, uid)
		}
		for _, expr := range expressions(page) {
			s.ask(d, "a panel of "+file, variables.Replace(expr), false)
		}
	}
}

// expressions returns every expr, at any depth.
func expressions(node any) (all []string) {
	switch n := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(n)) {
			if text, ok := n[key].(string); ok && key == "expr" {
				all = append(all, text)
			}
			all = append(all, expressions(n[key])...)
		}
	case []any:
		for _, v := range n {
			all = append(all, expressions(v)...)
		}
	}
	return all
}
