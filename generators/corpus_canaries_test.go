package generators_test

import "github.com/scantling/scantling/internal/app"

// canaries returns apps in the middle of a release, by every engine and by the routes that each can have.
func canaries() []app.App {
	return []app.App{
		byGateway("cart", httpPort), byGateway("prices", grpcPort), byIstio(), byReplicas(),
		byArgo(), byFlagger("wallet", "istio"), byFlagger("search", "gateway"),
	}
}

// canary returns a service whose new version gets 10 % of the requests.
func canary(name string, engine app.Engine) app.App {
	a := service(name, app.Standard)
	a.Env = environment(34, "istio", "gateway", "prometheus", "argo-rollouts", "flagger")
	a.Rollout.Strategy = app.Canary
	a.Rollout.Split = &app.Split{
		Engine: engine, Weight: 10, Steps: []app.Step{{Weight: 10, PauseSeconds: 1200}, {Weight: 50, PauseSeconds: 1800}, {Weight: 90}},
		Header: &app.Header{Name: "x-canary", Value: "always"},
	}
	a.Other = side(a, app.RoleCanary)
	a.Other.Replicas = app.Replicas{Min: 2, Max: 2}
	return a
}

// judged returns a service that a controller moves, and judges by availability and latency.
func judged(name string, engine app.Engine, router string) app.App {
	a := canary(name, engine)
	a.Rollout.Split.Router, a.Rollout.Split.Weight, a.Other = router, 0, nil
	a.Rollout.Split.Analysis = &app.Analysis{
		IntervalSeconds: 60, WindowSeconds: 300, FailureLimit: 2,
		Measures: []app.Measure{
			{Name: "availability", Source: "http", Limit: 0.0144},
			{Name: "latency", Source: "istio", Limit: 0.5, LatencyMillis: 250},
		},
	}
	return a
}

// byGateway has its canary behind a Gateway API gateway.
func byGateway(name string, port app.Port) app.App {
	a := canary(name, app.ByGateway)
	a.Ports = []app.Port{port}
	if port == grpcPort {
		a.Health, a.Metrics = grpcHealth(), nil
	}
	a.Scaling, a.Replicas.Max = scaling(), 10
	a.Other.Scaling, a.Other.Replicas.Max = a.Scaling, 5
	a.Expose = &app.Expose{Via: "gateway", Hosts: []string{name + ".acme.io"}, Path: "/", Port: port, Gateway: *a.Env.Gateway}
	return a
}

// byIstio has its canary behind an Istio gateway and inside the mesh, on ports of every kind, and keeps users on their version.
func byIstio() app.App {
	a := canary("orders", app.ByIstio)
	a.Env.Mesh = "sidecar"
	a.Ports = []app.Port{grpcPort, httpPort, rawPort}
	a.Rollout.Split.Sticky = &app.Sticky{Cookie: "orders-version", Seconds: 3600}
	a.Expose = &app.Expose{Via: "istio", Hosts: []string{"orders.acme.io"}, Path: "/orders", Port: httpPort, Gateway: *a.Env.IstioGateway}
	return a
}

// byReplicas has its canary behind the load balancer that the stable version has.
func byReplicas() app.App {
	a := canary("mirror", app.ByReplicas)
	a.Rollout.Split.Header, a.Rollout.Split.Sticky = nil, &app.Sticky{Seconds: 3600}
	a.Expose = &app.Expose{Via: "loadbalancer", Hosts: []string{"mirror.acme.io"}, Port: httpPort, From: []string{"198.51.100.0/24"}}
	return a
}

// byArgo is moved by Argo Rollouts, which moves Istio's weights at a gateway and inside the mesh.
func byArgo() app.App {
	a := judged("tickets", app.ByArgo, "istio")
	a.Rollout.Split.MinPods = 2
	a.Env = environment(35, "argo-rollouts", "istio", "prometheus", "vpa")
	a.Env.Mesh = "sidecar"
	a.Ports, a.LowPort = []app.Port{httpPort, rawPort, lowPort}, true
	a.Sidecars, a.FSGroup = []app.Sidecar{sidecar()}, true
	a.Secrets = []app.Secret{storeSecret("tickets-orders", "/var/run/secrets/orders"), {Name: "proxy", Existing: true}}
	a.Config = &app.Config{Name: "tickets-config-0a1b2c3d", Path: "/etc/tickets", Files: map[string]string{"app.yaml": "x: 1\n"}}
	a.Scaling, a.Replicas.Max = scaling(), 10
	a.Expose = &app.Expose{Via: "istio", Hosts: []string{"tickets.acme.io"}, Path: "/", Port: httpPort, Gateway: *a.Env.IstioGateway}
	return a
}

// byFlagger is behind a gateway of its router's, and inside the mesh where that is Istio.
func byFlagger(name, router string) app.App {
	a := judged(name, app.ByFlagger, router)
	a.Rollout.Split.Header, a.Rollout.Split.Sticky = nil, &app.Sticky{Cookie: name + "-version", Seconds: 3600}
	a.Scaling, a.Replicas.Max = scaling(), 10
	a.Expose = &app.Expose{Via: router, Hosts: []string{name + ".acme.io"}, Path: "/", Port: httpPort, Gateway: *a.Env.Gateway}
	if router == "istio" {
		a.Env.Mesh = "sidecar"
		a.Expose.Gateway = *a.Env.IstioGateway
	}
	return a
}
