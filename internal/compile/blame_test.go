package compile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/diag"
)

// TestViolationStandsWhereItIsDecided breaks guarantees by a patch, by a number of the platform's and by objects that it adds. Nothing is
// rendered, and each violation stands at the line without which it would not be.
func TestViolationStandsWhereItIsDecided(t *testing.T) {
	const app = `package shop
apps: web: {
	team: "a"
	tier: "standard"
	image: "r.acme.io/web:1"
	%s
}
`
	const platform = `package platform
platform: {
	environments: prod: {kubernetes: "1.34", zones: ["a", "b", "c"]}
	%s
}
`
	for _, c := range []struct {
		name, app, platform string
		guarantee, at       string
	}{
		{"a patch", `patches: [
		{target: "Deployment/web", patch: spec: minReadySeconds: 11, reason: "harmless", expires: "2099-12-31"},
		{target: "PodDisruptionBudget/web", patch: spec: maxUnavailable: 0, reason: "afraid", expires: "2099-12-31"},
	]`, "", "every-node-can-drain", "app.cue:8"},
		{"a number of the platform's", "", "tiers: standard: unavailablePercent: 100", "rollout-keeps-capacity", "platform.cue:4"},
		{"an object that the platform adds", "", `extensions: more: {
		app: _, environment: _
		objects: [
			{apiVersion: "v1", kind: "ConfigMap", metadata: name: "\(app.name)-fine", data: a: "b"},
			{apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: name: "\(app.name)-more", spec: {
				maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow", selector: matchLabels: app.labels}},
		]
	}`, "one-budget-per-pod", "platform.cue:8"},
		{"a quota that the platform adds", "", `extensions: more: {
		app: _, environment: _
		objects: [{apiVersion: "v1", kind: "ResourceQuota", metadata: name: "\(app.name)-quota", spec: hard: pods: "1"}]
	}`, "quota-fits", "platform.cue:6"},
	} {
		dir := t.TempDir()
		put(t, dir, "app.cue", fmt.Sprintf(app, c.app))
		put(t, dir, "platform.cue", fmt.Sprintf(platform, c.platform))
		m, err := compile.Generate(compile.Options{Dir: dir})
		if err != nil || !m.Failed || len(m.Files) > 0 {
			t.Errorf("%s: failed is %t, %d files, %v", c.name, m.Failed, len(m.Files), err)
		}
		i := slices.IndexFunc(m.Diagnostics, func(d diag.Diagnostic) bool { return d.Rule == c.guarantee })
		if i < 0 {
			t.Errorf("%s: %s is not violated: %v", c.name, c.guarantee, m.Diagnostics)
			continue
		}
		if d := m.Diagnostics[i]; d.Severity != diag.Error || !strings.HasPrefix(d.Pos.String(), c.at+":") || d.Want == "" {
			t.Errorf("%s: it stands at %s as %s, want %s: %s", c.name, d.Pos, d.Severity, c.at, d.Problem)
		}
	}
}
