package compile_test

import (
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/scantling/scantling/internal/manifest"
)

// Numbers that the tables of defaults state, in seconds, and in MiB per second.
const (
	leastDeadline = hour
	restoreStart  = 5 * minute
	speed         = 50
	leastArchive  = minute
)

// restores is how long a restore takes.
func restores(mib int64) int64 { return restoreStart + mib/speed }

// backupTakes is how long a backup may take: an hour, or twice what its size needs, in steps of five minutes.
func backupTakes(mib int64) int64 {
	return max(leastDeadline, (2*(mib/speed)+5*minute-1)/(5*minute)*(5*minute))
}

// intervals of backups that are allowed, in hours, from the rarest on.
var intervals = []int64{24, 12, 8, 6, 4, 3, 2, 1}

// rarest returns the longest interval that loses no more than an objective, where it can be even after one failure; 0: none does. A run
// must have ended before the next one begins.
func rarest(rpo, deadline int64) (interval int64, slack bool) {
	for _, times := range []int64{2, 1} {
		for _, h := range intervals {
			if deadline <= h*hour && times*h*hour+deadline <= rpo {
				return h * hour, times == 2
			}
		}
	}
	return 0, false
}

// wayOf is how the rendered objects of an app keep its data, and how many seconds are between two backups; 0: that is not what counts.
func wayOf(objects []manifest.Object) (way string, interval int64) {
	for _, o := range objects {
		switch {
		case o.Kind == "CronJob" && o.Label("app.kubernetes.io/component") == roleBackup:
			way = "dump"
			for _, c := range manifest.Maps(o.Fields, "spec", "jobTemplate", "spec", "template", "spec", "containers") {
				if command := manifest.List(c, "command"); slices.Contains(command, any("/recovery/volume-snapshot.sh")) {
					way = "snapshot"
				}
			}
			return way, betweenRuns(manifest.String(o.Fields, "spec", "schedule"))
		case o.Kind == "Schedule":
			return "velero", betweenRuns(manifest.String(o.Fields, "spec", "schedule"))
		case o.Kind == "Cluster" && manifest.Map(o.Fields, "spec", "postgresql", "synchronous") != nil:
			return "replica", 0
		case o.Kind == "Cluster" && len(manifest.List(o.Fields, "spec", "plugins")) > 0:
			return "archive", 0
		}
	}
	return "", 0
}

// betweenRuns is the time between two runs of a schedule that is the same every day.
func betweenRuns(schedule string) int64 {
	parsed, err := cron.ParseStandard(schedule)
	if err != nil {
		return -1
	}
	first, runs := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), int64(0)
	for next := parsed.Next(first); !next.IsZero() && !next.After(first.AddDate(0, 0, 1)); next = parsed.Next(next) {
		runs++
	}
	return day / max(runs, 1)
}
