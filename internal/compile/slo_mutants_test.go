package compile_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/kube"
)

// A sloMutant breaks one thing in what a project says to Prometheus, as a slip of the hand or of a generator would.
type sloMutant struct {
	check   string // what must find it
	project string
	name    string
	mutate  func(w *watched)
}

// misread are slips in what is recorded.
var misread = []sloMutant{
	{"INV-SLO-03 window", less, "no window in words", onRule("ledger", "availability", "ErrorBudgetBurn", func(r *kube.Rule) {
		r.Annotations["description"] = "43 minutes a month"
	})},
	{"INV-SLO-03 window", less, "no window in a ticket's words", onRule("ledger", "availability", "ErrorBudgetBurnSlow", func(r *kube.Rule) {
		r.Annotations["description"] = ""
	})},
	{"INV-SLO-03 window", less, "another window in words", onRule("ledger", "availability", "ErrorBudgetBurn", func(r *kube.Rule) {
		r.Annotations["description"] = strings.ReplaceAll(r.Annotations["description"], " days", " weeks")
	})},
}

// misfired are slips in when somebody hears of it.
var misfired = []sloMutant{
	{"INV-SLO-01 stories", less, "no story", func(w *watched) {
		for _, story := range w.testsOf("ledger").Tests {
			for i, at := range story.AlertRuleTest {
				if at.Alertname == "ErrorBudgetBurn" {
					story.AlertRuleTest[i].Alertname = "AnotherAlert"
				}
			}
		}
	}},
	{"INV-SLO-01 stories", less, "stories of silence alone", func(w *watched) {
		for _, story := range w.testsOf("index").Tests {
			for i := range story.AlertRuleTest {
				story.AlertRuleTest[i].ExpAlerts = nil
			}
		}
	}},
	{"INV-SLO-01 stories", less, "nobody waits for a day", func(w *watched) {
		for _, story := range w.testsOf("index").Tests {
			for i, at := range story.AlertRuleTest {
				if at.Alertname == "SLOUncounted" {
					story.AlertRuleTest[i].ExpAlerts = nil
				}
			}
		}
	}},
	{"INV-SLO-01 stories", less, "another file is tested", func(w *watched) { w.testsOf("rare").RuleFiles[0] = "toys.rules.yaml" }},
	{"INV-SLO-01 stories", less, "groups in another order", func(w *watched) { slices.Reverse(w.testsOf("rare").GroupEvalOrder) }},
	{"INV-SLO-01 stories", less, "a file of other rules", func(w *watched) { w.rule("rare", "availability", "SLOMissing").For = "20m" }},
	{"INV-SLO-01 stories", less, "rules of no object", func(w *watched) { w.files["shop/left.rules.yaml"] = &kube.RuleFile{} }},
	{"INV-SLO-01 stories", less, "no tests beside", func(w *watched) { delete(w.tests, "shop/rare.test.yaml") }},
}

// misled are slips in whom it reaches, and in what it is about.
var misled = []sloMutant{
	{"INV-SLO-02 runbooks", less, "a page of ours that is not there", onNote("ledger", "TargetDown", "runbook_url", "https://github.com/scantling/scantling/blob/main/docs/alerts.md#targetdown")},
	{"INV-SLO-02 runbooks", less, "a page of other alerts", onNote("ledger", "TargetDown", "runbook_url", "https://github.com/scantling/scantling/blob/main/docs/recovery.md#targetdown")},
	{"INV-SLO-02 runbooks", less, "the heading of another alert", onNote("ledger", "TargetDown", "runbook_url", "https://github.com/scantling/scantling/blob/main/docs/slo.md#slomissing")},
	{"INV-SLO-02 runbooks", less, "no heading", onNote("ledger", "TargetDown", "runbook_url", "https://runbooks.acme.io/riders")},
	{"SERIES watched", less, "nobody hears that a rollout is stuck", silenced("ledger", "", "RolloutStuck")},
	{"SERIES watched", less, "nobody hears that a budget is used up", silenced("ledger", "", "DisruptionBudgetExhausted")},
	{"SERIES watched", less, "nobody hears that pods crash", silenced("trial", "", "PodCrashLooping")},
	{"SERIES watched", less, "nobody hears that no pod is ready", silenced("ledger", "", "NoReadyPods")},
	{"SERIES watched", less, "nobody hears that a limit holds it back", silenced("toys", "", "CPUThrottled")},
	{"SERIES watched", less, "nobody hears that it is not read", silenced("ledger", "", "TargetDown")},
	{"SERIES watched", all, "nobody hears that there are no more pods", silenced("mailer", "", "AutoscalerAtMaximum")},
	{"SERIES watched", all, "nobody hears that a secret stays old", silenced("web", "", "SecretNotSynced")},
	{"SERIES watched", all, "nobody hears that a certificate ends", silenced("web", "", "CertificateExpires")},
	{"SERIES monitors", less, "a port that no Service has", func(w *watched) { w.monitors[0].Spec.Endpoints[0].Port = "prometheus" }},
	{"SERIES monitors", less, "a monitor of nothing", func(w *watched) { w.monitors[0].Spec.Selector.MatchLabels[kube.LabelInstance] = "nobody" }},
	{"SERIES monitors", less, "no limit", func(w *watched) { w.monitors[0].Spec.SampleLimit = 0 }},
	{"SERIES monitors", less, "read every five minutes", func(w *watched) { w.monitors[0].Spec.Endpoints[0].Interval = "5m" }},
	{"SERIES monitors", all, "a prober that waits too long", func(w *watched) { w.probes[0].Spec.ScrapeTimeout = "60s" }},
	{"SERIES dashboards", all, "a record of another app", onBoard("web", `service=\"web\"`, `service=\"front\"`)},
	{"SERIES dashboards", all, "all namespaces", onBoard("web", `namespace=\"shop\",job`, "job")},
	{"SERIES dashboards", all, "a record that nobody makes", onBoard("web", "ratio_rate1d", "ratio_rate12h")},
	{"SERIES dashboards", all, "quantiles of each pod", onBoard("web", "sum by (le)", "sum by (pod)")},
	{"SERIES dashboards", all, "nobody sees what is left", onBoard("web", remaining, "slo:period_burn_rate:ratio")},
	{"SERIES dashboards", all, "one uid for two", func(w *watched) {
		one, two := w.boardOf("web"), w.boardOf("front")
		two.Data = one.Data
	}},
}

// TestSLOMutants makes each violation, and wants its check to find it: else TestSLOInvariants would prove nothing.
func TestSLOMutants(t *testing.T) {
	projects := map[string]project{}
	for _, p := range promisingCorpus(t) {
		projects[p.name] = p
	}
	mutants, caught, tried := slices.Concat(misread, misfired, misled), 0, map[string]int{}
	for _, m := range mutants {
		i := slices.IndexFunc(sloInvariants, func(inv sloInvariant) bool { return strings.HasPrefix(inv.name, m.check+":") })
		if i < 0 {
			t.Fatalf("no check is called %s", m.check)
		}
		p := projects[m.project]
		if !strings.HasSuffix(m.check, "stories") {
			p.beside = nil // nobody looks at it, and reading it takes long
		}
		w := watch(t, p)
		m.mutate(w)
		switch {
		case w.lacking != "":
			t.Errorf("%s cannot be made in %s: there is no %s", m.name, m.project, w.lacking)
		case len(sloInvariants[i].check(w)) == 0:
			t.Errorf("%s does not find %s in %s", m.check, m.name, m.project)
		default:
			caught++
		}
		tried[m.check]++
	}
	for _, inv := range sloInvariants {
		if check, _, _ := strings.Cut(inv.name, ":"); tried[check] < 3 {
			t.Errorf("%s was tried %d times", check, tried[check])
		}
	}
	t.Logf("%d of %d violations are found, by %d checks: %v", caught, len(mutants), len(sloInvariants), slices.Sorted(maps.Keys(tried)))
}

// object is the PrometheusRule of an app.
func (w *watched) object(app string) *kube.PrometheusRule {
	return w.rules[slices.IndexFunc(w.rules, func(o *kube.PrometheusRule) bool { return o.Name == app })]
}

// rule is an alert or a record of an app.
func (w *watched) rule(app, objective, name string) *kube.Rule {
	o := w.object(app)
	for g := range o.Spec.Groups {
		for i := range o.Spec.Groups[g].Rules {
			if r := &o.Spec.Groups[g].Rules[i]; r.Alert+r.Record == name && r.Labels["slo"] == objective {
				return r
			}
		}
	}
	w.lacking = app + " " + objective + " " + name
	return &kube.Rule{}
}

// testsOf are the tests of an app's rules.
func (w *watched) testsOf(app string) *kube.RuleTests {
	return w.tests[w.object(app).Namespace+"/"+app+".test.yaml"]
}

func (w *watched) boardOf(app string) *corev1.ConfigMap {
	return w.configs[slices.IndexFunc(w.configs, func(c *corev1.ConfigMap) bool { return c.Name == app+"-dashboard" })]
}

func onRule(app, objective, name string, change func(r *kube.Rule)) func(w *watched) {
	return func(w *watched) { change(w.rule(app, objective, name)) }
}

func onNote(app, name, note, text string) func(w *watched) {
	return onRule(app, "", name, func(r *kube.Rule) { r.Annotations[note] = text })
}

// silenced removes a rule.
func silenced(app, objective, name string) func(w *watched) {
	return func(w *watched) {
		gone := *w.rule(app, objective, name)
		o := w.object(app)
		for g := range o.Spec.Groups {
			o.Spec.Groups[g].Rules = slices.DeleteFunc(o.Spec.Groups[g].Rules, func(r kube.Rule) bool {
				return r.Alert+r.Record == name && r.Labels["slo"] == gone.Labels["slo"]
			})
		}
	}
}

// onBoard replaces a text of a dashboard.
func onBoard(app, old, by string) func(w *watched) {
	return func(w *watched) {
		c := w.boardOf(app)
		for file, content := range c.Data {
			if !strings.Contains(content, old) {
				w.lacking = old + " on the dashboard of " + app
			}
			c.Data[file] = strings.ReplaceAll(content, old, by)
		}
	}
}
