package compile_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/manifest"
)

// A releaseMutant breaks one thing in what is rendered for a release, as a slip of the hand or of a generator would.
type releaseMutant struct {
	name   string
	of     combo                       // what is rendered
	mutate func(s *space, name string) // name is that of the app
}

// The releases that are broken.
var (
	warm     = combo{kind: "service", tier: "critical", scale: scales[3], mesh: true, migrate: true, state: state{strategy: "blueGreen", active: "blue", phase: "warm"}}
	byRoute  = combo{kind: "service", tier: "critical", scale: scales[3], expose: "gateway", state: state{strategy: "canary", via: "gateway", image: true, weight: 20, header: true}}
	byMesh   = combo{kind: "service", tier: "critical", scale: scales[3], expose: "istio", mesh: true, state: state{strategy: "canary", via: "istio", image: true, weight: 20, header: true, sticky: true}}
	byPods   = combo{kind: "service", tier: "standard", scale: scales[2], expose: "loadbalancer", state: state{strategy: "canary", via: "replicas", image: true, weight: 50, sticky: true}}
	rollouts = combo{kind: "service", tier: "critical", scale: scales[3], mesh: true, state: state{strategy: "canary", via: "argo", weight: -1}}
	flaggers = combo{kind: "service", tier: "critical", scale: scales[3], expose: "gateway", state: state{strategy: "canary", via: "flagger", weight: -1}}
)

func releaseMutants() []releaseMutant {
	all := []releaseMutant{
		{"the Service selects both colours", warm, change("Service", "", func(f map[string]any) { delete(manifest.Map(f, "spec", "selector"), "scantling.dev/color") })},
		{"the Service selects the idle colour", warm, change("Service", "", func(f map[string]any) { manifest.Map(f, "spec", "selector")["scantling.dev/color"] = "green" })},
		{"the preview is of the active colour", warm, change("Service", "-preview", func(f map[string]any) { manifest.Map(f, "spec", "selector")["scantling.dev/color"] = "blue" })},
		{"the idle colour is small", warm, change("HorizontalPodAutoscaler", "-green", func(f map[string]any) { manifest.Map(f, "spec")["minReplicas"] = int64(3) })},
		{"an autoscaler of nobody", warm, change("HorizontalPodAutoscaler", "-green", func(f map[string]any) { manifest.Map(f, "spec", "scaleTargetRef")["name"] = "gone" })},
		{"two autoscalers of one colour", warm, change("HorizontalPodAutoscaler", "-green", func(f map[string]any) {
			ref := manifest.Map(f, "spec", "scaleTargetRef")
			ref["name"] = strings.TrimSuffix(ref["name"].(string), "green") + "blue"
		})},
		{"the migration looks like a pod of the app", warm, change("Job", "*", func(f map[string]any) {
			maps.Copy(manifest.Map(f, "spec", "template", "metadata", "labels"), map[string]any{nameLabel: "m", "app.kubernetes.io/component": "app", "scantling.dev/color": "blue"})
		})},
		{"the old schema", warm, change("Job", "*", func(f map[string]any) {
			manifest.Maps(f, "spec", "template", "spec", "containers")[0]["image"] = imageOne
		})},
		{"both colours run one image", warm, change("Deployment", "-green", func(f map[string]any) {
			manifest.Maps(f, "spec", "template", "spec", "containers")[0]["image"] = imageOne
		})},

		{"weights of 110", byRoute, change("HTTPRoute", "", func(f map[string]any) {
			manifest.Maps(manifest.Maps(f, "spec", "rules")[1], "backendRefs")[0]["weight"] = int64(90)
		})},
		{"another weight than the spec's", byRoute, change("HTTPRoute", "", func(f map[string]any) {
			refs := manifest.Maps(manifest.Maps(f, "spec", "rules")[1], "backendRefs")
			refs[0]["weight"], refs[1]["weight"] = int64(50), int64(50)
		})},
		{"a weight that is not written", byRoute, change("HTTPRoute", "", func(f map[string]any) {
			delete(manifest.Maps(manifest.Maps(f, "spec", "rules")[1], "backendRefs")[1], "weight")
		})},
		{"weights that are exchanged", byRoute, change("HTTPRoute", "", func(f map[string]any) {
			refs := manifest.Maps(manifest.Maps(f, "spec", "rules")[1], "backendRefs")
			refs[0]["weight"], refs[1]["weight"] = refs[1]["weight"], refs[0]["weight"]
		})},
		{"a backend of another port", byRoute, change("HTTPRoute", "", func(f map[string]any) {
			manifest.Maps(manifest.Maps(f, "spec", "rules")[1], "backendRefs")[1]["port"] = int64(80)
		})},
		{"a backend that is no Service", byRoute, drop("Service", "-canary")},
		{"the header leads to the old version", byRoute, change("HTTPRoute", "", func(f map[string]any) {
			refs := manifest.Maps(manifest.Maps(f, "spec", "rules")[0], "backendRefs")
			refs[0]["name"] = strings.TrimSuffix(refs[0]["name"].(string), "-canary")
		})},
		{"the header comes last", byRoute, change("HTTPRoute", "", func(f map[string]any) { slices.Reverse(manifest.List(f, "spec", "rules")) })},
		{"the canary's Service is read with the app's", byRoute, change("Service", "-canary", func(f map[string]any) {
			manifest.Map(f, "spec", "selector")["scantling.dev/track"] = "stable"
		})},
		{"a canary of one pod", byRoute, change("HorizontalPodAutoscaler", "-canary", func(f map[string]any) { manifest.Map(f, "spec")["minReplicas"] = int64(1) })},
		{"the canary is not there", byRoute, drop("Deployment", "-canary")},
		{"no route", byRoute, drop("HTTPRoute", "")},

		{"no DestinationRule", byMesh, drop("DestinationRule", "")},
		{"a subset less", byMesh, change("DestinationRule", "", func(f map[string]any) {
			manifest.Map(f, "spec")["subsets"] = manifest.List(f, "spec", "subsets")[:1]
		})},
		{"a DestinationRule for another host", byMesh, change("DestinationRule", "", func(f map[string]any) { manifest.Map(f, "spec")["host"] = "other" })},
		{"a subset of nobody", byMesh, change("DestinationRule", "", func(f map[string]any) {
			manifest.Map(manifest.Maps(f, "spec", "subsets")[1], "labels")["scantling.dev/track"] = "new"
		})},
		{"subsets that are the same", byMesh, change("DestinationRule", "", func(f map[string]any) {
			manifest.Map(manifest.Maps(f, "spec", "subsets")[1], "labels")["scantling.dev/track"] = "stable"
		})},
		{"no outlier is left out", byMesh, change("DestinationRule", "", func(f map[string]any) {
			delete(manifest.Map(f, "spec", "trafficPolicy"), "outlierDetection")
		})},
		{"a port that is lost in the mesh", byMesh, change("VirtualService", "", func(f map[string]any) {
			manifest.Map(f, "spec")["http"] = slices.DeleteFunc(manifest.List(f, "spec", "http"), func(r any) bool { return r.(map[string]any)["name"] == "primary-http" })
		})},
		{"the weights come before the header", byMesh, change("VirtualService", "", func(f map[string]any) { slices.Reverse(manifest.List(f, "spec", "http")) })},
		{"the Service leaves the canary out", byMesh, change("Service", "", func(f map[string]any) {
			manifest.Map(f, "spec", "selector")["scantling.dev/track"] = "stable"
		})},
		{"a user is kept by one version only", byMesh, change("VirtualService", "", func(f map[string]any) {
			manifest.Map(f, "spec")["http"] = slices.DeleteFunc(manifest.List(f, "spec", "http"), func(r any) bool {
				return strings.HasPrefix(r.(map[string]any)["name"].(string), "canary-")
			})
		})},

		{"more canary pods than the weight", byPods, change("Deployment", "-canary", func(f map[string]any) { manifest.Map(f, "spec")["replicas"] = int64(4) })},
		{"an address that flaps", byPods, change("Service", "-external", func(f map[string]any) { delete(manifest.Map(f, "spec"), "sessionAffinity") })},
		{"the load balancer leads to the old version", byPods, change("Service", "-external", func(f map[string]any) {
			manifest.Map(f, "spec", "selector")["scantling.dev/track"] = "stable"
		})},

		{"an analysis that is not there", rollouts, drop("AnalysisTemplate", "")},
		{"a Rollout without its routes", rollouts, change("Rollout", "", func(f map[string]any) {
			manifest.Map(f, "spec", "strategy", "canary", "trafficRouting", "istio", "virtualService")["routes"] = []any{"other"}
		})},
		{"steps that descend", rollouts, change("Rollout", "", func(f map[string]any) { slices.Reverse(manifest.List(f, "spec", "strategy", "canary", "steps")) })},

		{"a template that is not there", flaggers, drop("MetricTemplate", "-availability")},
		{"the monitor does not know the clones", flaggers, change("ServiceMonitor", "", func(f map[string]any) {
			manifest.Map(f, "spec", "selector", "matchLabels")[nameLabel] = "app"
		})},
	}
	return all
}

// change returns a mutation of one object, named APP and a suffix; * is whatever name.
func change(kind, suffix string, how func(fields map[string]any)) func(*space, string) {
	return func(s *space, name string) {
		for _, o := range s.objects {
			if o.Kind == kind && (suffix == "*" || o.Name == name+suffix) {
				how(o.Fields)
			}
		}
	}
}

// drop returns the mutation that leaves one object out.
func drop(kind, suffix string) func(*space, string) {
	return func(s *space, name string) {
		s.objects = slices.DeleteFunc(s.objects, func(o manifest.Object) bool { return o.Kind == kind && o.Name == name+suffix })
	}
}

// TestReleaseMutants breaks what is rendered, and wants the checks of TestReleases to see it.
func TestReleaseMutants(t *testing.T) {
	mutants := releaseMutants()
	var all []combo
	for i := range mutants {
		mutants[i].of.name = fmt.Sprintf("m%d", i)
		all = append(all, mutants[i].of)
	}
	rendered := renderCombos(t, all)
	killed := map[string]int{}
	var alive []string
	for i, m := range mutants {
		w, s := rendered[m.of.mesh], rendered[m.of.mesh][all[i].name]
		sound := slices.Clone(s.objects)
		for j, o := range sound {
			s.objects[j] = again(o, o.Name)
		}
		if s.findOwners(); len(seenBy(w, s, all[i])) > 0 {
			t.Errorf("%s is seen before it is there, by %v", m.name, seenBy(w, s, all[i]))
		}
		m.mutate(s, all[i].name)
		s.findOwners()
		seen := seenBy(w, s, all[i])
		for _, name := range seen {
			killed[name]++
		}
		if len(seen) == 0 || reflect.DeepEqual(s.objects, sound) {
			alive = append(alive, m.name)
		}
	}
	if len(alive) > 0 {
		t.Errorf("%d of %d mutants are seen; not these:\n%s", len(mutants)-len(alive), len(mutants), strings.Join(alive, "\n"))
	}
	for _, check := range releaseChecks {
		if killed[check.name] == 0 {
			t.Errorf("no mutant shows that this is checked: %s", check.name)
		}
	}
}

// seenBy returns the names of the checks that find something.
func seenBy(w world, s *space, c combo) (seen []string) {
	for _, check := range releaseChecks {
		if len(check.check(w, s, c)) > 0 {
			seen = append(seen, check.name)
		}
	}
	return seen
}
