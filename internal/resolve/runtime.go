package resolve

import (
	"strconv"

	"github.com/scantling/scantling/internal/app"
)

// runtimeVariables are those that runtime writes; they mean nothing to another image.
var runtimeVariables = []string{"GOMEMLIMIT", "JAVA_TOOL_OPTIONS", "NODE_OPTIONS", "DOTNET_GCHeapHardLimitPercent"}

// runtime tells the language runtime how much memory it may use, so that it collects garbage before the kernel kills it.
func (s *spec) runtime() {
	n := s.node.Field("runtime")
	limit := s.app.Resources.MemoryLimitBytes
	tell := func(name, value, how string) {
		if s.node.At("env", name) != nil {
			return // the team knows better
		}
		s.derive(app.Variable{Name: name, Value: value}, app.BySpec, n.Pos, how)
	}
	percent := func(name string) string { return strconv.FormatInt(s.number(name), 10) }
	switch text(n) {
	case "go":
		share := limit * s.number("goMemoryPercent") / 100 / mebibyte
		tell("GOMEMLIMIT", strconv.FormatInt(share, 10)+"MiB", percent("goMemoryPercent")+" % of the memory limit")
	case "jvm":
		tell("JAVA_TOOL_OPTIONS", "-XX:MaxRAMPercentage="+percent("jvmHeapPercent"), "the heap's share of the memory limit")
	case "node":
		heap := limit * s.number("nodeHeapPercent") / 100 / mebibyte
		tell("NODE_OPTIONS", "--max-old-space-size="+strconv.FormatInt(heap, 10), percent("nodeHeapPercent")+" % of the memory limit, in MiB")
	case "dotnet":
		// .NET reads the percentage as a hexadecimal number.
		tell("DOTNET_GCHeapHardLimitPercent", "0x"+strconv.FormatInt(s.number("dotnetHeapPercent"), 16), percent("dotnetHeapPercent")+" % of the memory limit")
	case "python":
		s.note("runtime", "runtime-takes-no-limit", "python has no setting for its memory: nothing is told to it", "", "size it by what it uses at its peak")
	}
}
