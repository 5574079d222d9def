package kube

import (
	"regexp"
	"testing"

	"github.com/scantling/scantling/internal/app"
)

func TestDashboardURL(t *testing.T) {
	env := &app.Environment{Name: "prod", Capabilities: []string{"grafana", "prometheus"}, Grafana: &app.Grafana{URL: "https://grafana.acme.io/"}}
	a := app.App{Env: env, Name: "web", Namespace: "shop", Metrics: &app.Metrics{}}
	if url := DashboardURL(a); !regexp.MustCompile(`^https://grafana\.acme\.io/d/[0-9a-f]{40}$`).MatchString(url) {
		t.Errorf("the dashboard is at %q", url)
	}
	for address, want := range map[string]string{
		"https://acme.io/grafana/":      "https://acme.io/grafana/d/" + DashboardUID(a),
		"https://acme.io/?orgId=2#home": "https://acme.io/d/" + DashboardUID(a) + "?orgId=2",
		"https://acme.io/?a={{b}}":      "https://acme.io/d/" + DashboardUID(a) + "?a=%7B%7Bb%7D%7D",
	} {
		a.Env.Grafana.URL = address
		if url := DashboardURL(a); url != want {
			t.Errorf("at %s the dashboard is at %q", address, url)
		}
	}
	uids := map[string]bool{}
	for _, other := range []app.App{a, {Env: env, Name: "api", Namespace: "shop"}, {Env: env, Name: "web", Namespace: "blog"},
		{Env: &app.Environment{Name: "test"}, Name: "web", Namespace: "shop"}} {
		uids[DashboardUID(other)] = true
	}
	if len(uids) != 4 {
		t.Errorf("four apps have the uids %v", uids)
	}
	for what, env := range map[string]app.Environment{
		"address":    {Capabilities: []string{"grafana", "prometheus"}, Grafana: &app.Grafana{}},
		"Grafana":    {Capabilities: []string{"grafana", "prometheus"}},
		"capability": {Capabilities: []string{"prometheus"}, Grafana: &app.Grafana{URL: "https://grafana.acme.io"}},
		"Prometheus": {Capabilities: []string{"grafana"}, Grafana: &app.Grafana{URL: "https://grafana.acme.io"}},
	} {
		a.Env = &env
		if url := DashboardURL(a); url != "" {
			t.Errorf("without its %s the dashboard is at %q", what, url)
		}
	}
	a.Env = env
	for what, put := range map[string]func(*app.App){
		"":           func(*app.App) {},
		"metrics":    func(a *app.App) { a.Metrics = &app.Metrics{} },
		"objectives": func(a *app.App) { a.SLO = &app.SLO{Objectives: []app.Objective{{Name: "availability"}}} },
		"database": func(a *app.App) {
			read := *a.Env
			read.Scrape = &app.Scrape{}
			a.Env, a.Clusters = &read, []app.Cluster{{Name: "web-orders"}}
		},
	} {
		a.Metrics = nil
		some := a
		put(&some)
		if has := HasDashboard(some); has != (what != "") {
			t.Errorf("an app with the %s alone has a dashboard: %v", what, has)
		}
	}
}
