package slo

import (
	"fmt"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// Objects are the names of the Kubernetes objects by which an app's series are known, and no other app's.
type Objects struct {
	Services  []string // whose pods Prometheus reads, and users reach: the label job
	Backends  []string // Services to which a gateway leads
	Workloads []string // of all versions: what a mesh calls a workload
	Serving   []string // the workloads without whose pods nobody is served, of one kind
	Kind      string   // of Serving: Deployment, StatefulSet or Rollout; empty: none runs all the time
	Scalers   []string // ScaledObjects
	Probe     string   // the label job of what a prober asks
}

// requests are the requests that an objective is about, over a window.
func (n Objects) requests(a app.App, o app.Objective, window string) Requests {
	return Requests{countersOf(a, o.Source), n.series(a, o), window}
}

// Requests are expressions about an app's requests over a window, as its source counts them; the bool tells whether it counts any.
func (n Objects) Requests(a app.App, window string) (Requests, bool) {
	if a.SLO != nil {
		for _, o := range a.SLO.Objectives {
			if countersOf(a, o.Source).requests != "" && o.Source != "probe" && o.Source != "cron" {
				return n.requests(a, o, window), true
			}
		}
	}
	if a.Metrics == nil || len(n.Services) == 0 {
		return Requests{}, false
	}
	for _, p := range a.Ports {
		if p.App == "http" || p.App == "grpc" {
			return n.requests(a, app.Objective{Source: p.App}, window), true
		}
	}
	return Requests{}, false
}

// series are the matchers of an app's series in one source. Controllers of ingresses have labels of their own for the namespace, which
// Prometheus renames unless it is told to honour them.
func (n Objects) series(a app.App, o app.Objective) []string {
	namespace := strconv.Quote(a.Namespace)
	switch {
	case o.Source == "istio" && o.AtGateway:
		return []string{`reporter="source",source_workload_namespace=` + strconv.Quote(gatewayNamespace(a)) +
			",destination_service_namespace=" + namespace + "," + kube.Matcher("destination_service_name", n.Backends...)}
	case o.Source == "istio":
		return []string{`reporter="destination"` + // the callers' proxies count the same requests
			",destination_workload_namespace=" + namespace + "," + kube.Matcher("destination_workload", n.Workloads...)}
	case o.Source == "nginx":
		return honoured(namespace, "ingress="+strconv.Quote(a.Name))
	case o.Source == "envoy":
		return []string{fmt.Sprintf("envoy_cluster_name=~%q", "(http|grpc)route/"+a.Namespace+"/"+a.Name+"/rule/.+")}
	}
	return []string{n.job(a)}
}

// job matches what Prometheus reads from the pods of an app.
func (n Objects) job(a app.App) string {
	return "namespace=" + strconv.Quote(a.Namespace) + "," + kube.Matcher("job", n.Services...)
}

// honoured are matchers of series that name the app's namespace themselves, whether Prometheus honours that or renames it.
func honoured(namespace, matchers string) []string {
	return []string{
		"exported_namespace=" + namespace + "," + matchers,
		"namespace=" + namespace + `,exported_namespace="",` + matchers,
	}
}

func gatewayNamespace(a app.App) string {
	if a.Expose == nil {
		return ""
	}
	return a.Expose.Gateway.Namespace
}
