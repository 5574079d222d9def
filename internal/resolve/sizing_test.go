package resolve

import (
	"slices"
	"testing"

	"github.com/scantling/scantling/internal/app"
)

// TestSizing wants the numbers of the tables, as the platform has changed them, and to know which runtimes fill what they are given.
func TestSizing(t *testing.T) {
	platform := testPlatform + "platform: tiers: standard: {rightsizePercent: 50, cpuMilliS: 150}\n"
	for runtime, heap := range map[string]int64{"jvm": 75, "node": 75, "dotnet": 75, "go": 0, "python": 0, "other": 0} {
		a, found := resolveApp(t, platform, `runtime: "`+runtime+`"`)
		got := a.Sizing
		if got.CPUReservePercent != 15 || got.MemoryReservePercent != 20 || got.DeviationPercent != 50 || got.HeapPercent != heap {
			t.Errorf("%s: %+v\n%s", runtime, got, format(found))
		}
		if i := slices.IndexFunc(got.Sizes, func(s app.Size) bool { return s.Name == "s" }); i != 1 || got.Sizes[i].CPUMilli != 150 || got.Sizes[i].MemoryBytes != 128*mebibyte {
			t.Errorf("sizes are %v", got.Sizes)
		}
	}
	a, _ := resolveApp(t, testPlatform, ``)
	for i, s := range a.Sizing.Sizes {
		if i > 0 && (s.CPUMilli <= a.Sizing.Sizes[i-1].CPUMilli || s.MemoryBytes <= a.Sizing.Sizes[i-1].MemoryBytes) {
			t.Errorf("size %s is no larger than the one before", s.Name)
		}
	}
}
