package generators_test

import (
	"slices"
	"testing"

	"github.com/scantling/scantling/internal/app"
)

var (
	httpPort = app.Port{Name: "http", Number: 8080, Protocol: "TCP", App: "http"}
	grpcPort = app.Port{Name: "grpc", Number: 9090, Protocol: "TCP", App: "grpc"}
	rawPort  = app.Port{Name: "tcp-peer", Number: 7946, Protocol: "TCP"}
	lowPort  = app.Port{Name: "udp-dns", Number: 53, Protocol: "UDP"}

	medium = app.Resources{
		CPUMilli: 250, MemoryBytes: 256 << 20, MemoryLimitBytes: 256 << 20,
		EphemeralBytes: 320 << 20, EphemeralLimitBytes: 1088 << 20,
	}
	postgres = app.Peer{CIDRs: []string{"10.20.0.0/24"}}
	stripe   = app.Peer{Host: "api.stripe.com"}
	gateway  = app.Peer{Namespace: "edge", Labels: map[string]string{"app.kubernetes.io/name": "gateway"}}
)

// corpus returns apps that together use every field that a generator reads.
func corpus(t *testing.T) []app.App {
	t.Helper()
	apps := []app.App{checkout(), pricing(), storefront(), assets(), mailer(), indexer(), ledger(), cache(), report(), files(), feed()}
	apps = slices.Concat(apps, released(), canaries(), databases(), rehearsed(), promised())
	for i := range apps {
		apps[i].Ingress = append(apps[i].Ingress, app.Edge{Name: "gateway", Peer: gateway, Ports: apps[i].Ports})
	}
	return apps
}

// namespaces returns the namespaces of the corpus.
func namespaces(t *testing.T) []app.Namespace {
	t.Helper()
	var out []app.Namespace
	for _, a := range corpus(t) {
		if slices.ContainsFunc(out, func(ns app.Namespace) bool { return ns.Name == a.Namespace }) {
			continue
		}
		ns := app.Namespace{
			Env: a.Env, Name: a.Namespace, Team: a.Team, Apps: []string{a.Name},
			Quota: app.Quota{CPUMilli: 9750, MemoryBytes: 20 << 30, MemoryLimitBytes: 24 << 30, Pods: 31, Claims: 3, LoadBalancers: 1},
		}
		ns.Drill = &app.Namespace{Env: a.Env, Name: a.Namespace + "-drill", Team: a.Team, Quota: app.Quota{CPUMilli: 250, MemoryBytes: 256 << 20, MemoryLimitBytes: 256 << 20, Pods: 1, Claims: 3}}
		out = append(out, ns)
	}
	return out
}

func environment(minor int, capabilities ...string) *app.Environment {
	slices.Sort(capabilities)
	return &app.Environment{
		Name: "prod-eu", Group: "prod", Minor: minor, Delivery: "argocd", Capabilities: capabilities, Domain: "acme.io",
		Zones: []string{"eu-1a", "eu-1b", "eu-1c"}, NodeAutoscaling: true,
		Gateway:        &app.Gateway{Name: "public", Namespace: "ingress", Labels: map[string]string{"istio": "gateway"}},
		IstioGateway:   &app.Gateway{Name: "mesh", Namespace: "ingress", Labels: map[string]string{"istio": "gateway"}},
		IngressClass:   &app.IngressClass{Class: "nginx", Issuer: "letsencrypt", Namespace: "ingress", Labels: map[string]string{"app": "nginx"}},
		DNS:            app.Pods{Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}, Port: 53},
		Scrape:         &app.Scrape{Namespace: "monitoring", Labels: map[string]string{"app": "prometheus"}, MonitorLabels: map[string]string{"release": "main"}, URL: "http://prometheus.monitoring.svc:9090"},
		APIServerCIDRs: []string{"10.0.0.1/32"},
		SecretStore:    &app.SecretStore{Name: "vault", Kind: "ClusterSecretStore", RefreshSeconds: 3600},
		Spot:           &app.SpotNodes{Label: map[string]string{"node.acme.io/capacity": "spot"}, Taint: "node.acme.io/spot"},
		LoadBalancers:  &app.LoadBalancers{Class: "acme", Annotations: map[string]string{"lb.acme.io/internal": "false"}},
		Grafana:        &app.Grafana{URL: "https://grafana.acme.io", Labels: map[string]string{"grafana_dashboard": "1"}},
	}
}

// service returns an app of which the team wrote name, tier and image.
func service(name string, tier app.Tier) app.App {
	return app.App{
		Env: environment(34), Name: name, Namespace: "shop", Team: "payments", Tier: tier, Kind: app.Service, Role: app.RoleStable,
		Image: "registry.acme.io/" + name + ":1.4.2", Version: "1.4.2", User: 10001,
		Ports: []app.Port{httpPort}, Resources: medium,
		EmptyDirs: []app.EmptyDir{{Name: "tmp", Path: "/tmp", SizeBytes: 64 << 20}},
		Health: app.Health{
			Startup:        &app.Probe{Path: "/healthz", Port: httpPort, PeriodSeconds: 5, TimeoutSeconds: 2, FailureThreshold: 12},
			Live:           &app.Probe{Path: "/healthz", Port: httpPort, PeriodSeconds: 10, TimeoutSeconds: 2, FailureThreshold: 3},
			Ready:          &app.Probe{Path: "/readyz", Port: httpPort, PeriodSeconds: 5, TimeoutSeconds: 2, FailureThreshold: 3},
			PreStopSeconds: 5, GraceSeconds: 30,
		},
		Replicas:   app.Replicas{Min: 3, Max: 3},
		Rollout:    app.Rollout{Strategy: app.Rolling, MaxSurge: "25%", MaxUnavailable: "0", MinReadySeconds: 15, ProgressDeadlineSeconds: 600, RevisionHistory: 10},
		Disruption: &app.Disruption{MaxUnavailable: "1"},
		Spread:     app.Spread{Zones: app.Soft, Hosts: app.Soft},
		Placement:  app.Placement{Spot: app.SpotNever},
		Metrics:    &app.Metrics{Port: httpPort, Path: "/metrics", IntervalSeconds: 30},
	}
}

func sidecar() app.Sidecar {
	return app.Sidecar{
		Name: "proxy", Image: "registry.acme.io/proxy:3.1", Args: []string{"--quiet"}, Resources: medium,
		Variables: []app.Variable{{Name: "LEVEL", Value: "info"}, {Name: "KEY", Secret: "proxy", Key: "key"}},
		Ports:     []app.Port{{Name: "http-admin", Number: 9901, Protocol: "TCP", App: "http"}},
	}
}

func storeSecret(name, path string) app.Secret {
	s := app.Secret{
		Name: name, Path: path,
		Store: &app.StoreSecret{
			StoreName: "vault", StoreKind: "ClusterSecretStore", RefreshSeconds: 900,
			Data:     []app.RemoteKey{{Key: "password", Remote: "shop/orders", Property: "password"}, {Key: "username", Remote: "shop/orders", Property: "username"}},
			Template: map[string]string{"url": "postgres://{{ .username }}:{{ .password }}@orders.db.acme.io:5432/orders"},
		},
	}
	if path != "" {
		s.Items = []app.SecretItem{{Key: "password", File: "password"}}
	}
	return s
}

// checkout is a critical service that uses nearly everything.
func checkout() app.App {
	a := service("checkout", app.Critical)
	a.Env = environment(35, "cilium", "grafana", "prometheus", "vpa", "gateway")
	a.Command, a.Args, a.PullSecret = []string{"/checkout"}, []string{"--region=eu"}, "registry"
	a.Ports = []app.Port{grpcPort, httpPort}
	a.Variables = []app.Variable{{Name: "GOMEMLIMIT", Value: "241591910"}, {Name: "ORDERS_URL", Secret: "checkout-orders", Key: "url"}}
	a.Sidecars, a.FSGroup = []app.Sidecar{sidecar()}, true
	a.EmptyDirs = append(a.EmptyDirs, app.EmptyDir{Name: "cache", Path: "/var/cache/checkout", SizeBytes: 128 << 20})
	a.Config = &app.Config{Name: "checkout-config-0a1b2c3d", Path: "/etc/checkout", Files: map[string]string{"app.yaml": "level: info\n"}}
	a.Secrets = []app.Secret{
		storeSecret("checkout-orders", "/var/run/secrets/orders"),
		{Name: "proxy", Sealed: map[string]any{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
			"metadata": map[string]any{"name": "proxy", "namespace": "shop"}, "spec": map[string]any{"encryptedData": map[string]any{"key": "AgB4"}}}},
		{Name: "tls.checkout", Existing: true, Path: "/var/run/secrets/tls", Items: []app.SecretItem{{Key: "tls.crt", File: "tls.crt"}}},
		{Name: "tls.checkout", Existing: true, Path: "/var/run/secrets/ca", Items: []app.SecretItem{{Key: "ca.crt", File: "ca.crt"}}},
	}
	a.Access = []app.AccessRule{{Resource: "configmaps", Verbs: []string{"get"}, Names: []string{"flags"}, Reason: "feature flags"}}
	a.Replicas.Max, a.Scaling = 10, scaling()
	a.Spread.Zones = app.Hard
	a.Placement = app.Placement{
		Spot: app.SpotNever, PriorityClass: "critical", NodeSelector: map[string]string{"pool": "apps"},
		Tolerations: []app.Toleration{{Key: "pool", Operator: "Equal", Value: "apps", Effect: "NoSchedule"}},
		Annotations: map[string]string{"sidecar.istio.io/inject": "true"},
	}
	a.Egress = []app.Edge{
		{Name: "orders", Peer: postgres, Ports: []app.Port{{Number: 5432, Protocol: "TCP"}}},
		{Name: "stripe", Peer: stripe, Ports: []app.Port{{Number: 443, Protocol: "TCP"}}},
	}
	a.Expose = &app.Expose{Via: "gateway", Hosts: []string{"checkout.acme.io"}, Path: "/", Port: httpPort, Gateway: *a.Env.Gateway}
	return a
}

func grpcHealth() app.Health {
	return app.Health{
		Startup:      &app.Probe{GRPC: true, Port: grpcPort, PeriodSeconds: 5, TimeoutSeconds: 2, FailureThreshold: 12},
		Live:         &app.Probe{GRPC: true, Port: grpcPort, PeriodSeconds: 20, TimeoutSeconds: 2, FailureThreshold: 3},
		Ready:        &app.Probe{GRPC: true, Port: grpcPort, PeriodSeconds: 5, TimeoutSeconds: 2, FailureThreshold: 3},
		GraceSeconds: 30,
	}
}

func scaling() *app.Scaling {
	return &app.Scaling{
		CPUPercent: 60, UpPercent: 100, UpPods: 4, UpPeriodSeconds: 15, DownWindowSeconds: 600, DownPercent: 10, DownPeriodSeconds: 60,
	}
}

// pricing speaks gRPC, scales by CPU without sidecars, and sits behind a gateway in an ambient mesh.
func pricing() app.App {
	a := service("pricing", app.Standard)
	a.Env = environment(34, "vpa", "gateway", "prometheus")
	a.Env.Mesh = "ambient"
	a.Ports = []app.Port{grpcPort}
	a.Health = grpcHealth()
	a.Metrics, a.Scaling, a.Replicas.Max = nil, scaling(), 10
	a.Access = []app.AccessRule{{Group: "coordination.k8s.io", Resource: "leases", Verbs: []string{"get", "update"}, Names: []string{"pricing"}}}
	a.Expose = &app.Expose{Via: "gateway", Hosts: []string{"pricing.acme.io"}, Path: "/pricing.v1.Prices", Port: grpcPort, Gateway: *a.Env.Gateway}
	a.Resources.MemoryRestart = true
	return a
}

// storefront is exposed by an ingress controller, and prefers spot nodes.
func storefront() app.App {
	a := service("storefront", app.Standard)
	a.Env = environment(33, "ingress", "prometheus")
	a.Env.Mesh = "sidecar"
	a.Placement.Spot, a.Base = app.SpotPrefer, &app.Base{Pods: 2}
	a.Expose = &app.Expose{Via: "ingress", Hosts: []string{"acme.io", "www.acme.io"}, Path: "/shop", Port: httpPort}
	return a
}

// assets is best-effort, on spot nodes only, behind Istio.
func assets() app.App {
	a := service("assets", app.BestEffort)
	a.Env = environment(31, "istio")
	a.Spread, a.Placement.Spot = app.Spread{}, app.SpotRequire
	a.Rollout.MaxUnavailable = "25%"
	a.Expose = &app.Expose{Via: "istio", Hosts: []string{"assets.acme.io"}, Path: "/static", Port: httpPort, Gateway: *a.Env.IstioGateway}
	return a
}

// mailer is a worker that follows a RabbitMQ queue and has no port.
func mailer() app.App {
	a := service("mailer", app.Standard)
	a.Env = environment(34, "keda", "externalsecrets")
	a.Kind, a.Ports, a.Metrics, a.Health = app.Worker, nil, nil, app.Health{GraceSeconds: 30}
	a.Health.Live = &app.Probe{Exec: []string{"/mailer", "alive"}, PeriodSeconds: 10, TimeoutSeconds: 2, FailureThreshold: 3}
	a.Secrets = []app.Secret{storeSecret("mailer-jobs", "")}
	a.Scaling, a.Replicas = scaling(), app.Replicas{Min: 0, Max: 8}
	a.Scaling.KEDA, a.Scaling.Queue = true, &app.Queue{
		Need: app.Need{Name: "jobs", Kind: app.NeedRabbitMQ, Host: "jobs.mq.acme.io", Port: 5671}, Topic: "mails", Lag: 50, Secret: "mailer-jobs",
	}
	return a
}

// indexer follows a Kafka topic and its own requests.
func indexer() app.App {
	a := service("indexer", app.Standard)
	a.Env = environment(34, "keda", "prometheus")
	a.Scaling, a.Replicas = scaling(), app.Replicas{Min: 2, Max: 8}
	a.Scaling.KEDA, a.Scaling.RPS, a.Scaling.Queue = true, 100, &app.Queue{
		Need:  app.Need{Name: "events", Kind: app.NeedKafka, Host: "events.kafka.acme.io", Port: 9093},
		Topic: "products", Group: "indexer", Lag: 1000, Secret: "indexer-events",
	}
	a.Secrets = []app.Secret{storeSecret("indexer-events", "/var/run/secrets/events")}
	a.FSGroup = true
	return a
}

// ledger is a quorum of three.
func ledger() app.App {
	a := service("ledger", app.Critical)
	a.Env = environment(37, "vpa", "prometheus")
	a.Kind, a.Role = app.Stateful, ""
	a.Ports, a.FSGroup, a.LowPort = []app.Port{httpPort, rawPort, lowPort}, true, true
	a.Sidecars = []app.Sidecar{sidecar()}
	a.Config = &app.Config{Name: "ledger-config-4d3c2b1a", Path: "/etc/ledger", Files: map[string]string{"ledger.conf": "members=3\n"}}
	a.Secrets = []app.Secret{storeSecret("ledger-seal", "/var/run/secrets/seal"), {Name: "proxy", Existing: true}}
	a.Variables = []app.Variable{{Name: "MEMBERS", Value: "3"}}
	a.Access = []app.AccessRule{{Resource: "pods", Verbs: []string{"list"}, Reason: "finds its peers"}}
	a.Health.Ready = &app.Probe{TCP: true, Port: rawPort, PeriodSeconds: 5, TimeoutSeconds: 2, FailureThreshold: 3}
	a.Volumes = []app.Volume{{Name: "data", Path: "/var/lib/ledger", SizeBytes: 20 << 30, Class: "ssd-retain", Access: "ReadWriteOnce", Retain: true}}
	a.Disruption.Quorum = true
	a.Spread = app.Spread{Zones: app.Hard, Hosts: app.Soft, HostAntiAffinity: true}
	return a
}

// cache is a lone stateful pod that speaks gRPC, and whose data may go.
func cache() app.App {
	a := service("cache", app.BestEffort)
	a.Kind, a.Role = app.Stateful, ""
	a.Ports, a.Replicas, a.Disruption, a.Spread = []app.Port{grpcPort}, app.Replicas{Min: 1, Max: 1}, nil, app.Spread{}
	a.Volumes = []app.Volume{{Name: "data", Path: "/data", SizeBytes: 1 << 30, Access: "ReadWriteOncePod"}}
	a.Health, a.FSGroup, a.Metrics = grpcHealth(), true, nil
	return a
}

// report is a cron app.
func report() app.App {
	a := service("report", app.Standard)
	a.Env = environment(36, "cilium", "externalsecrets")
	a.Namespace, a.Team, a.Kind, a.Role = "data", "analytics", app.Cron, ""
	a.Ports, a.Health, a.Metrics, a.Disruption = nil, app.Health{GraceSeconds: 30}, nil, nil
	a.Replicas, a.Rollout, a.Spread = app.Replicas{}, app.Rollout{}, app.Spread{}
	a.Cron = &app.CronJob{Schedule: "17 3 * * *", DeadlineSeconds: 3600, StartDeadlineSeconds: 3000, BackoffLimit: 3}
	a.Sidecars, a.FSGroup, a.LowPort = []app.Sidecar{sidecar()}, true, true
	a.Config = &app.Config{Name: "report-config-1a2b3c4d", Path: "/etc/report", Files: map[string]string{"q.sql": "select 1\n"}}
	a.Secrets = []app.Secret{storeSecret("report-orders", "/var/run/secrets/orders"), {Name: "proxy", Existing: true}}
	a.Variables = []app.Variable{{Name: "DAY", Value: "yesterday"}}
	a.Access = []app.AccessRule{{Resource: "configmaps", Verbs: []string{"create"}, Reason: "leaves a summary"}}
	return a
}

// files is replaced and not rolled, because its pods share a volume; a load balancer leads to it.
func files() app.App {
	a := service("files", app.Standard)
	a.Rollout.Strategy, a.Rollout.MaxSurge, a.Rollout.MaxUnavailable = app.Recreate, "", ""
	a.Replicas, a.Disruption = app.Replicas{Min: 1, Max: 1}, nil
	a.FSGroup, a.LowPort, a.Ports = true, true, []app.Port{httpPort, lowPort}
	a.Volumes = []app.Volume{
		{Name: "data", Path: "/srv/files", SizeBytes: 10 << 30, Class: "ssd-retain", Access: "ReadWriteOnce", Retain: true},
		{Name: "model", Path: "/srv/model", SizeBytes: 1 << 30, Access: "ReadOnlyMany"},
	}
	a.Expose = &app.Expose{Via: "loadbalancer", Hosts: []string{"files.acme.io"}, Port: httpPort, From: []string{"198.51.100.0/24"}}
	return a
}
