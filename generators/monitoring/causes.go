package monitoring

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// causes are the rules about what often is behind a broken objective; nil: none. Nobody is woken for a cause: it may break nothing.
// Where what measures is not scraped, they are silent.
func causes(a app.App) *kube.RuleGroup {
	if !a.Env.Has("prometheus") {
		return nil
	}
	group := kube.RuleGroup{Name: a.Name + "-causes", Interval: "1m"}
	for _, x := range []alarm{
		autoscalerAtMaximum(a), disruptionBudgetExhausted(a), podCrashLooping(a), rolloutStuck(a), cpuThrottled(a), secretNotSynced(a), targetDown(a),
		certificateExpires(a),
	} {
		x.severity = ticket
		group.Rules = x.add(group.Rules, a)
	}
	if len(group.Rules) == 0 {
		return nil
	}
	return &group
}

// series selects what is measured about objects of a namespace.
type series struct {
	namespace string
	matchers  []string
}

func seriesOf(a app.App, matchers ...string) series { return series{a.Namespace, matchers} }

// of selects the series of a metric with these labels, as kube-state-metrics and the kubelet have them.
func (s series) of(metric string, more ...string) string {
	return metric + "{" + strings.Join(slices.Concat([]string{kube.Matcher("namespace", s.namespace)}, s.matchers, more), ",") + "}"
}

// told selects the series that an operator has of objects, by their name. Their namespace is called exported_namespace, unless whoever
// scrapes the operator honours its labels; then the operator's own namespace is nowhere.
func (s series) told(metric string, more ...string) string {
	matchers := strings.Join(slices.Concat(s.matchers, more), ",")
	return fmt.Sprintf("%s{%s,%s} or %s{%s,exported_namespace=\"\",%s}",
		metric, kube.Matcher("exported_namespace", s.namespace), matchers, metric, kube.Matcher("namespace", s.namespace), matchers)
}

// most is the largest value for each object: where two instances measure, either may answer.
func most(label, selected string) string {
	return fmt.Sprintf("max by (namespace, %s) (%s)", label, selected)
}
