package kube

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// RuleTree is the folder of what promtool, and a Prometheus without an operator, read.
const RuleTree = "prometheus.d"

// RuleFileEnding is what the names of files of rules end in.
const RuleFileEnding = ".rules.yaml"

// RuleFileOf returns the rules of an object as a file that Prometheus and promtool read; false: it is no PrometheusRule.
func RuleFileOf(object any) (any, bool) {
	switch o := object.(type) {
	case *PrometheusRule:
		return RuleFile{Groups: o.Spec.Groups}, true
	case Passthrough:
		if version, _ := o["apiVersion"].(string); o["kind"] == "PrometheusRule" && strings.HasPrefix(version, "monitoring.coreos.com/") {
			spec, _ := o["spec"].(map[string]any)
			return map[string]any{"groups": spec["groups"]}, true
		}
	}
	return nil, false
}

// RuleFileStem is what the files of an app's PrometheusRule are called, without their endings: the object's name, in which a dot
// says where the app's ends, as in "ledger.orders-backup", and two come before one that does not begin with the app's. An app's name may
// be the beginning of another one's.
func RuleFileStem(app, object string) string {
	if rest, ok := strings.CutPrefix(object, app+"-"); ok {
		return app + "." + rest
	}
	if object == app {
		return app
	}
	return app + ".." + object
}

// Holds tests that the alert r is heard of when, and only when, it should be in a story with an evaluation each minute: its
// expression has a result, with the labels given, from one minute until another. It fires once that has lasted for as long as it
// waits, and for as long as it goes on without a result.
func (t *RuleTest) Holds(r Rule, from, until int64, returned map[string]string) {
	first, last := from+wholeMinutes(r.For), until+wholeMinutes(r.KeepFiringFor)
	if first > 0 {
		t.Silent(first-1, r)
	}
	t.Fires(first, r, returned)
	t.PromQLExprTest = append(t.PromQLExprTest, PromQLExprTest{
		Expr:     "count(ALERTS{alertname=" + strconv.Quote(r.Alert) + `,alertstate="firing"})`,
		EvalTime: Minute(last - 1), ExpSamples: []ExpSample{{Labels: "{}", Value: 1}},
	})
	t.Silent(last, r)
}

// Fires tests that the alert r fires once at a minute, with these labels of what its expression returns, and its own.
func (t *RuleTest) Fires(minute int64, r Rule, returned map[string]string) {
	t.AlertRuleTest = append(t.AlertRuleTest, AlertRuleTest{
		EvalTime: Minute(minute), Alertname: r.Alert,
		ExpAlerts: []ExpAlert{{ExpLabels: Merge(returned, r.Labels), ExpAnnotations: r.Annotations}},
	})
}

// Silent tests that none of the alerts among rules fires at a minute.
func (t *RuleTest) Silent(minute int64, rules ...Rule) {
	for _, r := range rules {
		if r.Alert != "" {
			t.AlertRuleTest = append(t.AlertRuleTest, AlertRuleTest{EvalTime: Minute(minute), Alertname: r.Alert})
		}
	}
}

// Sees adds a series to what is measured, with its samples: a Level, a Rise, a Gap, or several of them one after the other.
func (t *RuleTest) Sees(series string, samples ...string) {
	t.InputSeries = append(t.InputSeries, InputSeries{Series: series, Values: strings.Join(samples, " ")})
}

// wholeMinutes reads a time as rules write it.
func wholeMinutes(s string) int64 {
	d, _ := time.ParseDuration(s) // nothing: none
	return int64(d / time.Minute)
}

// Minute is a time since the beginning of a story.
func Minute(n int64) string { return fmt.Sprintf("%dm", n) }

// Level is n samples of one value.
func Level(value, n int64) string { return fmt.Sprintf("%dx%d", value, n-1) }

// Rise is n samples, of which each is larger than the one before it by the same step.
func Rise(from, step, n int64) string { return fmt.Sprintf("%d%+dx%d", from, step, n-1) }

// Gap is n samples that are not there, before the first one of a series.
func Gap(n int64) string { return fmt.Sprintf("_x%d", n) }

// Gone is n samples that are not there, of a series that was: Prometheus knows at once.
func Gone(n int64) string { return "stale " + Gap(n-1) }
