package rollout

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// VirtualService leads requests to an app: from an Istio gateway, and where Istio splits its versions, from inside the mesh too. For
// any other app it leaves calls inside the mesh alone, and names no subset, so that it needs no DestinationRule.
//
// A port that no rule names keeps Istio's own route to all pods of the Service, so no port is lost; yet its callers would miss the
// weights. So each has a rule. Flagger makes the VirtualService of its apps itself.
var VirtualService = generator.Generator{
	Name: "virtual-service",
	Reasons: generator.Reasons{
		"VirtualService spec.http[].retries.attempts":           "2, as Istio does without being told; more would multiply an overload",
		"VirtualService spec.http[].retries.retryOn":            "only where the app has not seen the request: sending it again is always safe",
		"VirtualService spec.http[].name":                       "who moves the weights finds the rule by its name, and logs of requests show it",
		"VirtualService spec.http[].route[].destination.subset": "the versions that the DestinationRule of the same name tells apart",
		"VirtualService spec.tcp[].route[].destination.subset":  "the versions that the DestinationRule of the same name tells apart",
		"VirtualService spec.tcp[].match[].gateways":            "from inside the mesh: a gateway leads requests, not bytes",
	},
	Run: func(a app.App) []generator.Object {
		doors := kube.IstioDoors(a)
		if len(doors) == 0 || a.CanaryBy(app.ByFlagger) {
			return nil
		}
		var spec kube.VirtualServiceSpec
		for _, d := range doors {
			if !slices.Contains(spec.Gateways, d.Gateway) {
				spec.Gateways = append(spec.Gateways, d.Gateway)
				spec.Hosts = append(spec.Hosts, hosts(a, d)...)
			}
			if d.Route == "" {
				spec.TCP = append(spec.TCP, tcpRule(a, d))
				continue
			}
			spec.HTTP = append(spec.HTTP, httpRules(a, d)...)
		}
		return []generator.Object{&kube.VirtualService{
			TypeMeta:   kube.Type("networking.istio.io/v1", "VirtualService"),
			ObjectMeta: kube.Meta(a, a.Name),
			Spec:       spec,
		}}
	},
}

// hosts are the names by which callers at a door know the app; inside the mesh that is its Service.
func hosts(a app.App, d kube.IstioDoor) []string {
	if d.Gateway == kube.MeshGateway {
		return []string{a.Name}
	}
	return a.Expose.Hosts
}

// httpRules are the rules of a door, of which the first that matches counts: who asks for the canary by a header, who has been on a
// version before, and then by weight everybody else.
func httpRules(a app.App, d kube.IstioDoor) []kube.IstioHTTPRoute {
	rule := func(name string, match []kube.IstioHTTPMatch, to ...kube.IstioRouteDestination) kube.IstioHTTPRoute {
		return kube.IstioHTTPRoute{
			Name:    name,
			Match:   match,
			Route:   to,
			Timeout: timeout(a, d.Port),
			Retries: kube.IstioRetries{Attempts: 2, RetryOn: "connect-failure,refused-stream"},
		}
	}
	if !kube.IstioSplit(a) {
		return []kube.IstioHTTPRoute{rule("", matches(a, d, nil), kube.IstioRouteDestination{Destination: destination(a, d.Port, "")})}
	}
	var rules []kube.IstioHTTPRoute
	if h := header(a, app.ByIstio); h != nil {
		asked := map[string]kube.IstioStringMatch{h.Name: {Exact: h.Value}}
		rules = append(rules, rule("header-"+d.Route, matches(a, d, asked), whole(a, d.Port, string(app.RoleCanary))))
	}
	if pinned(a) {
		for _, s := range slices.Backward(subsets(a)) { // the canary's first: its rule is above the stable one's
			known := map[string]kube.IstioStringMatch{"cookie": cookie(a, s.name)}
			rules = append(rules, rule(s.name+"-"+d.Route, matches(a, d, known), whole(a, d.Port, s.name)))
		}
	}
	var split []kube.IstioRouteDestination
	for _, s := range subsets(a) {
		split = append(split, kube.IstioRouteDestination{
			Destination: destination(a, d.Port, s.name),
			Weight:      new(s.weight),
			Headers:     setCookie(a, s.name),
		})
	}
	return append(rules, rule(d.Route, matches(a, d, nil), split...))
}

// tcpRule splits connections by weight: bytes have no headers and no cookies.
func tcpRule(a app.App, d kube.IstioDoor) kube.IstioTCPRoute {
	var split []kube.IstioRouteDestination
	for _, s := range subsets(a) {
		split = append(split, kube.IstioRouteDestination{Destination: destination(a, d.Port, s.name), Weight: new(s.weight)})
	}
	return kube.IstioTCPRoute{Match: []kube.IstioTCPMatch{{Gateways: []string{d.Gateway}, Port: d.Port.Number}}, Route: split}
}

// whole is one version as the only destination.
func whole(a app.App, p app.Port, subset string) kube.IstioRouteDestination {
	return kube.IstioRouteDestination{Destination: destination(a, p, subset), Weight: new(int32(100))}
}

func destination(a app.App, p app.Port, subset string) kube.IstioDestination {
	return kube.IstioDestination{
		Host:   a.Name, // of this namespace, whatever the cluster's domain is
		Subset: subset,
		Port:   kube.IstioPort{Number: p.Number},
	}
}

// matches are the requests that come through a door, with the headers. Each says the gateway where there may be two: at a gateway the
// app has a path, and callers see the gateway's port; inside the mesh a rule without a port would take the calls of all others.
func matches(a app.App, d kube.IstioDoor, headers map[string]kube.IstioStringMatch) []kube.IstioHTTPMatch {
	if d.Gateway == kube.MeshGateway {
		return []kube.IstioHTTPMatch{{Gateways: []string{d.Gateway}, Port: d.Port.Number, Headers: headers}}
	}
	out := uris(prefix(a))
	if kube.IstioSplit(a) {
		for i := range out {
			out[i].Gateways, out[i].Headers = []string{d.Gateway}, headers
		}
	}
	return out
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
func timeout(a app.App, p app.Port) string {
	seconds := a.Health.GraceSeconds - a.Health.PreStopSeconds
	if p.App == "grpc" || seconds <= 0 {
		return ""
	}
	return fmt.Sprintf("%ds", seconds)
}
