package monitoring

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// web is an app that every cause can be behind.
func web() app.App {
	return app.App{
		Env: &app.Environment{
			Name: "prod", Capabilities: []string{"prometheus"}, Scrape: &app.Scrape{Namespace: "monitoring"},
			IngressClass: &app.IngressClass{Class: "nginx", Issuer: "letsencrypt"},
		},
		Name: "web", Namespace: "shop", Team: "storefront", Tier: app.Critical, Kind: app.Service, Role: app.RoleStable,
		Resources:  app.Resources{CPULimitMilli: 500},
		Replicas:   app.Replicas{Min: 3, Max: 12},
		Scaling:    &app.Scaling{CPUPercent: 60},
		Disruption: &app.Disruption{MaxUnavailable: "1"},
		Rollout:    app.Rollout{Strategy: app.Rolling, ProgressDeadlineSeconds: 600},
		Metrics:    &app.Metrics{Port: app.Port{Name: "http", Number: 8080, Protocol: "TCP", App: "http"}, Path: "/metrics", IntervalSeconds: 15},
		Expose:     &app.Expose{Via: "ingress", Hosts: []string{"shop.acme.io"}},
		Secrets:    []app.Secret{{Name: "web-api", Store: &app.StoreSecret{}}, {Name: "web-made-elsewhere", Existing: true}},
	}
}

// by returns web as a canary of an engine.
func by(engine app.Engine) app.App {
	a := web()
	a.Rollout.Strategy, a.Rollout.Split = app.Canary, &app.Split{Engine: engine}
	if engine != app.ByArgo && engine != app.ByFlagger {
		a.Other = &app.Side{Role: app.RoleCanary, Replicas: app.Replicas{Min: 1, Max: 4}, Scaling: a.Scaling, Disruption: a.Disruption}
	}
	return a
}

func alerts(a app.App) map[string]kube.Rule {
	out := map[string]kube.Rule{}
	if group := causes(a); group != nil {
		for _, r := range group.Rules {
			out[r.Alert] = r
		}
	}
	return out
}

func TestCauses(t *testing.T) {
	objects := []*kube.PrometheusRule{}
	for _, a := range []app.App{web(), by(app.ByFlagger), by(app.ByArgo)} {
		objects = append(objects, &kube.PrometheusRule{Spec: kube.PrometheusRuleSpec{Groups: []kube.RuleGroup{*causes(a)}}})
	}
	golden.ObjectsFile(t, objects, "testdata/causes.yaml")
}

// TestCausesAreTicketsForTheirOwner wants nobody to be woken, whom it reaches on each alert, words without templates, and a link.
func TestCausesAreTicketsForTheirOwner(t *testing.T) {
	for _, runbooks := range []string{"", "https://acme.io/r", "https://acme.io/r#top"} {
		a := web()
		a.Runbooks = runbooks
		all := alerts(a)
		if len(all) != 8 {
			t.Errorf("there are %d alerts, want all 8", len(all))
		}
		for name, r := range all {
			l := r.Labels
			if l["severity"] != "ticket" || l["namespace"] != "shop" || l["service"] != "web" || l["owner"] != "storefront" || l["tier"] != "critical" {
				t.Errorf("%s goes to %v", name, l)
			}
			if r.For == "" || r.KeepFiringFor == "" {
				t.Errorf("%s: for %q, keep_firing_for %q", name, r.For, r.KeepFiringFor)
			}
			for key, text := range r.Annotations {
				if text == "" || strings.Contains(text, "{{") || strings.Contains(text, "%!") {
					t.Errorf("%s: %s is %q", name, key, text)
				}
			}
			want := map[string]string{
				"":                      "https://github.com/scantling/scantling/blob/main/docs/slo.md#" + strings.ToLower(name),
				"https://acme.io/r":     "https://acme.io/r#" + strings.ToLower(name),
				"https://acme.io/r#top": "https://acme.io/r#top",
			}[runbooks]
			if got := r.Annotations["runbook_url"]; got != want {
				t.Errorf("%s leads to %q, want %q", name, got, want)
			}
		}
	}
}

// TestCausesThatCannotBe wants no alert about what the app has not.
func TestCausesThatCannotBe(t *testing.T) {
	for alert, change := range map[string]func(a *app.App){
		"AutoscalerAtMaximum":       func(a *app.App) { a.Scaling = nil },
		"DisruptionBudgetExhausted": func(a *app.App) { a.Disruption = nil },
		"CPUThrottled":              func(a *app.App) { a.Resources.CPULimitMilli = 0 },
		"SecretNotSynced":           func(a *app.App) { a.Secrets = a.Secrets[1:] },
		"TargetDown":                func(a *app.App) { a.Metrics = nil },
		"CertificateExpires":        func(a *app.App) { a.Env.IngressClass.Issuer = "" },
	} {
		a := web()
		change(&a)
		if _, ok := alerts(a)[alert]; ok || len(alerts(a)) != 7 {
			t.Errorf("%s: %v", alert, alerts(a))
		}
	}
	fixed, lone := web(), web()
	fixed.Replicas.Max = fixed.Replicas.Min
	lone.Replicas = app.Replicas{Min: 0, Max: 1}
	for _, a := range []app.App{fixed, lone} {
		if _, ok := alerts(a)["AutoscalerAtMaximum"]; ok {
			t.Errorf("from %d to %d pods the maximum is no alarm", a.Replicas.Min, a.Replicas.Max)
		}
	}
	nightly := app.App{Env: web().Env, Name: "nightly", Namespace: "shop", Kind: app.Cron}
	if group := causes(nightly); group != nil {
		t.Errorf("a cron app has %v", group)
	}
}

// TestCausesNameEveryWorkload wants each object of each version, by its whole name.
func TestCausesNameEveryWorkload(t *testing.T) {
	keda, based, stateful := web(), web(), web()
	keda.Scaling = &app.Scaling{KEDA: true}
	based.Base = &app.Base{Pods: 2}
	stateful.Kind, stateful.Role = app.Stateful, ""
	for what, tt := range map[string]struct {
		app   app.App
		alert string
		want  string
	}{
		"one":             {web(), "AutoscalerAtMaximum", `{namespace="shop",horizontalpodautoscaler="web"}`},
		"KEDA":            {keda, "AutoscalerAtMaximum", `horizontalpodautoscaler="keda-hpa-web"`},
		"a canary":        {by(app.ByGateway), "AutoscalerAtMaximum", `horizontalpodautoscaler=~"web|web-canary"`},
		"Flagger's":       {by(app.ByFlagger), "AutoscalerAtMaximum", `horizontalpodautoscaler=~"web|web-primary"`},
		"base":            {based, "AutoscalerAtMaximum", `horizontalpodautoscaler="web"`},
		"budgets":         {by(app.ByGateway), "DisruptionBudgetExhausted", `poddisruptionbudget=~"web|web-canary"`},
		"one of a base":   {based, "DisruptionBudgetExhausted", `poddisruptionbudget="web"`},
		"deployments":     {by(app.ByReplicas), "RolloutStuck", `deployment=~"web|web-canary"`},
		"and their base":  {based, "RolloutStuck", `deployment=~"web|web-base"`},
		"Flagger's clone": {by(app.ByFlagger), "RolloutStuck", `deployment=~"web|web-primary"`},
		"Flagger":         {by(app.ByFlagger), "RolloutStuck", `flagger_canary_status{exported_namespace="shop",name="web"}`},
		"Argo":            {by(app.ByArgo), "RolloutStuck", `rollout_info{namespace="shop",exported_namespace="",name="web",phase=~"Abort|`},
		"a StatefulSet":   {stateful, "RolloutStuck", `changes(kube_statefulset_status_replicas_updated{namespace="shop",statefulset="web"}[900s])`},
		"a job":           {web(), "TargetDown", `up{namespace="shop",job="web"}`},
		"two jobs":        {by(app.ByGateway), "TargetDown", `job=~"web|web-canary"`},
		"one for two":     {by(app.ByIstio), "TargetDown", `job="web"`},
		"Flagger's jobs":  {by(app.ByFlagger), "TargetDown", `job=~"web-canary|web-primary"`},
		"secrets":         {web(), "SecretNotSynced", `exported_namespace="shop",name="web-api",condition="Ready",status="False"}`},
		"certificates":    {web(), "CertificateExpires", `name="web-tls"`},
		"containers":      {web(), "CPUThrottled", `container="web"`},
	} {
		if expr := alerts(tt.app)[tt.alert].Expr; !strings.Contains(expr, tt.want) {
			t.Errorf("%s: %s lacks %s:\n%s", what, tt.alert, tt.want, expr)
		}
	}
}

// TestNeighboursAreNotMeant holds the patterns of pods against those of neighbours whose names begin alike.
func TestNeighboursAreNotMeant(t *testing.T) {
	stateful, canary, cron := web(), by(app.ByGateway), web()
	stateful.Kind, stateful.Role = app.Stateful, ""
	cron.Kind, cron.Role = app.Cron, ""
	all := []string{
		"web-7d9f8b6c5d-x2kqz", "web-canary-7d9f8b6c5d-x2kqz", "web-0", "web-29384756-x2kqz", "web-api-7d9f8b6c5d-x2kqz", "web-api-0",
		"web-primary-7d9f8b6c5d-x2kqz", "webshop-7d9f8b6c5d-x2kqz", "web-migrate-1f3a-x2kqz", "web-orders-backup-29384756-x2kqz", "web-10",
	}
	for _, tt := range []struct {
		app  app.App
		want []string
	}{
		{web(), []string{all[0]}},
		{canary, []string{all[0], all[1]}},
		{by(app.ByFlagger), []string{all[0], all[6]}},
		{stateful, []string{"web-0", "web-10"}},
		{cron, []string{all[3]}},
	} {
		pattern := regexp.MustCompile("^(?:" + kube.PodPattern(tt.app) + ")$")
		var got []string
		for _, pod := range all {
			if pattern.MatchString(pod) {
				got = append(got, pod)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s matches %v, want %v", pattern, got, tt.want)
		}
	}
}
