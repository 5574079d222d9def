package monitoring_test

import (
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// shown returns an app that Grafana shows, of which only its name and what it answers to is known.
func shown(name string, protocol string) app.App {
	port := app.Port{Name: protocol, Number: 8080, Protocol: "TCP", App: protocol}
	return app.App{
		Env: &app.Environment{
			Name: "prod", Capabilities: []string{"grafana", "keda", "prometheus"}, Scrape: &app.Scrape{Namespace: "monitoring"},
			Grafana: &app.Grafana{URL: "https://grafana.acme.io", Labels: map[string]string{"grafana_dashboard": "1"}},
		},
		Name: name, Namespace: "shop", Team: "storefront", Tier: app.Critical, Kind: app.Service, Role: app.RoleStable, Version: "1.4.2",
		Ports:      []app.Port{port},
		Resources:  app.Resources{CPUMilli: 250, MemoryBytes: 256 << 20, MemoryLimitBytes: 256 << 20},
		Replicas:   app.Replicas{Min: 3, Max: 12},
		Scaling:    &app.Scaling{CPUPercent: 60},
		Disruption: &app.Disruption{MaxUnavailable: "1"},
		Rollout:    app.Rollout{Strategy: app.Rolling},
		Metrics:    &app.Metrics{Port: port, Path: "/metrics", IntervalSeconds: 15},
		SLO: &app.SLO{WindowDays: 28, Policy: app.BudgetPolicy{Freezes: true, FreezePercent: 10, CautionPercent: 25}, Objectives: []app.Objective{
			{Name: "availability", Percent: 99.9, Source: protocol, Pages: true, GuardEvents: 10},
			{Name: "latency", Percent: 95, Source: protocol, UnderMillis: 250, Pages: true, GuardEvents: 10},
		}},
		Runbooks: "https://runbooks.acme.io/storefront",
	}
}

// shownApps are apps of every kind and source, of which one has each panel that there is.
func shownApps() []app.App {
	return []app.App{
		shown("web", "http"), shown("pricing", "grpc"), native(), split("istio", app.ByIstio), split("gateway", app.ByGateway),
		split("replicas", app.ByReplicas), controlled("argo", app.ByArgo), controlled("flagger", app.ByFlagger), colours(), meshed(),
		behind("nginx"), behind("envoy"), queue(), nightly(), probed(), ledger(), scrapedOnly(),
	}
}

func native() app.App {
	a := shown("search", "http")
	a.SLO.Objectives[1].Native = true
	a.Resources.CPUMilli, a.Resources.CPULimitMilli = 0, 500
	a.Env.Grafana.Datasource = "mimir"
	a.Runbooks = ""
	return a
}

// split is a canary by commit.
func split(name string, engine app.Engine) app.App {
	a := shown(name, "http")
	a.Rollout.Strategy, a.Rollout.Split = app.Canary, &app.Split{Engine: engine}
	a.Other = &app.Side{Role: app.RoleCanary, Replicas: app.Replicas{Min: 1, Max: 4}, Scaling: a.Scaling, Disruption: a.Disruption}
	return a
}

// controlled is a canary by a controller.
func controlled(name string, engine app.Engine) app.App {
	a := shown(name, "http")
	a.Rollout.Strategy, a.Rollout.Split = app.Canary, &app.Split{Engine: engine}
	return a
}

func colours() app.App {
	a := shown("colours", "http")
	a.Role, a.Rollout = app.RoleBlue, app.Rollout{Strategy: app.BlueGreen, Phase: app.PhaseWarm}
	a.Other = &app.Side{Role: app.RoleGreen, Replicas: a.Replicas, Scaling: a.Scaling, Disruption: a.Disruption}
	return a
}

// meshed is a canary that Istio counts.
func meshed() app.App {
	a := split("meshed", app.ByIstio)
	for i := range a.SLO.Objectives {
		a.SLO.Objectives[i].Source = "istio"
	}
	return a
}

// behind is an app whose requests the gateway counts.
func behind(source string) app.App {
	a := shown("behind-"+source, "http")
	a.Scaling, a.Replicas.Max = nil, 3
	for i := range a.SLO.Objectives {
		a.SLO.Objectives[i].Source = source
	}
	a.Expose = &app.Expose{Via: "ingress", Hosts: []string{"shop.acme.io"}}
	return a
}

func queue() app.App {
	a := shown("mailer", "http")
	a.Kind, a.Ports, a.Tier, a.Replicas = app.Worker, nil, app.Standard, app.Replicas{Max: 5}
	a.Scaling = &app.Scaling{KEDA: true, Queue: &app.Queue{Need: app.Need{Kind: app.NeedKafka}, Topic: "orders", Lag: 100}}
	a.SLO.Objectives = []app.Objective{
		{Name: "availability", Percent: 99, Source: "queue", Backlog: 500},
		{Name: "latency", Percent: 95, Source: "queue", UnderMillis: 5000},
	}
	return a
}

func nightly() app.App {
	a := shown("report", "http")
	a.Kind, a.Tier, a.Role, a.Ports, a.Metrics, a.Scaling, a.Disruption = app.Cron, app.BestEffort, "", nil, nil, nil, nil
	a.Cron = &app.CronJob{Schedule: "17 3 * * *", DeadlineSeconds: 1200}
	a.SLO.Objectives = []app.Objective{{Name: "availability", Percent: 99, Source: "cron", Seconds: 87600, LongOnly: true}}
	return a
}

func probed() app.App {
	a := shown("legacy", "http")
	a.Metrics, a.Scaling, a.Replicas = nil, nil, app.Replicas{Min: 1, Max: 1}
	a.Disruption, a.Volumes = nil, []app.Volume{{Name: "files", Path: "/files", SizeBytes: 1 << 30}}
	for i := range a.SLO.Objectives {
		a.SLO.Objectives[i].Source, a.SLO.Objectives[i].Seconds = "probe", 30
	}
	return a
}

// ledger is a stateful app with data of every method.
func ledger() app.App {
	a := shown("ledger", "grpc")
	a.Kind, a.Role, a.Scaling, a.Replicas = app.Stateful, "", nil, app.Replicas{Min: 3, Max: 3}
	a.Volumes = []app.Volume{{Name: "data", Path: "/data", SizeBytes: 10 << 30}, {Name: "files", Path: "/files", SizeBytes: 10 << 30}}
	a.Recovery = []app.Recovery{
		{Name: "orders", Kind: app.NeedPostgres, Method: app.ByDump, RPOSeconds: 86400, LossSeconds: 50400, DrillDays: 7},
		{Name: "data", Method: app.BySnapshot, RPOSeconds: 3600, LossSeconds: 3600, DrillDays: 28},
		{Name: "files", Method: app.ByVelero, RPOSeconds: 86400, LossSeconds: 50400, Velero: &app.VeleroBackup{Schedule: "shop-ledger", Namespace: "velero"}},
		{Name: "stock", Kind: app.NeedPostgres, Method: app.ByReplica, RPOSeconds: 60, IntervalSeconds: 86400},
		{Name: "prices", SharedWith: "pricing"},
	}
	for _, name := range []string{"orders", "data"} {
		a.Jobs = append(a.Jobs,
			app.Job{Name: "ledger-" + name + "-backup", Component: kube.ComponentBackup, For: name},
			app.Job{Name: "ledger-" + name + "-drill", Component: kube.ComponentDrill, For: name})
	}
	a.Clusters = []app.Cluster{
		{Name: "ledger-stock", Need: "stock", Instances: 3, MaxConnections: 100, Archive: &app.Archive{Store: "ledger-stock"}},
		{Name: "ledger-cache", Need: "cache", Instances: 1, MaxConnections: 100},
	}
	return a
}

// scrapedOnly promises nothing.
func scrapedOnly() app.App {
	a := shown("assets", "http")
	a.SLO, a.Tier = nil, app.BestEffort
	return a
}
