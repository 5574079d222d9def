package recovery

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// veleroStories are those of a backup that Velero makes.
func (t teller) veleroStories() []kube.RuleTest {
	r := t.recovery
	if r.Velero == nil {
		return nil
	}
	labels := map[string]string{"schedule": r.Velero.Schedule}
	known := (r.RPOSeconds + 59) / 60 // minutes that Velero must have known the Schedule for
	seen := func(attempts, succeeded string) (all []kube.InputSeries) {
		for _, s := range []struct{ metric, samples string }{{"velero_backup_attempt_total", attempts}, {"velero_backup_last_successful_timestamp", succeeded}} {
			for _, pod := range []string{"velero-0", "velero-1"} {
				if s.samples != "" {
					all = append(all, kube.InputSeries{Series: fmt.Sprintf("%s{schedule=%q,pod=%q}", s.metric, r.Velero.Schedule, pod), Values: s.samples})
				}
			}
			never := map[string]int64{"velero_backup_attempt_total": 9, "velero_backup_last_successful_timestamp": -10 * r.RPOSeconds}[s.metric]
			all = append(all, kube.InputSeries{Series: s.metric + `{schedule="other",pod="velero-0"}`, Values: kube.Level(never, known+storyMinutes)})
		}
		return all
	}
	return []kube.RuleTest{
		t.silence("the newest backup is always as old as it may become", slices.Concat(seen(always(9), kube.Rise(-r.IntervalSeconds, 60, storyMinutes)), t.drilled()), 0, soonOver),
		t.heard("BackupRPO", "the last backup that succeeded is too long ago, until one does",
			seen(always(9), change(longAgo(r.RPOSeconds), soonOver, soonOver*60)), tooOld, soonOver, labels),
		t.heard("BackupRPO", "no backup has ever succeeded, until one does",
			seen(kube.Level(0, known+storyMinutes), kube.Gap(known+soonOver)+" "+kube.Level((known+soonOver)*60, storyMinutes)), known, known+soonOver, labels),
		t.heard("BackupMissing", "Velero does not know the Schedule, until it is delivered again", seen(appears(soonOver, 0), ""), 0, soonOver, labels),
	}
}

// archived is a server as CloudNativePG and its plugin see it, minute by minute; without samples a series is not there.
type archived struct {
	waiting, since, reset, base, standbys string

	sinceOfStandby string
}

// seen is what is scraped of a primary, and of a standby that archives nothing.
func (s server) seen(l archived) (all []kube.InputSeries) {
	add := func(pod, metric, label, samples string) {
		if samples != "" {
			all = append(all, kube.InputSeries{Series: fmt.Sprintf("%s{namespace=%q,pod=\"%s-%s\"%s}", metric, s.app.Namespace, s.cluster.Name, pod, label), Values: samples})
		}
	}
	add("1", "cnpg_collector_pg_wal_archive_status", `,value="ready"`, l.waiting)
	add("2", "cnpg_collector_pg_wal_archive_status", `,value="ready"`, always(0))
	add("1", "cnpg_collector_pg_wal_archive_status", `,value="done"`, always(5))
	add("1", "cnpg_pg_stat_archiver_seconds_since_last_archival", "", l.since)
	add("1", "cnpg_pg_stat_archiver_stats_reset_time", "", l.reset)
	add("2", "cnpg_pg_stat_archiver_stats_reset_time", "", l.reset)
	add("1", baseBackups, "", l.base)
	add("2", baseBackups, "", l.base)
	add("1", "cnpg_pg_replication_streaming_replicas", "", l.standbys)
	add("2", "cnpg_pg_replication_streaming_replicas", "", always(0))
	add("2", "cnpg_pg_stat_archiver_seconds_since_last_archival", "", l.sinceOfStandby)
	return all
}

// among is what is scraped of a server among others: one beside it that is well, and one of its name elsewhere that is not.
func (s server) among(l archived) []kube.InputSeries {
	well, bad := s, s
	well.cluster.Name, bad.app.Namespace = "other", "other"
	fine := archived{always(0), always(0), always(0), kube.Rise(0, 60, storyMinutes), always(1), always(-1)}
	late := always(-10 * max(s.lagSeconds(), s.baseSeconds()))
	return slices.Concat(s.seen(l), well.seen(fine), bad.seen(archived{always(3), always(-1), late, late, always(0), always(-1)}))
}

// archiveStories are those of a database that CloudNativePG archives.
func (t teller) archiveStories() []kube.RuleTest {
	i := slices.IndexFunc(t.app.Clusters, func(c app.Cluster) bool { return c.Need == t.recovery.Name && c.Archive != nil })
	if i < 0 {
		return nil
	}
	s := server{t.app, t.recovery, t.app.Clusters[i]}
	lag, late := s.lagSeconds(), s.baseSeconds()
	begin := max(0, lag-atLimit*60) // how long changes wait already
	labels := map[string]string{"namespace": t.app.Namespace}

	busy := archived{always(1), always(lag), always(-10 * lag), kube.Rise(-late, 60, storyMinutes), always(1), always(-1)}
	idle, stuck, never, bare, stale, unread, unlisted, alone := busy, busy, busy, busy, busy, busy, busy, busy
	idle.waiting, idle.since = always(0), kube.Rise(10*lag, 60, storyMinutes)
	stuck.waiting, stuck.since = change(3, soonOver, 0), kube.Rise(begin, 60, soonOver)+" "+kube.Rise(0, 60, storyMinutes-soonOver)
	never.waiting, never.since, never.reset = change(3, soonOver, 0), change(-1, soonOver, 1), always(longAgo(lag))
	bare.base = change(0, lateOver, lateOver*60)
	stale.base = change(longAgo(late), soonOver, soonOver*60)
	unread.since, unread.sinceOfStandby, unlisted.base = appears(soonOver, 0), appears(soonOver, -1), appears(soonOver, soonOver*60)
	alone.standbys = change(0, soonOver, 1)

	tests := []kube.RuleTest{
		t.silence("changes wait for as long as they may, and the newest base backup is as old as it may be", slices.Concat(s.seen(busy), t.drilled()), 0, soonOver),
		t.silence("nobody writes, so nothing is archived", slices.Concat(s.among(idle), t.drilled()), 0, soonOver),
		t.heard("BackupRPO", "changes wait for longer, until they are archived", s.seen(stuck), (lag-begin)/60+1, soonOver, labels),
		t.heard("BackupRPO", "no change has ever been archived, until one is", s.among(never), tooOld, soonOver, labels),
		t.heard("BackupRPO", "there is no base backup, until one is made", s.among(bare), baseWithinSeconds/60, lateOver, labels),
		t.heard("BaseBackupOverdue", "the last base backup is too long ago, until one is made", s.among(stale), tooOld, soonOver, labels),
		t.heard("BackupMissing", "the server is not read for a while", s.among(unread), 0, soonOver, labels),
		t.heard("BackupMissing", "the plugin is not read for a while", s.among(unlisted), 0, soonOver, labels),
	}
	if t.recovery.Method == app.ByReplica {
		tests = append(tests, t.heard("StandbyMissing", "there is none for a while", s.among(alone), 0, soonOver, labels))
	}
	return tests
}
