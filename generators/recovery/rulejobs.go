package recovery

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// How long a condition holds before anybody hears of it.
const (
	soon  = "5m"  // several scrapes
	later = "15m" // a restart of what measures
	long  = "1h"  // somebody who works on it
)

const daySeconds = 24 * 60 * 60

// cronJobAlerts are those of a backup that a CronJob makes, by the metrics of kube-state-metrics.
func cronJobAlerts(a app.App, r app.Recovery) []kube.Rule {
	job, ok := jobOf(a, r, kube.ComponentBackup)
	if !ok {
		return nil
	}
	runs := cronJob{a.Namespace, job.Name}
	return said(a, r,
		alert{
			name:     "BackupRPO",
			severity: urgency(r),
			expr:     runs.overdue(r.RPOSeconds),
			wait:     soon,
			summary:  fmt.Sprintf("%s of %s has no backup from the last %s", r.Name, a.Name, span(r.RPOSeconds)),
			advice:   "If the data were lost now, more than its objective would be gone. " + runs.look() + "\nWhen the cause is mended, make a backup at once" + kube.Commands(runs.start()),
		},
		alert{
			name:     "BackupSuspended",
			severity: urgency(r),
			expr:     runs.max("kube_cronjob_spec_suspend") + " == 1",
			wait:     long,
			summary:  fmt.Sprintf("nobody backs up %s of %s: the CronJob is suspended", r.Name, a.Name),
			advice:   "Find out who suspended it and why; then" + kube.Commands(kube.Kubectl(runs.namespace, "patch cronjob "+runs.name+` -p '{"spec":{"suspend":false}}'`)),
		},
		alert{
			name:     "BackupMissing",
			severity: urgency(r),
			expr:     "absent(" + runs.of("kube_cronjob_info") + ")",
			wait:     long, // of all apps at once, when kube-state-metrics is away
			summary:  fmt.Sprintf("nobody backs up %s of %s: there is no CronJob, or kube-state-metrics does not see it", r.Name, a.Name),
			advice: "Without it no other alert tells how old the newest backup is. If it is not there, deliver the app again; if it is, look at kube-state-metrics. Is it there" +
				kube.Commands(kube.Kubectl(runs.namespace, "get cronjob "+runs.name)),
		},
	)
}

// drillAlerts are about rehearsals: a backup that nobody has restored may be none.
func drillAlerts(a app.App, r app.Recovery) []kube.Rule {
	job, ok := jobOf(a, r, kube.ComponentDrill)
	if !ok {
		return nil
	}
	runs := cronJob{a.Namespace, job.Name}
	late := 2 * r.DrillDays * daySeconds
	return said(a, r,
		alert{
			name:     "RestoreDrillFailed",
			severity: ticket,
			expr:     runs.failed(),
			wait:     later,
			summary:  fmt.Sprintf("the last rehearsal did not restore %s of %s within %s", r.Name, a.Name, span(job.DeadlineSeconds)),
			advice:   "What the backups hold may be of no use, or a restore takes longer than its objective. " + runs.look() + "\nWhen the cause is mended, rehearse again" + kube.Commands(runs.start()),
		},
		alert{
			name:     "RestoreDrillOverdue",
			severity: ticket,
			expr:     runs.overdue(late) + "\nor absent(" + runs.of("kube_cronjob_info") + ")",
			wait:     long,
			summary:  fmt.Sprintf("no rehearsal has restored %s of %s in the last %s", r.Name, a.Name, span(late)),
			advice:   "Nobody knows whether the backups can be restored. " + runs.look() + "\nRehearse at once" + kube.Commands(runs.start()),
		},
	)
}

// jobOf returns the Job of a recovery: alerts about one that is not there would fire for ever.
func jobOf(a app.App, r app.Recovery, component string) (app.Job, bool) {
	i := slices.IndexFunc(a.Jobs, func(j app.Job) bool { return j.For == r.Name && j.Component == component })
	if i < 0 {
		return app.Job{}, false
	}
	return a.Jobs[i], true
}

// cronJob asks kube-state-metrics about one CronJob. Where two of them run, either may answer: hence max.
type cronJob struct{ namespace, name string }

func (c cronJob) of(metric string) string {
	return fmt.Sprintf("%s{namespace=%q,cronjob=%q}", metric, c.namespace, c.name)
}

func (c cronJob) max(metric string) string {
	return "max by (namespace, cronjob) (" + c.of(metric) + ")"
}

// overdue is true when the last run that succeeded is older, or the CronJob is, and none ever has.
func (c cronJob) overdue(seconds int64) string {
	return strings.Join([]string{
		fmt.Sprintf("time() - %s > %d", c.max("kube_cronjob_status_last_successful_time"), seconds),
		fmt.Sprintf("or (time() - %s > %d", c.max("kube_cronjob_created"), seconds),
		fmt.Sprintf("unless %s)", c.max("kube_cronjob_status_last_successful_time")),
	}, "\n")
}

// failed is true when a run was started after the last one that succeeded had ended, and runs no more.
func (c cronJob) failed() string {
	return strings.Join([]string{
		fmt.Sprintf("%s > (%s", c.max("kube_cronjob_status_last_schedule_time"), c.max("kube_cronjob_status_last_successful_time")),
		fmt.Sprintf("or 0 * %s)", c.max("kube_cronjob_created")),
		fmt.Sprintf("and %s == 0", c.max("kube_cronjob_status_active")),
	}, "\n")
}

// look says how to find out why runs fail.
func (c cronJob) look() string {
	own := kube.LabelName + "=" + c.name
	return "Its last runs and what they say" + kube.Commands(kube.Kubectl(c.namespace, "get jobs,pods -l "+own), kube.LogsOf(c.namespace, own)) +
		"\nWhere none is listed, the last one ended well or took too long, and the events tell which" +
		kube.Commands(kube.Kubectl(c.namespace, "describe cronjobs,jobs -l "+own))
}

// start is the command that runs it at once.
func (c cronJob) start() string {
	return kube.Kubectl(c.namespace, fmt.Sprintf("create job --from=cronjob/%s %s-$(date +%%s)", c.name, c.name))
}

// span says a time in the largest unit of which it is several.
func span(seconds int64) string {
	for _, unit := range []struct {
		seconds int64
		name    string
	}{{daySeconds, "days"}, {60 * 60, "hours"}, {60, "minutes"}} {
		if n := seconds / unit.seconds; n > 1 && seconds%unit.seconds == 0 {
			return fmt.Sprintf("%d %s", n, unit.name)
		}
	}
	return fmt.Sprintf("%d seconds", seconds)
}
