package compile_test

// promised is a project whose apps promise something in every way that is measured, in two clusters that are alike and one that is
// smaller.
var promised = map[string]string{"platform.cue": `package platform

let facts = {
	kubernetes: "1.34", zones: ["a", "b", "c"], nodeAutoscaling: true, mesh: "sidecar"
	capabilities: ["argo-rollouts", "externalsecrets", "gateway", "grafana", "ingress", "istio", "keda", "prometheus", "vpa"]
	gateway: {name: "public", namespace: "edge", labels: app: "envoy", metrics: "envoy"}
	istioGateway: {name: "public", namespace: "istio-ingress", labels: istio: "gateway", metrics: "istio"}
	ingress: {class: "nginx", issuer: "letsencrypt", namespace: "ingress-nginx", labels: app: "nginx", metrics: "nginx"}
	scrape: {
		namespace: "monitoring", labels: app: "prometheus", retention: "35d", labelSelector: release: "prometheus"
		prober: {url: "blackbox.probers.svc:9115", namespace: "probers", labels: app: "blackbox"}
	}
	grafana: url: "https://grafana.acme.io"
	secretStore: name: "vault"
}
platform: {
	environments: {
		prod: facts
		twin: facts
		sloth: {
			kubernetes: "1.34", capabilities: ["flagger", "gateway", "prometheus"]
			gateway: {name: "public", namespace: "edge", labels: app: "envoy"}
			scrape: {namespace: "monitoring", labels: app: "prometheus", retention: "30d", sloth: true}
		}
	}
	databases: events: {kind: "kafka", host: "events.acme.io", cidrs: ["10.20.1.0/24"], secret: false}
	teams: riders: runbooks: "https://runbooks.acme.io/riders"
}
`, "app.cue": `package shop

let pinned = "@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
apps: [string]: {team: *"shop" | _, tier: *"standard" | _, image: *"registry.acme.io/app:1.4.2" | _}
apps: {
	web: {
		tier: "critical", image: "registry.acme.io/web:1.4.2" + pinned
		port: 8080, traffic: rps: 200, scale: {min: 3, max: 12}, metrics: {path: "/metrics", buckets: [0.1, 0.3, 1, 2]}
		slo: {availability: 99.95, latency: {percent: 95, under: "300ms"}}
		secrets: session: key: "prod/web/session"
		expose: {host: "www.acme.io", via: "ingress"}
		environments: sloth: false
	}
	store: {
		team: "riders", tier: "critical", image: "registry.acme.io/store:1.4.2" + pinned
		port: 8080, scale: {min: 3, max: 12}, rollout: canary: {}
		slo: {availability: 99.9, latency: {percent: 99, under: "1s"}, window: "30d"}
		expose: {host: "store.acme.io", via: "gateway"}
		environments: {prod: expose: via: "istio", twin: expose: via: "istio"}
	}
	ledger: {ports: grpc: 9000, metrics: port: 9100, slo: {availability: 99.9, latency: {percent: 99, under: "1s"}}}
	mesh: {
		ports: {http: 8080, grpc: 9000}, slo: {availability: 99.5, latency: {percent: 90, under: "500ms"}, source: "istio"}
		environments: sloth: false
	}
	front: {
		port: 8080, slo: {availability: 99, latency: {percent: 90, under: "10s"}, source: "gateway"}
		expose: {host: "front.acme.io", via: "ingress"}, environments: sloth: false
	}
	edge: {
		port: 8080, slo: {availability: 99, latency: {percent: 90, under: "500ms"}, source: "gateway"}
		expose: {host: "edge.acme.io", via: "gateway"}, environments: sloth: false
	}
	door: {
		port: 8080, slo: {availability: 99, latency: {percent: 90, under: "500ms"}, source: "gateway"}
		expose: {host: "door.acme.io", via: "istio"}, environments: sloth: false
	}
	mailer: {
		kind: "worker", metrics: port: 9090, needs: events: kafka: topics: ["mails"]
		scale: {min: 1, max: 8, queue: {need: "events", lag: 50}}
		slo: {availability: 99, latency: {percent: 90, under: "750ms"}}, environments: sloth: false
	}
	sweeper: {
		kind: "worker", metrics: false, needs: events: kafka: topics: ["mails"]
		scale: {min: 0, max: 4, queue: {need: "events", lag: 50}}, slo: availability: 95, environments: sloth: false
	}
	nightly: {kind: "cron", schedule: "17 3 * * *", slo: availability: 95}
	feed: {ports: "tcp-feed": 6000, metrics: false, slo: {availability: 99.5, latency: {percent: 95, under: "70ms"}}, environments: sloth: false}
	sums: {
		port: 8080, metrics: {path: "/metrics", native: true}, slo: {availability: 90, latency: {percent: 80, under: "123ms"}}
		rollout: blueGreen: {active: "blue", idle: {image: "registry.acme.io/app:1.5.0", phase: "warm"}}
	}
	rare: {port: 8080, traffic: rps: 0.001, slo: availability: 99}
	toys: {tier: "best-effort", port: 8080, slo: {availability: 70, latency: {percent: 50, under: "2500ms"}}}
	index: {kind: "stateful", port: 8080, replicas: 3, storage: data: {mount: "/data", size: "10Gi"}, slo: availability: 99.9}
	trial: {
		port: 8080, replicas: 6, metrics: path: "/metrics", slo: availability: 99.5
		rollout: canary: {image: "registry.acme.io/app:1.5.0", weight: 20, via: "gateway"}
		expose: {host: "trial.acme.io", via: "gateway"}
	}
}
`}

// measuring is what specs and platforms state about objectives, as far as nothing rendered tells it.
type measuring struct {
	retention int                  // days that samples are kept; 0: nobody says
	bounds    map[string][]float64 // of an app's own histogram, in seconds, by its name
	native    []string             // apps with histograms that have no bounds
	rps       map[string]string    // expected requests per second, a decimal, by the app's name
}

// measured are the facts of the projects of the corpus that state any, by PROJECT/ENVIRONMENT or by PROJECT.
var measured = map[string]measuring{
	"api":                  {retention: 30, rps: map[string]string{"orders": "40"}},
	"canary":               {rps: map[string]string{"web": "200"}},
	"canary_by_controller": {rps: map[string]string{"web": "200"}},
	"promised/prod":        promises35,
	"promised/twin":        promises35,
	"promised/sloth":       {retention: 30, native: []string{"sums"}, rps: promises35.rps},
}

var promises35 = measuring{
	retention: 35, bounds: map[string][]float64{"web": {0.1, 0.3, 1, 2}}, native: []string{"sums"},
	rps: map[string]string{"web": "200", "rare": "0.001"},
}
