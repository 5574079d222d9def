package verify

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
)

// waking are the alerts that may wake somebody: a promise is broken, or nobody would know. All others are about causes.
var waking = []string{
	"BackupMissing", "BackupRPO", "BackupSuspended", fastAlert, "NoReadyPods", missingAlert, outageAlert, "SLOUncounted", "StandbyMissing",
}

func alertLeadsSomewhere(c *checker) {
	alerts, headings := map[*inventory.Rules]int{}, map[string]bool{}
	for _, r := range c.told().all {
		headings[strings.ToLower(r.Alert)] = true
	}
	for _, r := range c.told().all {
		if r.Alert == "" || !r.object.Ours() {
			continue // how others route their alerts stands in no manifest
		}
		alerts[r.object]++
		for _, text := range slices.Concat(misrouted(r), untold(r, headings)) {
			c.violated(r.object.Object, strings.TrimSuffix(r.path(), ".expr"), "%s %s", r.Alert, text)
		}
	}
	for _, o := range c.Rules {
		if n := alerts[o]; n > 0 {
			c.proved(o.Object, "%d alerts have an owner, a severity and a runbook", n)
		}
	}
}

// misrouted says why an alert reaches the wrong people, or nobody.
func misrouted(r *toldRule) (found []string) {
	for _, label := range []string{"severity", "namespace", "service", "owner", "tier"} {
		if r.Labels[label] == "" {
			found = append(found, fmt.Sprintf("has no label %s: it is routed to nobody", label))
		}
	}
	want := map[string]string{
		"namespace": r.object.Namespace, "service": r.object.Labels[labelInstance], "owner": r.object.Labels["scantling.dev/owner"], "tier": r.object.Labels["scantling.dev/tier"],
	}
	for _, label := range []string{"namespace", "service", "owner", "tier"} {
		shared := label == "tier" && r.Labels["data"] != "" // of whoever needs the data most
		if is := r.Labels[label]; is != "" && want[label] != "" && want[label] != is && !shared && r.object.Labels[labelInstance] != "" {
			found = append(found, fmt.Sprintf("has the %s %s, and is a rule of %s", label, is, want[label]))
		}
	}
	switch severity := r.Labels["severity"]; {
	case severity == "":
	case severity != "page" && severity != "ticket":
		found = append(found, fmt.Sprintf("has the severity %q, which is neither page nor ticket", severity))
	case severity == "ticket" && (r.Alert == fastAlert || r.Alert == outageAlert):
		found = append(found, "wakes nobody: it is a ticket")
	case severity == "page" && !slices.Contains(waking, r.Alert):
		found = append(found, "wakes somebody for a cause that may break nothing")
	case severity == "page" && r.Labels["tier"] == bestEffort:
		found = append(found, "wakes somebody for what may wait")
	}
	return found
}

// untold says what an alert does not say, and what nobody could read. Headings are those of all alerts; a team's page may have others.
func untold(r *toldRule, headings map[string]bool) (found []string) {
	for _, note := range []string{"summary", "description", "runbook_url"} {
		text := r.Annotations[note]
		switch {
		case text == "":
			found = append(found, "has no "+note)
		case strings.Contains(text, "{{") || strings.Contains(text, "%!") || strings.TrimSpace(text) != text:
			found = append(found, fmt.Sprintf("has the %s %q", note, text))
		}
	}
	for _, note := range []string{"runbook_url", "dashboard_url"} {
		if text := r.Annotations[note]; text != "" && !opens(text) {
			found = append(found, fmt.Sprintf("leads to %q, which is no absolute address of a page", text))
		}
	}
	switch _, anchor, _ := strings.Cut(r.Annotations["runbook_url"], "#"); {
	case r.Annotations["runbook_url"] == "", anchor == strings.ToLower(r.Alert):
	case anchor == "":
		found = append(found, "leads to no heading of a page")
	case headings[anchor]:
		found = append(found, fmt.Sprintf("leads to the heading %q of another alert", anchor))
	}
	if r.KeepFiringFor == "" {
		found = append(found, "ends with each gap between two scrapes, and begins again: it has no keep_firing_for")
	}
	return found
}

// opens reports whether an address is one of a host that a browser opens.
func opens(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && !strings.ContainsAny(address, " \n\"")
}
