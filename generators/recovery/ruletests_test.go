package recovery_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/generators/recovery"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// TestRules shows one file of tests whole.
func TestRules(t *testing.T) {
	files := recovery.Rule.Files(ledger(moved()))
	var documents []any
	for _, f := range files {
		documents = append(documents, f.Content)
	}
	golden.ObjectsFile(t, documents, "testdata/ruletests.yaml")
	if files[0].Name != "ledger.files-backup.test.yaml" {
		t.Errorf("the file is %s", files[0].Name)
	}
}

// TestEveryAlertHasItsStories wants of each object a file of tests, and in it for each alert a minute in which it
// fires, as it would reach somebody, and one in which it is silent; whether they come true, promtool says.
func TestEveryAlertHasItsStories(t *testing.T) {
	replica, snapshot := archived(), dumped()
	replica.Method, replica.Name = app.ByReplica, "orders"
	snapshot.Method = app.BySnapshot
	apps := []app.App{ledger(dumped(), archived(), moved()), ledger(replica), ledger(snapshot)}
	apps[1].Clusters[1].Need = "orders"
	for _, a := range apps {
		objects, files := recovery.Rule.Run(a), recovery.Rule.Files(a)
		for i, o := range objects {
			rule, tests := o.(*kube.PrometheusRule), files[i].Content.(kube.RuleTests)
			if want := []string{kube.RuleFileStem(a.Name, rule.Name) + ".rules.yaml"}; !slices.Equal(tests.RuleFiles, want) {
				t.Errorf("%s is about %q, want %q", files[i].Name, tests.RuleFiles, want)
			}
			for _, r := range rule.Spec.Groups[0].Rules {
				var fires, silent bool
				for _, story := range tests.Tests {
					for _, x := range story.AlertRuleTest {
						fires = fires || x.Alertname == r.Alert && len(x.ExpAlerts) == 1 && x.ExpAlerts[0].ExpAnnotations["summary"] == r.Annotations["summary"]
						silent = silent || x.Alertname == r.Alert && len(x.ExpAlerts) == 0
					}
				}
				if !fires || !silent {
					t.Errorf("%s of %s: fires: %v, is silent: %v", r.Alert, rule.Name, fires, silent)
				}
			}
		}
		if len(files) != len(objects) {
			t.Errorf("%d files for %d objects", len(files), len(objects))
		}
	}
}

// TestStoriesAreWhole wants every story to tell something, and no series without samples.
func TestStoriesAreWhole(t *testing.T) {
	for _, f := range recovery.Rule.Files(ledger(dumped(), archived(), moved())) {
		tests, _ := f.Content.(kube.RuleTests)
		for _, story := range tests.Tests {
			if len(story.AlertRuleTest) == 0 {
				t.Errorf("%s: %q asks for nothing", f.Name, story.Name)
			}
			for _, s := range story.InputSeries {
				if s.Values == "" || strings.Contains(s.Values, "x-") || strings.HasPrefix(s.Values, "stale") {
					t.Errorf("%s: %q: %s has the samples %q", f.Name, story.Name, s.Series, s.Values)
				}
			}
		}
	}
}
