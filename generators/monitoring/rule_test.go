package monitoring

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// promises returns an app of shop with an slo over 28 days.
func promises(name string, objectives ...app.Objective) app.App {
	return app.App{
		Env:  &app.Environment{Name: "prod", Capabilities: []string{"prometheus"}, Scrape: &app.Scrape{Namespace: "monitoring"}},
		Name: name, Namespace: "shop", Team: "storefront", Tier: app.Critical, Kind: app.Service, Role: app.RoleStable,
		Ports:    []app.Port{{Name: "http", Number: 8080, Protocol: "TCP", App: "http"}},
		Replicas: app.Replicas{Min: 3, Max: 3},
		Rollout:  app.Rollout{Strategy: app.Rolling, ProgressDeadlineSeconds: 600},
		SLO:      &app.SLO{WindowDays: 28, Objectives: objectives},
	}
}

func availability(source string) app.Objective {
	return app.Objective{Name: "availability", Percent: 99.9, Source: source, GuardEvents: 5, Pages: true}
}

func latency(source string) app.Objective {
	return app.Objective{Name: "latency", Percent: 95, Source: source, UnderMillis: 250, GuardEvents: 5, Pages: true}
}

// sources is one app for each way to measure.
func sources() map[string]app.App {
	native := latency("http")
	native.Native = true
	gateway := availability("istio")
	gateway.AtGateway = true
	probe, slow := availability("probe"), latency("probe")
	probe.Seconds, slow.Seconds = 15, 15
	queue := availability("queue")
	queue.Backlog, queue.GuardEvents = 2000, 0
	cron := availability("cron")
	cron.Seconds, cron.RunSeconds, cron.GuardEvents = 93_600, 7_200, 0

	behind, worker, job := promises("web", gateway), promises("mailer", queue, latency("queue")), promises("report", cron)
	behind.Expose = &app.Expose{Via: "istio", Gateway: app.Gateway{Name: "edge", Namespace: "istio-ingress"}}
	worker.Kind, worker.Replicas, worker.Scaling = app.Worker, app.Replicas{Max: 20}, &app.Scaling{KEDA: true, Queue: &app.Queue{Lag: 100}}
	job.Kind, job.Role, job.Ports = app.Cron, "", nil
	return map[string]app.App{
		"http": promises("web", availability("http"), latency("http")), "native": promises("web", native),
		"grpc":  promises("ledger", availability("grpc"), latency("grpc")),
		"istio": promises("web", availability("istio"), latency("istio")), "gateway": behind,
		"nginx": promises("web", availability("nginx"), latency("nginx")),
		"envoy": promises("web", availability("envoy"), latency("envoy")),
		"queue": worker, "cron": job, "probe": promises("legacy", probe, slow),
	}
}

func TestRules(t *testing.T) {
	for name, a := range sources() {
		file := kube.RuleFile{Groups: []kube.RuleGroup{shortGroup(a), longGroup(a)}}
		golden.ObjectsFile(t, []kube.RuleFile{file}, "testdata/rules_"+name+".yaml")
	}
}

// rulesOf returns the rules about an app's promises.
func rulesOf(a app.App) []kube.Rule { return slices.Concat(shortGroup(a).Rules, longGroup(a).Rules) }

// alertsOf returns the alerts of a name.
func alertsOf(a app.App, name string) []kube.Rule {
	return slices.DeleteFunc(rulesOf(a), func(r kube.Rule) bool { return r.Alert != name })
}

var recordNames = regexp.MustCompile(`slo:[a-z_]+:[a-z0-9_]+`)

// TestRulesStandOnTheirOwn wants every record that an expression reads to be made, before it is read where that is in the same group;
// and every objective to have what it is told by.
func TestRulesStandOnTheirOwn(t *testing.T) {
	for name, a := range sources() {
		made := map[string]bool{}
		for _, r := range rulesOf(a) {
			for _, read := range recordNames.FindAllString(r.Expr, -1) {
				if key := read + " " + r.Labels["slo"]; !made[key] {
					t.Errorf("%s: %s%s reads %s, which is not made before it", name, r.Record, r.Alert, key)
				}
			}
			if r.Record != "" {
				made[r.Record+" "+r.Labels["slo"]] = true
			}
		}
		for _, o := range a.SLO.Objectives {
			for _, want := range []string{slo.Total, slo.Errors, slo.RatioOver("28d"), slo.BudgetRemaining} {
				if !made[want+" "+o.Name] {
					t.Errorf("%s: nothing records %s of %s", name, want, o.Name)
				}
			}
			for _, want := range []string{"ErrorBudgetBurn", "ErrorBudgetBurnSlow", "SLOMissing"} {
				if !slices.ContainsFunc(alertsOf(a, want), func(r kube.Rule) bool { return r.Labels["slo"] == o.Name }) {
					t.Errorf("%s: no %s of %s", name, want, o.Name)
				}
			}
		}
	}
}

// TestRulesAreDistinct wants no two rules that would write one series: Prometheus refuses the second of its samples.
func TestRulesAreDistinct(t *testing.T) {
	for name, a := range sources() {
		for i := range a.SLO.Objectives {
			a.SLO.Objectives[i].GuardEvents = 0
		}
		seen := map[string]bool{}
		for _, r := range rulesOf(a) {
			key := fmt.Sprint(r.Record, r.Alert, r.Labels) // maps are printed in order
			if seen[key] {
				t.Errorf("%s: %s is written twice", name, key)
			}
			seen[key] = true
		}
	}
}

// TestAlertsSayWhoseAndWhatToDo: and nothing that Helm would take for a template.
func TestAlertsSayWhoseAndWhatToDo(t *testing.T) {
	for name, a := range sources() {
		a.Env.Capabilities = []string{"grafana", "prometheus"}
		a.Env.Grafana = &app.Grafana{URL: "https://grafana.acme.io"}
		for _, r := range rulesOf(a) {
			if r.Alert == "" {
				continue
			}
			for label, want := range map[string]string{"namespace": "shop", "service": a.Name, "owner": "storefront", "tier": "critical"} {
				if r.Labels[label] != want {
					t.Errorf("%s: %s bears %s=%q, want %q", name, r.Alert, label, r.Labels[label], want)
				}
			}
			for annotation, begins := range map[string]string{
				"summary": "", "description": "", "dashboard_url": "https://grafana.acme.io/d/",
				"runbook_url": "https://github.com/scantling/scantling/blob/main/docs/slo.md#" + strings.ToLower(r.Alert),
			} {
				if text := r.Annotations[annotation]; text == "" || !strings.HasPrefix(text, begins) || strings.Contains(text, "{{") {
					t.Errorf("%s: %s has the %s %q, want something that begins with %q", name, r.Alert, annotation, text, begins)
				}
			}
		}
	}
}

// TestWhoIsWokenWhenNobodyMeasures: where it matters, and where nothing but a fault can be the reason.
func TestWhoIsWokenWhenNobodyMeasures(t *testing.T) {
	critical, standard, busy := sources()["http"], sources()["http"], sources()["nginx"]
	standard.Tier = app.Standard
	for i := range busy.SLO.Objectives {
		busy.SLO.Objectives[i].Busy = true
	}
	for name, tt := range map[string]struct {
		a    app.App
		want string
	}{
		"critical":                  {critical, "page"},
		"standard":                  {standard, "ticket"},
		"perhaps nobody has asked":  {sources()["nginx"], "ticket"},
		"somebody must have asked":  {busy, "page"},
		"perhaps it is suspended":   {sources()["cron"], "ticket"},
		"the broker is always told": {sources()["queue"], "page"},
		"a prober always asks":      {sources()["probe"], "page"},
	} {
		if got := alertsOf(tt.a, "SLOMissing")[0].Labels["severity"]; got != tt.want {
			t.Errorf("%s: a %s, want a %s", name, got, tt.want)
		}
	}
}

// TestNobodyIsWokenForWhatMayWait wants tickets alone of an app that pages nobody.
func TestNobodyIsWokenForWhatMayWait(t *testing.T) {
	for name, a := range sources() {
		a.Tier = app.BestEffort
		for i := range a.SLO.Objectives {
			a.SLO.Objectives[i].Pages = false
		}
		told := 0
		for _, r := range rulesOf(a) {
			switch r.Labels["severity"] {
			case "page":
				t.Errorf("%s: %s wakes somebody", name, r.Alert)
			case "ticket":
				told++
			}
		}
		if told == 0 {
			t.Errorf("%s: nobody is told", name)
		}
	}
}

// TestUncountedIsToldSoonWhereThereIsMuchToDo: an app that may have been idle since it was started has a day.
func TestUncountedIsToldSoonWhereThereIsMuchToDo(t *testing.T) {
	for busy, want := range map[bool]string{false: "ticket 1d", true: "page 10m"} {
		a := sources()["http"]
		a.SLO.Objectives = a.SLO.Objectives[:1]
		a.SLO.Objectives[0].Busy = busy
		r := alertsOf(a, "SLOUncounted")[0]
		if got := r.Labels["severity"] + " " + r.For; got != want {
			t.Errorf("busy %v: %s, want %s", busy, got, want)
		}
	}
}

// TestOutageIsToldWhereNoBurnCan wants an alert of its own where the first page can never fire, and only there.
func TestOutageIsToldWhereNoBurnCan(t *testing.T) {
	for percent, want := range map[float64]int{99.9: 0, 90: 1} {
		a := sources()["http"]
		a.SLO.Objectives = a.SLO.Objectives[:1]
		a.SLO.Objectives[0].Percent = percent
		if got := alertsOf(a, "SLOOutage"); len(got) != want {
			t.Errorf("%v %%: %d alerts of an outage, want %d", percent, len(got), want)
		}
	}
}

// TestRuleObject: the object bears what Prometheus' operator selects by; without the operator there is none, and no tests of its rules.
func TestRuleObject(t *testing.T) {
	a := sources()["http"]
	a.Env.Scrape.MonitorLabels = map[string]string{"release": "prometheus"}
	object := Rule.Run(a)[0].(*kube.PrometheusRule)
	if object.Name != "web" || object.Labels["release"] != "prometheus" || len(Rule.Files(a)) == 0 {
		t.Errorf("%s has labels %v and %d files", object.Name, object.Labels, len(Rule.Files(a)))
	}
	a.Env.Capabilities = nil
	if objects, files := Rule.Run(a), Rule.Files(a); len(objects) != 0 || len(files) != 0 {
		t.Errorf("without the operator: %d objects and %d files, want none", len(objects), len(files))
	}
}
