package compile_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// colours returns the workloads of the colours that a Service leads to; none for an app without colours.
func (r *rendered) colours(namespace string, selector map[string]string) (found []workload) {
	for _, w := range r.workloads() {
		if len(selector) > 0 && w.meta.Namespace == namespace && w.pods[kube.LabelColor] != "" && labels.SelectorFromSet(selector).Matches(labels.Set(w.pods)) {
			found = append(found, w)
		}
	}
	return found
}

// lostWaysBack are idle colours that are neither a small preview nor able to take the traffic at the peak.
func lostWaysBack(r *rendered) (found []string) {
	for _, s := range r.services {
		active := r.colours(s.Namespace, s.Spec.Selector)
		if len(active) != 1 || strings.HasSuffix(s.Name, "-preview") {
			continue
		}
		both := r.colours(s.Namespace, map[string]string{kube.LabelInstance: s.Labels[kube.LabelInstance]})
		for _, idle := range both {
			had, most := r.fewest(s.Namespace, active[0].meta.Name), r.most(s.Namespace, active[0].meta.Name)
			got := r.fewest(s.Namespace, idle.meta.Name)
			if idle.id() != active[0].id() && got > 2 && got < max(had, (most+1)/2) {
				found = append(found, fmt.Sprintf("%s with %d pods is for the traffic of %d to %d", idle.id(), got, had, most))
			}
		}
	}
	return found
}

// most returns the most pods of the workload with this name in a namespace.
func (r *rendered) most(namespace, name string) int32 {
	for _, h := range r.autoscalers {
		if h.Namespace == namespace && h.Spec.ScaleTargetRef.Name == name {
			return h.Spec.MaxReplicas
		}
	}
	for _, s := range r.scaled {
		if s.Namespace == namespace && s.Spec.ScaleTargetRef.Name == name {
			return s.Spec.MaxReplicaCount
		}
	}
	return r.fewest(namespace, name)
}

// openSubsets are rules and hosts without any patience.
func openSubsets(r *rendered) (found []string) {
	for _, d := range r.destinations {
		policy := d.Spec.TrafficPolicy
		if policy.OutlierDetection.Interval == "" || policy.OutlierDetection.MaxEjectionPercent == 0 || policy.ConnectionPool.TCP.ConnectTimeout == "" {
			found = append(found, d.Name+": a pod that fails is never left out")
		}
	}
	for _, v := range r.virtuals {
		if len(v.Spec.Gateways) == 0 {
			found = append(found, v.Name+": only inside the mesh, and doesn't say so")
		}
		for _, rule := range v.Spec.HTTP {
			if rule.Retries.Attempts == 0 || rule.Retries.RetryOn == "" {
				found = append(found, v.Name+": a rule that leaves retries open")
			}
		}
	}
	return found
}

// flappingUsers are rules that draw whom a rule below them would recognise, or set a cookie that no rule knows.
func flappingUsers(r *rendered) (found []string) {
	for _, v := range r.virtuals {
		open := map[string]bool{} // doors at which everybody has been served
		pins := map[string]bool{}
		for _, rule := range v.Spec.HTTP {
			for _, m := range rule.Match {
				door := fmt.Sprint(m.Gateways, m.Port, m.URI)
				if len(m.Headers) > 0 && open[door] {
					found = append(found, v.Name+": "+rule.Name+" comes after the rule for everybody")
				}
				open[door] = open[door] || len(m.Headers) == 0
				if _, ok := m.Headers["cookie"]; ok && len(rule.Route) == 1 {
					pins[door+rule.Route[0].Destination.Subset] = true
				}
				for _, to := range rule.Route {
					if to.Headers != nil && !pins[door+to.Destination.Subset] {
						found = append(found, v.Name+": who got a cookie for "+to.Destination.Subset+" does not stay there")
					}
				}
			}
		}
	}
	return found
}

// unjudgedCanaries are new versions that no analysis can abort, or that pass without an answer.
func unjudgedCanaries(r *rendered) (found []string) {
	for _, w := range r.rollouts {
		canary := w.Spec.Strategy.Canary
		judged := canary.Analysis != nil && slices.ContainsFunc(r.analyses, func(a *kube.AnalysisTemplate) bool {
			return a.Namespace == w.Namespace && a.Name == canary.Analysis.Templates[0].TemplateName
		})
		if !judged || !w.Spec.ProgressDeadlineAbort {
			found = append(found, w.Name+": nothing aborts a bad version")
		}
		last := int32(0)
		for i, step := range canary.Steps {
			if step.SetWeight == nil {
				continue
			}
			next := slices.IndexFunc(canary.Steps[i+1:], func(s kube.RolloutStep) bool { return s.SetWeight != nil || s.Pause != nil })
			if *step.SetWeight <= last || next < 0 || canary.Steps[i+1+next].Pause == nil {
				found = append(found, fmt.Sprintf("%s: the step to %d %% does not ascend, or is over at once", w.Name, *step.SetWeight))
			}
			last = *step.SetWeight
		}
	}
	for _, a := range r.analyses {
		for _, m := range a.Spec.Metrics {
			if m.FailureCondition == "" || m.InconclusiveLimit != 0 || !strings.Contains(m.SuccessCondition, "len(result) == 1") || !strings.Contains(m.SuccessCondition, "isNaN") {
				found = append(found, a.Name+": no answer is success")
			}
		}
	}
	for _, c := range r.canaries {
		if len(c.Spec.Analysis.Metrics) == 0 || c.Spec.Analysis.Threshold == 0 || len(c.Spec.Analysis.StepWeights) == 0 {
			found = append(found, c.Name+": nothing aborts a bad version")
		}
		for _, m := range c.Spec.Analysis.Metrics {
			if !slices.ContainsFunc(r.metrics, func(t *kube.MetricTemplate) bool { return t.Namespace == c.Namespace && t.Name == m.TemplateRef.Name }) {
				found = append(found, c.Name+": "+m.Name+" is asked of nobody")
			}
		}
	}
	return found
}

// faultyReleases make the faults of releases in what golden projects render, several ways of some.
var faultyReleases = []faultyRelease{
	{"E03", "blue_green", "warm", func(r *rendered) { r.autoscalers[1].Spec.MinReplicas = new(int32(3)) }},
	{"E03", "blue_green", "previous", func(r *rendered) { r.autoscalers[0].Spec.MinReplicas = new(int32(3)) }},
	{"E04", "canary_by_controller", "rollouts", func(r *rendered) { r.virtuals[0].Spec.HTTP[0].Retries = kube.IstioRetries{} }},
	{"E05", "canary_by_commit", "mesh", func(r *rendered) { slices.Reverse(r.virtuals[0].Spec.HTTP) }},
	{"E05", "canary_by_commit", "mesh", func(r *rendered) {
		r.virtuals[0].Spec.HTTP = slices.DeleteFunc(r.virtuals[0].Spec.HTTP, func(rule kube.IstioHTTPRoute) bool { return rule.Name == "stable-primary" })
	}},
	{"E06", "canary_by_controller", "rollouts", func(r *rendered) { r.rollouts[0].Spec.ProgressDeadlineAbort = false }},
	{"E06", "canary_by_controller", "rollouts", func(r *rendered) { r.analyses = nil }},
	{"E06", "canary_by_controller", "rollouts", func(r *rendered) { r.analyses[0].Spec.Metrics[0].FailureCondition = "" }},
	{"E06", "canary_by_controller", "pods", func(r *rendered) {
		r.rollouts[0].Spec.Strategy.Canary.Steps = slices.DeleteFunc(r.rollouts[0].Spec.Strategy.Canary.Steps, func(s kube.RolloutStep) bool { return s.Pause != nil })
	}},
	{"E06", "canary_by_controller", "flagger", func(r *rendered) { r.canaries[0].Spec.Analysis.Metrics = nil }},
	{"E06", "canary_by_controller", "flagger", func(r *rendered) { r.metrics = nil }},
	{"E07", "canary_by_controller", "rollouts", func(r *rendered) { r.rollouts[0].Spec.Strategy.Canary.MaxSurge = nil }},
}

type faultyRelease struct {
	id, project, env string
	spoil            func(r *rendered)
}

// TestReleaseFaultsAreSeen makes the faults that hand-written releases have.
func TestReleaseFaultsAreSeen(t *testing.T) {
	for i, f := range faultyReleases {
		t.Run(fmt.Sprintf("%s %s %d", f.id, f.project, i), func(t *testing.T) {
			var r *rendered
			for _, p := range environments(t, f.project, golden.Input(t, filepath.Join("../../testdata/golden", f.project+".txtar"))) {
				if p.name == f.project+"/"+f.env {
					r = p.rendered
				}
			}
			check := faults[slices.IndexFunc(faults, func(fault fault) bool { return strings.HasPrefix(fault.name, f.id) })].check
			if found := check(r); len(found) > 0 {
				t.Fatalf("found before it was made: %v", found)
			}
			f.spoil(r)
			if len(check(r)) == 0 {
				t.Error("not found")
			}
		})
	}
}
