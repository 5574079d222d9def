package network

import (
	"cmp"

	"github.com/scantling/scantling/internal/app"
)

// The ports of an Istio mesh, by its documentation ("Ports used by Istio").
var (
	istiodPort    = tcp(15012) // the control plane: configuration and certificates
	agentMetrics  = tcp(15020) // of a sidecar's agent, merged with the app's
	envoyMetrics  = tcp(15090) // of a sidecar's proxy
	hboneTunnel   = tcp(15008) // carries all TCP between pods of an ambient mesh
	apiServerTLS  = []app.Port{tcp(443), tcp(6443)}
	istiodAddress = app.Peer{Namespace: "istio-system", Labels: map[string]string{"app": "istiod"}}
)

func tcp(number int32) app.Port { return app.Port{Number: number, Protocol: "TCP"} }

// platformCallers are the platform's flows to an app: requests from outside, and Prometheus.
func platformCallers(a app.App) []app.Edge {
	var edges []app.Edge
	if a.Expose != nil {
		edges = append(edges, app.Edge{Name: a.Expose.Via, Peer: entry(a), Ports: []app.Port{a.Expose.Port}})
	}
	if a.Env.Scrape == nil {
		return edges
	}
	var scraped []app.Port
	if a.Metrics != nil {
		scraped = append(scraped, a.Metrics.Port)
	}
	if a.Env.Mesh == "sidecar" {
		scraped = append(scraped, agentMetrics, envoyMetrics)
	}
	prometheus := app.Peer{Namespace: a.Env.Scrape.Namespace, Labels: a.Env.Scrape.Labels}
	return append(edges, app.Edge{Name: "prometheus", Peer: prometheus, Ports: scraped})
}

// entry is where requests from outside come from.
func entry(a app.App) app.Peer {
	switch a.Expose.Via {
	case "gateway", "istio":
		return app.Peer{Namespace: a.Expose.Gateway.Namespace, Labels: a.Expose.Gateway.Labels}
	case "ingress":
		if c := a.Env.IngressClass; c != nil {
			return app.Peer{Namespace: c.Namespace, Labels: c.Labels}
		}
	case "loadbalancer":
		return app.Peer{CIDRs: a.Expose.From} // the balancer keeps the client's address
	}
	return app.Peer{} // nobody
}

// platformCallees are an app's flows to the platform: names, the Kubernetes API, and the mesh.
func platformCallees(a app.App) []app.Edge {
	edges := []app.Edge{dns(a)}
	if len(a.Access) > 0 && !a.Env.Has("cilium") { // which knows the API server by identity: APIServerPolicy
		edges = append(edges, app.Edge{Name: "kube-apiserver", Peer: app.Peer{CIDRs: a.Env.APIServerCIDRs}, Ports: apiServerTLS})
	}
	if a.Env.Mesh == "sidecar" {
		edges = append(edges, app.Edge{Name: "istiod", Peer: istiodAddress, Ports: []app.Port{istiodPort}})
	}
	return edges
}

func dns(a app.App) app.Edge {
	port := cmp.Or(a.Env.DNS.Port, 53)
	return app.Edge{
		Name:  "dns",
		Peer:  app.Peer{Namespace: a.Env.DNS.Namespace, Labels: a.Env.DNS.Labels},
		Ports: []app.Port{{Number: port, Protocol: "UDP"}, {Number: port, Protocol: "TCP"}}, // long answers come over TCP
	}
}

// tunnelled adds the ambient mesh's tunnel to the edges between pods: there, policies see the tunnel instead of the ports inside.
func tunnelled(a app.App, edges []app.Edge) []app.Edge {
	if a.Env.Mesh != "ambient" {
		return edges
	}
	var out []app.Edge
	for _, e := range edges {
		if e.Peer.Namespace != "" && len(e.Ports) > 0 {
			e.Ports = append([]app.Port{hboneTunnel}, e.Ports...)
		}
		out = append(out, e)
	}
	return out
}
