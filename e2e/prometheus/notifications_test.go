package prometheus

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/alertmanager/alert"

	"github.com/scantling/scantling/e2e/prometheus/alertmanager"
	"github.com/scantling/scantling/e2e/prometheus/replay"
	"github.com/scantling/scantling/e2e/prometheus/sim"
)

// afterwards is how long is listened after an outage has begun: until its last alert has ended.
const afterwards = 8 * time.Hour

// TestNotifications plays outages of an app before its rules, while another app burns its budget slowly, and hands what Prometheus
// sends to Alertmanager with the configuration of docs/slo.md: an outage is one page and no ticket beside it, what it has cost is a
// ticket afterwards, and the other app's ticket comes through.
func TestNotifications(t *testing.T) {
	config := yamlOf(t, "route:")
	failing, gone := outages()[0], outages()[2]
	slow := alertsSent(t, "search", failing.at, &sim.App{Pods: 3, Load: func(time.Duration) sim.Load { return sim.Load{PerMinute: 600, Bad: 0.004} }})
	requests := together(alertsSent(t, "web", failing.at, failing.app(0)), slow)
	pods := together(alertsSent(t, "web", gone.at, gone.app(0)), slow)

	uninhibited, _, ok := strings.Cut(config, "inhibit_rules:")
	_, receivers, known := strings.Cut(config, "receivers:")
	if !ok || !known {
		t.Fatal("the configuration of docs/slo.md has no inhibit_rules before its receivers")
	}
	uninhibited += "receivers:" + receivers
	silence, documented := silenceOf(t)
	for _, c := range []struct {
		name     string
		config   string
		sent     []replay.Sent
		silences time.Duration // from when the outage begins; 0: none
		want     []string      // with the minutes since then
	}{
		{"every request fails", config, requests, 0, []string{
			"-54 tickets search: ErrorBudgetBurnSlow", "1 pager web: ErrorBudgetBurn", "69 tickets web: ErrorBudgetBurnSlow", "71 pager web: -", "399 tickets web: -",
		}},
		{"all pods are gone", config, pods, 0, []string{
			"-54 tickets search: ErrorBudgetBurnSlow", "2 pager web: NoReadyPods", "17 pager web: NoReadyPods SLOMissing", "37 pager web: -",
		}},
		{"no inhibit rule", uninhibited, requests, 0, []string{
			"-54 tickets search: ErrorBudgetBurnSlow", "1 pager web: ErrorBudgetBurn", "9 tickets web: ErrorBudgetBurnSlow", "71 pager web: -", "399 tickets web: -",
		}},
		{"a silence as documented", config, requests, documented, []string{
			"-54 tickets search: ErrorBudgetBurnSlow", "69 tickets web: ErrorBudgetBurnSlow", "399 tickets web: -",
		}},
		{"a silence that ends with the outage", config, requests, lasts, []string{
			"-54 tickets search: ErrorBudgetBurnSlow", "31 pager web: ErrorBudgetBurn", "69 tickets web: ErrorBudgetBurnSlow", "71 pager web: -", "399 tickets web: -",
		}},
		{"a silence for forty minutes longer", config, requests, lasts + 40*time.Minute, []string{
			"-54 tickets search: ErrorBudgetBurnSlow", "69 tickets web: ErrorBudgetBurnSlow", "399 tickets web: -",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := listen(t, c.config, c.sent, failing.at, func(am *alertmanager.Alertmanager) {
				if c.silences > 0 {
					am.Silence(c.silences, silence...)
				}
			})
			if !slices.Equal(got, c.want) {
				t.Errorf("heard %q, want %q", got, c.want)
			}
		})
	}
}

// alertsSent is what Prometheus sends of an app of testdata/shop.txtar, from an hour before a time on.
func alertsSent(t *testing.T, name string, at time.Duration, app *sim.App) []replay.Sent {
	t.Helper()
	app.Name, app.Every = name, scrape
	r := replay.New(t, app.Start(start), start, rulesOf(t, name))
	r.Warm(start.Add(at - time.Hour))
	r.Run(start.Add(at + afterwards))
	return r.Sent
}

func together(a, b []replay.Sent) []replay.Sent {
	return slices.SortedStableFunc(slices.Values(slices.Concat(a, b)), func(a, b replay.Sent) int { return a.At.Compare(b.At) })
}

// listen hands what was sent to an Alertmanager at its time, calls a function when an outage begins, and returns who hears of it: in
// which minute, of which app, and which alerts fire; -: it is over.
func listen(t *testing.T, config string, sent []replay.Sent, at time.Duration, begins func(*alertmanager.Alertmanager)) (heard []string) {
	var mu sync.Mutex
	synctest.Test(t, func(t *testing.T) {
		moved := time.Until(sent[0].At)
		outage := start.Add(at).Add(-moved)
		am := alertmanager.New(t, config, func(receiver string, alerts []*alert.Alert) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, fmt.Sprintf("%d %s", int(time.Since(outage).Minutes()), said(receiver, alerts)))
		})
		defer am.Stop()
		for _, s := range sent {
			if now := s.At.Add(-moved); begins != nil && now.After(outage) {
				time.Sleep(time.Until(outage))
				begins(am)
				begins = nil
			}
			time.Sleep(time.Until(s.At.Add(-moved)))
			am.Send(-moved, s.Alerts)
		}
	})
	return heard
}

// said is the text of a notification.
func said(receiver string, alerts []*alert.Alert) string {
	var firing []string
	for _, a := range alerts {
		if !a.Resolved() {
			firing = append(firing, a.Name())
		}
	}
	slices.Sort(firing)
	return receiver + " " + string(alerts[0].Labels["service"]) + ": " + cmp.Or(strings.Join(slices.Compact(firing), " "), "-")
}

// silenceOf are the matchers of the silence that docs/slo.md shows, for the app web, and how long it lasts.
func silenceOf(t *testing.T) (matchers []string, lasts time.Duration) {
	t.Helper()
	line, _, _ := strings.Cut(block(t, "sh", "amtool silence add "), "\n")
	for _, word := range strings.Fields(strings.NewReplacer("NAMESPACE", sim.Namespace, "APP", "web").Replace(line))[3:] {
		if text, ok := strings.CutPrefix(word, "--duration="); ok {
			var err error
			if lasts, err = time.ParseDuration(text); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.HasPrefix(word, "--") {
			matchers = append(matchers, word)
		}
	}
	if lasts == 0 || len(matchers) == 0 {
		t.Fatalf("docs/slo.md shows no silence: %s", line)
	}
	return matchers, lasts
}

// yamlOf is the block of YAML of docs/slo.md that begins so.
func yamlOf(t *testing.T, begin string) string { return block(t, "yaml", begin) }

func block(t *testing.T, language, begin string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(world.root, "docs", "slo.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "```"+language+"\n"+begin)
	text, _, closed := strings.Cut(rest, "```\n")
	if !ok || !closed {
		t.Fatalf("docs/slo.md has no block of %s that begins with %q", language, begin)
	}
	return begin + text
}
