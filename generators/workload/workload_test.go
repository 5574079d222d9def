package workload_test

import (
	"slices"
	"testing"

	"github.com/scantling/scantling/generators/workload"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/golden"
)

var (
	httpPort = app.Port{Name: "http", Number: 8080, Protocol: "TCP", App: "http"}
	grpcPort = app.Port{Name: "grpc", Number: 9090, Protocol: "TCP", App: "grpc"}
	rawPort  = app.Port{Name: "tcp-peer", Number: 7946, Protocol: "TCP"}
	dnsPort  = app.Port{Name: "udp-dns", Number: 53, Protocol: "UDP"}

	medium = app.Resources{
		CPUMilli: 250, MemoryBytes: 256 << 20, MemoryLimitBytes: 256 << 20,
		EphemeralBytes: 320 << 20, EphemeralLimitBytes: 1088 << 20,
	}
	tmp = app.EmptyDir{Name: "tmp", Path: "/tmp", SizeBytes: 64 << 20}
)

func production() *app.Environment {
	return &app.Environment{
		Name: "prod-eu", Minor: 34, Delivery: "argocd",
		Zones: []string{"eu-1a", "eu-1b", "eu-1c"},
		Spot:  &app.SpotNodes{Label: map[string]string{"node.acme.io/capacity": "spot"}, Taint: "node.acme.io/spot"},
	}
}

// smallest is an app of which the team wrote its name, tier and image.
func smallest() app.App {
	return app.App{
		Env: &app.Environment{Name: "local", Minor: 31}, Name: "web", Namespace: "a", Team: "a", Tier: app.BestEffort, Kind: app.Service, Role: app.RoleStable,
		Image: "registry.acme.io/web:1.0", Version: "1.0", User: 10001,
		Ports: []app.Port{httpPort}, Resources: medium, EmptyDirs: []app.EmptyDir{tmp},
		Health: app.Health{
			Startup:      &app.Probe{Path: "/healthz", Port: httpPort, PeriodSeconds: 5, TimeoutSeconds: 2, FailureThreshold: 12},
			Live:         &app.Probe{Path: "/healthz", Port: httpPort, PeriodSeconds: 10, TimeoutSeconds: 2, FailureThreshold: 3},
			Ready:        &app.Probe{Path: "/readyz", Port: httpPort, PeriodSeconds: 5, TimeoutSeconds: 2, FailureThreshold: 3},
			GraceSeconds: 30,
		},
		Replicas: app.Replicas{Min: 1, Max: 1},
		Rollout:  app.Rollout{Strategy: app.Rolling, MaxSurge: "25%", MaxUnavailable: "25%", ProgressDeadlineSeconds: 600, RevisionHistory: 3},
	}
}

// largest is a service that uses nearly everything.
func largest() app.App {
	a := smallest()
	a.Env, a.Name, a.Namespace, a.Team, a.Tier = production(), "checkout", "shop", "payments", app.Critical
	a.Image = "registry.acme.io/shop/checkout:1.4.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	a.Version, a.PullSecret = "1.4.2", "registry"
	a.Command, a.Args = []string{"/checkout"}, []string{"--region=eu"}
	a.Ports = []app.Port{grpcPort, httpPort}
	a.Variables = []app.Variable{
		{Name: "GOMEMLIMIT", Value: "241591910"},
		{Name: "ORDERS_PASSWORD", Secret: "checkout-orders", Key: "password"},
		{Name: "SELF", Value: "$(POD_NAME)"},
	}
	a.Health.PreStopSeconds, a.Health.GraceSeconds = 15, 35
	a.Sidecars = []app.Sidecar{{
		Name: "proxy", Image: "registry.acme.io/proxy:3.1", Args: []string{"--quiet"},
		Variables: []app.Variable{{Name: "LEVEL", Value: "info"}},
		Ports:     []app.Port{{Name: "http-admin", Number: 9901, Protocol: "TCP", App: "http"}},
		Resources: medium,
	}}
	a.FSGroup = true
	a.EmptyDirs = []app.EmptyDir{tmp, {Name: "var-cache", Path: "/var/cache/checkout", SizeBytes: 1 << 30}}
	a.Config = &app.Config{Name: "checkout-config-0a1b2c3d", Path: "/etc/checkout", Files: map[string]string{"app.yaml": "level: info\n"}}
	a.Secrets = []app.Secret{
		{Name: "checkout-orders", Path: "/var/run/secrets/orders", Items: []app.SecretItem{{Key: "ca", File: "ca.crt"}, {Key: "password", File: "password"}}},
		{Name: "checkout-stripe"},
		{Name: "tls.checkout.acme.io", Existing: true, Path: "/var/run/secrets/tls", Items: []app.SecretItem{{Key: "tls.crt", File: "tls.crt"}}},
	}
	a.Access = []app.AccessRule{{Resource: "configmaps", Verbs: []string{"get"}, Names: []string{"flags"}}}
	a.Replicas, a.Scaling = app.Replicas{Min: 3, Max: 10}, &app.Scaling{CPUPercent: 60}
	a.Rollout = app.Rollout{Strategy: app.Rolling, MaxSurge: "25%", MaxUnavailable: "0", MinReadySeconds: 15, ProgressDeadlineSeconds: 600, RevisionHistory: 10}
	a.Disruption = &app.Disruption{MaxUnavailable: "1"}
	a.Spread = app.Spread{Zones: app.Hard, Hosts: app.Soft}
	a.Placement = app.Placement{
		Spot: app.SpotNever, PriorityClass: "critical", NodeSelector: map[string]string{"pool": "apps"},
		Tolerations: []app.Toleration{{Key: "pool", Operator: "Equal", Value: "apps", Effect: "NoSchedule"}},
		Annotations: map[string]string{"sidecar.istio.io/inject": "true"},
	}
	return a
}

// quorum is a stateful app whose three pods vote.
func quorum() app.App {
	a := smallest()
	a.Env, a.Name, a.Namespace, a.Team, a.Tier, a.Kind = production(), "ledger", "shop", "payments", app.Critical, app.Stateful
	a.Role, a.Image, a.Version = "", "registry.acme.io/ledger:2.0.0", "2.0.0"
	a.Ports = []app.Port{httpPort, rawPort}
	a.Replicas, a.Disruption = app.Replicas{Min: 3, Max: 3}, &app.Disruption{MaxUnavailable: "1", Quorum: true}
	a.FSGroup = true
	a.Volumes = []app.Volume{{Name: "data", Path: "/var/lib/ledger", SizeBytes: 20 << 30, Class: "ssd-retain", Access: "ReadWriteOnce", Retain: true}}
	a.Rollout = app.Rollout{Strategy: app.Rolling, MinReadySeconds: 15, RevisionHistory: 10}
	a.Spread = app.Spread{Zones: app.Hard, HostAntiAffinity: true}
	a.Placement.Spot = app.SpotNever
	return a
}

// nightly is a cron app.
func nightly() app.App {
	a := smallest()
	a.Env, a.Name, a.Namespace, a.Team, a.Tier, a.Kind = production(), "report", "shop", "data", app.Standard, app.Cron
	a.Role, a.Image, a.Version = "", "registry.acme.io/report:1.2.0", "1.2.0"
	a.Ports, a.Health, a.Replicas, a.Rollout = nil, app.Health{GraceSeconds: 30}, app.Replicas{}, app.Rollout{}
	a.Cron = &app.CronJob{Schedule: "17 3 * * *", DeadlineSeconds: 3600, StartDeadlineSeconds: 3600, BackoffLimit: 3}
	a.Placement.Spot = app.SpotNever
	return a
}

// shared is a service whose pods share two volumes, so that it is replaced and not rolled.
func shared() app.App {
	a := smallest()
	a.Env, a.Name = production(), "files"
	a.FSGroup, a.LowPort = true, true
	a.Rollout.Strategy, a.Rollout.MaxSurge, a.Rollout.MaxUnavailable = app.Recreate, "", ""
	a.Volumes = []app.Volume{
		{Name: "data", Path: "/srv/files", SizeBytes: 10 << 30, Class: "ssd-retain", Access: "ReadWriteOnce", Retain: true},
		{Name: "model", Path: "/srv/model", SizeBytes: 1 << 30, Access: "ReadOnlyMany"},
	}
	return a
}

func objects(a app.App) []generator.Object {
	return slices.Concat(
		workload.ConfigMap.Run(a), workload.PersistentVolumeClaim.Run(a), workload.Service.Run(a), workload.HeadlessService.Run(a),
		workload.Deployment.Run(a), workload.Rollout.Run(a), workload.StatefulSet.Run(a), workload.CronJob.Run(a),
	)
}

func TestObjects(t *testing.T) {
	for file, a := range map[string]app.App{
		"smallest": smallest(),
		"largest":  largest(),
		"quorum":   quorum(),
		"nightly":  nightly(),
		"shared":   shared(),
		"colours":  colours(),
		"canary":   canary(),
		"stepped":  stepped(),
		"cloned":   cloned(),
	} {
		t.Run(file, func(t *testing.T) { golden.ObjectsFile(t, objects(a), "testdata/"+file+".yaml") })
	}
}
