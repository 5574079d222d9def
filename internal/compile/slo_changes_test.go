package compile_test

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/kube"
)

// webby is one app that says a little about itself, in an environment.
func webby(tier, said string) map[string]string {
	return map[string]string{"platform.cue": `package platform
platform: environments: prod: {
	kubernetes: "1.34", capabilities: ["prometheus"], scrape: {namespace: "monitoring", labels: app: "prometheus"}
}
`, "app.cue": fmt.Sprintf(`package shop
apps: web: {
	team: "shop", tier: %q, image: "registry.acme.io/app:1.4.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	port: 8080
	%s
}
`, tier, said)}
}

// rendering reads what a project of one environment says to Prometheus.
func rendering(t *testing.T, files map[string]string) *watched {
	t.Helper()
	all := environments(t, "changed", onDisk(t, files))
	if len(all) != 1 {
		t.Fatalf("%d environments", len(all))
	}
	return watch(t, all[0])
}

var pair = regexp.MustCompile(`ratio_rate(\w+)\{[^}]*\} > ([0-9.]+)`)

// thresholds are those of an objective's pairs, by the alert and the long window.
func (w *watched) thresholds(t *testing.T, objective string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, o := range w.pledges() {
		for name, a := range o.alerts {
			if o.slo == objective && strings.HasPrefix(name, "ErrorBudgetBurn") {
				for _, m := range pair.FindAllStringSubmatch(a.Expr, -1) {
					out[name+" "+m[1]] = m[2]
				}
			}
		}
	}
	return out
}

// TestHigherObjectivesSpeakEarlier wants no threshold to rise with an objective, and no alert to go.
func TestHigherObjectivesSpeakEarlier(t *testing.T) {
	for objective, said := range map[string]string{"availability": "slo: availability: %s", "latency": `slo: latency: {percent: %s, under: "250ms"}`} {
		var before map[string]string
		for _, percent := range []string{"50", "80", "83.3", "83.4", "90", "92.5", "92.6", "93.05", "95", "99", "99.5", "99.9", "99.95", "99.99"} {
			now := rendering(t, webby("critical", fmt.Sprintf(said, percent))).thresholds(t, objective)
			for _, name := range slices.Sorted(maps.Keys(before)) {
				if was, is := before[name], now[name]; rat(is) == nil || rat(is).Cmp(rat(was)) >= 0 {
					t.Errorf("%s %s %%: %s waits for %v, and for %v before", objective, percent, name, is, was)
				}
			}
			before = now
		}
		if len(before) != 8 { // two windows of each pair
			t.Errorf("%s: %d thresholds", objective, len(before))
		}
	}
}

// TestTighterLatencyLeavesLess wants fewer requests to be fast enough by a lower bound, with all else as it was.
func TestTighterLatencyLeavesLess(t *testing.T) {
	var before *watched
	var was string
	for _, under := range []string{"10s", "5s", "2500ms", "1s", "500ms", "250ms", "100ms", "50ms"} {
		now := rendering(t, webby("standard", fmt.Sprintf(`slo: {availability: 99.5, latency: {percent: 95, under: %q}}`, under)))
		o := now.pledges()[1]
		var bound string
		for _, s := range o.expr(errs).series() {
			if strings.HasSuffix(s.name, "_bucket") {
				m, _ := s.get("le")
				bound = strings.NewReplacer("([.]0)?", "", "[.]", ".").Replace(m.value)
			}
		}
		if before != nil {
			if rat(bound) == nil || rat(bound).Cmp(rat(was)) >= 0 {
				t.Errorf("under %s counts by the bucket %s, after %s", under, bound, was)
			}
			if !reflect.DeepEqual(now.thresholds(t, "latency"), before.thresholds(t, "latency")) || !reflect.DeepEqual(now.rulesOf("availability"), before.rulesOf("availability")) {
				t.Errorf("under %s changes more than what is fast enough", under)
			}
		}
		before, was = now, bound
	}
}

// rulesOf are the rules about one objective, or about none, in their order.
func (w *watched) rulesOf(objective string) (all []kube.Rule) {
	for _, p := range w.told() {
		if p.Labels["slo"] == objective {
			all = append(all, *p.Rule)
		}
	}
	return all
}

// TestObjectivesDoNotMeet wants a second objective to change nothing of what is said about the first one.
func TestObjectivesDoNotMeet(t *testing.T) {
	for _, tier := range []string{"best-effort", "standard", "critical"} {
		alone := rendering(t, webby(tier, "slo: availability: 98"))
		both := rendering(t, webby(tier, `slo: {availability: 98, latency: {percent: 90, under: "1s"}}`))
		late := rendering(t, webby(tier, `slo: latency: {percent: 90, under: "1s"}`))
		for _, x := range []struct {
			one  *watched
			slo  string
			many int
		}{{alone, "availability", 20}, {late, "latency", 20}, {alone, "", 3}} {
			if got := both.rulesOf(x.slo); len(got) < x.many || !reflect.DeepEqual(got, x.one.rulesOf(x.slo)) {
				t.Errorf("%s: a second objective changes the %d rules about %q", tier, len(got), x.slo)
			}
		}
	}
}

// TestAlikeEnvironmentsSayTheSame wants equal rules from equal facts, but for the addresses of dashboards.
func TestAlikeEnvironmentsSayTheSame(t *testing.T) {
	var alike []*watched
	for _, p := range promisingCorpus(t) {
		if p.name == all || p.name == "promised/twin" {
			w := watch(t, p)
			for _, a := range w.alerts() {
				delete(a.Annotations, "dashboard_url")
			}
			alike = append(alike, w)
		}
	}
	if len(alike) != 2 || len(alike[0].rules) < 15 || !reflect.DeepEqual(alike[0].rules, alike[1].rules) {
		t.Error("two environments with the same facts have different rules")
	}
}

// TestRaisedTiersWakeAtLeastAsMany wants no page to become a ticket, and none to go, when an app becomes more important.
func TestRaisedTiersWakeAtLeastAsMany(t *testing.T) {
	for _, said := range []string{
		"slo: availability: 90", `slo: {availability: 99, latency: {percent: 95, under: "250ms"}}, traffic: rps: 500`, `slo: availability: 99, traffic: rps: 0.01`,
	} {
		pages := map[string]bool{}
		for _, tier := range []string{"best-effort", "standard", "critical"} {
			now := map[string]bool{}
			for _, a := range rendering(t, webby(tier, said)).alerts() {
				now[a.Alert+" "+a.Labels["slo"]] = a.Labels["severity"] == "page"
			}
			for _, name := range slices.Sorted(maps.Keys(pages)) {
				if pages[name] && !now[name] {
					t.Errorf("%s: as a %s app, %s wakes nobody any more", said, tier, name)
				}
			}
			woken := slices.Contains(slices.Collect(maps.Values(now)), true)
			if woken == (tier == "best-effort") {
				t.Errorf("%s: a %s app wakes somebody: %v", said, tier, woken)
			}
			pages = now
		}
	}
}
