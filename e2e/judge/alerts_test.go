package judge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/scantling/scantling/e2e/judge/manifest"
	"github.com/scantling/scantling/e2e/judge/rulecheck"
	"github.com/scantling/scantling/e2e/render"
)

// begin is when the clusters of these tests were made: any time does.
var begin = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// A cronJob is one as kube-state-metrics sees it. Times that are zero never were.
type cronJob struct {
	name             string
	scheduled        time.Duration // since begin: the last run that began
	ended            time.Duration // the last run that ended well
	gone             time.Duration // from then on it is not there
	suspended, twice bool          // twice: two instances of kube-state-metrics see it
}

// series is what is scraped of it.
func (c cronJob) series() (known rulecheck.Known) {
	if c.name == "" { // there is none
		return nil
	}
	instances := []string{"10.0.0.1:8080"}
	if c.twice {
		instances = append(instances, "10.0.0.2:8080")
	}
	add := func(metric string, since time.Duration, value float64) {
		for _, instance := range instances {
			known = append(known, rulecheck.Series{
				Labels: map[string]string{"__name__": metric, "namespace": "keepers", "cronjob": c.name, "job": "kube-state-metrics", "instance": instance},
				Scrape: func(at time.Time) (float64, bool) {
					return value, !at.Before(begin.Add(since)) && (c.gone == 0 || at.Before(begin.Add(c.gone)))
				},
			})
		}
	}
	suspend := 0.0
	if c.suspended {
		suspend = 1
	}
	add("kube_cronjob_info", 0, 1)
	add("kube_cronjob_created", 0, float64(begin.Unix()))
	add("kube_cronjob_spec_suspend", 0, suspend)
	add("kube_cronjob_status_active", 0, 0)
	if c.scheduled > 0 {
		add("kube_cronjob_status_last_schedule_time", c.scheduled, float64(begin.Add(c.scheduled).Unix()))
	}
	if c.ended > 0 {
		add("kube_cronjob_status_last_successful_time", c.ended, float64(begin.Add(c.ended).Unix()))
	}
	return known
}

// TestCronJobAlerts lets Prometheus' own engine say when the alerts of a backup and of its drills fire: not before an objective is
// broken, and soon after. The objective of orders is 4 h; a critical app rehearses every week.
func TestCronJobAlerts(t *testing.T) {
	t.Parallel()
	const (
		backup, drill = "orders-db-backup", "orders-db-drill"
		rpo           = 4 * time.Hour
		soon          = 6 * time.Minute  // what the alert waits, and a minute
		long          = 61 * time.Minute // likewise
	)
	never := cronJob{name: backup} // no run of it has ended well
	well := func(at time.Duration) cronJob {
		return cronJob{name: backup, scheduled: at - 50*time.Minute, ended: at - 40*time.Minute}
	}
	young, week := cronJob{name: drill}, 7*24*time.Hour
	rules := alertsOf(t, of(t, own(t), render.ByVelero), "orders")
	for _, c := range []struct {
		name          string
		backup, drill cronJob
		at            time.Duration
		want          string // the alerts that fire
	}{
		{"new", never, young, time.Hour, ""},
		{"healthy for a month", well(4*week + 2*time.Hour), cronJob{name: drill, scheduled: 4 * week, ended: 4*week + time.Minute}, 4*week + 2*time.Hour, ""},

		{"an old success, before", cronJob{name: backup, ended: time.Hour}, young, time.Hour + rpo - time.Minute, ""},
		{"an old success, after", cronJob{name: backup, ended: time.Hour}, young, time.Hour + rpo + soon, "BackupRPO"},
		{"an old success, seen twice", cronJob{name: backup, ended: time.Hour, twice: true}, young, time.Hour + rpo + soon, "BackupRPO"},
		{"an old success, and runs that fail", cronJob{name: backup, ended: time.Hour, scheduled: 5 * time.Hour}, young, time.Hour + rpo + soon, "BackupRPO"},
		{"never a success, before", never, young, rpo - time.Minute, ""},
		{"never a success, after", never, young, rpo + soon, "BackupRPO"},

		{"suspended for less than an hour", cronJob{name: backup, suspended: true}, young, 59 * time.Minute, ""},
		{"suspended for an hour", cronJob{name: backup, suspended: true}, young, 61 * time.Minute, "BackupSuspended"},
		{"suspended for longer than the objective", cronJob{name: backup, suspended: true}, young, rpo + soon, "BackupRPO BackupSuspended"},
		{"no CronJob for an hour", cronJob{name: backup, gone: time.Hour}, young, 2*time.Hour - time.Minute, ""},
		{"no CronJob for longer", cronJob{name: backup, gone: time.Hour}, young, 2*time.Hour + 2*time.Minute, "BackupMissing"},

		{"an old drill, before", well(time.Hour + 2*week), cronJob{name: drill, ended: time.Hour}, time.Hour + 2*week, ""},
		{"an old drill, after", well(time.Hour + 2*week + long), cronJob{name: drill, ended: time.Hour}, time.Hour + 2*week + long, "RestoreDrillOverdue"},
		{"never a drill, before", well(2*week - time.Minute), young, 2*week - time.Minute, ""},
		{"never a drill, after", well(2*week + long), young, 2*week + long, "RestoreDrillOverdue"},
		{"no drill", well(5 * time.Hour), cronJob{}, 5 * time.Hour, "RestoreDrillOverdue"},
		{"a drill that failed", well(week + time.Hour), cronJob{name: drill, ended: time.Hour, scheduled: week}, week + time.Hour, "RestoreDrillFailed"},
		{"the first drill failed", well(week + time.Hour), cronJob{name: drill, scheduled: week}, week + time.Hour, "RestoreDrillFailed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := firing(t, rules, append(c.backup.series(), c.drill.series()...), begin.Add(c.at)); got != c.want {
				t.Errorf("after %s it fires %q, want %q", c.at, got, c.want)
			}
		})
	}
}

// alertsOf returns the alerts of one app in a set.
func alertsOf(t *testing.T, docs []manifest.Document, app string) (alerts []rulefmt.Rule) {
	t.Helper()
	all, err := rulecheck.Alerts(docs)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Labels["service"] == app {
			alerts = append(alerts, a)
		}
	}
	if len(alerts) == 0 {
		t.Fatalf("there are no alerts for %s", app)
	}
	return alerts
}

// firing returns the names of the alerts that fire, in the order of the rules.
func firing(t *testing.T, rules []rulefmt.Rule, known rulecheck.Known, at time.Time) string {
	t.Helper()
	var names []string
	for _, rule := range rules {
		labels, err := known.Firing(rule, at)
		if err != nil {
			t.Fatal(err)
		}
		if len(labels) > 1 {
			t.Errorf("%s fires %d times at once: %q", rule.Alert, len(labels), labels)
		}
		if len(labels) > 0 {
			names = append(names, rule.Alert)
		}
	}
	return strings.Join(names, " ")
}
