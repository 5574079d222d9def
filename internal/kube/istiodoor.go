package kube

import "github.com/scantling/scantling/internal/app"

// MeshGateway is Istio's name for calls from inside the mesh, as if they came through a gateway.
const MeshGateway = "mesh"

// IstioDoor is one way by which requests reach an app whose VirtualService we write.
type IstioDoor struct {
	Route   string // name of the rule with the weights; empty for bytes, whose rules have none
	Gateway string // NAMESPACE/NAME, or MeshGateway
	Port    app.Port
}

// IstioSplit reports whether the versions of an app are subsets of one Service, among which a VirtualService splits the requests.
func IstioSplit(a app.App) bool {
	return a.CanaryBy(app.ByIstio) || a.CanaryBy(app.ByArgo) && a.Rollout.Split.Router == "istio"
}

// IstioDoors returns the doors of an app: the Istio gateway that exposes it; and, where its versions are split and pods have a
// sidecar, each of its ports. A controller finds the rules that it moves by name, and by port where they have none. Istio leads UDP
// nowhere.
func IstioDoors(a app.App) []IstioDoor {
	var out []IstioDoor
	if a.Expose != nil && a.Expose.Via == "istio" {
		out = append(out, IstioDoor{Route: "primary", Gateway: a.Expose.Gateway.Namespace + "/" + a.Expose.Gateway.Name, Port: a.Expose.Port})
	}
	if !IstioSplit(a) || a.Env.Mesh != "sidecar" {
		return out
	}
	for _, p := range a.Ports {
		door := IstioDoor{Gateway: MeshGateway, Port: p}
		switch {
		case p.Protocol == "UDP":
			continue
		case p.App != "":
			door.Route = "primary-" + p.Name
		}
		out = append(out, door)
	}
	return out
}
