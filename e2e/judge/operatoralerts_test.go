package judge_test

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/scantling/scantling/e2e/judge/manifest"
	"github.com/scantling/scantling/e2e/judge/rulecheck"
	"github.com/scantling/scantling/e2e/render"
)

// series is one series that is there from a time on (since begin); its value may change.
func series(name string, labels map[string]string, from time.Duration, value func(time.Time) float64) rulecheck.Series {
	all := map[string]string{"__name__": name}
	for k, v := range labels {
		all[k] = v
	}
	return rulecheck.Series{Labels: all, Scrape: func(at time.Time) (float64, bool) { return value(at), !at.Before(begin.Add(from)) }}
}

func always(value float64) func(time.Time) float64 { return func(time.Time) float64 { return value } }

// A database is one of two servers as CloudNativePG and its plugin see it. Times are since begin; those that are zero never were.
type database struct {
	name     string
	archived time.Duration // the last segment of the log that went to the bucket
	waiting  float64       // segments that should go there
	base     time.Duration // the last base backup
	standbys float64
}

// known is what is scraped of the primary, and of a standby that archives nothing.
func (d database) known() (known rulecheck.Known) {
	stamp := func(at time.Duration) float64 {
		if at == 0 {
			return 0
		}
		return float64(begin.Add(at).Unix())
	}
	for i, server := range []database{d, {base: d.base}} {
		pod := map[string]string{"namespace": "keepers", "pod": d.name + []string{"-1", "-2"}[i], "container": "postgres"}
		ready := map[string]string{"value": "ready"}
		for k, v := range pod {
			ready[k] = v
		}
		known = append(known,
			series("cnpg_collector_pg_wal_archive_status", ready, 0, always(server.waiting)),
			series("cnpg_pg_stat_archiver_stats_reset_time", pod, 0, always(float64(begin.Unix()))),
			series("cnpg_pg_stat_archiver_seconds_since_last_archival", pod, 0, func(at time.Time) float64 {
				if since := at.Sub(begin.Add(server.archived)); server.archived > 0 && since > 0 {
					return since.Seconds()
				}
				return -1
			}),
			series("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp", pod, 0, always(stamp(server.base))),
			series("cnpg_pg_replication_streaming_replicas", pod, 0, always(server.standbys)),
		)
	}
	return known
}

// TestArchiveAlerts is TestCronJobAlerts for databases that keep every change: ledger may lose 10 minutes, money has a standby.
func TestArchiveAlerts(t *testing.T) {
	t.Parallel()
	const ledger, money, month = "ledger-ledger-db", "money-money-db", 30 * 24 * time.Hour
	docs := of(t, own(t), render.ByVelero)
	rules := map[string][]rulefmt.Rule{"ledger": alertsOf(t, docs, "ledger"), "money": alertsOf(t, docs, "money")}
	for _, c := range []struct {
		name  string
		known database
		at    time.Duration
		want  string
	}{
		{"healthy", database{name: ledger, archived: month - time.Minute, waiting: 1, base: month - 3*time.Hour, standbys: 1}, month, ""},
		{"nobody writes", database{name: ledger, archived: month - 9*time.Hour, base: month - 3*time.Hour, standbys: 1}, month, ""},
		{"the archive stands still, before", database{name: ledger, archived: month, waiting: 3, base: month - 3*time.Hour}, month + 10*time.Minute, ""},
		{"the archive stands still, after", database{name: ledger, archived: month, waiting: 3, base: month - 3*time.Hour}, month + 13*time.Minute, "BackupRPO"},
		{"never a segment, before", database{name: ledger, waiting: 1}, 10 * time.Minute, ""},
		{"never a segment, after", database{name: ledger, waiting: 1}, 13 * time.Minute, "BackupRPO"},
		{"never a base backup, before", database{name: ledger, archived: 55 * time.Minute}, 61 * time.Minute, ""},
		{"never a base backup, after", database{name: ledger, archived: 55 * time.Minute}, 64 * time.Minute, "BackupRPO"},
		{"no base backup for two days, before", database{name: ledger, archived: month, base: month - 48*time.Hour}, month, ""},
		{"no base backup for two days, after", database{name: ledger, archived: month, base: month - 48*time.Hour}, month + 16*time.Minute, "BaseBackupOverdue"},
		{"no metrics", database{name: "other"}, 16 * time.Minute, "BackupMissing"},
		{"a standby", database{name: money, archived: month, base: month, standbys: 2}, month, ""},
		{"no standby", database{name: money, archived: month, base: month}, month, "StandbyMissing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := "ledger"
			if c.known.name == money {
				app = "money"
			}
			drill := cronJob{name: app + "-" + app + "-db-drill", scheduled: c.at, ended: c.at}
			if got := firing(t, rules[app], append(c.known.known(), drill.series()...), begin.Add(c.at)); got != c.want {
				t.Errorf("after %s it fires %q, want %q", c.at, got, c.want)
			}
		})
	}
}

// TestVeleroAlerts is the same for a volume that Velero keeps. Its objective is 24 h.
func TestVeleroAlerts(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	docs := of(t, own(t), render.ByVelero)
	rules := alertsOf(t, docs, "search")
	i := slices.IndexFunc(docs, func(d manifest.Document) bool { return d.GetKind() == "Schedule" })
	if i < 0 {
		t.Fatal("there is no Schedule")
	}
	for _, c := range []struct {
		name        string
		known       bool          // Velero knows the Schedule
		success, at time.Duration // since begin; 0: never
		want        string
	}{
		{"healthy", true, 3*day - 8*time.Hour, 3 * day, ""},
		{"an old success, before", true, day, 2*day - time.Minute, ""},
		{"an old success, after", true, day, 2*day + 6*time.Minute, "BackupRPO"},
		{"never a success, before", true, 0, day - time.Minute, ""},
		{"never a success, after", true, 0, day + 6*time.Minute, "BackupRPO"},
		{"no Schedule", false, 0, 16 * time.Minute, "BackupMissing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			known := cronJob{name: "search-data-drill", scheduled: c.at, ended: c.at}.series()
			labels := map[string]string{"schedule": docs[i].GetName()}
			if c.known {
				known = append(known, series("velero_backup_attempt_total", labels, 0, always(0)))
			}
			if c.success > 0 {
				known = append(known, series("velero_backup_last_successful_timestamp", labels, c.success, always(float64(begin.Add(c.success).Unix()))))
			}
			if got := firing(t, rules, known, begin.Add(c.at)); got != c.want {
				t.Errorf("after %s it fires %q, want %q", c.at, got, c.want)
			}
		})
	}
}
