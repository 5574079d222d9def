package verify

import "github.com/scantling/scantling/internal/diag"

// recovery is about data that must come back: that it is backed up, often enough, that somebody hears when it is not, and that a restore
// is rehearsed.
var recovery = []Guarantee{
	{
		Name:    "data-has-backup",
		Promise: "all data that must be restorable is backed up",
		Why:     "an objective for which nothing makes a copy is a wish",
		Source:  "https://velero.io/docs/main/how-velero-works/",
		Foreign: diag.Error,
		check:   dataHasBackup,
	},
	{
		Name:    "loss-is-within-objective",
		Promise: "a backup runs so often that no more is lost than may be, also when one run fails",
		Why:     "a dump holds what was there when it began: every night, and an hour to run, may lose 25 hours",
		Source:  "https://www.postgresql.org/docs/current/backup.html",
		Foreign: diag.Warning,
		check:   lossIsWithinObjective,
	},
	{
		Name:    "backup-run-is-bounded",
		Promise: "a run of a backup ends in time for the next one, and two never run at once",
		Why:     "a dump that hangs keeps its snapshot open for days, or keeps every later run from starting",
		Source:  "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy",
		Foreign: diag.Warning,
		check:   backupRunIsBounded,
	},
	{
		Name:    "schedule-is-utc",
		Promise: "backups run by UTC, whatever the zone of the control plane",
		Why:     "local time has an hour that comes twice and one that never comes: a nightly backup at 02:30 is left out once a year",
		Source:  "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones",
		Foreign: diag.Note,
		check:   scheduleIsUTC,
	},
	{
		Name:    "backup-cannot-lie",
		Promise: "a backup that went wrong is a run that failed",
		Why:     "a script that goes on after an error uploads an empty file, and is green until somebody needs it",
		Source:  "https://www.gnu.org/software/bash/manual/html_node/Pipelines.html",
		Foreign: diag.Error,
		check:   backupCannotLie,
	},
	{
		Name:    "backup-is-watched",
		Promise: "somebody hears when what could be restored is older than the objective, or when nobody measures that",
		Why:     "a backup that has stopped is noticed on the day on which it is needed",
		Source:  "https://github.com/kubernetes/kube-state-metrics/blob/main/docs/metrics/workload/cronjob-metrics.md",
		Foreign: diag.Warning,
		check:   backupIsWatched,
	},
	{
		Name:    "backup-is-rehearsed",
		Promise: "each backup is restored on a schedule, by a drill that has no longer than a restore may take",
		Why:     "keys that are lost, and dumps that cannot be read, show in a restore alone",
		Source:  "https://sre.google/sre-book/data-integrity/",
		Foreign: diag.Warning,
		check:   backupIsRehearsed,
	},
	{
		Name:    "drill-spares-live-data",
		Promise: "no rehearsal has a way to the data that is rehearsed",
		Why:     "a restore over the live database is the outage that it should prevent",
		Source:  "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
		Foreign: diag.Error,
		check:   drillSparesLiveData,
	},
	{
		Name:    "backup-retention",
		Promise: "backups are kept for at least two objectives, so that there is always a second one",
		Why:     "where the only backup is replaced by the next one, one that is broken is the only one there is",
		Source:  "https://velero.io/docs/main/api-types/backup/",
		Foreign: diag.Warning,
		check:   backupRetention,
	},
	{
		Name:    "backup-survives-its-region",
		Promise: "the backups of critical data lie in another region than the data",
		Why:     "a region that is lost takes the data and its backup at once",
		Source:  "https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-options-in-the-cloud.html",
		Foreign: diag.Warning,
		check:   backupSurvivesItsRegion,
	},
}
