package judge_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/e2e/judge"
)

// image is of the nth version; one with a digest serves every tier.
func image(version int) string {
	return fmt.Sprintf("registry.acme.io/a:1.%d.0@sha256:%s", version, strings.Repeat(fmt.Sprint(version), 64))
}

// entries are the ways into an app, by name; HOST is filled in.
var entries = map[string]map[string]any{
	"inside":  {},
	"grpc":    {"ports": map[string]any{"grpc": 9090}},
	"two":     {"ports": map[string]any{"http": 8080, "grpc": 9090}},
	"gateway": {"expose": map[string]any{"host": "HOST", "via": "gateway"}},
	"route":   {"ports": map[string]any{"grpc": 9090}, "expose": map[string]any{"host": "HOST", "via": "gateway"}},
	"istio":   {"expose": map[string]any{"host": "HOST", "path": "/api", "via": "istio"}},
	"both":    {"ports": map[string]any{"http": 8080, "grpc": 9090}, "expose": map[string]any{"host": "HOST", "via": "istio"}},
	"ingress": {"expose": map[string]any{"host": "HOST", "via": "ingress"}},
}

// strategies are the ways of a new version into an app, by name.
func strategies() map[string]map[string]any {
	all := map[string]map[string]any{
		"rolling": {"rolling": map[string]any{}}, "recreate": {"recreate": map[string]any{}}, "blue": {"blueGreen": map[string]any{"active": "blue"}},
	}
	for _, phase := range []string{"preview", "warm", "previous"} {
		all["green-"+phase] = map[string]any{"blueGreen": map[string]any{"active": "green", "idle": map[string]any{"image": image(2), "phase": phase}}}
	}
	for _, via := range []string{"argo", "flagger", "istio", "gateway", "replicas"} {
		stages := []map[string]any{{}, {"hold": true}}
		if via != "argo" && via != "flagger" { // which move the weight themselves
			stages = append(stages, map[string]any{"image": image(2)}, map[string]any{"image": image(2), "weight": 25}, map[string]any{"image": image(1), "weight": 50})
		}
		for i, stage := range stages {
			for _, option := range []string{"", "header", "sticky"} {
				canary := maps.Clone(stage)
				canary["via"] = via
				switch option {
				case "header":
					canary["header"] = map[string]any{"name": "x-canary", "value": "always"}
				case "sticky":
					canary["sticky"] = true
				}
				all[strings.TrimSuffix(fmt.Sprintf("%s-%d-%s", via, i, option), "-")] = map[string]any{"canary": canary}
			}
		}
	}
	return all
}

// trims go round: what else an app has changes from one to the next.
var trims = []map[string]any{
	{"tier": "standard", "slo": map[string]any{"availability": 99.9, "latency": map[string]any{"percent": 95, "under": "250ms"}}, "scale": map[string]any{"min": 3, "max": 10}, "config": map[string]any{"app.toml": "a = 1\n"}},
	{"tier": "critical", "slo": map[string]any{"availability": 99.95}, "traffic": map[string]any{"rps": 100}, "replicas": 6, "secrets": map[string]any{"key": map[string]any{"key": "shop/key", "env": "KEY"}}},
	{"tier": "best-effort", "scale": map[string]any{"min": 2, "max": 4}},
	{"tier": "critical", "scale": map[string]any{"min": 4, "max": 12}, "metrics": false, "migrate": map[string]any{"command": []string{"/app/migrate"}}},
}

// longest is how many characters the name of an app may have.
const longest = 38

// fleet is one app for each strategy and entry; some have long names.
func fleet() map[string]map[string]any {
	apps, ways := map[string]map[string]any{}, strategies()
	for i, strategy := range slices.Sorted(maps.Keys(ways)) {
		for j, entry := range slices.Sorted(maps.Keys(entries)) {
			name := strategy + "-" + entry
			if (i+j)%5 == 0 { // as long as a name may be, and a bit less
				name = (name + "-" + strings.Repeat("x", longest))[:longest-(i+j)%10]
			}
			app := maps.Clone(trims[(i+j)%len(trims)])
			for field, value := range entries[entry] {
				if expose, ok := value.(map[string]any); ok && field == "expose" {
					value = maps.Clone(expose)
					value.(map[string]any)["host"] = name + ".acme.io"
				}
				app[field] = value
			}
			if ports, _ := app["ports"].(map[string]any); app["slo"] != nil && ports["grpc"] != nil && ports["http"] == nil {
				app["metrics"] = map[string]any{"port": 9091} // or nobody would read what is promised
			}
			app["team"], app["image"], app["rollout"] = "shop", image(1), ways[strategy]
			apps[name] = app
		}
	}
	return apps
}

// refusedApp finds the apps that the compiler refuses in what it says, and the field that it does so for.
var refusedApp = regexp.MustCompile(`(?m)^app\.yaml:\d+:\d+: apps\.([a-z0-9-]+)\.?([^:]*): .*`)

// asked is what kube-score advises against, and what a spec here asks for: few pods of a canary, and old pods that go first.
var asked = []string{"deployment-replicas", "deployment-strategy"}

// TestRollouts renders an app for each strategy, engine, stage, option and way in, without and with a mesh. The compiler refuses
// what can't be done; every judge accepts the rest.
func TestRollouts(t *testing.T) {
	t.Parallel()
	scantling, all := buildScantling(t), judges(t)
	for _, mesh := range []string{"none", "sidecar"} {
		t.Run(mesh, func(t *testing.T) {
			t.Parallel()
			apps := fleet()
			wanted := len(apps)
			docs, said := compile(t, scantling, release(mesh, apps))
			for _, refused := range refusedApp.FindAllStringSubmatch(said, -1) {
				delete(apps, refused[1])
				if field := refused[2]; !strings.HasPrefix(field, "rollout.") && field != "slo.availability" { // which recreate can't keep
					t.Errorf("not for its rollout: %s", refused[0])
				}
			}
			if docs == nil {
				docs, said = compile(t, scantling, release(mesh, apps))
			}
			if docs == nil {
				t.Fatal(said)
			}
			t.Logf("%d apps rendered and judged, %d refused", len(apps), wanted-len(apps))
			if len(apps) < 100 {
				t.Errorf("the project around the rollouts is broken: %s", said)
			}
			findings, _, err := judge.Ask(all, docs)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				if !slices.Contains(asked, f.Rule) {
					t.Error(f)
				}
			}
		})
	}
}

// release is a project of these apps on a platform that has every engine.
func release(mesh string, apps map[string]map[string]any) map[string]any {
	environment := map[string]any{
		"kubernetes": "1.36", "zones": []string{"a", "b", "c"}, "mesh": mesh,
		"capabilities": []string{"argo-rollouts", "externalsecrets", "flagger", "gateway", "ingress", "istio", "keda", "prometheus", "vpa"},
		"gateway":      map[string]any{"name": "public", "namespace": "edge", "labels": map[string]any{"app": "gateway"}},
		"istioGateway": map[string]any{"name": "mesh", "namespace": "edge", "labels": map[string]any{"app": "istio"}},
		"ingress":      map[string]any{"class": "nginx", "namespace": "edge", "labels": map[string]any{"app": "nginx"}},
		"scrape":       map[string]any{"namespace": "monitoring", "labels": map[string]any{"app": "prometheus"}},
		"secretStore":  map[string]any{"name": "vault"},
	}
	platform := map[string]any{"environments": map[string]any{"prod": environment}, "teams": map[string]any{"shop": map[string]any{}}}
	return map[string]any{"apps": apps, "platform": platform}
}

// The releases that mutants are shown in: one app each, in the middle of a canary.
const (
	byArgo    = "a canary by argo"
	byFlagger = "a canary by flagger"
	byIstio   = "a canary by istio"
	byGateway = "a canary by gateway"
)

// releases renders them.
func releases(t *testing.T) []judge.Set {
	t.Helper()
	scantling := buildScantling(t)
	var sets []judge.Set
	for _, c := range []struct {
		name, entry string
		canary      map[string]any
	}{
		{byArgo, "istio", map[string]any{"via": "argo", "header": map[string]any{"name": "x-canary", "value": "always"}}},
		{byFlagger, "istio", map[string]any{"via": "flagger"}},
		{byIstio, "istio", map[string]any{"via": "istio", "image": image(2), "weight": 25, "header": map[string]any{"name": "x-canary", "value": "always"}}},
		{byGateway, "gateway", map[string]any{"via": "gateway", "image": image(2), "weight": 25}},
	} {
		app := maps.Clone(trims[0])
		app["team"], app["image"], app["rollout"] = "shop", image(1), map[string]any{"canary": c.canary}
		app["expose"] = map[string]any{"host": "orders.acme.io", "via": c.entry}
		docs, said := compile(t, scantling, release("sidecar", map[string]map[string]any{"orders": app}))
		if docs == nil {
			t.Fatalf("%s: %s", c.name, said)
		}
		sets = append(sets, judge.Set{Name: c.name, Docs: docs})
	}
	return sets
}
