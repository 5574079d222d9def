package resolve

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// withCapabilities returns the test platform with these capabilities alone, and further facts of its environment.
func withCapabilities(list, facts string) string {
	caps := `capabilities: ["` + strings.Join(strings.Fields(list), `", "`) + `"]`
	if list == "" {
		caps = "capabilities: []"
	}
	return strings.Replace(variant(`capabilities: ["cilium", "externalsecrets", "gateway", "istio", "keda", "prometheus", "velero", "vpa"]`, caps), `group: "live"`, `group: "live"
		istioGateway: {name: "istio", namespace: "istio", labels: {istio: "gateway"}}
		ingress: {class: "nginx", namespace: "ingress", labels: app: "nginx"}
`+facts, 1)
}

const sidecars = `mesh: "sidecar"`

// engineOf is who splits the traffic, and through which router a controller does.
func engineOf(a *app.App) string {
	sp := a.Rollout.Split
	if sp == nil {
		return "none"
	}
	via := ""
	if a.Expose != nil {
		via = ", exposed by " + a.Expose.Via
	}
	if sp.Router != "" {
		return fmt.Sprintf("%s through %s%s", sp.Engine, sp.Router, via)
	}
	return string(sp.Engine) + via
}

func stepsOf(a *app.App) string {
	var out []string
	for _, s := range a.Rollout.Split.Steps {
		out = append(out, fmt.Sprintf("%d/%s", s.Weight, duration(s.PauseSeconds)))
	}
	return strings.Join(out, " ")
}

// sidesOf are the versions that run: role, version and number of pods, then A for an autoscaler, B for a budget and S for a spread.
func sidesOf(a *app.App) string {
	var out []string
	for _, v := range a.Versions() {
		s := fmt.Sprintf("%s %s %s", v.Role, v.Version, replicas(&v))
		for _, has := range []struct {
			what string
			it   bool
		}{{"A", v.Scaling != nil}, {"B", v.Disruption != nil}, {"S", v.Spread.Hosts != ""}} {
			if has.it {
				s += has.what
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func analysisOf(a *app.App) string {
	an := a.Rollout.Split.Analysis
	if an == nil {
		return "none"
	}
	out := fmt.Sprintf("every %ds over %ds, %d bad", an.IntervalSeconds, an.WindowSeconds, an.FailureLimit)
	for _, m := range an.Measures {
		out += fmt.Sprintf("; %s by %s at most %s", m.Name, m.Source, decimal(m.Limit))
		if m.LatencyMillis > 0 {
			out += fmt.Sprintf(" above %dms", m.LatencyMillis)
		}
	}
	return out
}

func stickyOf(a *app.App) string {
	st := a.Rollout.Split.Sticky
	if st == nil {
		return "none"
	}
	return fmt.Sprintf("%q %ds", st.Cookie, st.Seconds)
}

func minPodsOf(a *app.App) string { return fmt.Sprint(a.Rollout.Split.MinPods) }

func roleOf(a *app.App) string {
	return fmt.Sprintf("%s, %s, phase %q", a.Rollout.Strategy, a.Role, a.Rollout.Phase)
}

const (
	exposed  = "\nexpose: host: \"a.acme.io\""
	byIstio  = "\nexpose: {host: \"a.acme.io\", via: \"istio\"}"
	canary2  = `rollout: canary: {image: "registry.acme.io/web:2.0` + digest + `"`
	finished = `image: "registry.acme.io/web:2.0` + digest + "\"\n" + canary2
	promised = "\nslo: availability: 99.9"
)

func TestEngines(t *testing.T) {
	everything := withCapabilities("argo-rollouts flagger gateway istio ingress", "")
	for _, c := range []struct{ platform, spec, want string }{
		{everything, `rollout: rolling: {}`, "none"},
		{everything, `rollout: canary: {}`, "argo"},
		{everything, `rollout: canary: {}` + exposed, "argo, exposed by gateway"},
		{everything, `rollout: canary: {}` + byIstio, "argo through istio, exposed by istio"},
		{everything, `rollout: canary: via: "istio"` + exposed, "istio, exposed by istio"},
		{everything, `rollout: canary: via: "flagger"` + exposed, "flagger through gateway, exposed by gateway"},
		{everything, `rollout: canary: via: "flagger"` + byIstio, "flagger through istio, exposed by istio"},
		{everything, `rollout: canary: via: "replicas"` + exposed, "replicas, exposed by gateway"},
		{withCapabilities("argo-rollouts istio", sidecars), `rollout: canary: {}`, "argo through istio"},
		{withCapabilities("argo-rollouts istio gateway", sidecars), `rollout: canary: {}` + exposed, "argo, exposed by gateway"},
		{withCapabilities("argo-rollouts istio", sidecars), "kind: \"worker\"\nport: 8080\nrollout: canary: {}", "argo"},
		{withCapabilities("argo-rollouts istio", sidecars), "metrics: false\nports: redis: 6379\nrollout: canary: {}", "argo"},

		// A default is never an engine that cannot serve.
		{withCapabilities("flagger istio gateway", ""), `rollout: canary: {}`, "replicas"},
		{withCapabilities("flagger istio gateway", ""), `rollout: canary: {}` + exposed, "flagger through gateway, exposed by gateway"},
		{withCapabilities("flagger istio gateway", sidecars), `rollout: canary: {}`, "flagger through istio"},
		{withCapabilities("flagger istio ingress", sidecars), `rollout: canary: {}` + "\nexpose: {host: \"a.acme.io\", via: \"ingress\"}", "replicas, exposed by ingress"},
		{withCapabilities("flagger istio keda prometheus", sidecars), "rollout: canary: {}\nscale: {rps: 20}", "istio"},
		{withCapabilities("flagger istio", sidecars), "kind: \"worker\"\nrollout: canary: {}", "replicas"},
		{withCapabilities("istio gateway", ""), `rollout: canary: {}` + exposed, "gateway, exposed by gateway"},
		{withCapabilities("istio gateway", sidecars), `rollout: canary: {}` + exposed, "gateway, exposed by gateway"},
		{withCapabilities("istio gateway", ""), `rollout: canary: {}` + byIstio, "istio, exposed by istio"},
		{withCapabilities("istio", ""), `rollout: canary: {}` + exposed, "istio, exposed by istio"},
		{withCapabilities("istio", ""), `rollout: canary: {}`, "replicas"},
		{withCapabilities("istio", `mesh: "ambient"`), `rollout: canary: {}`, "replicas"},
		{withCapabilities("ingress", ""), `rollout: canary: {}` + exposed, "replicas, exposed by ingress"},
		{withCapabilities("", ""), `rollout: canary: {}`, "replicas"},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			check(t, c.platform, c.spec, engineOf, c.want)
		})
	}
}

// check resolves one app, which must be sound, and compares a decision.
func check(t *testing.T, platform, spec string, see seen, want string) {
	t.Helper()
	a, found := resolveApp(t, platform, spec)
	if diag.HasErrors(found) {
		t.Fatalf("%s\nrefused:\n%s", spec, format(found))
	}
	if got := see(a); got != want {
		t.Errorf("%s\n got %s\nwant %s", spec, got, want)
	}
}

func TestRollouts(t *testing.T) {
	argo := withCapabilities("argo-rollouts istio prometheus gateway", sidecars)
	istio := withCapabilities("istio", sidecars)
	flagger := withCapabilities("flagger istio prometheus", sidecars)
	plain := withCapabilities("", "")
	gateway := withCapabilities("gateway", "")
	colour := func(idle string) string { return `rollout: blueGreen: {active: "green"` + idle + `}` }
	idle := func(phase string) string {
		return colour(`, idle: {image: "registry.acme.io/web:2.0` + digest + `", phase: "` + phase + `"}`)
	}
	for _, c := range []struct {
		platform, spec string
		see            seen
		want           string
	}{
		// Steps: the tier's, or those of the spec, each held for as long as the tier wants or the traffic needs.
		{istio, "tier: \"critical\"\nrollout: canary: {}", stepsOf, "5/10m 25/10m 50/10m"},
		{istio, "rollout: canary: {}", stepsOf, "10/5m 50/5m"},
		{istio, "tier: \"best-effort\"\nrollout: canary: {}", stepsOf, "50/3m"},
		{istio, "traffic: rps: 10\nrollout: canary: {}" + promised, stepsOf, "10/12m 50/5m"},
		{istio, "traffic: rps: 0.01\nrollout: canary: {}" + promised, stepsOf, "10/1d 50/1d"},
		{istio, "traffic: rps: 10\nslo: availability: 90\nrollout: canary: {}", stepsOf, "10/5m 50/5m"}, // half of all requests is bad for anybody
		{istio, `rollout: canary: steps: [{weight: 1, pause: "90s"}, {weight: 99}]`, stepsOf, "1/90s 99/5m"},
		{flagger, `rollout: canary: steps: [{weight: 10, pause: "2m"}, {weight: 20, pause: "10m"}, {weight: 30}]`, stepsOf, "10/10m 20/10m 30/10m"},
		{plain, "replicas: 2\nrollout: canary: {}", stepsOf, "33/5m 50/5m"},
		{plain, "replicas: 3\ntier: \"critical\"\nrollout: canary: {}", stepsOf, "25/10m 50/10m"},
		{plain, "replicas: 20\ntier: \"critical\"\nrollout: canary: {}", stepsOf, "5/10m 25/10m 50/10m"},
		{plain, "replicas: 0\nrollout: canary: {}", stepsOf, "10/5m 50/5m"},
		{withCapabilities("argo-rollouts", ""), "replicas: 3\nrollout: canary: {}", stepsOf, "33/5m 67/5m"},

		// Both versions of a canary: the new one has the capacity for the next step, and never more than the old one.
		{istio, canary2 + "}", sidesOf, "stable 1.0 2-2BS, canary 2.0 2-2BS"},
		{istio, "rollout: canary: {}", sidesOf, "stable 1.0 2-2BS"},
		{istio, "scale: {min: 10, max: 40}\n" + canary2 + "}", sidesOf, "stable 1.0 20-40ABS, canary 2.0 2-40ABS"},
		{istio, "scale: {min: 10, max: 40}\n" + canary2 + ", weight: 10}", sidesOf, "stable 1.0 20-40ABS, canary 2.0 10-40ABS"},
		{istio, "scale: {min: 10, max: 40}\n" + canary2 + ", weight: 70}", sidesOf, "stable 1.0 20-40ABS, canary 2.0 14-40ABS"},
		{istio, "scale: {min: 1, max: 3}\ntier: \"best-effort\"\n" + canary2 + "}", sidesOf, "stable 1.0 2-3AB, canary 2.0 2-3AB"},
		{istio, "scale: {min: 1, max: 2}\ntier: \"best-effort\"\n" + canary2 + ", weight: 50}", sidesOf, "stable 1.0 2-2AB, canary 2.0 2-2AB"},
		{istio, "replicas: 30\n" + canary2 + ", weight: 1}", sidesOf, "stable 1.0 30-30BS, canary 2.0 15-15BS"},
		{gateway, "replicas: 30\n" + canary2 + ", weight: 10}" + exposed, sidesOf, "stable 1.0 30-30BS, canary 2.0 15-15BS"},
		// It is being finished: both images are the same, and both versions run.
		{istio, finished + ", weight: 50}", sidesOf, "stable 2.0 2-2BS, canary 2.0 2-2BS"},
		// Its pods stay when its traffic goes: routers hear of the weight and of pods that go in any order.
		{gateway, "replicas: 30\n" + finished + ", weight: 50}" + exposed, sidesOf, "stable 2.0 30-30BS, canary 2.0 15-15BS"},
		{gateway, "replicas: 30\n" + finished + "}" + exposed, sidesOf, "stable 2.0 30-30BS, canary 2.0 15-15BS"},

		// Pods make the share: the number is fixed as long as it lasts.
		{plain, "scale: {min: 3, max: 9}\nrollout: canary: {}", sidesOf, "stable 1.0 3-9ABS"},
		{plain, "scale: {min: 3, max: 9}\n" + canary2 + "}", sidesOf, "stable 1.0 3-9ABS, canary 2.0 0-0S"},
		{plain, "scale: {min: 3, max: 9}\n" + canary2 + ", weight: 25}", sidesOf, "stable 1.0 3-9ABS, canary 2.0 1-1S"},
		{plain, "replicas: 9\n" + canary2 + ", weight: 25}", sidesOf, "stable 1.0 9-9BS, canary 2.0 3-3BS"},
		{plain, "replicas: 10\n" + canary2 + ", weight: 15}", sidesOf, "stable 1.0 10-10BS, canary 2.0 2-2BS"},
		{plain, "replicas: 3\n" + canary2 + ", weight: 75}", sidesOf, "stable 1.0 3-3BS, canary 2.0 9-9BS"},
		{plain, "replicas: 0\n" + canary2 + ", weight: 50}", sidesOf, "stable 1.0 0-0, canary 2.0 0-0"},

		// No version that Argo gives a share of requests has a lone pod; a platform may want more.
		{argo, "rollout: canary: {}", minPodsOf, "2"},
		{argo, "replicas: 1\nrollout: canary: {}", minPodsOf, "0"},
		{strings.Replace(argo, "environments:", "tiers: standard: sideMinReplicas: 3\n\tenvironments:", 1), "replicas: 5\nrollout: canary: {}", minPodsOf, "3"},
		{argo, "rollout: canary: {}" + exposed, minPodsOf, "0"},

		// A controller takes the app's image, and makes the second version itself.
		{argo, "rollout: canary: {}", sidesOf, "stable 1.0 2-2BS"},
		{flagger, "rollout: canary: {}", sidesOf, "stable 1.0 2-2BS"},

		// Colours.
		{plain, colour(""), roleOf, `blue-green, green, phase ""`},
		{plain, colour(""), sidesOf, "green 1.0 2-2BS"},
		{plain, idle("preview"), roleOf, `blue-green, green, phase "preview"`},
		{plain, "replicas: 9\n" + idle("preview"), sidesOf, "green 1.0 9-9BS, blue 2.0 2-2BS"},
		{plain, "replicas: 9\n" + idle("warm"), sidesOf, "green 1.0 9-9BS, blue 2.0 9-9BS"},
		{plain, "replicas: 9\n" + idle("previous"), sidesOf, "green 1.0 9-9BS, blue 2.0 9-9BS"},
		{plain, "tier: \"best-effort\"\n" + idle("preview"), sidesOf, "green 1.0 1-1, blue 2.0 1-1"},
		{plain, "scale: {min: 4, max: 21}\n" + idle("preview"), sidesOf, "green 1.0 11-21ABS, blue 2.0 2-21ABS"},
		{plain, "scale: {min: 4, max: 21}\n" + idle("warm"), sidesOf, "green 1.0 11-21ABS, blue 2.0 11-21ABS"},
		{plain, "scale: {min: 1, max: 2}\ntier: \"best-effort\"\n" + idle("warm"), sidesOf, "green 1.0 2-2AB, blue 2.0 2-2AB"},
		{plain, "scale: {min: 4, max: 6}\n" + idle("previous"), sidesOf, "green 1.0 4-6ABS, blue 2.0 4-6ABS"},
		{plain, idle("warm"), rollout, "blue-green +25% -0 10s 600s 3"},
		{istio, "rollout: canary: {}", rollout, "canary +25% -0 10s 600s 3"},

		// Analysis: what would page somebody is too bad.
		{argo, "rollout: canary: {}" + promised, analysisOf, "every 60s over 240s, 2 bad; availability by http at most 0.0144"},
		{argo, "tier: \"critical\"\nrollout: canary: {}\nslo: {availability: 99.95, latency: {percent: 95, under: \"250ms\"}}", analysisOf, "every 60s over 540s, 2 bad; availability by http at most 0.0072; latency by http at most 0.5 above 250ms"},
		{flagger, "rollout: canary: steps: [{weight: 50, pause: \"3h\"}]" + promised, analysisOf, "every 60s over 3600s, 2 bad; availability by http at most 0.0144"},
		{flagger, "rollout: canary: steps: [{weight: 50, pause: \"61s\"}]" + promised, analysisOf, "every 60s over 120s, 2 bad; availability by http at most 0.0144"},
		{argo, "rollout: canary: {}\nslo: {availability: 99.9, latency: {percent: 99, under: \"100ms\"}, source: \"istio\"}", analysisOf, "every 60s over 240s, 2 bad; availability by istio at most 0.0144; latency by istio at most 0.144 above 100ms"},
		{argo, "rollout: canary: {}\nmetrics: native: true\nslo: {availability: 99.9, latency: {percent: 99, under: \"120ms\"}}", analysisOf, "every 60s over 240s, 2 bad; availability by http at most 0.0144"},
		{argo, "rollout: canary: {}\nmetrics: native: true\nslo: latency: {percent: 99, under: \"120ms\"}", analysisOf, "none"},
		// Two looks of two minutes, and the first one in half of the time: what is bad in both does not get past the step.
		{argo, "tier: \"best-effort\"\nrollout: canary: {}\nslo: availability: 99", analysisOf, "every 60s over 120s, 1 bad; availability by http at most 0.144"},
		{argo, "rollout: canary: steps: [{weight: 10, pause: \"4m\"}, {weight: 50, pause: \"1h\"}]" + promised, analysisOf, "every 60s over 180s, 1 bad; availability by http at most 0.0144"},
		{argo, "rollout: canary: steps: [{weight: 50, pause: \"61s\"}]" + promised, analysisOf, "every 60s over 120s, 0 bad; availability by http at most 0.0144"},
		{argo, "rollout: canary: steps: [{weight: 50, pause: \"0s\"}]" + promised, analysisOf, "every 60s over 120s, 0 bad; availability by http at most 0.0144"},
		{argo, "rollout: canary: {}", analysisOf, "none"},
		{argo, "rollout: canary: {}\nmetrics: false" + promised, analysisOf, "none"},
		{withCapabilities("argo-rollouts", ""), "rollout: canary: {}" + promised, analysisOf, "none"},
		{istio, "rollout: canary: {}" + promised, analysisOf, "none"},

		// Sticky users.
		{istio, "rollout: canary: {}", stickyOf, "none"},
		{istio, "rollout: canary: sticky: true", stickyOf, `"web-version" 300s`},
		{istio, `rollout: canary: {sticky: true, steps: [{weight: 10, pause: "1d"}, {weight: 50, pause: "4h"}]}`, stickyOf, `"web-version" 10800s`},
		{istio, `rollout: canary: {sticky: true, steps: [{weight: 10, pause: "1d"}, {weight: 50, pause: "90s"}]}`, stickyOf, `"web-version" 90s`},
		{istio, `rollout: canary: {sticky: true, steps: [{weight: 10, pause: "0s"}]}`, stickyOf, `"web-version" 1s`},
		{flagger, "rollout: canary: sticky: true", stickyOf, `"web-version" 300s`},
		{plain, "rollout: canary: sticky: true", stickyOf, `"" 300s`},
		{withCapabilities("argo-rollouts", ""), "rollout: canary: sticky: true", stickyOf, `"" 300s`},
	} {
		t.Run(c.spec, func(t *testing.T) {
			t.Parallel()
			check(t, c.platform, c.spec, c.see, c.want)
		})
	}
}
