package resolve

import (
	"fmt"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/load"
)

// Bytes.
const (
	mebibyte = 1 << 20
	gibibyte = 1 << 30
)

const usualLoad = "what the app uses at its usual load"

// resources decides what the main container asks for and may use.
func (s *spec) resources() {
	r := &s.app.Resources
	if n := s.node.Field("resources"); n != nil {
		r.CPUMilli, _ = cpuMilli(n.Field("cpu"))
		r.MemoryBytes, _ = bytes(n.Field("memory"))
		s.decided("resources.cpuMilli", app.BySpec, at(n.Field("cpu"), n), "")
		s.decided("resources.memoryBytes", app.BySpec, at(n.Field("memory"), n), "")
		s.enough("resources.cpu", n.Field("cpu"), r.CPUMilli, 1, usualLoad)
		s.enough("resources.memory", n.Field("memory"), r.MemoryBytes, leastMemory, usualLoad)
	} else {
		r.CPUMilli, r.MemoryBytes = s.size("resources", s.node.Field("size"), "m")
	}
	s.limits()
	s.ephemeral()
	if text(s.node.Field("runtime")) == "jvm" {
		r.MemoryRestart = true
		s.decided("resources.memoryRestart", app.BySpec, s.at("runtime"), "a JVM fixes its heap when it starts")
	}
}

// enough reports an amount below the least that makes sense: nothing, and bytes where the unit was forgotten.
func (s *spec) enough(field string, n *load.Node, amount, least int64, want string) {
	if n == nil || n.Kind != load.String || amount >= least {
		return
	}
	problem, help := fmt.Sprintf("%q is nothing", n.Text), ""
	if amount > 0 {
		problem = fmt.Sprintf("%q is %d bytes", n.Text, amount)
		if strings.Trim(n.Text, "0123456789") == "" {
			unit := "Gi"
			if least == leastMemory {
				unit = "Mi"
			}
			help = fmt.Sprintf("did you mean %q?", n.Text+unit)
		}
	}
	s.fail(field, "resources-plausible", problem, want, help)
}

// Fewest bytes of memory and of disk that make sense: container runtimes refuse memory limits below about 4 MiB, and no file system fits into less than one.
const (
	leastMemory = 4 * mebibyte
	leastDisk   = mebibyte
)

// size turns a size into CPU and memory, and records it for a Resources at path.
func (s *spec) size(path string, n *load.Node, otherwise string) (milli, memory int64) {
	name := strings.ToUpper(textOr(n, otherwise))
	if _, ok := s.table["cpuMilli"+name]; !ok {
		name = strings.ToUpper(otherwise) // the loader has reported the size
	}
	milli, memory = s.number("cpuMilli"+name), s.number("memoryMiB"+name)*mebibyte
	if n != nil {
		s.decided(path+".cpuMilli", app.BySpec, n.Pos, "size "+n.Text)
		s.decided(path+".memoryBytes", app.BySpec, n.Pos, "size "+n.Text)
	} else {
		s.fromTier(path+".cpuMilli", "cpuMilli"+name)
		s.fromTier(path+".memoryBytes", "memoryMiB"+name)
	}
	return milli, memory
}

// limits decides what the main container may use: no CPU limit where throttling would hurt, and memory as reserved.
func (s *spec) limits() {
	r, n := &s.app.Resources, s.node.Field("resources")
	if milli, ok := cpuMilli(n.Field("cpuLimit")); ok {
		r.CPULimitMilli = milli
		s.fromSpec("resources.cpuLimitMilli", n.Field("cpuLimit"))
		if milli < r.CPUMilli {
			s.fail("resources.cpuLimit", "limit-covers-request", fmt.Sprintf("limit %s is below request %s", cores(milli), cores(r.CPUMilli)), "at least the request", "raise the limit, or leave it out: it only slows the app down")
		}
	} else if s.number("cpuLimitPercent") > 0 {
		r.CPULimitMilli = r.CPUMilli * s.fromTier("resources.cpuLimitMilli", "cpuLimitPercent") / 100
	}
	if limit, ok := bytes(n.Field("memoryLimit")); ok {
		r.MemoryLimitBytes = limit
		s.fromSpec("resources.memoryLimitBytes", n.Field("memoryLimit"))
		if limit < r.MemoryBytes {
			s.fail("resources.memoryLimit", "limit-covers-request", fmt.Sprintf("limit %s is below request %s", mebibytes(limit), mebibytes(r.MemoryBytes)), "at least the request", "raise the limit, or leave it out")
		}
	} else {
		r.MemoryLimitBytes = r.MemoryBytes * s.fromTier("resources.memoryLimitBytes", "memoryLimitPercent") / 100
	}
}

// ephemeral decides the local disk: what the directories hold counts, for the kubelet evicts a pod that fills more.
func (s *spec) ephemeral() {
	r := &s.app.Resources
	var dirs int64
	for _, d := range s.app.EmptyDirs {
		dirs += d.SizeBytes
	}
	request, limit := s.number("ephemeralRequestMiB")*mebibyte, s.number("ephemeralLimitMiB")*mebibyte
	r.EphemeralLimitBytes = limit + dirs
	if n := s.get("resources.ephemeral"); n != nil {
		r.EphemeralBytes, _ = bytes(n)
		s.enough("resources.ephemeral", n, r.EphemeralBytes, leastDisk, "at least 1Mi")
		s.fromSpec("resources.ephemeralBytes", n)
		r.EphemeralLimitBytes = max(limit, r.EphemeralBytes) + dirs
	} else {
		r.EphemeralBytes = request + dirs
		s.derived("resources.ephemeralBytes", "%s and the writable directories' %s", mebibytes(request), mebibytes(dirs))
	}
	s.derived("resources.ephemeralLimitBytes", "%s and the writable directories' %s", mebibytes(r.EphemeralLimitBytes-dirs), mebibytes(dirs))
}
