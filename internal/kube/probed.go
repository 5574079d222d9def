package kube

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
)

// ProbeName is what Prometheus calls the job of what a prober asks an app; that of what the app says itself is called like its Service.
func ProbeName(a app.App) string { return a.Name + "-probe" }

// ProbeTimeout is how many seconds a prober that asks every so many seconds waits: 10, Prometheus' own time-out, and less than that is
// the time between two questions. Who answers later has not answered.
func ProbeTimeout(every int64) int64 { return min(10, every-1) }

// Question is how a prober asks an app whether it answers.
type Question struct {
	Port   app.Port
	Target string // the app's Service inside the cluster, as the module wants it written
	Module string // of the prober's configuration, unless the platform names another: by the names in the blackbox exporter's own example
}

// Asked returns the question to an app: the one by which Kubernetes knows that a pod is ready, where that crosses the network, else
// whether its port takes connections. The bool is false where it has no port.
func Asked(a app.App) (Question, bool) {
	if ready := a.Health.Ready; ready != nil && ready.Exec == nil {
		switch {
		case ready.Path != "":
			return Question{ready.Port, "http://" + address(a, ready.Port) + ready.Path, "http_2xx"}, true
		case ready.GRPC:
			return Question{ready.Port, address(a, ready.Port), "grpc_plain"}, true
		}
		return Question{ready.Port, address(a, ready.Port), "tcp_connect"}, true
	}
	port, ok := called(a)
	return Question{port, address(a, port), "tcp_connect"}, ok
}

func address(a app.App, port app.Port) string {
	return fmt.Sprintf("%s.%s.svc:%d", a.Name, a.Namespace, port.Number)
}

// called is the port that an app is called at: the one that is exposed, else the first that carries requests, else the first of TCP.
func called(a app.App) (app.Port, bool) {
	if a.Expose != nil {
		return a.Expose.Port, true
	}
	i := slices.IndexFunc(a.Ports, func(p app.Port) bool { return p.App != "" && p.Name != "http-metrics" })
	if i < 0 {
		i = slices.IndexFunc(a.Ports, func(p app.Port) bool { return p.Protocol == "TCP" })
	}
	if i < 0 {
		return app.Port{}, false
	}
	return a.Ports[i], true
}
