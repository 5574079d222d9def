package resolve

import (
	"strings"

	"github.com/scantling/scantling/internal/app"
)

// sizeNames are the words for CPU and memory, from the smallest on.
var sizeNames = []string{"xs", "s", "m", "l", "xl", "2xl"}

// sizing records what other resources would follow from: the numbers of the tier, and whether the runtime fills what it is given.
func (s *spec) sizing() {
	z := &s.app.Sizing
	z.CPUReservePercent = s.fromTier("sizing.cpuReservePercent", "cpuReservePercent")
	z.MemoryReservePercent = s.fromTier("sizing.memoryReservePercent", "memoryReservePercent")
	z.DeviationPercent = s.fromTier("sizing.deviationPercent", "rightsizePercent")
	z.Sizes = make([]app.Size, len(sizeNames))
	for i, name := range sizeNames {
		upper := strings.ToUpper(name)
		z.Sizes[i] = app.Size{Name: name, CPUMilli: s.number("cpuMilli" + upper), MemoryBytes: s.number("memoryMiB"+upper) * mebibyte}
	}
	s.derived("sizing.sizes", "the tables' sizes")
	switch text(s.node.Field("runtime")) { // Go collects by what is alive: its limit is only felt close to it
	case "jvm":
		z.HeapPercent = s.fromTier("sizing.heapPercent", "jvmHeapPercent")
	case "node":
		z.HeapPercent = s.fromTier("sizing.heapPercent", "nodeHeapPercent")
	case "dotnet":
		z.HeapPercent = s.fromTier("sizing.heapPercent", "dotnetHeapPercent")
	}
}
