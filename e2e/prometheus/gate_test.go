package prometheus

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scantling/scantling/e2e/prometheus/server"
)

const gated = `package platform

platform: environments: prod: {
	kubernetes: "1.34"
	capabilities: ["prometheus"]
	scrape: {namespace: "monitoring", labels: "app.kubernetes.io/name": "prometheus"}
}
`

const gatedApps = `package shop

apps: [NAME=_]: {team: "shop", tier: "standard", image: "registry.acme.io/shop/\(NAME):1.0", slo: availability: 99.5}
apps: {spent: {}, whole: {}, fresh: {}, twice: {}}
`

// history are samples by series, by the name of their family: OpenMetrics wants each of them in one piece.
type history map[string]map[string][]string

func (h history) add(name, labels string, value float64, at time.Time) {
	if h[name] == nil {
		h[name] = map[string][]string{}
	}
	h[name][labels] = append(h[name][labels], fmt.Sprintf("%s{%s} %g %d\n", name, labels, value, at.Unix()))
}

// left is what the rules of an app have recorded at a time; more are further labels.
func (h history) left(app, more string, ratio float64, at time.Time) {
	labels := fmt.Sprintf(`namespace="shop",service=%q,slo="availability"%s`, app, more)
	h.add("slo:period_error_budget_remaining:ratio", labels, ratio, at)
	h.add("slo:current_burn_rate:ratio", labels, 1.5, at)
	h.add("slo:objective:ratio", labels, 0.995, at)
	h.add("slo:time_period:days", labels, 28, at)
}

// hour is ten requests a second for an hour.
func (h history) hour(app string, from time.Time) {
	for i := range 30 {
		h.add("slo:sli_total:sample2m", fmt.Sprintf(`namespace="shop",service=%q,slo="availability"`, app), 10, from.Add(time.Duration(i)*2*time.Minute))
	}
}

func (h history) String() string {
	var b strings.Builder
	for name, all := range h {
		fmt.Fprintf(&b, "# TYPE %s gauge\n", name)
		for _, samples := range all {
			b.WriteString(strings.Join(samples, ""))
		}
	}
	return b.String() + "# EOF\n"
}

// TestGate asks a real server, by itself and through the script that makes a file.
func TestGate(t *testing.T) {
	now := time.Now()
	samples := history{}
	samples.left("spent", "", 0.75, now.Add(-48*time.Hour))
	samples.left("spent", "", -0.5, now.Add(-30*time.Second))
	samples.left("whole", "", 0.9, now.Add(-30*time.Second))
	samples.left("fresh", "", 0.9, now.Add(-20*time.Minute)) // its rules are no longer evaluated
	samples.left("twice", `,cluster="eu"`, 0.9, now.Add(-30*time.Second))
	samples.left("twice", `,cluster="us"`, -1, now.Add(-30*time.Second))
	samples.hour("spent", now.Add(-72*time.Hour))
	samples.hour("whole", now.Add(-29*24*time.Hour)) // has left the window
	samples.hour("whole", now.Add(-72*time.Hour))
	s := server.Start(t, server.Options{Samples: strings.NewReader(samples.String())})

	dir := t.TempDir()
	for name, text := range map[string]string{"platform.cue": gated, "app.cue": gatedApps} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	gate := func(args ...string) (code int, stdout, stderr string) {
		return inDirectory(t, dir, append([]string{world.scantling, "gate"}, args...)...)
	}

	code, table, findings := gate("--prometheus", s.URL())
	wantText(t, code, 1, table, []string{`APP    SLO           TARGET  WINDOW  LEFT    THAT IS       BURN NOW  VERDICT
fresh  availability  99.5 %  28d     ?       ?             ?         unknown
spent  availability  99.5 %  28d     -50 %   -90 requests  1.5x      frozen
twice  availability  99.5 %  28d     -100 %  -3 h 21 min   1.5x      frozen
whole  availability  99.5 %  28d     90 %    162 requests  1.5x      ok
4 error budgets in prod: 1 ok, 1 unknown, 2 frozen
`})
	wantText(t, code, 1, findings, []string{
		"spent's error budget is overspent: -50 % is left", "nothing is recorded of fresh's error budget", `2 series tell what is left of twice's error budget: the worst counts, of cluster="us"`,
	})

	code, table, _ = gate("twice", "--prometheus", s.URL(), "--match", `cluster=~"e."`)
	wantText(t, code, 0, table, []string{"1 error budget in prod: 1 ok"})
	code, table, _ = gate("spent", "--prometheus", s.URL(), "--at", now.Add(-48*time.Hour).UTC().Format(time.RFC3339))
	wantText(t, code, 0, table, []string{"75 %", "1 error budget in prod: 1 ok"})
	code, table, findings = gate("--prometheus", s.URL()+"/prefix")
	wantText(t, code, 2, findings, []string{"/prefix/api/v1/query: the server answers 404 not found", "is its path prefix in the URL?"})
	if table != "" {
		t.Errorf("no answer, and yet %s", table)
	}

	_, script, _ := gate("--print-queries")
	if err := os.WriteFile(filepath.Join(dir, "fetch.sh"), []byte(script), 0o666); err != nil {
		t.Fatal(err)
	}
	code, answers, said := inDirectory(t, dir, "sh", "fetch.sh", s.URL())
	if code != 0 {
		t.Fatalf("fetch.sh: %s", said)
	}
	if err := os.WriteFile(filepath.Join(dir, "answers.json"), []byte(answers), 0o666); err != nil {
		t.Fatal(err)
	}
	_, direct, _ := gate("--prometheus", s.URL())
	if code, table, _ := gate("--from", "answers.json"); code != 1 || table != direct {
		t.Errorf("exit code %d; from the file\n%sfrom the server\n%s", code, table, direct)
	}
}

func inDirectory(t *testing.T, dir string, command ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	var out, said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), said.String()
}

func wantText(t *testing.T, code, wantCode int, text string, wants []string) {
	t.Helper()
	if code != wantCode {
		t.Errorf("exit code %d, want %d", code, wantCode)
	}
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
