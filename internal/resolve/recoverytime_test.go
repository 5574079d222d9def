package resolve

import (
	"fmt"
	"strings"
	"testing"
)

const (
	hour = 3600      // seconds
	day  = 24 * hour // seconds
	mib  = 1 << 20
	gib  = 1 << 30
)

// E26: a nightly dump does not meet an RPO of a day: it loses a day and the time of the dump.
func TestTimetables(t *testing.T) {
	for _, c := range []struct {
		rpo, deadline int64
		want          string // interval in hours
	}{
		{24 * hour, hour, "8 slack"},
		{7 * day, hour, "24 slack"},
		{49 * hour, hour, "24 slack"},
		{49*hour - 1, hour, "12 slack"},
		{4 * hour, hour, "1 slack"},
		{3 * hour, hour, "1 slack"},
		{3*hour - 1, hour, "1"},
		{2 * hour, hour, "1"},
		{2*hour - 1, hour, "none"},
		{5 * 60, hour, "none"},
		{0, hour, "none"},
		{24 * hour, 5 * hour, "8 slack"},
		{20 * hour, 5 * hour, "6 slack"},
		{11 * hour, 5 * hour, "6"}, // hourly runs would overlap, so most of them would be skipped
		{10 * hour, 5 * hour, "none"},
		{365 * day, 25 * hour, "none"},
		{24 * hour, 600, "8 slack"},
		{2*hour + 600, 600, "1 slack"},
	} {
		got := "none"
		if tt, ok := fit(c.rpo, c.deadline); ok {
			got = fmt.Sprint(tt.interval/hour, map[bool]string{true: " slack"}[tt.slack])
			if tt.deadline != c.deadline {
				t.Errorf("rpo %s: the deadline became %s", span(c.rpo), span(tt.deadline))
			}
		}
		if got = strings.TrimSpace(got); got != c.want {
			t.Errorf("rpo %s with runs of %s: every %s h, want %s", span(c.rpo), span(c.deadline), got, c.want)
		}
	}
}

// Whatever is promised holds for the timetable that is chosen, and nothing rarer would do.
func TestTimetablesKeepTheObjective(t *testing.T) {
	for rpo := int64(hour); rpo < 60*hour; rpo += 600 {
		for _, deadline := range []int64{300, hour, 2*hour + 300, 7 * hour, 23 * hour} {
			tt, ok := fit(rpo, deadline)
			if !ok {
				if best, possible := densest(deadline); possible && best.loss() <= rpo {
					t.Errorf("rpo %s with runs of %s is refused, but every %s loses %s", span(rpo), span(deadline), span(best.interval), span(best.loss()))
				}
				continue
			}
			if tt.loss() > rpo || tt.slack && tt.lossAfterFailure() > rpo || tt.deadline > tt.interval {
				t.Errorf("rpo %s with runs of %s: %+v loses %s, after a failure %s", span(rpo), span(deadline), tt, span(tt.loss()), span(tt.lossAfterFailure()))
			}
			for _, h := range intervals {
				if rarer := (timetable{h * hour, deadline, tt.slack}); h*hour > tt.interval && rarer.possible() && (tt.slack && rarer.lossAfterFailure() <= rpo || !tt.slack && rarer.loss() <= rpo) {
					t.Errorf("rpo %s with runs of %s: every %d h would do, not %s", span(rpo), span(deadline), h, span(tt.interval))
				}
			}
		}
	}
}

func TestBackupDeadline(t *testing.T) {
	for _, c := range []struct{ size, speed, least, want int64 }{
		{0, 50, hour, hour},
		{40 * gib, 50, hour, hour}, // 27 min
		{90 * gib, 50, hour, hour + 300},
		{400 * gib, 50, hour, 4*hour + 35*60},
		{400 * gib, 400, hour, hour},
		{10 * gib, 50, 60, 600},
		{mib, 1, 1, 300},
	} {
		if got := backupDeadline(c.size, c.speed, c.least); got != c.want {
			t.Errorf("%s at %d MiB/s, at least %s: %s, want %s", mebibytes(c.size), c.speed, span(c.least), span(got), span(c.want))
		}
	}
}

func TestRetention(t *testing.T) {
	for _, c := range []struct{ rpo, days, want int64 }{
		{hour, 7, 7}, {4 * day, 7, 8}, {4*day + 1, 7, 9}, {7 * day, 14, 14}, {day, 1, 2},
	} {
		if got := retention(c.rpo, c.days); got != c.want {
			t.Errorf("rpo %s, %d days: %d, want %d", span(c.rpo), c.days, got, c.want)
		}
	}
}

// No gap between two runs is longer than the interval, also at midnight; and the runs of many apps do not meet.
func TestSchedulesKeepTheInterval(t *testing.T) {
	for _, h := range intervals {
		different := map[string]bool{}
		for i := range 200 {
			name := fmt.Sprintf("shop/app-%d/orders", i)
			s := hourly(name, h*hour)
			parsed, problem, _, _ := parseSchedule(s)
			if problem != "" {
				t.Fatalf("%d h: %s", h, problem)
			}
			at := parsed.Next(cronEpoch)
			for range 60 {
				next := parsed.Next(at)
				if gap := int64(next.Sub(at).Seconds()); gap != h*hour {
					t.Fatalf("%q: %s between two runs, not %d h", s, span(gap), h)
				}
				at = next
			}
			different[s] = true
			if s != hourly(name, h*hour) {
				t.Fatalf("%q is another time at the second look", s)
			}
		}
		if len(different) < 50 {
			t.Errorf("every %d h: 200 apps share %d times", h, len(different))
		}
	}
}

func TestRehearsals(t *testing.T) {
	for days, want := range map[int64]int64{1: 1, 6: 1, 7: 7, 14: 7, 29: 7, 30: 31} {
		for i := range 100 {
			s, apart := rehearsal(fmt.Sprintf("shop/app-%d/orders", i), days)
			parsed, problem, _, _ := parseSchedule(s)
			if problem != "" || apart != want {
				t.Fatalf("%d days: %q, %d days apart %s", days, s, apart, problem)
			}
			at, longest := parsed.Next(cronEpoch), int64(0)
			for range 30 {
				next := parsed.Next(at)
				longest, at = max(longest, int64(next.Sub(at).Hours())/24), next
			}
			if longest != want {
				t.Fatalf("%q: up to %d days between two runs, want %d", s, longest, want)
			}
		}
	}
}

func TestSpan(t *testing.T) {
	for n, want := range map[int64]string{0: "0s", 5: "5s", 90: "1m30s", 300: "5m", hour: "1h", 5400: "1h30m", 36 * hour: "36h", 7 * day: "7d", day: "24h", 7*day + 60: "168h1m", hour + 1: "1h1s"} {
		if got := span(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
