package compile_test

import (
	"maps"
	"testing"

	"github.com/scantling/scantling/internal/manifest"
)

// nameLabel is the label that Flagger knows pods by: the first of those it is configured for that a selector has.
const nameLabel = "app.kubernetes.io/name"

// withClones adds what Flagger makes of each Canary as soon as it sees it, so that checks judge what will run: a Deployment of the
// same pods under another name, with an autoscaler of its own; and the three Services, which select by one label alone.
func withClones(t *testing.T, objects []manifest.Object) []manifest.Object {
	t.Helper()
	all := objects
	for _, canary := range objects {
		if canary.Kind != "Canary" {
			continue
		}
		for _, o := range objects {
			if o.Namespace != canary.Namespace {
				continue
			}
			switch o.Kind + "/" + o.Name {
			case "Deployment/" + manifest.String(canary.Fields, "spec", "targetRef", "name"):
				all = append(all, primary(t, o))
				all = append(all, clonedServices(t, canary, o)...)
			case manifest.String(canary.Fields, "spec", "autoscalerRef", "kind") + "/" + manifest.String(canary.Fields, "spec", "autoscalerRef", "name"):
				clone := again(o, o.Name+"-primary")
				manifest.Map(clone.Fields, "spec", "scaleTargetRef")["name"] = clone.Name
				all = append(all, clone)
			}
		}
	}
	return all
}

// primary returns the Deployment that serves.
func primary(t *testing.T, target manifest.Object) manifest.Object {
	t.Helper()
	clone := again(target, target.Name+"-primary")
	value := manifest.String(target.Fields, "spec", "selector", "matchLabels", nameLabel) + "-primary"
	manifest.Map(clone.Fields, "spec")["selector"] = map[string]any{"matchLabels": map[string]any{nameLabel: value}}
	manifest.Map(clone.Fields, "spec", "template", "metadata", "labels")[nameLabel] = value
	for _, spread := range manifest.Maps(clone.Fields, "spec", "template", "spec", "topologySpreadConstraints") {
		manifest.Map(spread, "labelSelector", "matchLabels")[nameLabel] = value
	}
	return clone
}

// clonedServices are the address that callers use, and one for each version.
func clonedServices(t *testing.T, canary, target manifest.Object) []manifest.Object {
	t.Helper()
	service := manifest.Map(canary.Fields, "spec", "service")
	ports := []any{map[string]any{"name": service["portName"], "port": service["port"], "targetPort": service["targetPort"], "protocol": "TCP"}}
	for _, container := range manifest.Maps(target.Fields, "spec", "template", "spec", "containers") {
		for _, p := range manifest.Maps(container, "ports") {
			if service["portDiscovery"] == true && p["name"] != service["portName"] {
				ports = append(ports, map[string]any{"name": p["name"], "port": p["containerPort"], "targetPort": p["containerPort"], "protocol": p["protocol"]})
			}
		}
	}
	var all []manifest.Object
	for _, c := range []struct{ part, suffix, pods string }{{"apex", "", "-primary"}, {"primary", "-primary", "-primary"}, {"canary", "-canary", ""}} {
		labels := map[string]any{"app.kubernetes.io/managed-by": canary.Label("app.kubernetes.io/managed-by")}
		maps.Copy(labels, manifest.Map(service, c.part, "labels"))
		name := target.Name + c.suffix
		labels[nameLabel] = name
		all = append(all, again(manifest.Object{Fields: map[string]any{
			"apiVersion": "v1", "kind": "Service",
			"metadata": map[string]any{"name": name, "namespace": canary.Namespace, "labels": labels},
			"spec":     map[string]any{"selector": map[string]any{nameLabel: target.Name + c.pods}, "ports": ports},
		}}, name))
	}
	return all
}
