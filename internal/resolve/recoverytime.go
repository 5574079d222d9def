package resolve

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// intervals are the hours between two backups: divisors of a day, so that no gap is longer than the others.
var intervals = []int64{24, 12, 8, 6, 4, 3, 2, 1}

// timetable is how often a backup is made, and how long it may take: both in seconds.
type timetable struct {
	interval int64
	deadline int64
	slack    bool // the objective also holds when one run fails
}

// loss is the most that is lost: a backup holds what was there when it began, and counts from when it has ended.
func (t timetable) loss() int64 { return t.interval + t.deadline }

// lossAfterFailure is that with one run that fails.
func (t timetable) lossAfterFailure() int64 { return 2*t.interval + t.deadline }

// fit returns the rarest timetable that meets an objective: where it can be, even when one run fails.
func fit(rpo, deadline int64) (timetable, bool) {
	for _, slack := range []bool{true, false} {
		for _, hours := range intervals {
			t := timetable{hours * 3600, deadline, slack}
			if t.possible() && (slack && t.lossAfterFailure() <= rpo || !slack && t.loss() <= rpo) {
				return t, true
			}
		}
	}
	return timetable{}, false
}

// possible reports whether a run has ended before the next one begins: runs never overlap, so the next one would be skipped.
func (t timetable) possible() bool { return t.deadline <= t.interval }

// densest returns the most frequent timetable that a deadline allows; false: one run may take longer than a day.
func densest(deadline int64) (timetable, bool) {
	for i := len(intervals) - 1; i >= 0; i-- {
		if t := (timetable{interval: intervals[i] * 3600, deadline: deadline}); t.possible() {
			return t, true
		}
	}
	return timetable{}, false
}

// transfer is how many whole seconds it takes to move so many bytes at so many MiB per second.
func transfer(size, mibps int64) int64 { return size / (mibps * mebibyte) }

// backupDeadline is how many seconds a backup may take: twice what its size needs, in steps of five minutes, and never less than the
// tier's number.
func backupDeadline(size, mibps, least int64) int64 {
	return max(least, roundUp(2*transfer(size, mibps), 300))
}

// retention is how many days backups are kept: as the tier says, and never less than two objectives, so that one is always there.
func retention(rpo, days int64) int64 { return max(days, roundUp(2*rpo, 24*3600)/(24*3600)) }

func roundUp(n, step int64) int64 { return (n + step - 1) / step * step }

// hourly is a schedule of runs an interval apart; which minute, and which of the hours, is a hash of the name, so that not all begin
// at once.
func hourly(name string, interval int64) string {
	h := hash(name)
	minute, hours := h%60, uint32(interval/3600)
	switch first := h / 60 % hours; {
	case hours == 1:
		return fmt.Sprintf("%d * * * *", minute)
	case hours == 24:
		return fmt.Sprintf("%d %d * * *", minute, first)
	case first == 0:
		return fmt.Sprintf("%d */%d * * *", minute, hours)
	default:
		return fmt.Sprintf("%d %d-23/%d * * *", minute, first, hours)
	}
}

// Days between two runs of what is done daily, weekly or monthly; of months, the longest.
const (
	daily   = 1
	weekly  = 7
	monthly = 31
)

// rehearsal is a schedule of runs at most so many days apart, at a time that is a hash of the name, and how many days that makes.
// Thirty days are a month: the thirty-first makes no difference, and people know when it is.
func rehearsal(name string, days int64) (schedule string, apart int64) {
	h := hash(name)
	minute, hour, day := h%60, h/60%24, h/(60*24)
	switch {
	case days < weekly:
		return fmt.Sprintf("%d %d * * *", minute, hour), daily
	case days < monthly-1:
		return fmt.Sprintf("%d %d * * %d", minute, hour, day%7), weekly
	}
	return fmt.Sprintf("%d %d %d * *", minute, hour, 1+day%28), monthly // every month has 28 days
}

func hash(name string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()
}

// span writes seconds as an objective is written: "2h", "1h30m", "36h", "7d".
func span(seconds int64) string {
	const day = 24 * 3600
	if seconds > 2*day && seconds%day == 0 {
		return strconv.FormatInt(seconds/day, 10) + "d"
	}
	var b strings.Builder
	for _, u := range []struct {
		seconds int64
		name    string
	}{{3600, "h"}, {60, "m"}, {1, "s"}} {
		if n := seconds / u.seconds; n > 0 {
			b.WriteString(strconv.FormatInt(n, 10) + u.name)
		}
		seconds %= u.seconds
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}
