package resolve

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// cron decides when a cron app runs and for how long.
func (s *spec) cron() {
	if s.app.Kind != app.Cron {
		return
	}
	c := &app.CronJob{}
	s.app.Cron = c
	if n := s.node.Field("schedule"); n != nil {
		s.schedule(c, n)
	}
	if deadline := s.node.Field("deadline"); deadline != nil {
		c.DeadlineSeconds, _ = seconds(deadline)
		s.fromSpec("cron.deadlineSeconds", deadline)
		if c.DeadlineSeconds == 0 && deadline.Kind == load.String {
			s.fail("deadline", "deadline-above-zero", fmt.Sprintf("%q leaves a run no time", deadline.Text), "the longest that a run may take", "")
		}
	} else {
		c.DeadlineSeconds = s.fromTier("cron.deadlineSeconds", "jobSeconds")
	}
	c.BackoffLimit = int32(s.fromTier("cron.backoffLimit", "jobRetries"))
}

// schedule decides when runs start, and how late one may.
func (s *spec) schedule(c *app.CronJob, n *load.Node) {
	written := text(n)
	c.Schedule = spreadShorthand(written, s.name)
	if c.Schedule != written {
		s.decided("cron.schedule", app.BySpec, n.Pos, "the minute is a hash of the app's name, so that not all of them start at once")
	} else {
		s.fromSpec("cron.schedule", n)
	}
	parsed, problem, want, help := parseSchedule(c.Schedule)
	if problem != "" {
		s.fail("schedule", "schedule-fires", problem, want, help)
		return
	}
	least, most := s.number("startLateMinSeconds"), s.number("startLateMaxSeconds")
	c.StartDeadlineSeconds = min(max(interval(parsed)/2, least), most)
	s.derived("cron.startDeadlineSeconds", "half the time between two runs, from %d s to %d s", least, most)
}

// shorthands are the schedules that cron has words for; %d is the minute.
var shorthands = map[string]string{
	"@hourly":   "%d * * * *",
	"@daily":    "%d 0 * * *",
	"@midnight": "%d 0 * * *",
	"@weekly":   "%d 0 * * 0",
	"@monthly":  "%d 0 1 * *",
	"@yearly":   "%d 0 1 1 *",
	"@annually": "%d 0 1 1 *",
}

// spreadShorthand replaces a word such as "@daily" by five fields with a minute of the app's own.
func spreadShorthand(schedule, name string) string {
	five, ok := shorthands[schedule]
	if !ok {
		return schedule
	}
	h := fnv.New32a()
	h.Write([]byte(name))
	return fmt.Sprintf(five, h.Sum32()%60)
}

// cronFields are the fields of a schedule with their ranges.
var cronFields = []struct {
	name      string
	low, high int
}{{"minute", 0, 59}, {"hour", 0, 23}, {"day of the month", 1, 31}, {"month", 1, 12}, {"day of the week", 0, 6}}

// parseSchedule reads five fields; a problem is empty when the schedule fires.
func parseSchedule(schedule string) (parsed cron.Schedule, problem, want, help string) {
	fs := strings.Fields(schedule)
	if len(fs) != len(cronFields) || strings.Contains(schedule, "TZ=") {
		return nil, fmt.Sprintf("%q is not a schedule of five fields", schedule), `minute, hour, day, month and weekday in UTC, such as "30 2 * * *"`, ""
	}
	for i, f := range cronFields {
		if number, bad := outOfRange(fs[i], f.low, f.high); bad {
			fix := ""
			if number > f.high && number/10 >= f.low && number/10 <= f.high && fs[i] == strconv.Itoa(number) {
				fs[i] = strconv.Itoa(number / 10)
				fix = fmt.Sprintf("did you mean %q?", strings.Join(fs, " "))
			}
			return nil, fmt.Sprintf("field %d (%s) of %q is %d", i+1, f.name, schedule, number), fmt.Sprintf("%d to %d", f.low, f.high), fix
		}
	}
	parsed, err := cron.ParseStandard(schedule)
	if err != nil {
		return nil, fmt.Sprintf("%q is not a schedule", schedule), `numbers, names such as mon and jan, "*", lists "1,15", ranges "1-5" and steps "*/10" in five fields`, ""
	}
	if parsed.Next(cronEpoch).IsZero() {
		return nil, fmt.Sprintf("%q never fires: no month that it allows has that day", schedule), "a day that exists", ""
	}
	return parsed, "", "", ""
}

// outOfRange returns the first number of a cron field that is not between low and high; steps may be any positive number.
func outOfRange(field string, low, high int) (int, bool) {
	for _, part := range strings.Split(field, ",") {
		part, _, _ = strings.Cut(part, "/")
		for _, digits := range strings.SplitN(part, "-", 2) {
			if n, err := strconv.Atoi(digits); err == nil && (n < low || n > high) {
				return n, true
			}
		}
	}
	return 0, false
}

// cronEpoch is a fixed day to count runs from, so that the answer does not depend on the clock: a leap year's first.
var cronEpoch = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)

// interval returns the shortest time in seconds between any of the schedule's first runs.
func interval(schedule cron.Schedule) int64 {
	const runs = 64 // more than a day of half-hours: uneven schedules show their shortest gap within a day
	shortest := int64(366 * 24 * 3600)
	last := schedule.Next(cronEpoch.Add(-time.Second))
	for range runs {
		next := schedule.Next(last)
		if next.IsZero() {
			break
		}
		shortest = min(shortest, int64(next.Sub(last)/time.Second))
		last = next
	}
	return shortest
}
