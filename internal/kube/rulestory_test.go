package kube

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRuleFileStem(t *testing.T) {
	for object, want := range map[string]string{
		"shop": "shop", "shop-db-backup": "shop.db-backup", "other": "shop..other", "shopping": "shop..shopping",
	} {
		if got := RuleFileStem("shop", object); got != want {
			t.Errorf("%q of shop is %q, want %q", object, got, want)
		}
	}
}

// TestHolds wants the minutes that follow from what a rule waits, and goes on for.
func TestHolds(t *testing.T) {
	r := Rule{Alert: "Down", For: "5m", KeepFiringFor: "1h", Labels: map[string]string{"severity": "page"}, Annotations: map[string]string{"summary": "it is down"}}
	var story RuleTest
	story.Holds(r, 10, 20, map[string]string{"namespace": "shop"})
	want := RuleTest{
		AlertRuleTest: []AlertRuleTest{
			{EvalTime: "14m", Alertname: "Down"},
			{EvalTime: "15m", Alertname: "Down", ExpAlerts: []ExpAlert{{
				ExpLabels: map[string]string{"namespace": "shop", "severity": "page"}, ExpAnnotations: map[string]string{"summary": "it is down"},
			}}},
			{EvalTime: "80m", Alertname: "Down"},
		},
		PromQLExprTest: []PromQLExprTest{{Expr: `count(ALERTS{alertname="Down",alertstate="firing"})`, EvalTime: "79m", ExpSamples: []ExpSample{{Labels: "{}", Value: 1}}}},
	}
	if diff := cmp.Diff(want, story); diff != "" {
		t.Error(diff)
	}
	var now RuleTest
	now.Holds(Rule{Alert: "Down"}, 0, 1, nil)
	if len(now.AlertRuleTest) != 2 || now.AlertRuleTest[0].EvalTime != "0m" || now.AlertRuleTest[1].EvalTime != "1m" || now.PromQLExprTest[0].EvalTime != "0m" {
		t.Errorf("an alert that waits for nothing: %+v", now)
	}
}

// TestSamples wants as many samples as are asked for: "1x2" is three.
func TestSamples(t *testing.T) {
	for got, want := range map[string]string{
		Level(-7, 3): "-7x2", Level(1, 1): "1x0", Rise(-600, 60, 121): "-600+60x120", Rise(9, -3, 4): "9-3x3", Gap(2): "_x2", Gone(10): "stale _x9",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
