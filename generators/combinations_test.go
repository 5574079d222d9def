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
	}},
	{"files", func(a *app.App) {
		a.Config = &app.Config{Name: a.Name + "-config-0a1b2c3d", Path: "/etc/app", Files: map[string]string{"app.yaml": "x: 1\n"}}
		a.EmptyDirs = append(a.EmptyDirs, app.EmptyDir{Name: "cache", Path: "/var/cache/app", SizeBytes: 128 << 20})
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
		a.Placement.Spot = map[app.Tier]app.Spot{app.Critical: app.SpotNever, app.Standard: app.SpotPrefer, app.BestEffort: app.SpotRequire}[a.Tier]
	}},
}

// combinations yields apps of every kind, on old and new Kubernetes, with every set of features, by a name that says so.
func combinations() iter.Seq2[string, app.App] {
	tiers := []app.Tier{app.Critical, app.Standard, app.BestEffort}
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
		a.Disruption.Quorum = a.Scaling == nil
	case app.Cron:
		a.Cron = &app.CronJob{Schedule: "17 3 * * *", DeadlineSeconds: 3600, StartDeadlineSeconds: 3000, BackoffLimit: 3}
		a.Scaling, a.Disruption, a.Metrics, a.Health = nil, nil, nil, app.Health{GraceSeconds: 30}
		a.Spread, a.Placement.Spot = app.Spread{}, app.SpotNever
	}
	return name, a
}
