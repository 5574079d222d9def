package resolve

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// inProgress are the rollouts of a service by name, in every phase of a release.
func inProgress() []string {
	image := `image: "registry.acme.io/web:2.0` + digest + `"`
	list := []string{"rolling: {}", "recreate: {}", `blueGreen: active: "blue"`, `canary: via: "argo"`, `canary: via: "flagger"`}
	for _, phase := range []string{"preview", "warm", "previous"} {
		list = append(list, `blueGreen: {active: "green", idle: {`+image+`, phase: "`+phase+`"}}`)
	}
	for _, via := range []string{"istio", "gateway", "replicas"} {
		list = append(list, `canary: via: "`+via+`"`)
		for _, weight := range []string{"0", "50"} {
			list = append(list, `canary: {via: "`+via+`", `+image+`, weight: `+weight+`}`)
		}
	}
	return list
}

// Every strategy, engine and phase for every tier and size: what must hold of the versions, holds.
func TestEveryCombinationIsSound(t *testing.T) {
	platform := withCapabilities("argo-rollouts flagger gateway istio keda prometheus vpa", sidecars)
	var apps strings.Builder
	specs := map[string]string{}
	for _, rollout := range inProgress() {
		for _, tier := range []string{"critical", "standard", "best-effort"} {
			for _, size := range []string{"", "replicas: 0", "replicas: 3", "replicas: 13", "scale: {min: 3, max: 4}", "scale: {min: 12, max: 41}"} {
				if size == "replicas: 0" && (tier == "critical" || strings.Contains(rollout, `"flagger"`)) {
					continue // critical apps are never parked, and Flagger can park none
				}
				name := fmt.Sprintf("a%d", len(specs))
				spec := fmt.Sprintf("rollout: %s\ntier: %q\n%s\nslo: availability: 99\ntraffic: rps: 5\n", rollout, tier, size)
				if strings.Contains(rollout, `"gateway"`) {
					spec += fmt.Sprintf("expose: host: \"%s.acme.io\"\n", name)
				}
				specs[name] = spec
				fmt.Fprintf(&apps, "apps: %s: {\nteam: \"shop\"\nimage: \"registry.acme.io/web:1.0%s\"\n%s}\n", name, digest, spec)
			}
		}
	}
	fleets, found := resolveText(t, map[string]string{"platform.cue": platform, "app.cue": apps.String()})
	if diag.HasErrors(found) {
		t.Fatalf("refused:\n%s", format(found))
	}
	for _, a := range fleets[0].Apps {
		if scales := strings.Contains(specs[a.Name], "scale:"); scales != (a.Scaling != nil) {
			t.Errorf("%s\nautoscaler: %v", specs[a.Name], a.Scaling)
		}
		for _, problem := range append(unsoundVersions(&a), unsoundSplit(&a)...) {
			t.Errorf("%s\n%s: %s", specs[a.Name], sidesOf(&a), problem)
		}
	}
}

func unsoundVersions(a *app.App) (problems []string) {
	must := func(holds bool, format string, args ...any) {
		if !holds {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	for _, v := range a.Versions() {
		r := v.Replicas
		must(r.Min <= r.Max && r.Min >= 0, "from %d to %d pods", r.Min, r.Max)
		must((v.Disruption != nil) == (r.Min >= 2), "%d pods and budget %v", r.Min, v.Disruption)
		must(v.Scaling != nil || r.Max == r.Min, "%d to %d pods and no autoscaler", r.Min, r.Max)
		must(v.Role != "" && v.Image != "" && v.Version != "", "role %q, image %q, version %q", v.Role, v.Image, v.Version)
		must(v.Rollout.Strategy == app.Recreate || v.Rollout.MaxSurge != "", "no surge")
	}
	o, r := a.Other, a.Replicas
	must(a.Spread.Hosts == "" || r.Min >= 2, "a lone pod is spread")
	if o == nil {
		must(a.Rollout.Phase == "", "a phase of no colour")
		return problems
	}
	must(o.Role != a.Role, "two versions are %s", a.Role)
	must((o.Scaling != nil) == (a.Scaling != nil && !a.CanaryBy(app.ByReplicas)), "autoscalers %v and %v: a number would leave a manifest", a.Scaling, o.Scaling)
	switch phase := a.Rollout.Phase; {
	case !a.CanaryBy(app.ByReplicas) && 2*r.Min < r.Max:
		must(false, "the main version has no room for the way back")
	case phase == app.PhasePreview:
		must(o.Replicas.Max <= r.Max, "a preview of more pods than the app")
	case phase != "":
		must(o.Replicas.Min >= r.Min && 2*o.Replicas.Min >= r.Max, "%s does not bear the traffic", phase)
	case a.CanaryBy(app.ByReplicas):
		must(o.Scaling == nil && o.Replicas.Min == o.Replicas.Max, "the number of pods that make the share is not fixed")
	default:
		must(o.Replicas.Min <= r.Min && o.Replicas.Max <= r.Max, "a canary of more pods than the app")
		must(100*o.Replicas.Max >= r.Max*a.Rollout.Split.Weight, "a canary of too few pods for its weight")
	}
	return problems
}

func unsoundSplit(a *app.App) (problems []string) {
	sp := a.Rollout.Split
	if (sp != nil) != (a.Rollout.Strategy == app.Canary) {
		return []string{fmt.Sprintf("%s and split %v", a.Rollout.Strategy, sp)}
	}
	if sp == nil {
		return nil
	}
	last := int32(0)
	for _, step := range sp.Steps {
		if step.Weight <= last || step.Weight > 99 || step.PauseSeconds <= 0 {
			problems = append(problems, "steps "+stepsOf(a))
		}
		last = step.Weight
	}
	if len(sp.Steps) == 0 {
		problems = append(problems, "no steps")
	}
	if byItself(sp.Engine) {
		if a.Other != nil || sp.Weight != 0 || sp.Analysis == nil || sp.Router == "" {
			return append(problems, fmt.Sprintf("a controller with another version, a weight, no router or no analysis: %+v", *sp))
		}
		problems = append(problems, lateLooks(sp)...)
	} else if sp.Analysis != nil || sp.Router != "" {
		problems = append(problems, fmt.Sprintf("no controller, and %+v", *sp))
	}
	return problems
}

// lateLooks holds that each look is at the new version in one step, and that a version that is always bad is aborted in its first one.
func lateLooks(sp *app.Split) (problems []string) {
	an := sp.Analysis
	for _, step := range sp.Steps {
		if an.WindowSeconds < 120 || an.WindowSeconds+an.IntervalSeconds > step.PauseSeconds {
			problems = append(problems, fmt.Sprintf("looks over %ds, every %ds, in steps %s", an.WindowSeconds, an.IntervalSeconds, stepsOf(&app.App{Rollout: app.Rollout{Split: sp}})))
		}
		if last := sp.FirstLook() + int64(an.FailureLimit)*an.IntervalSeconds; sp.Engine == app.ByArgo && last >= step.PauseSeconds {
			problems = append(problems, fmt.Sprintf("a bad version is aborted after %ds of a step of %ds", last, step.PauseSeconds))
		}
	}
	return problems
}

// What two versions cannot be is refused for every kind that it is not for.
func TestKindsThatHaveOneVersion(t *testing.T) {
	platform := withCapabilities("argo-rollouts flagger gateway istio velero", sidecars)
	data := "\nstorage: data: {size: \"1Gi\", mount: \"/data\"}\nrecovery: {rpo: \"4h\", rto: \"1h\"}"
	for _, c := range []struct{ name, spec, blueGreen, canary, split string }{
		{"stateful", `kind: "stateful"` + data, "stateful-rolls", "stateful-rolls", "stateful-rolls"},
		{"cron", "kind: \"cron\"\nschedule: \"@daily\"", "cron-fields", "cron-fields", "cron-fields"},
		{"singleton", `singleton: true`, "two-versions-need-two-pods", "two-versions-need-two-pods", "two-versions-need-two-pods"},
		{"volume", "kind: \"service\"" + data, "two-versions-need-two-pods", "two-versions-need-two-pods", "two-versions-need-two-pods"},
		{"worker", `kind: "worker"`, "blue-green-flips-traffic", "", "canary-fits-router"},
		{"service", `kind: "service"`, "", "", ""},
	} {
		for rollout, want := range map[string]string{
			`blueGreen: active: "blue"`: c.blueGreen,
			`canary: {}`:                c.canary,
			`canary: via: "replicas"`:   c.canary,
			`canary: via: "istio"`:      c.split,
			`canary: via: "flagger"`:    c.split,
		} {
			a, found := resolveApp(t, platform, c.spec+"\nrollout: "+rollout)
			got := ""
			for _, d := range found {
				if d.Severity == diag.Error {
					got += d.Rule
				}
			}
			if got != want {
				t.Errorf("%s, %s: errors %q, want %q\n%s", c.name, rollout, got, want, format(found))
			}
			if want != "" && want != "canary-fits-router" && (a.Rollout.Split != nil || a.Other != nil) {
				t.Errorf("%s, %s: refused and decided", c.name, rollout)
			}
		}
	}
}
