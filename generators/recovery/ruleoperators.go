package recovery

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// baseWithinSeconds is the time that a new database has for its first base backup, before which no moment of it can be restored.
const baseWithinSeconds = 60 * 60

// veleroAlerts are those of a backup that Velero makes, by its own metrics. It forgets a Schedule that is gone, and sets the time of
// the last success again when it starts.
func veleroAlerts(a app.App, r app.Recovery) []kube.Rule {
	if r.Velero == nil {
		return nil
	}
	of := func(metric string) string { return fmt.Sprintf("%s{schedule=%q}", metric, r.Velero.Schedule) }
	success, attempts := of("velero_backup_last_successful_timestamp"), of("velero_backup_attempt_total")
	look := "Its last backups" + kube.Commands(kube.Kubectl(r.Velero.Namespace, "get backups.velero.io -l velero.io/schedule-name="+r.Velero.Schedule))
	return said(a, r,
		alert{
			name:     "BackupRPO",
			severity: urgency(r),
			expr: strings.Join([]string{
				fmt.Sprintf("time() - max by (schedule) (%s) > %d", success, r.RPOSeconds),
				fmt.Sprintf("or (max by (schedule) (%s offset %ds)", attempts, r.RPOSeconds), // Velero has known the Schedule for so long
				fmt.Sprintf("unless max by (schedule) (%s))", success),
			}, "\n"),
			wait:    soon,
			summary: fmt.Sprintf("%s of %s has no backup from the last %s", r.Name, a.Name, span(r.RPOSeconds)),
			advice: "If the data were lost now, more than its objective would be gone. " + look + "\nWhen the cause is mended, make a backup at once" +
				kube.Commands(fmt.Sprintf("velero -n %s backup create --from-schedule %s", r.Velero.Namespace, r.Velero.Schedule)),
		},
		alert{
			name:     "BackupMissing",
			severity: urgency(r),
			expr:     "absent(" + attempts + ")",
			wait:     later,
			summary:  fmt.Sprintf("nobody backs up %s of %s: Velero does not know the Schedule, or is not scraped", r.Name, a.Name),
			advice: "Without it no other alert tells how old the newest backup is. If it is not there, or paused, deliver the app again; else look at Velero. Is it there" +
				kube.Commands(kube.Kubectl(r.Velero.Namespace, "get schedules.velero.io "+r.Velero.Schedule)),
		},
	)
}

// archiveAlerts are those of a database that CloudNativePG archives, by its metrics and those of its plugin for object stores.
func archiveAlerts(a app.App, r app.Recovery) []kube.Rule {
	i := slices.IndexFunc(a.Clusters, func(c app.Cluster) bool { return c.Need == r.Name && c.Archive != nil })
	if i < 0 {
		return nil
	}
	s := server{a, r, a.Clusters[i]}
	alerts := []alert{s.lag(), s.missing(), s.base()}
	if r.Method == app.ByReplica {
		alerts = append(alerts, s.standby())
	}
	return said(a, r, alerts...)
}

// server asks about one Cluster.
type server struct {
	app      app.App
	recovery app.Recovery
	cluster  app.Cluster
}

// of selects the series of the Cluster's pods, which are called by it and a number.
func (s server) of(metric string, more ...string) string {
	pods := fmt.Sprintf("namespace=%q,pod=~%q", s.app.Namespace, s.cluster.Name+"-[0-9]+")
	return metric + "{" + strings.Join(append([]string{pods}, more...), ",") + "}"
}

// lagSeconds is how long a change may wait for the archive. Of a standby's objective the archive is not the measure.
func (s server) lagSeconds() int64 {
	return max(s.recovery.RPOSeconds, 2*s.cluster.Archive.TimeoutSeconds)
}

// baseSeconds is how old the newest base backup may be.
func (s server) baseSeconds() int64 { return 2 * s.recovery.IntervalSeconds }

// look says how to find out why the archive stands still.
func (s server) look() string {
	return "What the server and its plugin say" + kube.Commands(kube.Kubectl(s.app.Namespace, "get cluster "+s.cluster.Name),
		kube.Kubectl(s.app.Namespace, "logs -l "+s.servers()+" -c plugin-barman-cloud --prefix --ignore-errors --tail=20"))
}

// servers selects the Cluster's pods, but not those of its pooler, which archive nothing.
func (s server) servers() string {
	return kube.LabelCluster + "=" + s.cluster.Name + "," + kube.LabelPodRole + "=instance"
}

const baseBackups = "barman_cloud_cloudnative_pg_io_last_available_backup_timestamp"

// lag is true when the log waits for longer than may be lost. A server that nobody writes to archives nothing, however long ago the
// last time was: so something must wait. And it is true while there is no base backup that the log could be applied to.
func (s server) lag() alert {
	limit := s.lagSeconds()
	waiting := s.of("cnpg_collector_pg_wal_archive_status", `value="ready"`) + " > 0"
	since := s.of("cnpg_pg_stat_archiver_seconds_since_last_archival") // -1: never
	base := s.of(baseBackups)                                          // 0: none
	return alert{
		name:     "BackupRPO",
		severity: urgency(s.recovery),
		expr: strings.Join([]string{
			fmt.Sprintf("max by (namespace) (%s > %d and on (namespace, pod) %s)", since, limit, waiting),
			fmt.Sprintf("or max by (namespace) (time() - %s > %d", s.of("cnpg_pg_stat_archiver_stats_reset_time"), limit),
			fmt.Sprintf("and on (namespace, pod) %s < 0 and on (namespace, pod) %s)", since, waiting),
			fmt.Sprintf("or (max by (namespace) (%s offset %ds) == 0 and max by (namespace) (%s) == 0)", base, baseWithinSeconds, base),
		}, "\n"),
		wait:    "2m",
		summary: fmt.Sprintf("%s of %s has changes that are older than %s and not in the archive, or no base backup", s.recovery.Name, s.app.Name, span(limit)),
		advice:  "If the cluster were lost now, more than its objective would be gone; and the server's disk fills with what waits. It often is the bucket: its keys, its address, or the way to it. " + s.look(),
	}
}

func (s server) missing() alert {
	return alert{
		name:     "BackupMissing",
		severity: urgency(s.recovery),
		expr:     "absent(" + s.of("cnpg_pg_stat_archiver_seconds_since_last_archival") + ")\nor absent(" + s.of(baseBackups) + ")",
		wait:     later,
		summary:  fmt.Sprintf("nobody knows whether %s of %s is archived: its metrics are missing", s.recovery.Name, s.app.Name),
		advice:   "Without them no other alert tells what would be lost. If server and plugin are well, Prometheus does not read them. " + s.look(),
	}
}

// base is true when base backups stop: nothing is lost, but a restore has more and more to apply.
func (s server) base() alert {
	late := s.baseSeconds()
	return alert{
		name:     "BaseBackupOverdue",
		severity: ticket,
		expr:     fmt.Sprintf("time() - (max by (namespace) (%s) != 0) > %d", s.of(baseBackups), late),
		wait:     later,
		summary:  fmt.Sprintf("%s of %s has no base backup from the last %s", s.recovery.Name, s.app.Name, span(late)),
		advice: "A restore takes longer the more changes it has to apply, and after the time that backups are kept nothing is left to apply them to. " + s.look() +
			"\nThe backups" + kube.Commands(kube.Kubectl(s.app.Namespace, "get backups.postgresql.cnpg.io")),
	}
}

// standby is true when no standby has what the client was told is safe.
func (s server) standby() alert {
	return alert{
		name:     "StandbyMissing",
		severity: urgency(s.recovery),
		expr:     fmt.Sprintf("max by (namespace) (%s) < 1", s.of("cnpg_pg_replication_streaming_replicas")),
		wait:     soon,
		summary:  fmt.Sprintf("%s of %s has no standby", s.recovery.Name, s.app.Name),
		advice: "Commits wait for one, or are lost with the primary. Which instances are not ready, and why" +
			kube.Commands(kube.Kubectl(s.app.Namespace, "get pods -l "+s.servers()), kube.Kubectl(s.app.Namespace, "describe cluster "+s.cluster.Name)),
	}
}
