package resolve

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
	"github.com/scantling/scantling/schema"
)

func defaultTables(t *testing.T) map[string]tables {
	t.Helper()
	root, err := load.Embedded("tiers.cue")
	if err != nil {
		t.Fatal(err)
	}
	return readTables(root)
}

func TestTablesAreComplete(t *testing.T) {
	for version, v := range defaultTables(t) {
		for name, limits := range v.ranges {
			for _, tier := range tierNames {
				n := v.tiers[app.Tier(tier)][name]
				if n.value < limits[0] || n.value > limits[1] {
					t.Errorf("%s: %s of %s is %v, outside its own range %v", version, name, tier, n.value, limits)
				}
				if !n.pos.IsValid() {
					t.Errorf("%s: %s of %s has no place", version, name, tier)
				}
			}
		}
	}
}

// A higher tier is never looser: what protects it is at least as strong.
func TestTiersAscend(t *testing.T) {
	higher := []string{"minReplicas", "minReplicasOfThreeZones", "minReadySeconds", "revisionHistory", "maxAvailability", "downWindowSeconds", "budgetPercentFromReplicas", "canaryPauseSeconds"}
	lower := []string{"readyPeriodSeconds", "unavailablePercent", "budgetPercent", "cpuPercent", "cpuPercentFast", "cpuPercentBatch", "memoryLimitPercent", "downPercent", "refreshSeconds", "scrapeSeconds", "upWindowSeconds", "canaryFirstPercent"}
	for version, v := range defaultTables(t) {
		critical, standard, bestEffort := v.tiers[app.Critical], v.tiers[app.Standard], v.tiers[app.BestEffort]
		for _, name := range higher {
			if critical[name].value < standard[name].value || standard[name].value < bestEffort[name].value {
				t.Errorf("%s: %s falls with a higher tier", version, name)
			}
		}
		for _, name := range lower {
			if critical[name].value > standard[name].value || standard[name].value > bestEffort[name].value {
				t.Errorf("%s: %s rises with a higher tier", version, name)
			}
		}
	}
}

// unitWords end the name of a number, or stand in it, and say what it counts.
var unitWords = regexp.MustCompile(`Milli|MiB|GiB|Bytes|Seconds|Millis|Percent|Permille|Instances|Connections|Failures|Factor|Replicas|Pods|Days|Retries|Events|Freezes|History|Availability|Minutes|^user$|^port$`)

func TestEveryNumberHasUnitAndSource(t *testing.T) {
	data, err := schema.Files.ReadFile("tiers.cue")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^\t([a-zA-Z0-9]+):\s*\{.*range: \[`)
	comment, numbers := "", 0
	for i, text := range strings.Split(string(data), "\n") {
		switch m := line.FindStringSubmatch(text); {
		case strings.HasPrefix(text, "\t//"):
			comment += text
		case m != nil:
			numbers++
			if !strings.Contains(comment, "Source:") {
				t.Errorf("tiers.cue:%d: nothing says where %s comes from", i+1, m[1])
			}
			if !unitWords.MatchString(m[1]) {
				t.Errorf("tiers.cue:%d: the name %s has no unit", i+1, m[1])
			}
		case text == "":
			comment = "" // a comment speaks for the numbers directly below it
		}
	}
	for version, v := range defaultTables(t) {
		if numbers < len(v.ranges) {
			t.Errorf("%s: %d numbers, but only %d lines of one number each", version, len(v.ranges), numbers)
		}
	}
}

func TestEveryNumberIsUsed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(data)
	}
	code := source.String()
	for version, v := range defaultTables(t) {
		known := v.ranges
		for name := range known {
			stem := regexp.MustCompile(`^(cpuMilli|memoryMiB)(XS|S|M|L|XL|2XL)$`).ReplaceAllString(name, "$1")
			if !strings.Contains(code, `"`+stem+`"`) {
				t.Errorf("%s: nothing uses %s", version, name)
			}
		}
		for _, m := range regexp.MustCompile(`(?:number\(|table\[|fromTier\([^,]+, )"([a-zA-Z0-9]+)"[\])]`).FindAllStringSubmatch(code, -1) {
			if _, ok := known[m[1]]; !ok {
				t.Errorf("%s: the code asks for %s, which the tables do not have", version, m[1])
			}
		}
	}
}

func TestPlatformOverridesNumbers(t *testing.T) {
	platform := testPlatform + "platform: tiers: standard: {revisionHistory: 7, maxAvailability: 99.95}\n"
	a, found := resolveApp(t, platform, `slo: availability: 99.95`)
	if a.Rollout.RevisionHistory != 7 {
		t.Errorf("revision history %d, want 7\n%s", a.Rollout.RevisionHistory, format(found))
	}
	for _, o := range a.Origins {
		if o.Path == "rollout.revisionHistory" && (o.By != app.ByPlatform || o.Pos.File != "platform.cue") {
			t.Errorf("the revision history was decided by %v, want the platform", o)
		}
	}
	b, _ := resolveApp(t, platform, `tier: "best-effort"`)
	if b.Rollout.RevisionHistory != 3 {
		t.Errorf("the override of one tier reached another: %d", b.Rollout.RevisionHistory)
	}
}
