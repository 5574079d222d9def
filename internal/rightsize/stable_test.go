package rightsize_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/rightsize"
)

// TestProposalsAreStable makes up apps and what they use, does what is proposed, and wants nothing more to be proposed on the same data.
func TestProposalsAreStable(t *testing.T) {
	proposed := 0
	for seed := range uint64(4_000) {
		r := rand.New(rand.NewPCG(seed, 7))
		a, as := anyApp(r), anyUse(r)
		first := judge(t, a, as)
		now := a
		now.Sidecars = append([]app.Sidecar(nil), a.Sidecars...)
		for _, f := range first.Findings {
			if f.Change == nil {
				continue
			}
			proposed++
			got := limits(a, f.Change.Resources)
			if f.Sidecar == "" {
				now.Resources = got
			} else {
				now.Sidecars[0].Resources = got
			}
			// Nothing is taken that is needed, by an arithmetic of its own.
			need := as["cpu"]["web/"+f.Name] * 1000 * (1 + float64(a.Sizing.CPUReservePercent)/100)
			if a.Scaling == nil && float64(got.CPUMilli) < min(need, float64(f.Now.CPUMilli)) {
				t.Errorf("seed %d: %s needs %v: %s", seed, f.Name, need, story(first, f))
			}
			need = as["memory"]["web/"+f.Name] * (1 + float64(a.Sizing.MemoryReservePercent)/100)
			if a.Sizing.HeapPercent == 0 && float64(got.MemoryBytes) < min(need, float64(f.Now.MemoryBytes)) {
				t.Errorf("seed %d: %s needs %v: %s", seed, f.Name, need, story(first, f))
			}
		}
		for _, f := range judge(t, now, as).Findings {
			if f.Change != nil {
				t.Errorf("seed %d: %s", seed, story(first, f))
			}
		}
		if t.Failed() {
			return
		}
	}
	if proposed < 2_000 {
		t.Errorf("only %d proposals", proposed)
	}
}

// story tells of a proposal that did not last.
func story(first rightsize.Report, again rightsize.Finding) string {
	text := fmt.Sprintf("then %v: cpu %s, memory %s", *again.Change, again.CPU.Because, again.Memory.Because)
	for _, f := range first.Findings {
		if f.Name == again.Name {
			text = fmt.Sprintf("%s asks for %v, to become %v, cpu %s, memory %s; ", f.Name, f.Now, f.Change, f.CPU.Because, f.Memory.Because) + text
		}
	}
	return text
}

// limits are resources with the limits that follow the requests, as those of a tier do; those that the team states stay.
func limits(a app.App, res app.Resources) app.Resources {
	if len(a.Origins) == 0 || a.Origins[0].Path != "resources.memoryLimitBytes" {
		res.MemoryLimitBytes = res.MemoryBytes * (100 + 50*(a.Sizing.DeviationPercent%2)) / 100
	}
	return res
}

// anyApp is an app with any requests, of each sort that is judged in its own way.
func anyApp(r *rand.Rand) app.App {
	a := web()
	a.Sizing.CPUReservePercent, a.Sizing.MemoryReservePercent = r.Int64N(60), r.Int64N(60)
	a.Sizing.DeviationPercent = 5 + r.Int64N(60)
	a.Sizing.Sizes = nil
	cpu, memory := int64(0), int64(0)
	for _, name := range []string{"xs", "s", "m", "l", "xl", "2xl"} {
		cpu, memory = cpu+20+r.Int64N(2*cpu+100), memory+16+r.Int64N(2*memory+100)
		a.Sizing.Sizes = append(a.Sizing.Sizes, app.Size{Name: name, CPUMilli: cpu, MemoryBytes: memory * mebibyte})
	}
	a.Replicas.Min = 1 + r.Int32N(3)
	a.Replicas.Max = a.Replicas.Min
	a.Resources = limits(a, anyResources(r, a))
	switch r.IntN(5) {
	case 0:
		scaled(a.Replicas.Min, a.Replicas.Min+r.Int32N(10), 50+r.Int32N(40))(&a)
	case 1:
		a.Sizing.HeapPercent = 50 + r.Int64N(40)
	case 2:
		a.Origins = []app.Origin{{Path: "resources.memoryLimitBytes", By: app.BySpec}}
		a.Resources.MemoryLimitBytes = a.Resources.MemoryBytes + r.Int64N(512)*mebibyte
	case 3:
		a.Resources.CPULimitMilli = a.Resources.CPUMilli + r.Int64N(500)
		a.Origins = []app.Origin{{Path: "resources.cpuLimitMilli", By: app.BySpec}}
	default:
		s := a.Sizing.Sizes[r.IntN(len(a.Sizing.Sizes))] // it has no other words
		a.Sidecars = []app.Sidecar{{Name: "proxy", Resources: limits(a, app.Resources{CPUMilli: s.CPUMilli, MemoryBytes: s.MemoryBytes})}}
	}
	return a
}

// anyResources are those of a size, or others.
func anyResources(r *rand.Rand, a app.App) app.Resources {
	if s := a.Sizing.Sizes[r.IntN(len(a.Sizing.Sizes))]; r.IntN(2) == 0 {
		return app.Resources{CPUMilli: s.CPUMilli, MemoryBytes: s.MemoryBytes, MemoryLimitBytes: s.MemoryBytes}
	}
	return resources(1+r.Int64N(3000), 1+r.Int64N(3000))
}

// anyUse is what an app may use, from next to nothing to far too much; of some apps something is not measured.
func anyUse(r *rand.Rand) answers {
	as := answers{"cpu": {}, "cpu-total": {}, "cpu-peak": {}, "memory": {}, "since": {}, "oom": {}, "throttled": {}}
	for _, who := range []string{"web/web", "web/proxy"} {
		as["since"][who] = ago(14)
		cores, bytes := math.Exp(r.Float64()*8-7), math.Exp(r.Float64()*7)*mebibyte
		as["cpu"][who], as["cpu-total"][who], as["cpu-peak"][who] = cores, 2*cores, 2*cores*(1+r.Float64())
		as["memory"][who] = bytes
		switch r.IntN(6) {
		case 0:
			as["oom"][who] = bytes * (0.8 + r.Float64())
		case 1:
			as["throttled"][who] = r.Float64()
		case 2:
			delete(as["cpu"], who)
		case 3:
			delete(as["memory"], who)
		}
	}
	return as
}
