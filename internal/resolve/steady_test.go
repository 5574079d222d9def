package resolve

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/scantling/scantling/generators/workload"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/kube"
)

const (
	oldImage = "registry.acme.io/web:1.0" + digest
	newImage = "registry.acme.io/web:2.0" + digest
)

// A state is a moment of a release: the image of the app, and its rollout.
type state struct{ image, rollout string }

// releases are every moment of releases that commits move, by how they are made.
func releases() map[string][]state {
	out := map[string][]state{}
	for _, via := range []string{"istio", "gateway", "replicas"} {
		all := []state{{oldImage, "rolling: {}"}, {oldImage, fmt.Sprintf("canary: via: %q", via)}, {newImage, fmt.Sprintf("canary: via: %q", via)}}
		for _, image := range []string{oldImage, newImage} { // the new one: everybody gets it, and the canary is about to go
			for _, weight := range []int{0, 5, 10, 25, 50, 60, 75} {
				all = append(all, state{image, fmt.Sprintf("canary: {via: %q, image: %q, weight: %d}", via, newImage, weight)})
			}
		}
		out[via] = all
	}
	colours := []state{}
	for _, active := range []struct{ colour, image, idle string }{{"blue", oldImage, newImage}, {"green", newImage, oldImage}} {
		colours = append(colours, state{active.image, fmt.Sprintf("blueGreen: active: %q", active.colour)})
		for _, phase := range []string{"preview", "warm", "previous"} {
			colours = append(colours, state{active.image, fmt.Sprintf("blueGreen: {active: %q, idle: {image: %q, phase: %q}}", active.colour, active.idle, phase)})
		}
	}
	out["blue-green"] = colours
	for _, via := range []string{"argo", "flagger"} {
		out[via] = []state{{oldImage, fmt.Sprintf("canary: via: %q", via)}, {oldImage, fmt.Sprintf("canary: {via: %q, hold: true, steps: [{weight: 30, pause: \"1h\"}]}", via)}}
	}
	return out
}

// No step of a release changes the pods of a version, for they would restart; nor does a number of pods leave a manifest from which
// it would be reset to one, or come to where an autoscaler decides it.
func TestStepsChangeNoPods(t *testing.T) {
	platform := strings.Replace(withCapabilities("argo-rollouts cilium externalsecrets flagger gateway istio keda prometheus vpa", sidecars), "platform: {",
		`platform: databases: events: {kind: "kafka", host: "events.acme.io", cidrs: ["10.20.1.0/24"], secret: false}`+"\nplatform: {", 1)
	const queue = "needs: events: kafka: topics: [\"orders\"]\nscale: {min: 2, max: 6, queue: {need: \"events\", lag: 5}}"
	const rich = "runtime: \"go\"\nenv: LEVEL: \"info\"\nconfig: \"app.toml\": \"a = 1\\n\"\nsecrets: token: {key: \"token\", env: \"TOKEN\"}\nmigrate: command: [\"/up\"]\nneeds: events: kafka: topics: [\"orders\"]"
	for name, states := range releases() {
		for _, tier := range []string{"critical", "standard", "best-effort"} {
			for _, size := range []string{"", "replicas: 3", "replicas: 12\nspot: true", "scale: {min: 3, max: 4}", "scale: {min: 3, max: 30}\n" + rich, "scale: {min: 5, max: 40}", queue} {
				if strings.Contains(size, "spot") && tier == "critical" || size == queue && (tier == "critical" || name == "flagger") {
					continue // refused
				}
				pods, written := map[string]string{}, map[app.Role]bool{}
				for _, st := range states {
					if strings.Contains(size, "spot") && tier == "standard" && st.rollout == "rolling: {}" {
						continue // who leaves it for another strategy leaves spot capacity, too, and is told so
					}
					spec := fmt.Sprintf("%s\ntier: %q\nimage: %q\nrollout: %s", size, tier, st.image, st.rollout)
					if name == "gateway" {
						spec += exposed
					}
					a, found := resolveApp(t, platform, spec)
					if name == "replicas" && strings.Contains(format(found), "canary-weight-has-router") {
						continue // so few pods cannot make it
					}
					if diag.HasErrors(found) {
						t.Fatalf("%s\nrefused:\n%s", spec, format(found))
					}
					for _, r := range running(*a) {
						key := fmt.Sprint(r.role, r.image)
						if before, known := pods[key]; known && before != r.pods {
							t.Errorf("%s\nthe pods of %s change:\n- %s\n+ %s", spec, key, before, r.pods)
						}
						if before, known := written[r.role]; known && before != r.written {
							t.Errorf("%s\n%s: a number of pods is written in some states only", spec, r.role)
						}
						if r.written && a.Scaling != nil && r.role != app.RoleCanary {
							t.Errorf("%s\n%s: a number of pods is written beside an autoscaler", spec, r.role)
						}
						pods[key], written[r.role] = r.pods, r.written
					}
				}
			}
		}
	}
}

// A run is one version of an app as a cluster gets it.
type run struct {
	role    app.Role
	image   string
	pods    string // the template
	written bool   // a number of them is in the manifest
}

func running(a app.App) []run {
	var out []run
	add := func(labels map[string]string, image string, template any, replicas *int32) {
		text, err := json.Marshal(template)
		if err != nil {
			panic(err)
		}
		out = append(out, run{app.Role(labels[kube.LabelTrack] + labels[kube.LabelColor]), image, string(text), replicas != nil})
	}
	for _, o := range workload.Deployment.Run(a) {
		d := o.(*appsv1.Deployment)
		add(d.Spec.Selector.MatchLabels, d.Spec.Template.Spec.Containers[0].Image, d.Spec.Template, d.Spec.Replicas)
	}
	for _, o := range workload.Rollout.Run(a) {
		r := o.(*kube.Rollout)
		add(r.Spec.Selector.MatchLabels, r.Spec.Template.Spec.Containers[0].Image, r.Spec.Template, r.Spec.Replicas)
	}
	return out
}
