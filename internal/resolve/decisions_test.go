package resolve

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// variant returns the test platform with one text replaced.
func variant(old, with string) string { return strings.Replace(testPlatform, old, with, 1) }

var (
	twoZones      = variant(`["a", "b", "c"]`, `["a", "b"]`)
	oneZone       = variant(`["a", "b", "c"]`, `["a"]`)
	noZones       = variant(`zones: ["a", "b", "c"]`, "")
	noAutoscaling = variant("nodeAutoscaling: true", "")
	noSpot        = variant(`spot: {label: {capacity: "spot"}, taint: "spot"}`, "")
	noPrometheus  = variant(`"prometheus", `, "")
	slowDrain     = variant(`group: "live"`, `endpointDrain: "45s"`)
	volume        = "\nstorage: data: {size: \"1Gi\", mount: \"/data\"}\nrecovery: {rpo: \"4h\", rto: \"1h\"}"
)

// seen is one decision, in short.
type seen func(a *app.App) string

func replicas(a *app.App) string { return fmt.Sprintf("%d-%d", a.Replicas.Min, a.Replicas.Max) }

func cpuTarget(a *app.App) string {
	if a.Scaling == nil {
		return "none"
	}
	return fmt.Sprint(a.Scaling.CPUPercent)
}

func scalingPace(a *app.App) string {
	s := a.Scaling
	return fmt.Sprintf("up %ds %d%%/%d per %ds, down %ds %d%% per %ds", s.UpWindowSeconds, s.UpPercent, s.UpPods, s.UpPeriodSeconds, s.DownWindowSeconds, s.DownPercent, s.DownPeriodSeconds)
}

func budget(a *app.App) string {
	if a.Disruption == nil {
		return "none"
	}
	return fmt.Sprintf("%s %v", a.Disruption.MaxUnavailable, a.Disruption.Quorum)
}

func spread(a *app.App) string {
	return fmt.Sprintf("%s/%s/%v", a.Spread.Zones, a.Spread.Hosts, a.Spread.HostAntiAffinity)
}

func rollout(a *app.App) string {
	r := a.Rollout
	return fmt.Sprintf("%s +%s -%s %ds %ds %d", r.Strategy, r.MaxSurge, r.MaxUnavailable, r.MinReadySeconds, r.ProgressDeadlineSeconds, r.RevisionHistory)
}

func probe(p *app.Probe) string {
	switch {
	case p == nil:
		return "none"
	case p.GRPC:
		return fmt.Sprintf("grpc:%d %d/%d/%d", p.Port.Number, p.PeriodSeconds, p.TimeoutSeconds, p.FailureThreshold)
	case p.TCP:
		return fmt.Sprintf("tcp:%d %d/%d/%d", p.Port.Number, p.PeriodSeconds, p.TimeoutSeconds, p.FailureThreshold)
	case len(p.Exec) > 0:
		return fmt.Sprintf("%v %d/%d/%d", p.Exec, p.PeriodSeconds, p.TimeoutSeconds, p.FailureThreshold)
	}
	return fmt.Sprintf("%d%s %d/%d/%d", p.Port.Number, p.Path, p.PeriodSeconds, p.TimeoutSeconds, p.FailureThreshold)
}

func probes(a *app.App) string {
	return fmt.Sprintf("ready %s, live %s, startup %s", probe(a.Health.Ready), probe(a.Health.Live), probe(a.Health.Startup))
}

func leaving(a *app.App) string {
	return fmt.Sprintf("sleep %d, grace %d", a.Health.PreStopSeconds, a.Health.GraceSeconds)
}

func resources(a *app.App) string {
	r := a.Resources
	return fmt.Sprintf("cpu %d/%d, memory %d/%d, disk %d/%d", r.CPUMilli, r.CPULimitMilli, r.MemoryBytes/mebibyte, r.MemoryLimitBytes/mebibyte, r.EphemeralBytes/mebibyte, r.EphemeralLimitBytes/mebibyte)
}

func portsOf(a *app.App) string {
	var ps []string
	for _, p := range a.Ports {
		ps = append(ps, fmt.Sprintf("%s=%d/%s/%s", p.Name, p.Number, p.Protocol, p.App))
	}
	return strings.Join(ps, " ")
}

func metricsOf(a *app.App) string {
	if a.Metrics == nil {
		return "none"
	}
	return fmt.Sprintf("%s:%d%s %ds", a.Metrics.Port.Name, a.Metrics.Port.Number, a.Metrics.Path, a.Metrics.IntervalSeconds)
}

func variables(a *app.App) string {
	var vs []string
	for _, v := range a.Variables {
		vs = append(vs, v.Name+"="+v.Value)
	}
	return strings.Join(vs, " ")
}

func runs(a *app.App) string {
	return fmt.Sprintf("%s, %ds, late %ds, %d retries", a.Cron.Schedule, a.Cron.DeadlineSeconds, a.Cron.StartDeadlineSeconds, a.Cron.BackoffLimit)
}

func spot(a *app.App) string { return string(a.Placement.Spot) }

func class(a *app.App) string {
	v := a.Volumes[0]
	return fmt.Sprintf("%s %s retain=%v", v.Class, v.Access, v.Retain)
}

func TestDecisions(t *testing.T) {
	for _, c := range []struct {
		platform, spec string
		see            seen
		want           string
	}{
		// The number of pods.
		{testPlatform, `tier: "critical"`, replicas, "3-3"},
		{twoZones, `tier: "critical"`, replicas, "2-2"},
		{testPlatform, ``, replicas, "2-2"},
		{testPlatform, `tier: "best-effort"`, replicas, "1-1"},
		{testPlatform, `scale: {}`, replicas, "2-4"},
		{testPlatform, `scale: min: 3`, replicas, "3-6"},
		{testPlatform, `kind: "stateful"` + volume, replicas, "1-1"},
		{testPlatform, `singleton: true`, replicas, "1-1"},
		{testPlatform, volume, replicas, "1-1"},
		{testPlatform, `replicas: 0`, replicas, "0-0"},

		// The target that a critical app's survivors of a lost zone can bear, and the latency class.
		{testPlatform, "tier: \"critical\"\nscale: {}", cpuTarget, "60"},
		{twoZones, "tier: \"critical\"\nscale: {}", cpuTarget, "44"},
		{oneZone, "tier: \"critical\"\nscale: {}", cpuTarget, "60"},
		{testPlatform, "tier: \"critical\"\nscale: {}\nslo: latency: {percent: 95, under: \"100ms\"}", cpuTarget, "50"},
		{testPlatform, "scale: {}", cpuTarget, "70"},
		{testPlatform, "scale: {}\nslo: latency: {percent: 95, under: \"100ms\"}", cpuTarget, "60"},
		{testPlatform, "scale: {}\nslo: latency: {percent: 95, under: \"2500ms\"}", cpuTarget, "80"},
		{testPlatform, "kind: \"worker\"\nscale: {}", cpuTarget, "80"},
		{testPlatform, "scale: {rps: 20}", cpuTarget, "0"},
		{testPlatform, "scale: {rps: 20, cpu: 55}", cpuTarget, "55"},
		{testPlatform, "tier: \"critical\"\nscale: {}", scalingPace, "up 0s 100%/4 per 15s, down 600s 10% per 60s"},
		{testPlatform, "scale: {}", scalingPace, "up 0s 100%/4 per 15s, down 300s 25% per 60s"},
		{testPlatform, "tier: \"best-effort\"\nscale: {}", scalingPace, "up 60s 100%/4 per 15s, down 300s 50% per 60s"},

		// Budgets: none for one pod, one pod up to nine, a share from ten on.
		{testPlatform, `tier: "best-effort"`, budget, "none"},
		{testPlatform, `replicas: 9`, budget, "1 false"},
		{testPlatform, `replicas: 10`, budget, "25% false"},
		{testPlatform, "tier: \"critical\"\nscale: {min: 10, max: 30}", budget, "10% false"},
		{testPlatform, "tier: \"best-effort\"\nreplicas: 2", budget, "50% false"},
		{testPlatform, "kind: \"stateful\"\nreplicas: 3" + volume, budget, "1 true"},
		{testPlatform, "kind: \"stateful\"\nreplicas: 2" + volume, budget, "1 false"},

		// Spreading.
		{testPlatform, `tier: "critical"`, spread, "hard/soft/false"},
		{noAutoscaling, `tier: "critical"`, spread, "soft/soft/false"},
		{testPlatform, ``, spread, "soft/soft/false"},
		{noZones, ``, spread, "/soft/false"},
		{testPlatform, "tier: \"best-effort\"\nreplicas: 4", spread, "//false"},
		{testPlatform, `replicas: 1`, spread, "//false"},
		{testPlatform, "kind: \"stateful\"\nreplicas: 3" + volume, spread, "hard/soft/true"},
		{noAutoscaling, "kind: \"stateful\"\nreplicas: 3" + volume, spread, "soft/soft/false"},

		// Rollouts.
		{testPlatform, `tier: "critical"`, rollout, "rolling +25% -0 15s 600s 10"},
		{testPlatform, ``, rollout, "rolling +25% -0 10s 600s 3"},
		{testPlatform, `tier: "best-effort"`, rollout, "rolling +25% -25% 0s 600s 3"},
		{testPlatform, `health: startup: "5m"`, rollout, "rolling +25% -0 10s 1340s 3"},
		{testPlatform, `singleton: true`, rollout, "recreate + - 10s 600s 3"},
		{testPlatform, volume, rollout, "recreate + - 10s 600s 3"},
		{testPlatform, strings.Replace(volume, `"/data"`, `"/data", access: "ReadWriteMany"`, 1), rollout, "rolling +25% -0 10s 600s 3"},
		{testPlatform, `kind: "stateful"` + volume, rollout, "rolling + - 10s 0s 3"},

		// Probes: how they ask, and their patience.
		{testPlatform, ``, probes, "ready 8080/readyz 5/2/3, live 8080/healthz 10/2/3, startup 8080/healthz 5/2/12"},
		{testPlatform, `tier: "critical"`, probes, "ready 8080/readyz 3/2/3, live 8080/healthz 10/2/3, startup 8080/healthz 5/2/12"},
		{testPlatform, `health: {ready: "/r", live: false, startup: "7s"}`, probes, "ready 8080/r 5/2/3, live none, startup 8080/r 5/2/6"},
		{testPlatform, `ports: {"http-admin": 9090, grpc: 5050}, health: grpc: true`, probes, "ready grpc:5050 5/2/3, live grpc:5050 20/2/3, startup grpc:5050 5/2/12"},
		{testPlatform, `health: grpc: true`, probes, "ready grpc:8080 5/2/3, live grpc:8080 20/2/3, startup grpc:8080 5/2/12"},
		{testPlatform, "metrics: false\nports: grpc: 5000", probes, "ready grpc:5000 5/2/3, live grpc:5000 20/2/3, startup grpc:5000 5/2/12"},
		{testPlatform, "metrics: false\nports: redis: 6379", probes, "ready tcp:6379 5/2/3, live none, startup tcp:6379 5/2/12"},
		{testPlatform, `health: {exec: ["/check"]}`, probes, "ready [/check] 5/2/3, live none, startup [/check] 5/2/12"},
		{testPlatform, `health: {tcp: true, live: "/l"}`, probes, "ready tcp:8080 5/2/3, live 8080/l 10/2/3, startup 8080/l 5/2/12"},
		{testPlatform, `health: port: 9000`, probes, "ready 9000/readyz 5/2/3, live 9000/healthz 10/2/3, startup 9000/healthz 5/2/12"},
		{testPlatform, `kind: "worker"`, probes, "ready none, live none, startup none"},
		{testPlatform, "kind: \"cron\"\nschedule: \"@daily\"\nport: 80", probes, "ready none, live none, startup none"},

		// Shutdown: sleep, drain and reserve.
		{testPlatform, ``, leaving, "sleep 5, grace 30"},
		{testPlatform, `expose: host: "a.acme.io"`, leaving, "sleep 15, grace 35"},
		{testPlatform, `expose: {host: "a.acme.io", via: "loadbalancer", from: ["203.0.113.0/24"]}`, leaving, "sleep 30, grace 50"},
		{slowDrain, `expose: host: "a.acme.io"`, leaving, "sleep 45, grace 65"},
		{slowDrain, ``, leaving, "sleep 5, grace 30"},
		{testPlatform, `health: drain: "1m30s"`, leaving, "sleep 5, grace 100"},
		{testPlatform, `kind: "worker"`, leaving, "sleep 0, grace 30"},

		// Resources.
		{testPlatform, ``, resources, "cpu 250/0, memory 256/256, disk 320/1088"},
		{testPlatform, `size: "2xl"`, resources, "cpu 2000/0, memory 2048/2048, disk 320/1088"},
		{testPlatform, `tier: "best-effort"`, resources, "cpu 250/500, memory 256/384, disk 320/1088"},
		{testPlatform, `writable: ["/a", "/b"]`, resources, "cpu 250/0, memory 256/256, disk 832/1600"},
		{testPlatform, `resources: {cpu: "1.5", memory: "1Gi", ephemeral: "2Gi"}`, resources, "cpu 1500/0, memory 1024/1024, disk 2048/2112"},
		{testPlatform, `resources: {cpu: "250m", memory: "512Mi", cpuLimit: "1", memoryLimit: "1Gi"}`, resources, "cpu 250/1000, memory 512/1024, disk 320/1088"},

		// Ports and metrics.
		{testPlatform, ``, portsOf, "http=8080/TCP/http"},
		{testPlatform, `ports: {"udp-dns": 53, "grpc-x": 9, "tcp-y": 10, https: 11, any: 12}`, portsOf, "any=12/TCP/ grpc-x=9/TCP/grpc https=11/TCP/ tcp-y=10/TCP/ udp-dns=53/UDP/"},
		{testPlatform, `metrics: port: 9100`, portsOf, "http=8080/TCP/http http-metrics=9100/TCP/http"},
		{testPlatform, ``, metricsOf, "http:8080/metrics 30s"},
		{testPlatform, `tier: "critical"`, metricsOf, "http:8080/metrics 15s"},
		{testPlatform, "ports: {http: 80, admin: 9000}\nmetrics: {port: 9000, path: \"/m\"}", metricsOf, "admin:9000/m 30s"},
		{testPlatform, "ports: {http: 80, admin: 9000}\nmetrics: port: \"admin\"", metricsOf, "admin:9000/metrics 30s"},
		{testPlatform, "ports: {http: 80, \"http-ops\": 81}\nhealth: port: \"http-ops\"", probes, "ready 81/readyz 5/2/3, live 81/healthz 10/2/3, startup 81/healthz 5/2/12"},
		{testPlatform, `metrics: false`, metricsOf, "none"},
		{noPrometheus, ``, metricsOf, "none"},
		{testPlatform, `kind: "worker"`, metricsOf, "none"},

		// What runtimes are told.
		{testPlatform, `runtime: "go"`, variables, "GOMEMLIMIT=230MiB"},
		{testPlatform, `runtime: "jvm"`, variables, "JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=75"},
		{testPlatform, `runtime: "node"`, variables, "NODE_OPTIONS=--max-old-space-size=192"},
		{testPlatform, `runtime: "dotnet"`, variables, "DOTNET_GCHeapHardLimitPercent=0x4b"},
		{testPlatform, `runtime: "python"`, variables, ""},
		{testPlatform, "runtime: \"go\"\nenv: {GOMEMLIMIT: \"1GiB\", A: \"$(POD_IP)\"}", variables, "A=$(POD_IP) GOMEMLIMIT=1GiB"},
		{testPlatform, "runtime: \"go\"\nenv: {A: \"b\"}", variables, "GOMEMLIMIT=230MiB A=b"},

		// Runs.
		{testPlatform, "kind: \"cron\"\nschedule: \"@daily\"", runs, "25 0 * * *, 3600s, late 3600s, 3 retries"},
		{testPlatform, "kind: \"cron\"\nschedule: \"@hourly\"\ndeadline: \"20m\"", runs, "25 * * * *, 1200s, late 1800s, 3 retries"},
		{testPlatform, "kind: \"cron\"\nschedule: \"*/10 * * * *\"", runs, "*/10 * * * *, 3600s, late 300s, 3 retries"},
		{testPlatform, "kind: \"cron\"\nschedule: \"* * * * *\"", runs, "* * * * *, 3600s, late 60s, 3 retries"},
		{testPlatform, "kind: \"cron\"\nschedule: \"0 0 29 2 *\"", runs, "0 0 29 2 *, 3600s, late 3600s, 3 retries"},

		// Spot capacity.
		{testPlatform, ``, spot, "never"},
		{noSpot, ``, spot, ""},
		{testPlatform, `spot: true`, spot, "prefer"},
		{testPlatform, `spot: false`, spot, "never"},
		{testPlatform, "spot: true\ntier: \"best-effort\"", spot, "require"},

		// Storage classes.
		{testPlatform, `kind: "stateful"` + volume, class, "ssd-retain ReadWriteOnce retain=true"},
		{testPlatform, "tier: \"best-effort\"\nkind: \"stateful\"" + volume, class, "ssd ReadWriteOnce retain=false"},
	} {
		t.Run(c.spec, func(t *testing.T) {
			t.Parallel()
			a, found := resolveApp(t, c.platform, c.spec)
			if diag.HasErrors(found) {
				t.Fatalf("refused:\n%s", format(found))
			}
			if got := c.see(a); got != c.want {
				t.Errorf("%s\n got %s\nwant %s", c.spec, got, c.want)
			}
		})
	}
}

func TestVersionIsALabel(t *testing.T) {
	for image, want := range map[string]string{
		"registry.acme.io/web:1.4.2":            "1.4.2",
		"registry.acme.io/web:1.4.2" + digest:   "1.4.2",
		"registry.acme.io/web" + digest:         "9f86d081884c",
		"registry.acme.io/web:latest" + digest:  "9f86d081884c",
		"registry.acme.io:5000/web:_v1-":        "v1",
		"web:" + strings.Repeat("a", 62) + ".b": strings.Repeat("a", 62),
		"localhost/web:x":                       "x",
		"registry.acme.io/web:1.0@sha256:abc":   "",
		"registry.acme.io/UPPER:1.0":            "",
	} {
		ref, problem := parseReference(image)
		got := ""
		if problem == "" {
			got = version(ref)
		}
		if got != want {
			t.Errorf("version of %s is %q, want %q", image, got, want)
		}
	}
}

func TestImagesFromOutside(t *testing.T) {
	files := map[string]string{"platform.cue": testPlatform, "app.cue": oneApp("")}
	pos := diag.Pos{File: "images.yaml", Line: 3, Col: 6}
	fleets, found := resolveWith(t, files, Options{Images: map[string]Image{"web": {Ref: "registry.acme.io/web:2.0", Pos: pos}}})
	a := fleets[0].Apps[0]
	if a.Image != "registry.acme.io/web:2.0" || a.Version != "2.0" || len(found) > 0 {
		t.Fatalf("image %s, version %s\n%s", a.Image, a.Version, format(found))
	}
	for _, o := range a.Origins {
		if o.Path == "image" && o.Pos != pos {
			t.Errorf("the image was decided at %s, want %s", o.Pos, pos)
		}
	}
	_, found = resolveWith(t, files, Options{Images: map[string]Image{"web": {Ref: "Registry/UP:1", Pos: pos}}})
	want := "images.yaml:3:6: apps.web.image: \"Registry/UP:1\" is not an image reference: \"Registry/UP\" is not the path of an image [bad-format]\n" +
		"\twant: a reference such as \"registry.acme.io/shop/web:1.4.2\"\n"
	if diff := cmp.Diff(want, format(found)); diff != "" {
		t.Error(diff)
	}
}

func TestChosenEnvironments(t *testing.T) {
	files := map[string]string{"app.cue": oneApp(`environments: {stag: {tier: "critical", replicas: 3}, live: replicas: 4, prod: replicas: 5}`), "platform.cue": `platform: environments: {
	prod: {group: "live", kubernetes: "1.34", capabilities: ["prometheus", "vpa"], scrape: {namespace: "m", labels: a: "b"}}
	stag: {kubernetes: "1.33", capabilities: ["prometheus", "vpa"], scrape: {namespace: "m", labels: a: "b"}}
	edge: {group: "live", kubernetes: "1.34", capabilities: ["prometheus", "vpa"], scrape: {namespace: "m", labels: a: "b"}}
}
`}
	fleets, found := resolveText(t, files)
	var got []string
	for _, f := range fleets {
		got = append(got, fmt.Sprintf("%s 1.%d %s %s", f.Env.Name, f.Env.Minor, f.Apps[0].Tier, replicas(&f.Apps[0])))
	}
	want := []string{"prod 1.34 standard 5-5", "stag 1.33 critical 3-3", "edge 1.34 standard 4-4"}
	if diff := cmp.Diff(want, got); diff != "" || len(found) > 0 {
		t.Errorf("%s%s", diff, format(found))
	}
	fleets, found = resolveWith(t, files, Options{Environments: []string{"edge", "prud"}})
	if len(fleets) != 1 || fleets[0].Env.Name != "edge" {
		t.Errorf("resolved %d fleets", len(fleets))
	}
	said := "platform.cue:1:25: platform.environments: there is no environment \"prud\" [unknown-environment]\n\twant: prod, stag or edge\n\thelp: did you mean \"prod\"?\n"
	if diff := cmp.Diff(said, format(found)); diff != "" {
		t.Error(diff)
	}
}
