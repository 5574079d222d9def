package recovery_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/scantling/scantling/generators/recovery"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

const hour = 60 * 60

// ledger is an app whose data must be restorable, by each method.
func ledger(recovered ...app.Recovery) app.App {
	return app.App{
		Env: &app.Environment{
			Name: "prod", Capabilities: []string{"prometheus"},
			Scrape: &app.Scrape{Namespace: "monitoring", MonitorLabels: map[string]string{"release": "prometheus"}},
		},
		Name: "ledger", Namespace: "shop", Team: "payments", Tier: app.Critical, Kind: app.Stateful, Version: "2.0.0",
		Runbooks: "https://runbooks.acme.io/payments", Recovery: recovered,
		Jobs: []app.Job{
			{Name: "ledger-entries-drill", Component: "drill", For: "entries", DeadlineSeconds: 2 * hour},
			{Name: "ledger-orders-backup", Component: "backup", For: "orders"},
			{Name: "ledger-orders-drill", Component: "drill", For: "orders", DeadlineSeconds: 4 * hour},
		},
		Clusters: []app.Cluster{
			{Name: "ledger-scratch", Need: "scratch"},
			{Name: "ledger-entries", Need: "entries", Archive: &app.Archive{TimeoutSeconds: 300}},
		},
	}
}

func dumped() app.Recovery {
	return app.Recovery{
		Name: "orders", Kind: app.NeedPostgres, Method: app.ByDump, Tier: app.Critical, RPOSeconds: 24 * hour, RTOSeconds: 4 * hour, Schedule: "17 2,10,18 * * *",
		IntervalSeconds: 8 * hour, DeadlineSeconds: hour, DrillSchedule: "40 4 * * 1", DrillDays: 7,
	}
}

func archived() app.Recovery {
	return app.Recovery{
		Name: "entries", Kind: app.NeedPostgres, Method: app.ByArchive, Tier: app.Critical, RPOSeconds: 900, RTOSeconds: hour, Schedule: "17 2 * * *",
		IntervalSeconds: 24 * hour, DrillSchedule: "40 4 7 * *", DrillDays: 30,
	}
}

func moved() app.Recovery {
	return app.Recovery{
		Name: "files", Method: app.ByVelero, Tier: app.Critical, RPOSeconds: 12 * hour, RTOSeconds: 2 * hour, IntervalSeconds: 6 * hour,
		Velero: &app.VeleroBackup{Schedule: "shop-ledger-files", Namespace: "velero"},
	}
}

func TestRuleObjects(t *testing.T) {
	golden.ObjectsFile(t, recovery.Rule.Run(ledger(dumped(), archived(), moved())), "testdata/rules.yaml")
}

// rules returns the alerts of an app by their names; what a name appears twice for is a mistake.
func rules(t *testing.T, a app.App) map[string]kube.Rule {
	t.Helper()
	out := map[string]kube.Rule{}
	for _, o := range recovery.Rule.Run(a) {
		for _, g := range o.(*kube.PrometheusRule).Spec.Groups {
			for _, r := range g.Rules {
				if _, ok := out[r.Alert]; ok {
					t.Errorf("two alerts are called %s", r.Alert)
				}
				out[r.Alert] = r
			}
		}
	}
	return out
}

// TestMethodsHaveTheirAlerts wants each method to be watched by what measures it, and rehearsals where there are any.
func TestMethodsHaveTheirAlerts(t *testing.T) {
	snapshot, replica := dumped(), archived()
	snapshot.Method = app.BySnapshot
	replica.Method = app.ByReplica
	for _, tt := range []struct {
		recovery app.Recovery
		want     string
	}{
		{dumped(), "BackupMissing BackupRPO BackupSuspended RestoreDrillFailed RestoreDrillOverdue"},
		{snapshot, "BackupMissing BackupRPO BackupSuspended RestoreDrillFailed RestoreDrillOverdue"},
		{moved(), "BackupMissing BackupRPO"},
		{archived(), "BackupMissing BackupRPO BaseBackupOverdue RestoreDrillFailed RestoreDrillOverdue"},
		{replica, "BackupMissing BackupRPO BaseBackupOverdue RestoreDrillFailed RestoreDrillOverdue StandbyMissing"},
	} {
		var names []string
		for name := range rules(t, ledger(tt.recovery)) {
			names = append(names, name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s: the alerts are\n%s\nwant\n%s", tt.recovery.Method, got, tt.want)
		}
	}
}

// TestThresholdsAreTheObjectives wants exact seconds of the objective, of two rehearsals, and of two base backups.
func TestThresholdsAreTheObjectives(t *testing.T) {
	replica := archived()
	replica.Method, replica.RPOSeconds = app.ByReplica, 1
	for _, tt := range []struct {
		recovery app.Recovery
		alert    string
		want     []string
	}{
		{dumped(), "BackupRPO", []string{"last_successful_time{namespace=\"shop\",cronjob=\"ledger-orders-backup\"}) > 86400\n", "created{namespace=\"shop\",cronjob=\"ledger-orders-backup\"}) > 86400\nunless"}},
		{dumped(), "RestoreDrillOverdue", []string{"last_successful_time{namespace=\"shop\",cronjob=\"ledger-orders-drill\"}) > 1209600\n", "absent(kube_cronjob_info{namespace=\"shop\",cronjob=\"ledger-orders-drill\"})"}},
		{moved(), "BackupRPO", []string{"timestamp{schedule=\"shop-ledger-files\"}) > 43200\n", "attempt_total{schedule=\"shop-ledger-files\"} offset 43200s)\nunless"}},
		{archived(), "BackupRPO", []string{"seconds_since_last_archival{namespace=\"shop\",pod=~\"ledger-entries-[0-9]+\"} > 900 and"}},
		{archived(), "BaseBackupOverdue", []string{"!= 0) > 172800"}},
		{replica, "BackupRPO", []string{"} > 600 and"}}, // twice the 300 s after which a segment goes to the bucket
	} {
		for _, want := range tt.want {
			if expr := rules(t, ledger(tt.recovery))[tt.alert].Expr; !strings.Contains(expr, want) {
				t.Errorf("%s of %s lacks %q:\n%s", tt.alert, tt.recovery.Method, want, expr)
			}
		}
	}
}

// TestAlertsReachTheirOwners wants what routes read on each alert, words for who is woken, and a link that opens.
func TestAlertsReachTheirOwners(t *testing.T) {
	replica := archived()
	replica.Method = app.ByReplica
	for _, tier := range []app.Tier{app.Critical, app.Standard, app.BestEffort} {
		a := ledger(dumped(), replica, moved())
		for i := range a.Recovery { // of the data, not of the app that owns its backup
			a.Recovery[i].Tier = tier
		}
		for _, o := range recovery.Rule.Run(a) {
			for _, r := range o.(*kube.PrometheusRule).Spec.Groups[0].Rules {
				wakes := strings.HasPrefix(r.Alert, "Backup") || r.Alert == "StandbyMissing"
				want := map[bool]string{true: "page", false: "ticket"}[wakes && tier != app.BestEffort]
				if got := r.Labels["severity"]; got != want {
					t.Errorf("%s of a %s app is a %s, want a %s", r.Alert, tier, got, want)
				}
				if l := r.Labels; l["service"] != "ledger" || l["owner"] != "payments" || l["namespace"] != "shop" || l["data"] == "" || l["tier"] != string(tier) {
					t.Errorf("%s goes to %v", r.Alert, l)
				}
				for _, text := range r.Annotations {
					if strings.Contains(text, "{{") || strings.Contains(text, "%!") || text == "" {
						t.Errorf("%s says %q", r.Alert, text)
					}
				}
				if u, err := url.Parse(r.Annotations["runbook_url"]); err != nil || u.Host != "runbooks.acme.io" || u.Fragment != strings.ToLower(r.Alert) {
					t.Errorf("%s leads to %v (%v)", r.Alert, u, err)
				}
				if r.For == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
					t.Errorf("%s is not whole: %+v", r.Alert, r)
				}
			}
		}
	}
}

// TestDashboards wants alerts to lead to what is drawn of the app, where somebody says at which address.
func TestDashboards(t *testing.T) {
	a := ledger(dumped())
	a.Metrics, a.Env.Grafana = &app.Metrics{}, &app.Grafana{URL: "https://grafana.acme.io"}
	for capability, want := range map[string]string{"vpa": "", "grafana": "https://grafana.acme.io/d/" + kube.DashboardUID(a)} {
		a.Env.Capabilities = []string{"prometheus", capability}
		for name, r := range rules(t, a) {
			if got := r.Annotations["dashboard_url"]; got != want {
				t.Errorf("with %s, %s leads to %q, want %q", capability, name, got, want)
			}
		}
	}
}

// TestRunbooks wants the team's page, and without one this project's own.
func TestRunbooks(t *testing.T) {
	for page, want := range map[string]string{
		"": "https://github.com/scantling/scantling/blob/main/docs/recovery.md#backuprpo", "https://acme.io/r": "https://acme.io/r#backuprpo", "https://acme.io/r#top": "https://acme.io/r#top",
	} {
		a := ledger(dumped())
		a.Runbooks = page
		if got := rules(t, a)["BackupRPO"].Annotations["runbook_url"]; got != want {
			t.Errorf("with the page %q the alert leads to %q, want %q", page, got, want)
		}
	}
}

// TestRulesOnlyWhereSomebodyReadsThem wants none without Prometheus, for a backup that another app has, or for nothing.
func TestRulesOnlyWhereSomebodyReadsThem(t *testing.T) {
	blind, shared, unplanned, lost := ledger(dumped()), ledger(dumped()), ledger(dumped()), ledger(archived())
	blind.Env.Capabilities = nil
	shared.Recovery[0].SharedWith = "orders"
	unplanned.Jobs = nil
	lost.Clusters, lost.Jobs = nil, nil
	for what, a := range map[string]app.App{"Prometheus": blind, "its own backup": shared, "Jobs": unplanned, "a database": lost} {
		if made := recovery.Rule.Run(a); len(made) > 0 {
			t.Errorf("without %s there is %v", what, made)
		}
	}
}

// TestSpansAreSaidInWords reads the objective as a person writes it.
func TestSpansAreSaidInWords(t *testing.T) {
	for seconds, want := range map[int64]string{
		48 * hour: "2 days", 24 * hour: "24 hours", 36 * hour: "36 hours", hour: "60 minutes", 5400: "90 minutes", 61: "61 seconds",
	} {
		r := dumped()
		r.RPOSeconds = seconds
		if got := rules(t, ledger(r))["BackupRPO"].Annotations["summary"]; got != fmt.Sprintf("orders of ledger has no backup from the last %s", want) {
			t.Errorf("%d s: %s", seconds, got)
		}
	}
}
