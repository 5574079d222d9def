package verify

import (
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// aSchedule is a schedule of so many fields, aGap the longest time between two of its runs; false: it is none, or it never runs.
type (
	aSchedule struct {
		text   string
		fields int
	}
	aGap struct {
		time.Duration
		ok bool
	}
)

// longestGap returns the longest time between two runs of a schedule, reckoned once: whole fleets run at the same hours.
func (c *checker) longestGap(schedule string, fields int) (time.Duration, bool) {
	key := aSchedule{schedule, fields}
	gap, known := c.gaps[key]
	if !known {
		if c.gaps == nil {
			c.gaps = map[aSchedule]aGap{}
		}
		gap.Duration, gap.ok = longestGap(schedule, fields)
		c.gaps[key] = gap
	}
	return gap.Duration, gap.ok
}

// longestGap returns the longest time between two runs of a schedule of five fields, or of six with seconds, in UTC; false: it is none,
// or it never runs.
func longestGap(schedule string, fields int) (time.Duration, bool) {
	options := cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow
	if fields == 6 {
		options |= cron.Second
	} else {
		options |= cron.Descriptor
	}
	parsed, err := cron.NewParser(options).Parse(schedule)
	if err != nil {
		return 0, false
	}
	if every, ok := parsed.(cron.ConstantDelaySchedule); ok {
		return every.Delay, true
	}
	const day = 24 * time.Hour
	first := parsed.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Second))
	if first.IsZero() {
		return 0, false
	}
	// each day on which it runs it does so at the same times
	gap := time.Duration(0)
	midnight, last := first.Truncate(day).Add(day), first
	for next := parsed.Next(last); next.Before(midnight); next = parsed.Next(last) {
		gap, last = max(gap, next.Sub(last)), next
	}
	night := day - last.Sub(first.Truncate(day)) // from the last run until the day ends
	morning := first.Sub(first.Truncate(day))
	end := first.AddDate(4, 0, 1) // with a 29th of February
	if every := strings.Fields(schedule); len(every) >= 5 {
		switch days := every[len(every)-3:]; {
		case days[0] == "*" && days[1] == "*" && days[2] == "*":
			return max(gap, night+morning), true
		case days[0] == "*" && days[1] == "*":
			end = first.AddDate(0, 0, 15) // each week is like the others
		case days[1] == "*" && days[2] == "*":
			end = first.AddDate(1, 2, 0) // each year has its longest months, and a February
		}
	}
	for today := first.Truncate(day); today.Before(end); {
		next := parsed.Next(today.Add(day - time.Second)).Truncate(day)
		if !next.After(today) { // there is none
			return 0, false
		}
		gap = max(gap, next.Sub(today)-day+night+morning)
		today = next
	}
	return gap, true
}

// intervals are those between backups that are planned, from the longest on.
var intervals = []time.Duration{24 * time.Hour, 12 * time.Hour, 8 * time.Hour, 6 * time.Hour, 4 * time.Hour, 3 * time.Hour, 2 * time.Hour, time.Hour}

func lossIsWithinObjective(c *checker) {
	for _, k := range c.keeps() {
		rpo := k.rpo(c)
		if k.cluster != nil {
			k.lostChanges(c, rpo)
			continue
		}
		schedule, path := k.runs()
		interval, ok := c.longestGap(schedule, 5)
		deadline, bounded := k.deadline()
		switch {
		case !ok:
			c.violated(k.object, path, "no backup is ever made: the schedule %q is none that comes", schedule)
		case k.job != nil && k.job.Cron.Suspend != nil && *k.job.Cron.Suspend:
			c.violated(k.object, "spec.suspend", "no backup is made: the CronJob is suspended")
		case rpo == 0:
			c.unknown(k.object, "how much may be lost: a run every %s loses %s and what it takes", spanOf(interval), spanOf(interval))
		case !bounded && k.object.Ours():
			c.violated(k.object, path, "a run hangs: without a deadline the next backup never comes, and more than %s is lost", spanOf(rpo))
		case !bounded && interval < rpo:
			c.unknown(k.object, "how long a run takes: one every %s, and %s may be lost", spanOf(interval), spanOf(rpo))
		case interval+deadline > rpo || !bounded:
			c.violated(k.object, path, "the data is gone just before a run ends: %s between two, and up to %s for one, are %s lost, and %s may be",
				spanOf(interval), spanOf(deadline), spanOf(interval+deadline), spanOf(rpo))
		case 2*interval+deadline > rpo && k.object.Ours() && couldBear(rpo, deadline):
			c.violated(k.object, path, "one run fails, and the data is gone: 2 × %s + %s are %s lost, and %s may be; a shorter interval would bear it",
				spanOf(interval), spanOf(deadline), spanOf(2*interval+deadline), spanOf(rpo))
		default:
			c.proved(k.object, "a run every %s that takes %s at the most loses %s, and %s if one fails; %s may be lost",
				spanOf(interval), spanOf(deadline), spanOf(interval+deadline), spanOf(2*interval+deadline), spanOf(rpo))
		}
	}
}

// couldBear reports whether there is an interval with which one failed run loses no more than may be lost.
func couldBear(rpo, deadline time.Duration) bool {
	return slices.ContainsFunc(intervals, func(i time.Duration) bool { return deadline <= i && 2*i+deadline <= rpo })
}

// runs is the schedule of a backup, and its path.
func (k *kept) runs() (schedule, path string) {
	if k.job != nil {
		return k.job.Cron.Schedule, "spec.schedule"
	}
	return manifest.String(k.object.Fields, "spec", "schedule"), "spec.schedule"
}

// veleroTimeout is how long Velero waits for the data of a backup where a Schedule does not say.
// https://velero.io/docs/main/api-types/backup/
const veleroTimeout = 4 * time.Hour

// deadline is how long a run may take, and whether anything ends it.
func (k *kept) deadline() (time.Duration, bool) {
	if k.schedule != nil {
		if d, err := time.ParseDuration(manifest.String(k.schedule.Fields, "spec", "template", "itemOperationTimeout")); err == nil && d > 0 {
			return d, true
		}
		return veleroTimeout, true
	}
	return jobDeadline(k.job)
}

// jobDeadline is how long a run of a CronJob may take, and whether anything ends it.
func jobDeadline(w *inventory.Workload) (time.Duration, bool) {
	if w.Job == nil || w.Job.ActiveDeadlineSeconds == nil {
		return 0, false
	}
	return time.Duration(*w.Job.ActiveDeadlineSeconds) * time.Second, true
}

// spanOf writes a time as people say it.
func spanOf(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day && d%day == 0 {
		return inDays(d)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// lostChanges judges a server whose log is shipped: how old a part of it may become, and from where it is replayed.
func (k *kept) lostChanges(c *checker, rpo time.Duration) {
	text := manifest.String(k.cluster.Fields, "spec", "postgresql", "parameters", "archive_timeout")
	timeout, err := time.ParseDuration(text)
	switch {
	case text == "" && !k.object.Ours():
		timeout = 5 * time.Minute // the operator's, https://cloudnative-pg.io/documentation/current/wal_archiving/
	case err != nil || timeout <= 0:
		c.violated(k.object, "spec.postgresql.parameters.archive_timeout", "nobody writes for a day: the last changes wait as long for the archive, and are lost with the server")
		return
	}
	if k.store == nil && k.object.Ours() {
		c.violated(k.object, "spec.plugins", "the log is shipped to an ObjectStore that is not there")
		return
	}
	if k.base == nil && k.object.Ours() {
		c.violated(k.object, "spec.plugins", "the log is shipped, and no base backup is made that it could be replayed on")
		return
	}
	if k.base != nil {
		schedule := manifest.String(k.base.Fields, "spec", "schedule")
		if gap, ok := c.longestGap(schedule, 6); !ok || gap > 24*time.Hour && k.object.Ours() {
			c.violated(k.object, "spec.plugins", "a restore replays the log of more than a day: base backups are made at %q, of six fields", schedule)
			return
		}
	}
	sync := manifest.Map(k.cluster.Fields, "spec", "postgresql", "synchronous")
	number, _ := manifest.Int(sync, "number")
	instances, _ := manifest.Int(k.cluster.Fields, "spec", "instances")
	hot := number >= 1 && manifest.String(sync, "dataDurability") == "required" && number+2 <= instances
	switch {
	case rpo == 0:
		c.unknown(k.object, "how much may be lost: changes wait %s for the archive", spanOf(timeout))
	case hot && timeout > max(rpo/2, time.Minute):
		c.violated(k.object, "spec.postgresql.parameters.archive_timeout", "all servers are lost: changes wait %s for the archive, and %s may be lost", spanOf(timeout), spanOf(rpo))
	case !hot && 2*timeout > rpo:
		c.violated(k.object, "spec.postgresql", "the server is lost: changes wait %s for the archive and as long to get there, no standby must have them, and %s may be lost", spanOf(timeout), spanOf(rpo))
	case hot:
		c.proved(k.object, "%d of %d servers have every commit before the client hears of it; the archive has it %s later", number+1, instances, spanOf(timeout))
	default:
		c.proved(k.object, "changes wait %s for the archive, and %s may be lost", spanOf(timeout), spanOf(rpo))
	}
}

// shortestGap returns the shortest time between two of the next runs of a schedule; false: it has none.
func shortestGap(schedule string) (shortest time.Duration, ok bool) {
	parsed, err := cron.ParseStandard(schedule)
	if err != nil {
		return 0, false
	}
	const runs = 25 // a day of every hour
	const enough = 48 * time.Hour
	last := parsed.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Second))
	for until, i := last.Add(enough), 0; i < runs && !last.After(until); i++ {
		next := parsed.Next(last)
		if next.IsZero() || last.IsZero() {
			break
		}
		if gap := next.Sub(last); shortest == 0 || gap < shortest {
			shortest, ok = gap, true
		}
		last = next
	}
	return shortest, ok
}
