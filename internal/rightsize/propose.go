package rightsize

import (
	"fmt"
	"math"
	"slices"

	"github.com/scantling/scantling/internal/app"
)

// Proposal is what a container should ask for.
type Proposal struct {
	Size      string // a word for it; empty: the amounts are written out
	Resources app.Resources
}

// propose finds the words for what is to change: a size where one is right, else the amounts.
func (f *Finding) propose() {
	if f.CPU.Proposed == f.Now.CPUMilli && f.Memory.Proposed == f.Now.MemoryBytes {
		return
	}
	want := f.Now
	want.CPUMilli, want.MemoryBytes = f.CPU.Proposed, f.Memory.Proposed
	if f.Sidecar != "" {
		f.proposeSidecar(want)
		return
	}
	stated := f.stated()
	if len(stated) == 0 {
		i := slices.IndexFunc(f.App.Sizing.Sizes, func(s app.Size) bool {
			return f.fits(s.CPUMilli, f.CPU) && f.fits(s.MemoryBytes, f.Memory)
		})
		if i >= 0 {
			f.take(f.App.Sizing.Sizes[i])
			return
		}
	}
	for _, limit := range stated {
		switch limit {
		case "resources.cpuLimitMilli":
			want.CPULimitMilli = max(want.CPULimitMilli, want.CPUMilli)
		case "resources.memoryLimitBytes":
			if want.MemoryBytes > f.Now.MemoryBytes {
				want.MemoryLimitBytes = max(want.MemoryLimitBytes, f.scaledLimit(want.MemoryBytes))
			}
		}
	}
	f.Change = &Proposal{Resources: want}
}

// scaledLimit is a limit that has the same room above the request as now.
func (f *Finding) scaledLimit(request int64) int64 {
	return roundUp(float64(f.Now.MemoryLimitBytes)/float64(f.Now.MemoryBytes)*float64(request), memorySteps)
}

// stated are the fields that the team has written in resources beside the requests: a size has no place for them.
func (c Container) stated() (out []string) {
	if c.Sidecar != "" {
		return nil
	}
	for _, o := range c.App.Origins {
		switch o.Path {
		case "resources.cpuLimitMilli", "resources.memoryLimitBytes", "resources.ephemeralBytes":
			if o.By == app.BySpec {
				out = append(out, o.Path)
			}
		}
	}
	return out
}

// fits reports whether an amount is as good as the proposed one: not below it, and nothing less would be proposed instead.
func (f *Finding) fits(amount int64, j Judgement) bool {
	most := j.most
	if math.IsNaN(j.Used) {
		most = float64(j.Proposed)
	}
	return amount == j.Proposed || amount > j.Proposed && float64(amount)*100 <= most*float64(100+f.App.Sizing.DeviationPercent)
}

// take proposes a size.
func (f *Finding) take(s app.Size) {
	want := f.Now
	want.CPUMilli, want.MemoryBytes = s.CPUMilli, s.MemoryBytes
	f.CPU.Proposed, f.Memory.Proposed = s.CPUMilli, s.MemoryBytes
	f.Change = &Proposal{Size: s.Name, Resources: want}
}

// proposeSidecar proposes the least size that is enough: a sidecar has no other words.
func (f *Finding) proposeSidecar(want app.Resources) {
	i := slices.IndexFunc(f.App.Sizing.Sizes, func(s app.Size) bool { return s.CPUMilli >= want.CPUMilli && s.MemoryBytes >= want.MemoryBytes })
	if i < 0 {
		f.Notes = append(f.Notes, fmt.Sprintf("no size of a sidecar has %s of CPU and %s of memory", CPUQuantity(want.CPUMilli), MemoryQuantity(want.MemoryBytes)))
		return
	}
	s := f.App.Sizing.Sizes[i]
	if s.CPUMilli == f.Now.CPUMilli && s.MemoryBytes == f.Now.MemoryBytes || f.Verdict == Wastes && (s.CPUMilli > f.Now.CPUMilli || s.MemoryBytes > f.Now.MemoryBytes) {
		f.keep()
		return
	}
	f.take(s)
}

// keep gives up a change: what is reserved in excess has no smaller size.
func (f *Finding) keep() {
	f.Notes = append(f.Notes, "no smaller size of a sidecar is enough")
	f.CPU.Proposed, f.Memory.Proposed = f.Now.CPUMilli, f.Now.MemoryBytes
	for _, j := range []*Judgement{&f.CPU, &f.Memory} {
		if j.Verdict == Wastes {
			j.Verdict = Fits
		}
	}
	f.Verdict = Fits
}
