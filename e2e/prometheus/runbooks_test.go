package prometheus

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/scantling/scantling/e2e/prometheus/replay"
	"github.com/scantling/scantling/e2e/prometheus/sim"
)

// TestRunbookQueries asks Prometheus what docs/slo.md tells people to ask it when an alert fires, about an app of which some requests
// fail.
func TestRunbookQueries(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(world.root, "docs", "slo.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, below, ok := strings.Cut(string(page), "\n## When an alert fires\n")
	queries := regexp.MustCompile("`([^`]*\\{[^`]*NAMESPACE[^`]*)`").FindAllStringSubmatch(below, -1)
	if !ok || len(queries) == 0 {
		t.Fatal("docs/slo.md has no queries")
	}
	app := &sim.App{Name: "web", Every: scrape, Pods: 2, Load: func(time.Duration) sim.Load { return sim.Load{PerMinute: 600, Bad: 0.1} }}
	r := replay.New(t, app.Start(start), start, rulesOf(t, "web"))
	end := start.Add(10 * time.Minute)
	r.Run(end)
	for _, q := range queries {
		query := strings.NewReplacer("NAMESPACE", sim.Namespace, "APP", "web").Replace(q[1])
		found := false
		for _, s := range r.Query(query, end) {
			found = found || s.F > 0
		}
		if !found {
			t.Errorf("%s answers nothing", query)
		}
	}
}
