package verify

import (
	"testing"
	"time"
)

// TestLongestGap wants the longest time between two runs, whatever the days on which a schedule runs.
func TestLongestGap(t *testing.T) {
	for schedule, want := range map[string]string{
		"0 2 * * *": "24h0m0s", "0 */6 * * *": "6h0m0s", "*/5 * * * *": "5m0s", "0 3-23/8 * * *": "8h0m0s", "0 1,2 * * *": "23h0m0s",
		"* * * * 1-5": "48h1m0s", "0 2 * * 1": "168h0m0s", "0 2 1 * *": "744h0m0s", "0 2 1 */2 *": "1488h0m0s", "0 2 29 2 *": "35064h0m0s",
		"@daily": "24h0m0s", "@every 90m": "1h30m0s", "0 0 31 2 *": "", "60 * * * *": "", "": "", "0 0 2 * * *": "", "30 2 * * 0,3": "96h0m0s",
	} {
		got := ""
		if gap, ok := longestGap(schedule, 5); ok {
			got = gap.String()
		}
		if got != want {
			t.Errorf("%q runs every %q at least, want %q", schedule, got, want)
		}
	}
	if gap, ok := longestGap("0 15 22 * * *", 6); !ok || gap != 24*time.Hour {
		t.Errorf("of six fields: %s, %v", gap, ok)
	}
}
