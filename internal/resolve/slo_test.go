package resolve

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

const prober = `scrape: prober: {url: "blackbox.monitoring.svc:9115", labels: app: "blackbox"}`

// everyWay is an environment that can measure everything, at every way in.
var everyWay = withCapabilities("externalsecrets gateway ingress istio keda prometheus", `mesh: "sidecar"
		gateway: metrics: "envoy"
		gateways: mesh: {name: "inner", namespace: "istio", labels: app: "mesh", metrics: "istio"}
		ingress: metrics: "nginx"
		`+prober)

// objectivesOf are the objectives of an app in short: what is good, who counts it, and who hears of the bad.
func objectivesOf(a *app.App) string {
	var out []string
	for _, o := range a.SLO.Objectives {
		text := fmt.Sprintf("%s %s by %s", o.Name, decimal(o.Percent), o.Source)
		for _, part := range []struct {
			is   bool
			text string
		}{
			{o.AtGateway, " at the gateway"},
			{o.UnderMillis > 0, fmt.Sprintf(" under %dms", o.UnderMillis)},
			{o.Native, " native"},
			{o.Seconds > 0, " " + duration(o.Seconds)},
			{o.Backlog > 0, fmt.Sprintf(" backlog %d", o.Backlog)},
			{o.GuardEvents > 0, fmt.Sprintf(" from %d", o.GuardEvents)},
			{o.Pages, " pages"},
			{o.LongOnly, " long only"},
			{o.Busy, " busy"},
		} {
			if part.is {
				text += part.text
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

const (
	reader  = "\nkind: \"worker\"\nneeds: events: kafka: topics: [\"orders\"]\nscale: {min: 1, max: 5, queue: {need: \"events\", lag: 100}}"
	brokers = "platform: databases: events: {kind: \"kafka\", host: \"events.acme.io\", cidrs: [\"10.20.1.0/24\"]}\n"
)

func TestObjectives(t *testing.T) {
	bare := withCapabilities("prometheus", "")
	for _, c := range []struct{ platform, spec, want string }{
		// Who counts.
		{bare, `slo: availability: 99.9`, "availability 99.9 by http from 10 pages"},
		{bare, `slo: {availability: 99.9, latency: {percent: 95, under: "250ms"}}`, "availability 99.9 by http from 10 pages; latency 95 by http under 250ms from 10 pages"},
		{bare, "ports: grpc: 9000\nmetrics: port: 9090\nslo: availability: 99.9", "availability 99.9 by grpc from 10 pages"},
		{bare, "kind: \"worker\"\nmetrics: port: 9090\nslo: {availability: 99.9, source: \"http\"}", "availability 99.9 by http from 10 pages"},
		{bare, "metrics: native: true\nslo: latency: {percent: 99, under: \"120ms\"}", "latency 99 by http under 120ms native from 10 pages"},
		{everyWay, `slo: {latency: {percent: 99, under: "30s"}, source: "istio"}`, "latency 99 by istio under 30000ms from 10 pages"},
		{everyWay, "metrics: native: true\nslo: {latency: {percent: 99, under: \"100ms\"}, source: \"istio\"}", "latency 99 by istio under 100ms from 10 pages"},
		{everyWay, `slo: {availability: 99.9, source: "gateway"}` + exposed, "availability 99.9 by envoy from 10 pages"},
		{everyWay, `slo: {availability: 99.9, source: "gateway"}` + "\nexpose: {host: \"a.acme.io\", gateway: \"mesh\"}", "availability 99.9 by istio at the gateway from 10 pages"},
		{everyWay, `slo: {availability: 99.9, source: "gateway"}` + byIstio, "availability 99.9 by istio at the gateway from 10 pages"},
		{everyWay, `slo: {latency: {percent: 95, under: "2500ms"}, source: "gateway"}` + "\nexpose: {host: \"a.acme.io\", via: \"ingress\"}", "latency 95 by nginx under 2500ms from 10 pages"},
		{everyWay, "ports: tcp: 6379\nslo: {availability: 99.9, latency: {percent: 95, under: \"200ms\"}}", "availability 99.9 by probe 30s from 10 pages; latency 95 by probe under 200ms 30s from 10 pages"},
		{everyWay, "tier: \"critical\"\nslo: {availability: 99.9, source: \"probe\"}", "availability 99.9 by probe 15s from 5 pages"},
		{everyWay + brokers, "slo: availability: 99.9" + reader, "availability 99.9 by queue backlog 500 pages"},
		{everyWay + brokers, "metrics: port: 9090\nslo: {availability: 99.9, latency: {percent: 95, under: \"750ms\"}}" + reader, "availability 99.9 by queue backlog 500 pages; latency 95 by queue under 750ms from 10 pages"},

		// A run every six hours, that may start an hour late and take 20 minutes.
		{bare, "kind: \"cron\"\nschedule: \"0 */6 * * *\"\ndeadline: \"20m\"\nslo: availability: 99", "availability 99 by cron 7h20m pages"},

		// Who hears of it, and from how many bad events on: traffic is the usual one, and says nothing of the quietest hour.
		{bare, "tier: \"best-effort\"\nslo: availability: 99", "availability 99 by http from 10"},
		{bare, "tier: \"critical\"\ntraffic: rps: 5000\nslo: availability: 99.99", "availability 99.99 by http from 5 pages busy"},
		{bare, "traffic: rps: 1\nslo: {availability: 99.9, latency: {percent: 50, under: \"250ms\"}}", "availability 99.9 by http from 10 pages busy; latency 50 by http under 250ms from 10 pages busy"},
		{bare, "traffic: rps: 0.999\nslo: availability: 50", "availability 50 by http from 10 pages"},
		{bare, "traffic: rps: 0.00334\nslo: availability: 99", "availability 99 by http from 10 pages"},
		{bare, "traffic: rps: 0.0033\nslo: availability: 99", "availability 99 by http from 10 pages long only"},
		{everyWay, "traffic: rps: 0.003\nslo: {availability: 99, source: \"probe\"}", "availability 99 by probe 30s from 10 pages"},
		{everyWay + brokers, "traffic: rps: 0.003\nmetrics: port: 9090\nslo: latency: {percent: 95, under: \"750ms\"}" + reader, "latency 95 by queue under 750ms from 10 pages"},

		// Where nobody can measure it, there is none.
		{withCapabilities("", ""), `slo: availability: 99.9`, ""},
		{bare, "metrics: false\nslo: availability: 99.9", ""},
		{bare, "replicas: 0\nslo: availability: 99.9", ""}, // on purpose
	} {
		a, found := resolveApp(t, c.platform, c.spec)
		if got := objectivesOf(a); got != c.want || diag.HasErrors(found) {
			t.Errorf("%s\n got %s\nwant %s\n%s", c.spec, got, c.want, format(found))
		}
	}
}

// Whoever explains an objective can say who decided what of it.
func TestObjectivesHaveOrigins(t *testing.T) {
	a, _ := resolveApp(t, everyWay, "traffic: rps: 0.003\nslo: {availability: 99, source: \"gateway\"}"+exposed)
	cronApp, _ := resolveApp(t, everyWay, "kind: \"cron\"\nschedule: \"0 0 * * *\"\nslo: availability: 99")
	for _, c := range []struct {
		of               *app.App
		path, file, note string
		by               app.By
	}{
		{a, "slo.objectives[availability]", "app.cue", "", app.BySpec},
		{a, "slo.objectives[availability].source", "platform.cue", "", app.ByPlatform},
		{a, "slo.objectives[availability].longOnly", "app.cue", "less than one request in five minutes", app.BySpec},
		{a, "slo.objectives[availability].guardEvents", "schema/tiers.cue", "guardEvents", app.ByTier},
		{a, "slo.policy.freezes", "schema/tiers.cue", "budgetFreezes", app.ByTier},
		{cronApp, "slo.objectives[availability].source", "", "the app runs on a schedule", app.ByDerived},
		{cronApp, "slo.objectives[availability].seconds", "", "longest time between two runs + how late one starts + how long it takes: 1d + 60m + 60m", app.ByDerived},
	} {
		i := slices.IndexFunc(c.of.Origins, func(o app.Origin) bool { return o.Path == c.path })
		if i < 0 {
			t.Errorf("nobody decided %s", c.path)
			continue
		}
		if o := c.of.Origins[i]; o.By != c.by || o.Pos.File != c.file || o.Note != c.note {
			t.Errorf("%s was decided by %s in %q: %q", c.path, o.By, o.Pos.File, o.Note)
		}
	}
}

// A promise that is measured in one environment may be written down for all of them: where nobody measures, it is left out with one
// note, however many apps have one, and what its source needs is not asked for.
func TestObjectivesWhereNobodyMeasures(t *testing.T) {
	const apps = `apps: [string]: {team: "shop", tier: "standard", image: "registry.acme.io/a:1"}
apps: a: slo: {availability: 99.9, source: "istio"}
apps: b: slo: availability: 99.9
`
	platform := everyWay + "platform: environments: dev: {kubernetes: \"1.34\", capabilities: [\"vpa\"]}\n"
	fleets, found := resolveText(t, map[string]string{"platform.cue": platform, "app.cue": apps})
	about := func(found []diag.Diagnostic) string {
		return format(slices.DeleteFunc(slices.Clone(found), func(d diag.Diagnostic) bool { return !strings.Contains(d.Problem, "measures") }))
	}
	want := `platform.cue:34:65: note: platform.environments.dev.capabilities: without "prometheus" nobody measures objectives: slo makes no rules and no alerts (in dev) [capability-missing]
	help: add "prometheus" when its operator is installed
`
	if got := about(found); got != want || diag.HasErrors(found) {
		t.Errorf("got\n%swant\n%s\n%s", got, want, format(found))
	}
	for _, f := range fleets {
		for _, a := range f.Apps {
			if got, want := len(a.SLO.Objectives) > 0, f.Env.Name == "prod"; got != want {
				t.Errorf("%s in %s: measured %v", a.Name, f.Env.Name, got)
			}
		}
	}

	const dev = `platform: environments: dev: {kubernetes: "1.34", capabilities: ["vpa"]}`
	_, found = resolveText(t, map[string]string{"platform.cue": dev, "app.cue": apps})
	want = `app.cue:2:15: warning: apps.a.slo: nobody measures it, so there are no alerts: environment "dev" has no prometheus [objective-is-measured]
	help: add "prometheus" to its capabilities when its operator is installed
app.cue:3:15: warning: apps.b.slo: nobody measures it, so there are no alerts: environment "dev" has no prometheus [objective-is-measured]
	help: add "prometheus" to its capabilities when its operator is installed
`
	if got := about(found); got != want || diag.HasErrors(found) {
		t.Errorf("where no environment measures: got\n%swant\n%s\n%s", got, want, format(found))
	}
}

// Without a platform file everything is there to measure with.
func TestObjectivesOnTheLocalPlatform(t *testing.T) {
	for source, want := range map[string]string{"http": "http", "istio": "istio", "gateway": "envoy", "probe": "probe"} {
		fleets, found := resolveText(t, map[string]string{"app.cue": oneApp(fmt.Sprintf("slo: {availability: 99, source: %q}", source) + exposed)})
		if diag.HasErrors(found) || len(fleets[0].Apps[0].SLO.Objectives) != 1 || fleets[0].Apps[0].SLO.Objectives[0].Source != want {
			t.Errorf("%s: %+v\n%s", source, fleets[0].Apps[0].SLO.Objectives, format(found))
		}
	}
}

func TestPolicyIsTheTiers(t *testing.T) {
	for _, c := range []struct {
		platform, tier string
		want           app.BudgetPolicy
	}{
		{testPlatform, "critical", app.BudgetPolicy{Freezes: true, CautionPercent: 25}},
		{testPlatform, "standard", app.BudgetPolicy{Freezes: true, CautionPercent: 25}},
		{testPlatform, "best-effort", app.BudgetPolicy{CautionPercent: 25}},
		{testPlatform + "platform: tiers: standard: {budgetFreezes: 0, budgetFreezePercent: 5, budgetCautionPercent: 50}\n", "standard", app.BudgetPolicy{FreezePercent: 5, CautionPercent: 50}},
	} {
		a, found := resolveApp(t, c.platform, fmt.Sprintf("tier: %q\nslo: availability: 99", c.tier))
		if a.SLO.Policy != c.want {
			t.Errorf("tier %s: %+v, want %+v\n%s", c.tier, a.SLO.Policy, c.want, format(found))
		}
	}
}

func TestLongestGap(t *testing.T) {
	const hour = 3600
	for schedule, want := range map[string]int64{
		"* * * * *":            60,
		"*/25 * * * *":         25 * 60, // 50 to 0 are ten minutes
		"0 */6 * * *":          6 * hour,
		"0 1,2 * * *":          23 * hour,
		"30 2 * * *":           24 * hour,
		"0 8-18 * * 1-5":       (2*24 + 14) * hour, // Friday 18:00 to Monday 8:00
		"0 0 * * 0":            7 * 24 * hour,
		"0 0 1 * *":            31 * 24 * hour,
		"0 0 31 * *":           61 * 24 * hour,  // from May to July, for one
		"0 0 1 1 *":            366 * 24 * hour, // a leap year
		"0 0 29 2 *":           (4*365 + 1) * 24 * hour,
		"0 0 1 * 1":            7 * 24 * hour,
		"0,10,20,30 0 1 1,7 *": 184*24*hour - 30*60, // 1 July 0:30 to 1 January
	} {
		parsed, err := cron.ParseStandard(schedule)
		if err != nil {
			t.Fatal(err)
		}
		if got := longestGap(parsed, schedule); got != want {
			t.Errorf("%s: %s, want %s", schedule, time.Duration(got)*time.Second, time.Duration(want)*time.Second)
		}
	}
}
