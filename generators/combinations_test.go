package generators_test

import (
	"fmt"
	"iter"

	"github.com/scantling/scantling/internal/app"
)

// features are what an app may have beside its kind, tier and version of Kubernetes. Each is added the way resolve would.
var features = []struct {
	name string
	add  func(*app.App)
}{
	{"ports", func(a *app.App) { a.Ports, a.LowPort = append(a.Ports, grpcPort, lowPort), true }},
	{"sidecars", func(a *app.App) {
		a.Sidecars = []app.Sidecar{sidecar()}
		a.Secrets = append(a.Secrets, app.Secret{Name: "proxy", Existing: true})
	}},
	{"secrets", func(a *app.App) {
		a.Secrets = append(a.Secrets, storeSecret("orders", "/var/run/secrets/orders"))
		a.Variables, a.FSGroup = append(a.Variables, app.Variable{Name: "ORDERS_URL", Secret: "orders", Key: "url"}), true
		a.Jobs = []app.Job{backup(*a), drill(*a)}
	}},
	{"files", func(a *app.App) {
		a.Config = &app.Config{Name: a.Name + "-config-0a1b2c3d", Path: "/etc/app", Files: map[string]string{"app.yaml": "x: 1\n"}}
		a.EmptyDirs = append(a.EmptyDirs, app.EmptyDir{Name: "cache", Path: "/var/cache/app", SizeBytes: 128 << 20})
		if a.Kind != app.Cron {
			a.Migration = migration(*a)
		}
	}},
	{"volumes", func(a *app.App) {
		a.Volumes = []app.Volume{{Name: "data", Path: "/data", SizeBytes: 1 << 30, Access: "ReadWriteOnce", Retain: a.Tier != app.BestEffort}}
		a.FSGroup = true
		if a.Kind != app.Stateful {
			a.Rollout = app.Rollout{Strategy: app.Recreate, ProgressDeadlineSeconds: 600, RevisionHistory: 3}
		}
	}},
	{"access", func(a *app.App) {
		a.Access, a.FSGroup = []app.AccessRule{{Resource: "configmaps", Verbs: []string{"get"}, Names: []string{"flags"}}}, true
	}},
	{"scaling", func(a *app.App) { a.Scaling, a.Replicas.Max = scaling(), 10 }},
	{"placement", func(a *app.App) {
		a.Spread = app.Spread{Zones: app.Hard, Hosts: app.Soft, HostAntiAffinity: a.Kind == app.Stateful}
		if a.Tier == app.BestEffort {
			a.Placement.Spot = app.SpotRequire
		}
		if a.Tier == app.Standard && a.Rollout.Strategy == app.Rolling && (a.Kind == app.Service || a.Kind == app.Worker) {
			a.Placement.Spot, a.Base = app.SpotPrefer, &app.Base{Pods: 2}
		}
	}},
}

// A release is a state in which an app may be on its way to a new version.
type release struct {
	name   string
	router bool // requests are told apart, which a worker has none of
	begin  func(*app.App)
}

// releases returns every strategy, engine and phase.
func releases() []release {
	out := []release{{"rolling", false, func(*app.App) {}}}
	for _, phase := range []app.Phase{"", app.PhasePreview, app.PhaseWarm, app.PhasePrevious} {
		out = append(out, release{"blue-green " + string(phase), true, func(a *app.App) {
			a.Rollout.Strategy, a.Rollout.Phase, a.Role = app.BlueGreen, phase, app.RoleBlue
			if phase != "" {
				a.Other = side(*a, app.RoleGreen)
			}
		}})
	}
	for _, engine := range []app.Engine{app.ByReplicas, app.ByGateway, app.ByIstio} {
		for _, pods := range []int32{-1, 0, 1, 2} { // -1: no canary is in progress
			if pods == 0 && engine != app.ByReplicas {
				continue // a router needs pods before it has a weight
			}
			out = append(out, release{fmt.Sprintf("%s with %d pods", engine, pods), engine != app.ByReplicas, func(a *app.App) {
				beginCanary(a, engine, "", pods)
			}})
		}
	}
	for _, router := range []string{"", "istio"} {
		out = append(out, release{"argo " + router, router != "", func(a *app.App) { beginCanary(a, app.ByArgo, router, -1) }})
	}
	for _, router := range []string{"istio", "gateway"} {
		out = append(out, release{"flagger " + router, true, func(a *app.App) { beginCanary(a, app.ByFlagger, router, -1) }})
	}
	return out
}

func beginCanary(a *app.App, engine app.Engine, router string, pods int32) {
	a.Rollout.Strategy = app.Canary
	a.Rollout.Split = &app.Split{Engine: engine, Router: router, Steps: []app.Step{{Weight: 20, PauseSeconds: 600}}}
	via, gateway := "gateway", *a.Env.Gateway
	if engine == app.ByIstio || router == "istio" {
		via, gateway = "istio", *a.Env.IstioGateway
	}
	if len(a.Ports) > 0 && engine != app.ByReplicas {
		a.Expose = &app.Expose{Via: via, Hosts: []string{"shop.acme.io"}, Path: "/", Port: httpPort, Gateway: gateway}
	}
	if pods < 0 {
		return
	}
	if engine == app.ByReplicas { // the autoscaler rests
		a.Replicas.Max = a.Replicas.Min
	}
	a.Other = side(*a, app.RoleCanary)
	if engine == app.ByReplicas {
		a.Other.Scaling = nil
	}
	a.Other.Replicas.Min = pods
	if a.Other.Scaling == nil {
		a.Other.Replicas.Max = pods
	}
	if pods < 2 {
		a.Other.Disruption = nil
	}
}

// onTheWay yields services and workers with every set of features in every release. One volume can't be of two versions.
func onTheWay(yield func(string, app.App) bool) {
	for _, kind := range []app.Kind{app.Service, app.Worker} {
		for _, r := range releases() {
			for set := range 1 << len(features) {
				name, a := combine(kind, tiers[set%len(tiers)], 35, set)
				if len(a.Volumes) > 0 || kind == app.Worker && r.router {
					continue
				}
				if r.name != "rolling" && a.Base != nil {
					a.Base, a.Placement.Spot = nil, app.SpotNever
				}
				r.begin(&a)
				if !yield(name+", "+r.name, a) {
					return
				}
			}
		}
	}
}

var tiers = []app.Tier{app.Critical, app.Standard, app.BestEffort}

// combinations yields apps of every kind, on old and new Kubernetes, with every set of features, by a name that says so.
func combinations() iter.Seq2[string, app.App] {
	return func(yield func(string, app.App) bool) {
		for _, kind := range []app.Kind{app.Service, app.Worker, app.Cron, app.Stateful} {
			for _, minor := range []int{31, 34, 37} {
				for set := range 1 << len(features) {
					tier := tiers[set%len(tiers)]
					name, a := combine(kind, tier, minor, set)
					if !yield(name, a) {
						return
					}
				}
			}
		}
	}
}

func combine(kind app.Kind, tier app.Tier, minor, set int) (string, app.App) {
	a := service("shop", tier)
	a.Kind, a.Env = kind, environment(minor, "vpa", "prometheus")
	name := fmt.Sprintf("%s %s on 1.%d", tier, kind, minor)
	for i, f := range features {
		if set&(1<<i) != 0 {
			f.add(&a)
			name += " " + f.name
		}
	}
	switch kind {
	case app.Stateful:
		a.Role = ""
		a.Disruption.Quorum = a.Scaling == nil
	case app.Cron:
		a.Role = ""
		a.Cron = &app.CronJob{Schedule: "17 3 * * *", DeadlineSeconds: 3600, StartDeadlineSeconds: 3000, BackoffLimit: 3}
		a.Scaling, a.Disruption, a.Metrics, a.Health = nil, nil, nil, app.Health{GraceSeconds: 30}
		a.Spread, a.Placement.Spot = app.Spread{}, app.SpotNever
	}
	return name, a
}
