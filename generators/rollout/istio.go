package rollout

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// VirtualService leads requests of an Istio gateway to an app. It names no subset, so it needs no DestinationRule; and it leaves
// calls inside the mesh alone, which would lose the app's other ports.
var VirtualService = generator.Generator{
	Name: "virtual-service",
	Reasons: generator.Reasons{
		"VirtualService spec.http[].retries.attempts": "2, as Istio does without being told; more would multiply an overload",
		"VirtualService spec.http[].retries.retryOn":  "only where the app has not seen the request: sending it again is always safe",
	},
	Run: func(a app.App) []generator.Object {
		if !exposed(a, "istio") {
			return nil
		}
		return []generator.Object{&kube.VirtualService{
			TypeMeta:   kube.Type("networking.istio.io/v1", "VirtualService"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec: kube.VirtualServiceSpec{
				Hosts:    a.Expose.Hosts,
				Gateways: []string{a.Expose.Gateway.Namespace + "/" + a.Expose.Gateway.Name},
				HTTP: []kube.IstioHTTPRoute{{
					Match: uris(prefix(a)),
					Route: []kube.IstioRouteDestination{{
						Destination: kube.IstioDestination{
							Host: a.Name, // of this namespace, whatever the cluster's domain is
							Port: kube.IstioPort{Number: a.Expose.Port.Number},
						},
					}},
					Timeout: timeout(a),
					Retries: kube.IstioRetries{Attempts: 2, RetryOn: "connect-failure,refused-stream"},
				}},
			},
		}}
	},
}

// uris matches a path and what lies below it: Istio's prefix alone would match /apiary for /api.
func uris(prefix string) []kube.IstioHTTPMatch {
	if prefix == "/" {
		return []kube.IstioHTTPMatch{{URI: kube.IstioStringMatch{Prefix: "/"}}}
	}
	return []kube.IstioHTTPMatch{
		{URI: kube.IstioStringMatch{Exact: prefix}},
		{URI: kube.IstioStringMatch{Prefix: prefix + "/"}},
	}
}

// timeout is as long as a pod that leaves still answers: what takes longer would fail in every rollout. A gRPC stream has none,
// for it may live as long as its client.
func timeout(a app.App) string {
	seconds := a.Health.GraceSeconds - a.Health.PreStopSeconds
	if isGRPC(a) || seconds <= 0 {
		return ""
	}
	return fmt.Sprintf("%ds", seconds)
}
