package recovery

import (
	"fmt"
	"slices"

	"github.com/scantling/scantling/internal/kube"
)

// lived is a CronJob as kube-state-metrics sees it, minute by minute; without samples a series is not there. Times are in seconds
// since the beginning of the story.
type lived struct {
	info, created, suspended, active, scheduled, succeeded string
}

// fine is a CronJob of long ago, whose last run ended well at a time.
func fine(age, ended int64) lived {
	return lived{info: always(1), created: always(-2 * age), suspended: always(0), active: always(0), scheduled: always(ended - 1), succeeded: always(ended)}
}

// seen is what is scraped, by two: the instance shows that an alert has no label of whoever measures, and counts nothing twice.
func (c cronJob) seen(l lived) (all []kube.InputSeries) {
	for _, s := range []struct{ metric, samples string }{
		{"kube_cronjob_info", l.info}, {"kube_cronjob_created", l.created}, {"kube_cronjob_spec_suspend", l.suspended}, {"kube_cronjob_status_active", l.active},
		{"kube_cronjob_status_last_schedule_time", l.scheduled}, {"kube_cronjob_status_last_successful_time", l.succeeded},
	} {
		for _, instance := range []string{"a", "b"} {
			if s.samples != "" {
				all = append(all, kube.InputSeries{Series: fmt.Sprintf("%s{namespace=%q,cronjob=%q,instance=%q}", s.metric, c.namespace, c.name, instance), Values: s.samples})
			}
		}
	}
	return all
}

// among is what is scraped of a CronJob among others, with which nothing is well: one beside it, and one of its name elsewhere.
func (c cronJob) among(l lived, age int64) []kube.InputSeries {
	bad := fine(age, -10*age)
	bad.suspended = always(1)
	return slices.Concat(c.seen(l), cronJob{c.namespace, "other"}.seen(bad), cronJob{"other", c.name}.seen(bad))
}

// labels are those that conditions about it return.
func (c cronJob) labels() map[string]string {
	return map[string]string{"namespace": c.namespace, "cronjob": c.name}
}

// cronJobStories are those of a backup that a CronJob makes.
func (t teller) cronJobStories() []kube.RuleTest {
	r := t.recovery
	job, ok := jobOf(t.app, r, kube.ComponentBackup)
	if !ok {
		return nil
	}
	c, rpo := cronJob{t.app.Namespace, job.Name}, r.RPOSeconds
	// One run ended at once, and the next one takes as long as it may: no backup is ever older.
	ends := max(1, min(r.DeadlineSeconds/60, storyMinutes/2))
	slow := fine(rpo, 0)
	slow.active, slow.scheduled, slow.succeeded = change(1, ends, 0), always(0), change(-r.IntervalSeconds, ends, ends*60)
	late, never, paused, deleted := fine(rpo, 0), fine(rpo, 0), fine(rpo, 0), lived{}
	late.succeeded = change(longAgo(rpo), soonOver, soonOver*60)
	never.created, never.succeeded = always(longAgo(rpo)), appears(soonOver, soonOver*60)
	paused.suspended = change(1, lateOver, 0)
	deleted.info = appears(lateOver, 1)
	tests := []kube.RuleTest{
		t.silence("a slow run after a quick one: no backup is ever older", slices.Concat(c.seen(slow), t.drilled()), ends-1, ends),
		t.heard("BackupRPO", "the last run that ended well is too long ago, until one does", c.among(late, rpo), tooOld, soonOver, c.labels()),
		t.heard("BackupRPO", "no run has ever ended well, until one does", c.seen(never), tooOld, soonOver, c.labels()),
		t.heard("BackupSuspended", "nobody resumes it for a while", c.among(paused, rpo), 0, lateOver, c.labels()),
		t.heard("BackupMissing", "it is deleted, and delivered again", c.among(deleted, rpo), 0, lateOver, c.labels()),
	}
	return append(tests, t.blind(c, rpo))
}

// blind is a story in which nothing is measured for ten minutes, while a backup is overdue.
func (t teller) blind(c cronJob, rpo int64) kube.RuleTest {
	const from, until = 30, 40
	hole := func(value int64) string {
		return kube.Level(value, from) + " " + kube.Gone(until-from) + " " + kube.Level(value, storyMinutes-until)
	}
	l := fine(rpo, 0)
	l.info, l.created, l.succeeded = hole(1), hole(-2*rpo), hole(longAgo(rpo))
	test := kube.RuleTest{Name: "kube-state-metrics is away for ten minutes", Interval: "1m", InputSeries: c.seen(l)}
	for _, r := range t.rules {
		switch r.Alert {
		case "BackupRPO": // goes on
			test.Fires(until-1, r, c.labels())
		case "BackupMissing": // waits
			test.Silent(until-1, r)
		}
	}
	return test
}

// drilled is what is scraped of rehearsals that are well; nothing, where there are none.
func (t teller) drilled() []kube.InputSeries {
	job, ok := jobOf(t.app, t.recovery, kube.ComponentDrill)
	if !ok {
		return nil
	}
	interval := t.recovery.DrillDays * daySeconds
	return cronJob{t.app.Namespace, job.Name}.seen(fine(2*interval, -interval))
}

// drillStories are those of rehearsals.
func (t teller) drillStories() []kube.RuleTest {
	job, ok := jobOf(t.app, t.recovery, kube.ComponentDrill)
	if !ok {
		return nil
	}
	const ends = 10 // the minute in which a run does
	c, interval := cronJob{t.app.Namespace, job.Name}, t.recovery.DrillDays*daySeconds
	overdue := 2 * interval
	failed := fine(overdue, -interval)
	failed.scheduled, failed.active, failed.succeeded = always(60), change(1, ends, 0), change(-interval, soonOver, soonOver*60)
	first := failed
	first.succeeded = appears(soonOver, soonOver*60)
	slow := failed
	slow.active, slow.succeeded = change(1, soonOver, 0), change(-interval, soonOver, soonOver*60)
	late, never, deleted := fine(overdue, 0), fine(overdue, 0), lived{}
	late.succeeded = change(longAgo(overdue), lateOver, (lateOver)*60)
	never.created, never.succeeded = always(longAgo(overdue)), appears(lateOver, (lateOver)*60)
	deleted.info = appears(lateOver, 1)
	drill := t
	drill.rules = slices.DeleteFunc(slices.Clone(t.rules), func(r kube.Rule) bool { return r.Alert != "RestoreDrillFailed" && r.Alert != "RestoreDrillOverdue" })
	return []kube.RuleTest{
		drill.silence("a rehearsal takes half an hour", c.seen(slow), soonOver-1, soonOver),
		t.heard("RestoreDrillFailed", "a run fails, and another one does not", c.seen(failed), ends, soonOver, c.labels()),
		t.heard("RestoreDrillFailed", "the first run fails", c.seen(first), ends, soonOver, c.labels()),
		t.heard("RestoreDrillOverdue", "the last run that ended well is too long ago, until one does", c.among(late, overdue), tooOld, lateOver, c.labels()),
		t.heard("RestoreDrillOverdue", "no run has ever ended well, until one does", c.seen(never), tooOld, lateOver, c.labels()),
		t.heard("RestoreDrillOverdue", "it is deleted, and delivered again", c.among(deleted, overdue), 0, lateOver, c.labels()),
	}
}
