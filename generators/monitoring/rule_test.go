package monitoring

import (
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// promises returns an app of shop with an slo over 28 days.
func promises(name string, objectives ...app.Objective) app.App {
	return app.App{
		Env:  &app.Environment{Name: "prod", Capabilities: []string{"prometheus"}, Scrape: &app.Scrape{Namespace: "monitoring"}},
		Name: name, Namespace: "shop", Team: "storefront", Tier: app.Critical, Kind: app.Service, Role: app.RoleStable,
		Ports:    []app.Port{{Name: "http", Number: 8080, Protocol: "TCP", App: "http"}},
		Replicas: app.Replicas{Min: 3, Max: 3},
		Rollout:  app.Rollout{Strategy: app.Rolling, ProgressDeadlineSeconds: 600},
		SLO:      &app.SLO{WindowDays: 28, Objectives: objectives},
	}
}

func availability(source string) app.Objective {
	return app.Objective{Name: "availability", Percent: 99.9, Source: source, GuardEvents: 5, Pages: true}
}

func latency(source string) app.Objective {
	return app.Objective{Name: "latency", Percent: 95, Source: source, UnderMillis: 250, GuardEvents: 5, Pages: true}
}

// sources is one app for each way to measure.
func sources() map[string]app.App {
	native := latency("http")
	native.Native = true
	gateway := availability("istio")
	gateway.AtGateway = true
	probe, slow := availability("probe"), latency("probe")
	probe.Seconds, slow.Seconds = 15, 15
	queue := availability("queue")
	queue.Backlog, queue.GuardEvents = 2000, 0
	cron := availability("cron")
	cron.Seconds, cron.GuardEvents = 93_600, 0

	behind, worker, job := promises("web", gateway), promises("mailer", queue, latency("queue")), promises("report", cron)
	behind.Expose = &app.Expose{Via: "istio", Gateway: app.Gateway{Name: "edge", Namespace: "istio-ingress"}}
	worker.Kind, worker.Replicas, worker.Scaling = app.Worker, app.Replicas{Max: 20}, &app.Scaling{KEDA: true, Queue: &app.Queue{Lag: 100}}
	job.Kind, job.Role, job.Ports = app.Cron, "", nil
	return map[string]app.App{
		"http": promises("web", availability("http"), latency("http")), "native": promises("web", native),
		"grpc":  promises("ledger", availability("grpc"), latency("grpc")),
		"istio": promises("web", availability("istio"), latency("istio")), "gateway": behind,
		"nginx": promises("web", availability("nginx"), latency("nginx")),
		"envoy": promises("web", availability("envoy"), latency("envoy")),
		"queue": worker, "cron": job, "probe": promises("legacy", probe, slow),
	}
}

func TestRules(t *testing.T) {
	for name, a := range sources() {
		file := kube.RuleFile{Groups: []kube.RuleGroup{shortGroup(a), longGroup(a)}}
		golden.ObjectsFile(t, []kube.RuleFile{file}, "testdata/rules_"+name+".yaml")
	}
}
