package generators_test

import "github.com/scantling/scantling/internal/app"

// released returns apps whose pods a release makes different: in every phase of a blue-green, with a canary that has no pod yet, and
// with everything that a controller must copy.
func released() []app.App {
	return []app.App{
		painted("basket", app.PhasePreview), painted("catalog", app.PhaseWarm), painted("offers", app.PhasePrevious),
		unborn(), held(), cloned(), migrated("billing", "argocd"), migrated("refunds", "helm"),
	}
}

// side returns a second version of an app, with the same capacity.
func side(a app.App, role app.Role) *app.Side {
	return &app.Side{
		Role: role, Image: "registry.acme.io/" + a.Name + ":1.5.0", Version: "1.5.0",
		Replicas: a.Replicas, Scaling: a.Scaling, Disruption: a.Disruption,
	}
}

// painted is a blue-green whose green has the traffic. Its number of pods is fixed in a preview, follows the CPU when warm, and the
// requests afterwards.
func painted(name string, phase app.Phase) app.App {
	a := service(name, app.Critical)
	a.Env = environment(35, "keda", "prometheus", "vpa")
	a.Rollout.Strategy, a.Rollout.Phase, a.Role = app.BlueGreen, phase, app.RoleGreen
	idle := app.Replicas{Min: 2, Max: 2}
	if phase != app.PhasePreview {
		a.Scaling, a.Replicas.Max = scaling(), 12
		idle = app.Replicas{Min: 6, Max: 12}
	}
	if phase == app.PhasePrevious {
		a.Scaling.KEDA, a.Scaling.RPS = true, 50
	}
	a.Other = side(a, app.RoleBlue)
	a.Other.Replicas = idle
	return a
}

// unborn has a canary by whole pods that has none of them yet.
func unborn() app.App {
	a := canary("ratings", app.ByReplicas)
	a.Rollout.Split.Weight, a.Rollout.Split.Header = 0, nil
	a.Other.Replicas, a.Other.Disruption = app.Replicas{}, nil
	return a
}

// held is moved by Argo Rollouts in whole pods, and waits at every step.
func held() app.App {
	a := judged("invoices", app.ByArgo, "")
	a.Env = environment(34, "argo-rollouts", "keda", "prometheus", "vpa")
	a.Ports, a.Health = []app.Port{grpcPort}, grpcHealth()
	a.Variables = []app.Variable{{Name: "REGION", Value: "eu"}}
	a.Access, a.FSGroup = []app.AccessRule{{Resource: "configmaps", Verbs: []string{"get"}, Names: []string{"rates"}}}, true
	a.Placement = app.Placement{
		Spot: app.SpotNever, Tolerations: []app.Toleration{{Key: "pool", Operator: "Equal", Value: "apps", Effect: "NoSchedule"}},
	}
	a.Scaling, a.Replicas.Max = scaling(), 10
	a.Scaling.KEDA, a.Scaling.RPS = true, 50
	a.Rollout.Split.Header, a.Rollout.Split.Hold = nil, true
	return a
}

// cloned is moved by Flagger, with a fixed number of pods, files and secrets.
func cloned() app.App {
	a := byFlagger("reviews", "gateway")
	a.Env = environment(34, "flagger", "gateway", "prometheus", "vpa")
	a.Scaling, a.Replicas.Max = nil, 3
	a.Config = &app.Config{Name: "reviews-config-0a1b2c3d", Path: "/etc/reviews", Files: map[string]string{"app.yaml": "x: 1\n"}}
	a.Secrets, a.FSGroup = []app.Secret{storeSecret("reviews-orders", "/var/run/secrets/orders")}, true
	return a
}

// migrated changes the schema of a database before each release.
func migrated(name, delivery string) app.App {
	a := service(name, app.Critical)
	a.Env = environment(35, "cilium", "externalsecrets")
	a.Env.Delivery, a.Env.Mesh = delivery, "sidecar"
	a.Config = &app.Config{Name: name + "-config-0a1b2c3d", Path: "/etc/" + name, Files: map[string]string{"app.yaml": "x: 1\n"}}
	a.Migration = migration(a)
	return a
}

// migration returns one with a secret of its own, for a database inside the cluster and one that only its name tells.
func migration(a app.App) *app.Migration {
	return &app.Migration{
		Image: a.Image, Version: a.Version, Command: []string{"/migrate", "up"}, DeadlineSeconds: 600, Retries: 2,
		Egress: []app.Edge{
			{Name: "orders", Peer: postgres, Ports: []app.Port{{Number: 5432, Protocol: "TCP"}}},
			{Name: "ledger", Peer: app.Peer{Host: "ledger.db.acme.io"}, Ports: []app.Port{{Number: 5432, Protocol: "TCP"}}},
		},
		Secrets:   []app.Secret{storeSecret(a.Name+"-migrate-orders", "/var/run/secrets/orders")},
		Variables: []app.Variable{{Name: "ORDERS_URL", Secret: a.Name + "-migrate-orders", Key: "url"}},
	}
}
