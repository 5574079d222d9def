package rightsize

import (
	"fmt"
	"math"
	"slices"

	"github.com/scantling/scantling/internal/app"
)

// window is from the least that a container should ask for to the most, and how that was reckoned.
type window struct {
	least, most float64
	used        float64
	because     string
	urgent      bool // the least is needed, however little is missing
}

// judge says what is to change about a container.
func judge(c Container, u usage) Finding {
	f := Finding{Container: c, Days: u.days,
		CPU:    Judgement{Verdict: Unknown, Now: c.Now.CPUMilli, Used: math.NaN(), Proposed: c.Now.CPUMilli},
		Memory: Judgement{Verdict: Unknown, Now: c.Now.MemoryBytes, Used: math.NaN(), Proposed: c.Now.MemoryBytes},
	}
	if why := f.blind(u); why != "" {
		f.CPU.Because, f.Memory.Because, f.Verdict = why, why, Unknown
		return f
	}
	f.CPU.hold(cpuWindow(c, u), c.App.Sizing.DeviationPercent, cpuSteps)
	f.Memory.hold(memoryWindow(c, u), c.App.Sizing.DeviationPercent, memorySteps)
	f.throttled(u)
	f.Verdict = Fits
	for _, j := range []Judgement{f.CPU, f.Memory} {
		if j.Verdict.rank() < f.Verdict.rank() {
			f.Verdict = j.Verdict
		}
	}
	f.notes(u)
	f.propose()
	return f
}

// leastDays is how long a container must have been watched before anything is proposed: every hour of a day has been seen once.
const leastDays = 1

// blind returns why nothing can be said about a container; empty: something can.
func (f *Finding) blind(u usage) string {
	switch {
	case math.IsNaN(u.cpu) && math.IsNaN(u.total) && math.IsNaN(u.memory):
		return fmt.Sprintf("nothing is measured of container %s in namespace %s", f.Name, f.App.Namespace)
	case math.IsNaN(u.days):
		return "nobody knows since when it is measured"
	case u.days < leastDays:
		return fmt.Sprintf("measured for %s only: at least a day is needed", days(u.days))
	}
	return ""
}

// hold compares what is asked for with what should be.
func (j *Judgement) hold(w window, deviation int64, steps []step) {
	j.Used, j.Because, j.urgent, j.most = w.used, w.because, w.urgent, w.most
	if math.IsNaN(w.used) {
		j.Because = "not measured"
		return
	}
	tolerance, now := 1+float64(deviation)/100, float64(j.Now)
	least, most := roundUp(w.least, steps), roundUp(w.most, steps)
	switch {
	case now < w.least && (w.urgent || now*tolerance < w.least):
		j.Verdict, j.Proposed, j.far = Needs, least, w.least/now
	case now > w.most*tolerance && most < j.Now:
		j.Verdict, j.Proposed, j.far = Wastes, most, now/w.most
	default:
		j.Verdict = Fits
	}
}

// cpuWindow is what a container should ask for, in thousandths of a core.
func cpuWindow(c Container, u usage) window {
	reserve := 1 + float64(c.App.Sizing.CPUReservePercent)/100
	if c.scaled() {
		return scaledWindow(c, u, reserve)
	}
	used := u.cpu * 1000
	what := fmt.Sprintf("P95 of %d days", cpuDays)
	if c.App.Kind == app.Cron {
		what = fmt.Sprintf("the busiest run of %d days", cpuDays)
	}
	want := used * reserve
	return window{least: want, most: want, used: used, because: fmt.Sprintf("%s %s x %s = %s", what, milli(used), factor(reserve), milli(want))}
}

// scaledWindow is what a pod should ask for whose number follows the use of CPU. What one pod uses says nothing then: it follows the
// request, and would draw it down or up without an end. What all pods use together does not: the fewest pods should carry it most of
// the time at the autoscaler's target, and the most of them must be able to.
func scaledWindow(c Container, u usage, reserve float64) window {
	few, many := float64(max(1, c.App.Replicas.Min)), float64(max(1, c.App.Replicas.Max))
	total, peak := u.total*1000, u.peak*1000
	if math.IsNaN(peak) {
		total = peak
	}
	usual := total * reserve * 100 / float64(c.App.Scaling.CPUPercent)
	each := func(pods float64) string {
		return fmt.Sprintf("all pods' P95 of %d days %s x %s / %d %% / %s pods = %s", cpuDays, milli(total), factor(reserve), c.App.Scaling.CPUPercent, number(pods), milli(usual/pods))
	}
	w := window{least: usual / many, most: usual / few, used: total, because: each(few)}
	if float64(c.Now.CPUMilli) < w.least {
		w.because = each(many)
	}
	if least := peak / many; least > w.least {
		w.least = least
		if float64(c.Now.CPUMilli) < least || least > w.most {
			w.because = fmt.Sprintf("all pods' peak of %d days %s / %s pods = %s", cpuDays, milli(peak), number(many), milli(least))
		}
	}
	w.most = max(w.most, w.least)
	return w
}

// memoryWindow is what a container should ask for, in bytes.
func memoryWindow(c Container, u usage) window {
	s := c.App.Sizing
	reserve := 1 + float64(s.MemoryReservePercent)/100
	want := u.memory * reserve
	w := window{least: want, most: want, used: u.memory, because: fmt.Sprintf("maximum of %d days %s x %s = %s", memoryDays, mebi(u.memory), factor(reserve), mebi(want))}
	limit := float64(max(c.Now.MemoryLimitBytes, c.Now.MemoryBytes))
	switch {
	case c.Sidecar == "" && s.HeapPercent > 0:
		// The heap fills what it may, so a full one says nothing about what is needed; a smaller one must hold all that was ever in use.
		share := max(reserve, 100/float64(s.HeapPercent))
		w.least, w.most = 0, u.memory*share
		w.because = fmt.Sprintf("maximum of %d days %s x %s, so that a heap of %d %% holds it = %s", memoryDays, mebi(u.memory), factor(share), s.HeapPercent, mebi(w.most))
	case limit < u.memory*(1+float64(s.MemoryReservePercent)/200):
		w.urgent = true // what is missing kills
		w.because += fmt.Sprintf("; a limit of %s leaves less than half of the reserve", mebi(limit))
	}
	if u.killed > 0 {
		floor := afterKill(u.killed, reserve) * float64(c.Now.MemoryBytes) / limit
		if limit >= afterKill(u.killed, reserve) && slices.Contains(c.stated(), "resources.memoryLimitBytes") {
			floor, w.most = 0, max(w.most, float64(c.Now.MemoryBytes)) // the limit that was raised does not follow the request: both stay
		}
		if floor > w.least {
			w.least, w.most = floor, max(w.most, floor)
			w.urgent = true
			w.because = fmt.Sprintf("killed at a limit of %s in %d days: limit of %s or more", mebi(u.killed), memoryDays, mebi(afterKill(u.killed, reserve)))
		}
	}
	return w
}

// afterKill is the least limit after a container was killed at one: what the recommender of the VerticalPodAutoscaler does, whose
// --oom-min-bump-up-bytes is 100 MiB and whose --oom-bump-up-ratio of 1.2 is our reserve.
func afterKill(limit, reserve float64) float64 { return max(limit*reserve, limit+100*mebibyte) }

// throttledShare is the share of periods above which the alert CPUThrottled speaks: a busy container loses a few milliseconds below it.
const throttledShare = 0.25

// throttled corrects what is said about the CPU of a container that waits for its limit: it would use more than was measured.
func (f *Finding) throttled(u usage) {
	if !(u.throttled > throttledShare) || f.Now.CPULimitMilli == 0 {
		return
	}
	if f.CPU.Verdict != Needs {
		f.CPU.Verdict, f.CPU.Proposed, f.CPU.far = Needs, f.Now.CPUMilli, 1+u.throttled
	}
	f.CPU.Because += fmt.Sprintf("; in %[2]s %% of the periods it waits for its limit of %[1]s, so it would use more", milli(float64(f.Now.CPULimitMilli)), number(math.Round(u.throttled*100)))
	note := "its limit follows the request, by cpuLimitPercent of its tier: platform.tiers can set that to 0, which is no limit"
	if slices.Contains(f.stated(), "resources.cpuLimitMilli") {
		note = "raise resources.cpuLimit, or leave it out: the request is what keeps neighbours safe"
	}
	f.Notes = append(f.Notes, note)
}

// notes adds what a reader must know.
func (f *Finding) notes(u usage) {
	if u.days < cpuDays {
		f.Notes = append(f.Notes, fmt.Sprintf("measured for %s, not %d", days(u.days), cpuDays))
	} else if u.days < memoryDays-0.5 {
		f.Notes = append(f.Notes, fmt.Sprintf("memory was measured for %s, not %d", days(u.days), memoryDays))
	}
	if math.IsNaN(u.killed) {
		f.Notes = append(f.Notes, "whether it was killed for its memory is not known: kube-state-metrics says nothing about it")
	}
	if s := f.App.Sizing; f.Sidecar == "" && s.HeapPercent > 0 && f.Memory.Verdict == Wastes {
		f.Notes = append(f.Notes, fmt.Sprintf("the heap shrinks with it, to %d %% of the limit: watch what it collects", s.HeapPercent))
	}
	if f.scaled() && f.CPU.Verdict == Wastes {
		f.Notes = append(f.Notes, fmt.Sprintf("%d pods then carry at most %s", f.App.Replicas.Max, milli(float64(f.CPU.Proposed)*float64(f.App.Replicas.Max))))
	}
}
