package monitoring

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// dataPanels show what of the app's data could be restored now, and whether anybody has tried. What another app keeps is on that app's page.
func dataPanels(a app.App) []panel {
	var out []panel
	for _, r := range a.Recovery {
		if r.SharedWith != "" {
			continue
		}
		switch r.Method {
		case app.ByDump, app.BySnapshot:
			out = append(out, backups(a, r)...)
		case app.ByVelero:
			out = append(out, veleroBackup(r)...)
		}
		out = append(out, drills(a, r)...)
	}
	if a.Env.Scrape != nil {
		for _, c := range a.Clusters {
			out = append(out, database(a, c)...)
		}
	}
	slices.SortStableFunc(out, func(x, y panel) int { // numbers first, which are lower than graphs
		switch {
		case x.number == y.number:
			return 0
		case x.number:
			return -1
		}
		return 1
	})
	return out
}

// age is how old something is that should not be older than two limits.
func age(title, why, newest string, late, lost int64) panel {
	steps := []step{{float64(late), orange}, {float64(lost), red}}
	if late >= lost {
		steps = steps[1:]
	}
	return panel{title: title, why: why, unit: "s", width: 6, number: true, digits: 1, missing: "never", steps: steps, lines: []line{{"", "time() - " + newest}}}
}

const backupAge = "How old the newest backup is: what would be lost now. Orange: a run has failed or is late. Red: more than the objective."

func backups(a app.App, r app.Recovery) []panel {
	newest, ok := lastSuccess(a, r, kube.ComponentBackup)
	if !ok {
		return nil
	}
	return []panel{age("Backup of "+r.Name, backupAge, newest, r.LossSeconds, r.RPOSeconds)}
}

func veleroBackup(r app.Recovery) []panel {
	if r.Velero == nil {
		return nil
	}
	return []panel{age("Backup of "+r.Name, backupAge, fmt.Sprintf("max(velero_backup_last_successful_timestamp{schedule=%q})", r.Velero.Schedule), r.LossSeconds, r.RPOSeconds)}
}

func drills(a app.App, r app.Recovery) []panel {
	newest, ok := lastSuccess(a, r, kube.ComponentDrill)
	if !ok {
		return nil
	}
	return []panel{age("Rehearsal of "+r.Name, "How long ago a backup was restored for the last time. Orange: one has failed or is late. Red: a ticket is made, two are missing.",
		newest, (r.DrillDays+1)*daySeconds, 2*r.DrillDays*daySeconds)}
}

// lastSuccess is when a Job of a recovery ended well for the last time.
func lastSuccess(a app.App, r app.Recovery, component string) (expr string, ok bool) {
	i := slices.IndexFunc(a.Jobs, func(j app.Job) bool { return j.For == r.Name && j.Component == component })
	if i < 0 {
		return "", false
	}
	return "max(" + seriesOf(a, kube.Matcher("cronjob", a.Jobs[i].Name)).of("kube_cronjob_status_last_successful_time") + ")", true
}

// database shows a PostgreSQL that was made for the app, by the metrics of its operator.
func database(a app.App, c app.Cluster) []panel {
	s := seriesOf(a, fmt.Sprintf("pod=~%q", c.Name+"-[0-9]+"))
	var out []panel
	if c.Archive != nil {
		out = append(out,
			age("Base backup of "+c.Need, "How old the newest base backup is, from which a restore begins. Red: a ticket is made, two are missing.",
				"(max("+s.of("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp")+") > 0)", 2*interval(a, c), 2*interval(a, c)),
			panel{title: "Log of " + c.Need + " not archived", unit: "short", width: 8,
				why:   "Segments of the write-ahead log that wait for the bucket: what would be lost with the cluster. One or two come and go.",
				lines: []line{{"segments", "max(" + s.of("cnpg_collector_pg_wal_archive_status", kube.Matcher("value", "ready")) + ")"}}},
		)
	}
	if c.Instances > 1 {
		out = append(out, panel{title: "Standbys of " + c.Need, unit: "short", width: 8,
			why:   "Servers that have every change at once.",
			lines: []line{{"standbys", "max(" + s.of("cnpg_pg_replication_streaming_replicas") + ")"}}})
	}
	return append(out, panel{title: "Connections to " + c.Need, unit: "short", width: 8,
		why: "Connections to each server; one that has as many as its limit refuses more.",
		lines: []line{
			{"", "sum by (pod) (" + s.of("cnpg_backends_total") + ")"},
			{limit, "max(" + s.of("cnpg_pg_settings_setting", kube.Matcher("name", "max_connections")) + ")"},
		}})
}

// interval is the time between two base backups, in seconds.
func interval(a app.App, c app.Cluster) int64 {
	i := slices.IndexFunc(a.Recovery, func(r app.Recovery) bool { return r.Name == c.Need })
	if i < 0 {
		return daySeconds
	}
	return a.Recovery[i].IntervalSeconds
}
