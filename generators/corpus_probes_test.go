package generators_test

import "github.com/scantling/scantling/internal/app"

// feed counts no requests: the platform's prober asks whether it answers.
func feed() app.App {
	a := service("feed", app.Standard)
	a.Env = environment(34, "prometheus")
	a.Env.Scrape.Prober = &app.Prober{URL: "blackbox.monitoring.svc:9115", Pods: app.Pods{Namespace: "monitoring", Labels: map[string]string{"app": "blackbox"}}}
	a.SLO = &app.SLO{Availability: 99, WindowDays: 28, Source: "probe", Objectives: []app.Objective{
		{Name: "availability", Percent: 99, Source: "probe", Seconds: 9, Pages: true},
	}}
	return a
}
