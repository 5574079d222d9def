package diag

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	unknownTier = Diagnostic{
		Rule: "unknown-value", Pos: Pos{"shop/app.cue", 4, 7}, Path: "apps.checkout.tier",
		Problem: `"gold" is not a tier`, Want: "critical, standard or best-effort", Help: `did you mean "critical"?`,
	}
	noScrape = Diagnostic{
		Severity: Warning, Rule: "no-scrape", Pos: Pos{File: "platform.cue", Line: 9}, Problem: "50% of it: a, b",
		Help: "add\nscrape: {}", Env: "prod",
	}
	local = Diagnostic{Severity: Note, Rule: "local-platform", Problem: "no platform file"}
)

func printed(t *testing.T, p Printer, ds ...Diagnostic) string {
	t.Helper()
	var b strings.Builder
	if err := p.Print(&b, ds); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPrintText(t *testing.T) {
	for _, test := range []struct {
		name string
		d    Diagnostic
		want string
	}{
		{"error", unknownTier, "shop/app.cue:4:7: apps.checkout.tier: \"gold\" is not a tier\n\twant: critical, standard or best-effort\n\thelp: did you mean \"critical\"?\n"},
		{"warning", noScrape, "platform.cue:9: warning: 50% of it: a, b (in prod)\n\thelp: add\n\t      scrape: {}\n"},
		{"note without a place", local, "note: no platform file\n"},
		{"error without a place", Diagnostic{Problem: "nothing here"}, "error: nothing here\n"},
		{"terminal codes in a spec", Diagnostic{Pos: Pos{File: "a\x1b[2J.cue"}, Path: "apps.\r", Problem: "x\ny"}, `a\x1b[2J.cue: apps.\r: x\ny` + "\n"},
		{"letters of every script stay", Diagnostic{Pos: Pos{File: "a"}, Problem: `"größe 数"`}, "a: \"größe 数\"\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, printed(t, Printer{Format: Text}, test.d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPrintTextColor(t *testing.T) {
	plain, colored := printed(t, Printer{Format: Text}, noScrape), printed(t, Printer{Format: Text, Color: true}, noScrape)
	if strings.Contains(plain, "\x1b") {
		t.Errorf("escape codes without color: %q", plain)
	}
	if want := "\x1b[1mplatform.cue:9:\x1b[0m \x1b[1;33mwarning:\x1b[0m "; !strings.HasPrefix(colored, want) {
		t.Errorf("got %q, want it to begin with %q", colored, want)
	}
}

func TestPrintJSON(t *testing.T) {
	if got := printed(t, Printer{Format: JSON}); got != "[]\n" {
		t.Errorf("no diagnostics print %q, want an empty array", got)
	}
	want := `[
  {
    "severity": "error",
    "rule": "unknown-value",
    "file": "shop/app.cue",
    "line": 4,
    "column": 7,
    "path": "apps.checkout.tier",
    "problem": "\"gold\" is not a tier",
    "want": "critical, standard or best-effort",
    "help": "did you mean \"critical\"?"
  },
  {
    "severity": "note",
    "rule": "local-platform",
    "problem": "no platform file"
  }
]
`
	if diff := cmp.Diff(want, printed(t, Printer{Format: JSON}, unknownTier, local)); diff != "" {
		t.Error(diff)
	}
}

func TestPrintGitHub(t *testing.T) {
	odd := Diagnostic{Rule: "odd", Pos: Pos{File: "a,b:c%.cue", Line: 1, Col: 2}, Problem: "100%: a, b"}
	want := `::error file=shop/app.cue,line=4,col=7,title=unknown-value::apps.checkout.tier: "gold" is not a tier%0A	want: critical, standard or best-effort%0A	help: did you mean "critical"?
::error file=a%2Cb%3Ac%25.cue,line=1,col=2,title=odd::100%25: a, b
::warning file=platform.cue,line=9,title=no-scrape::50%25 of it: a, b (in prod)%0A	help: add%0A	      scrape: {}
::notice title=local-platform::no platform file
`
	if diff := cmp.Diff(want, printed(t, Printer{Format: GitHub}, local, noScrape, unknownTier, odd)); diff != "" {
		t.Error(diff)
	}
}

// GitHub drops what exceeds ten annotations of a severity: the log must still hold all of them.
func TestPrintGitHubLimit(t *testing.T) {
	ds := []Diagnostic{noScrape}
	for i := range 12 {
		ds = append(ds, Diagnostic{Rule: "r", Pos: Pos{File: "app.cue", Line: i + 1}, Problem: fmt.Sprint("problem ", i)})
	}
	got := printed(t, Printer{Format: GitHub}, ds...)
	if n := strings.Count(got, "::error "); n != 10 {
		t.Errorf("%d error commands, want 10", n)
	}
	if !strings.HasSuffix(got, "::group::2 more\napp.cue:11: problem 10\napp.cue:12: problem 11\n::endgroup::\n") {
		t.Errorf("the rest is missing:\n%s", got)
	}
	if n := strings.Count(got, "::warning "); n != 1 {
		t.Errorf("%d warning commands, want 1: the limit is one of each severity", n)
	}
}

func TestPrintSARIF(t *testing.T) {
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct{ ID, HelpURI string }
				}
			}
			Results []struct {
				RuleID, Level       string
				RuleIndex           int
				Message             struct{ Text string }
				PartialFingerprints map[string]string
				Locations           []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           *struct{ StartLine, StartColumn int }
					}
				}
			}
		}
	}
	moved := unknownTier
	moved.Pos.Line = 40
	spaced := Diagnostic{Severity: Warning, Rule: "r", Pos: Pos{File: "my apps/ä.cue"}, Problem: "p"}
	if err := json.Unmarshal([]byte(printed(t, Printer{Format: SARIF, Version: "v1"}, unknownTier, spaced, local, moved)), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Name != "scantling" || log.Runs[0].Tool.Driver.Version != "v1" {
		t.Fatalf("wrong frame: %+v", log)
	}
	run := log.Runs[0]
	fingerprints := map[string]bool{}
	for _, r := range run.Results {
		if got := run.Tool.Driver.Rules[r.RuleIndex].ID; got != r.RuleID {
			t.Errorf("rule index of %s leads to %s", r.RuleID, got)
		}
		fingerprints[r.PartialFingerprints["scantling/v1"]] = true
	}
	if len(fingerprints) != 4 {
		t.Errorf("%d fingerprints for 4 results", len(fingerprints))
	}
	if first := run.Results[0].Locations[0].PhysicalLocation; first.ArtifactLocation.URI != "shop/app.cue" || first.Region.StartLine != 4 || first.Region.StartColumn != 7 {
		t.Errorf("location is %+v", first)
	}
	if l := run.Results[1].Locations[0].PhysicalLocation; l.ArtifactLocation.URI != "my%20apps/%C3%A4.cue" || l.Region != nil {
		t.Errorf("location is %+v", l)
	}
	if len(run.Results[2].Locations) != 0 || run.Results[2].Level != "note" {
		t.Errorf("a note without a place is %+v", run.Results[2])
	}
	if a, b := fingerprint(unknownTier, map[string]int{}), fingerprint(moved, map[string]int{}); a != b {
		t.Error("a finding that moved to another line is a new finding")
	}
}
