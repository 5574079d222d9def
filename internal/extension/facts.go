package extension

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// appFacts are what an extension sees as app. All of them are always there, so that an extension may ask for any: what an app has not
// is empty.
func appFacts(a *app.App) map[string]any {
	ports := map[string]any{}
	for _, p := range a.Ports {
		ports[p.Name] = p.Number
	}
	hosts := []string{}
	if a.Expose != nil {
		hosts = append(hosts, a.Expose.Hosts...)
	}
	return map[string]any{
		"name":      a.Name,
		"namespace": a.Namespace,
		"team":      a.Team,
		"tier":      string(a.Tier),
		"kind":      string(a.Kind),
		"image":     a.Image,
		"version":   a.Version,
		"labels":    kube.AppSelector(*a),
		"ports":     ports,
		"replicas":  map[string]any{"min": a.Replicas.Min, "max": a.Replicas.Max},
		"hosts":     hosts,
	}
}

// environmentFacts are what an extension sees as environment.
func environmentFacts(e *app.Environment) map[string]any {
	return map[string]any{
		"name":         e.Name,
		"group":        e.Group,
		"kubernetes":   fmt.Sprintf("1.%d", e.Minor),
		"zones":        append([]string{}, e.Zones...),
		"capabilities": append([]string{}, e.Capabilities...),
		"domain":       e.Domain,
		"delivery":     e.Delivery,
	}
}
