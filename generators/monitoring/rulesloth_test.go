package monitoring

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/slo"
)

// TestSlothsDashboards wants every series that Sloth's detailed dashboard (14348 on grafana.com) reads, with the labels that it
// selects by. Its variables are the labels sloth_service and sloth_slo of slo:objective:ratio; it takes the month's budget from
// slo:sli_error:ratio_rate1h, which it matches with slo:error_budget:ratio on sloth_id; and it looks for pages and tickets among
// ALERTS. The overview (14643) lists what sloth_slo_info tells of.
func TestSlothsDashboards(t *testing.T) {
	a := promises("web", availability("http"), latency("http"))
	a.Env.Scrape.Sloth, a.SLO.WindowDays = true, 30
	read := []string{
		"slo:objective:ratio", "slo:error_budget:ratio", "slo:current_burn_rate:ratio", "slo:period_error_budget_remaining:ratio", "sloth_slo_info",
	}
	for _, window := range strings.Split("5m,30m,1h,2h,6h,1d,3d,30d", ",") {
		read = append(read, "slo:sli_error:ratio_rate"+window)
	}
	for _, o := range a.SLO.Objectives {
		known := map[string]string{"sloth_id": "shop/web-" + o.Name, "sloth_service": "shop/web", "sloth_slo": o.Name}
		missing := slices.Clone(read)
		severities := map[string]bool{}
		for _, r := range rulesOf(a) {
			if r.Labels["slo"] != o.Name {
				continue
			}
			for label, want := range known {
				if r.Labels[label] != want {
					t.Errorf("%s%s of %s bears %s=%q, want %q", r.Record, r.Alert, o.Name, label, r.Labels[label], want)
				}
			}
			if window, ratio := strings.CutPrefix(r.Record, slo.RatioOver("")); r.Labels["sloth_window"] != window && ratio || r.Labels["sloth_window"] != "" && !ratio {
				t.Errorf("%s%s bears sloth_window=%q", r.Record, r.Alert, r.Labels["sloth_window"])
			}
			if r.Alert != "" {
				severities[r.Labels["sloth_severity"]] = true
			}
			missing = slices.DeleteFunc(missing, func(name string) bool { return name == r.Record })
		}
		if len(missing) > 0 {
			t.Errorf("%s: nothing records %q", o.Name, missing)
		}
		if !maps.Equal(severities, map[string]bool{"page": true, "ticket": true}) {
			t.Errorf("%s: alerts of the severities %v", o.Name, severities)
		}
	}
}

// TestSlothsLabelsOnlyWhereTheyAreRead: they would double what every query of a person has to leave out.
func TestSlothsLabelsOnlyWhereTheyAreRead(t *testing.T) {
	for name, a := range sources() {
		for _, r := range rulesOf(a) {
			for label := range r.Labels {
				if strings.HasPrefix(label, "sloth_") {
					t.Errorf("%s: %s%s bears %s", name, r.Record, r.Alert, label)
				}
			}
			if r.Record == "sloth_slo_info" {
				t.Errorf("%s: %s is recorded", name, r.Record)
			}
		}
	}
}

// TestAlertsAreOneWhateverRecordsBear: the windows of a pair differ in the label that says which they are.
func TestAlertsAreOneWhateverRecordsBear(t *testing.T) {
	plain, sloth := promises("web", availability("http")), promises("web", availability("http"))
	sloth.Env.Scrape = &app.Scrape{Sloth: true}
	for _, name := range []string{"ErrorBudgetBurn", "ErrorBudgetBurnSlow", "SLOMissing"} {
		if p, s := alertsOf(plain, name)[0].Expr, alertsOf(sloth, name)[0].Expr; p != s {
			t.Errorf("%s:\nplain %s\nSloth %s", name, p, s)
		}
	}
	if expr := alertsOf(sloth, "ErrorBudgetBurn")[0].Expr; !strings.HasPrefix(expr, "max by (namespace, service, slo) (") {
		t.Errorf("an alert for each window: %s", expr)
	}
}
