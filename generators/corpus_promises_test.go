package generators_test

import "github.com/scantling/scantling/internal/app"

// promised are apps whose promises are measured, each in a way of its own.
func promised() []app.App { return []app.App{portal(), ticker(), courier(), digest()} }

// promise returns what an app promises over 28 days.
func promise(objectives ...app.Objective) *app.SLO {
	return &app.SLO{WindowDays: 28, Objectives: objectives}
}

// portal counts its requests itself, and promises so little that not every page can fire. Its platform has Sloth's dashboards.
func portal() app.App {
	a := service("portal", app.Critical)
	a.Env, a.Runbooks = environment(34, "prometheus", "grafana"), "https://runbooks.acme.io/payments"
	a.Env.Scrape.Sloth, a.Env.Grafana = true, &app.Grafana{URL: "https://grafana.acme.io"}
	a.SLO = promise(
		app.Objective{Name: "availability", Percent: 90, Source: "http", GuardEvents: 5, Pages: true},
		app.Objective{Name: "latency", Percent: 95, Source: "http", UnderMillis: 250, Pages: true},
	)
	return a
}

// ticker is counted at the gateway of Istio.
func ticker() app.App {
	a := service("ticker", app.Standard)
	a.Env = environment(34, "istio", "prometheus")
	a.Expose = &app.Expose{Via: "istio", Hosts: []string{"ticker.acme.io"}, Path: "/", Port: httpPort, Gateway: *a.Env.IstioGateway}
	a.SLO = promise(app.Objective{Name: "availability", Percent: 99.9, Source: "istio", AtGateway: true, GuardEvents: 10, Pages: true})
	return a
}

// courier works off a queue, in time.
func courier() app.App {
	a := mailer()
	a.Name, a.Env = "courier", environment(34, "keda", "prometheus", "externalsecrets")
	a.Ports, a.Metrics = []app.Port{httpPort}, &app.Metrics{Port: httpPort, Path: "/metrics", IntervalSeconds: 30}
	a.SLO = promise(
		app.Objective{Name: "availability", Percent: 99, Source: "queue", Backlog: 400, Pages: true},
		app.Objective{Name: "latency", Percent: 99, Source: "queue", UnderMillis: 2000, Native: true, GuardEvents: 10, Pages: true},
	)
	return a
}

// digest is a cron app that promises to succeed, and wakes nobody.
func digest() app.App {
	a := report()
	a.Name, a.Tier, a.Env = "digest", app.BestEffort, environment(36, "prometheus", "externalsecrets")
	a.Resources.CPULimitMilli = 2 * a.Resources.CPUMilli
	a.SLO = promise(app.Objective{Name: "availability", Percent: 95, Source: "cron", Seconds: 93_600})
	return a
}
