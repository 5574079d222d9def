package generators_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/kube"
)

// runbooks are the pages that say what to do about alerts, by their names in an address.
func runbooks() []string { return []string{"recovery.md", "slo.md"} }

// headings returns the alerts that a page has headings for.
func headings(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	_, below, ok := strings.Cut(string(text), "\n## When an alert fires\n")
	if !ok {
		t.Fatalf("docs/%s does not say what to do when an alert fires", page)
	}
	below, _, _ = strings.Cut(below, "\n## ")
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^### ([A-Z]\w+)$`).FindAllStringSubmatch(below, -1) { // others are of several words
		names = append(names, m[1])
	}
	return names
}

// TestAlertsHaveRunbooks wants a heading for every alert on the page that its address leads to, so that no alert leads nowhere, and
// every heading to be of an alert that is made.
func TestAlertsHaveRunbooks(t *testing.T) {
	pages, stray := map[string][]string{}, map[string]bool{}
	for _, page := range runbooks() {
		pages[page] = headings(t, page)
		for _, name := range pages[page] {
			stray[page+" ### "+name] = true
		}
	}
	for _, objects := range everything(corpus(t), namespaces(t), fleets(t)) {
		for _, o := range objects {
			rule, ok := o.(*kube.PrometheusRule)
			if !ok {
				continue
			}
			for _, r := range alerts(rule) {
				there := slices.DeleteFunc(runbooks(), func(page string) bool { return !slices.Contains(pages[page], r.Alert) })
				if len(there) != 1 {
					t.Errorf("%s has headings on %v, want one", r.Alert, there)
					continue
				}
				delete(stray, there[0]+" ### "+r.Alert)
				leads := r.Annotations["runbook_url"]
				ours := strings.HasPrefix(leads, "https://github.com/") // else it is the team's page
				if ours && leads != kube.Runbook("", there[0], r.Alert) || !strings.HasSuffix(leads, "#"+strings.ToLower(r.Alert)) {
					t.Errorf("%s of %s leads to %q, and its heading is on %s", r.Alert, rule.Name, leads, there[0])
				}
			}
		}
	}
	for _, heading := range slices.Sorted(maps.Keys(stray)) {
		t.Errorf("no alert of the corpus leads to docs/%s", heading)
	}
}

// TestCommandsOfAlerts wants every command in an alert on a line of its own, with nothing about it that is not the shell's: somebody pastes it.
func TestCommandsOfAlerts(t *testing.T) {
	whole, found := regexp.MustCompile(`^(kubectl|velero) -n [a-z0-9-]+ [-A-Za-z0-9 =/,.%+$()'"{}:]*[A-Za-z0-9)']$`), 0
	for _, objects := range everything(corpus(t), namespaces(t), fleets(t)) {
		for _, o := range objects {
			rule, ok := o.(*kube.PrometheusRule)
			if !ok {
				continue
			}
			for _, r := range alerts(rule) {
				for line := range strings.Lines(r.Annotations["description"]) {
					if line = strings.TrimSuffix(strings.TrimSpace(line), ";"); !strings.Contains(line, "kubectl ") && !strings.Contains(line, "velero -") {
						continue
					}
					if found++; !whole.MatchString(line) {
						t.Errorf("%s of %s: somebody pastes %q", r.Alert, rule.Name, line)
					}
				}
			}
		}
	}
	if found == 0 {
		t.Error("no alert has a command")
	}
}

// alerts returns the rules of an object that are alerts.
func alerts(o *kube.PrometheusRule) []kube.Rule {
	var out []kube.Rule
	for _, g := range o.Spec.Groups {
		for _, r := range g.Rules {
			if r.Alert != "" {
				out = append(out, r)
			}
		}
	}
	return out
}
