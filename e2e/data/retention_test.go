package data

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The retention of these tests.
const (
	keepAll = 48 * time.Hour
	keep    = 14 * 24 * time.Hour
)

// kept says which of the backups remain: all that are young, the last of each day, and none that is too old but the newest.
// It is the rule in other words than the script's, so that one of them is wrong if they differ.
func kept(now time.Time, made []time.Time) []time.Time {
	last := map[string]time.Time{}
	for _, at := range made {
		if day := at.UTC().Format(time.DateOnly); at.After(last[day]) {
			last[day] = at
		}
	}
	return slices.DeleteFunc(slices.Clone(made), func(at time.Time) bool {
		age := now.Sub(at)
		young, ofItsDay := age < keepAll, last[at.UTC().Format(time.DateOnly)].Equal(at)
		return !young && (!ofItsDay || age >= keep)
	})
}

// TestRetention uploads once into a bucket with weeks of backups.
func TestRetention(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	var regular []time.Time
	for age := 8 * time.Hour; age < 20*24*time.Hour; age += 8 * time.Hour {
		regular = append(regular, now.Add(-age))
	}
	midnight := now.Truncate(24 * time.Hour)
	cases := map[string][]time.Time{
		"every eight hours for twenty days": regular,
		"none before":                       nil,
		"at the edges of all ages": {
			now.Add(-keepAll), now.Add(-keepAll + time.Second), now.Add(-keepAll - time.Second), now.Add(-keep), now.Add(-keep + time.Second), now.Add(-keep - time.Second),
		},
		"at the edges of days": {
			midnight.Add(-5 * 24 * time.Hour), midnight.Add(-5*24*time.Hour - time.Second), midnight.Add(-5*24*time.Hour + time.Second),
			midnight.Add(-6 * 24 * time.Hour), midnight.Add(-6*24*time.Hour - time.Second),
		},
		"just too old":      {now.Add(-keep)},
		"just young enough": {now.Add(-keep + time.Second)},
		"only ancient ones": {now.Add(-300 * 24 * time.Hour), now.Add(-200 * 24 * time.Hour)},
	}
	for i, what := range slices.Sorted(maps.Keys(cases)) {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := storeOnly(t, shells[i%2])
			var want []string
			for _, at := range cases[what] {
				s.bucket.plant(t, aged(at, 0), aged(at, 0)+".sha256")
			}
			made := append(slices.Clone(cases[what]), now)
			for _, at := range kept(now, made) {
				want = append(want, aged(at, 0), aged(at, 0)+".sha256")
			}
			// Without a mark, and of others: young ones may be another run's, old ones failed, and what is not ours stays.
			young, old := aged(now.Add(-47*time.Hour-time.Minute), 0), aged(now.Add(-49*time.Hour), 0)
			others := []string{"other-app-" + strings.TrimPrefix(old, name+"-"), "README", name + "-users-20200101T000000Z-1577836800.dump", name + "-20200101T000000Z-15778368x0.dump"}
			s.bucket.plant(t, append(others, young, old)...)
			want = append(append(want, others...), young)

			j, work := s.uploading(t, now, "the newest")
			k := s.set("KEEP_ALL_SECONDS", seconds(keepAll), "KEEP_SECONDS", seconds(keep))
			k.work = work
			o := k.run(t, j).passes(t)
			slices.Sort(want)
			if got := s.bucket.keys(t); !slices.Equal(got, want) {
				t.Errorf("the bucket holds %d objects, want %d:\ngot  %s\nwant %s", len(got), len(want), strings.Join(got, "\n     "), strings.Join(want, "\n     "))
			}
			removed := len(made) - len(kept(now, made)) + 1
			if line := fmt.Sprintf("%s: removed %d old backups", name, removed); !strings.Contains(o.log, line) {
				t.Errorf("the log does not say %q:\n%s", line, o.log)
			}
		})
	}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// TestMidnight reads a clock that is a second further each time it is read, and that passes midnight at the second time: the names
// of a backup agree with themselves and with one another, and the drill finds it.
func TestMidnight(t *testing.T) {
	midnight := time.Now().Truncate(24 * time.Hour)
	ticking := "#!/bin/dash\nn=$(cat STATE/clock 2>/dev/null || echo %d)\necho $((n + 1)) >STATE/clock\nexec /bin/date -d \"@$n\" \"$@\"\n"
	for i, kind := range []string{"postgres", "mysql", "redis"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newSetting(t, kind)
			s.shell = shells[i%2]
			k := s.kubelet()
			k.tools = map[string]string{"date": fmt.Sprintf(ticking, midnight.Unix()-1)}
			k.run(t, s.backup()).passes(t)
			want := []string{aged(midnight, time.Second), aged(midnight, time.Second) + ".sha256"}
			if got := s.bucket.keys(t); !slices.Equal(got, want) {
				t.Fatalf("the bucket holds %q, want %q", got, want)
			}
			k.tools = map[string]string{"date": fmt.Sprintf(ticking, midnight.Unix()+60)}
			o := k.run(t, s.drill()).passes(t)
			if !strings.Contains(o.log, "61 seconds old") {
				t.Errorf("the drill does not say how old the backup is:\n%s", o.log)
			}
		})
	}
}
