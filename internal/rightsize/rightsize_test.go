package rightsize_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/prometheus"
	"github.com/scantling/scantling/internal/rightsize"
)

const mebibyte = 1 << 20

// now is when the answers were made.
var now = time.Unix(1793620800, 0).UTC()

// web is an app of size m, with two pods.
func web(change ...func(*app.App)) app.App {
	a := app.App{
		Name: "web", Namespace: "shop", Tier: app.Standard, Kind: app.Service, Role: app.RoleStable, Env: &app.Environment{Name: "prod"},
		Resources: resources(250, 256), Replicas: app.Replicas{Min: 2, Max: 2},
		Sizing: app.Sizing{CPUReservePercent: 15, MemoryReservePercent: 20, DeviationPercent: 30, Sizes: []app.Size{
			{Name: "xs", CPUMilli: 50, MemoryBytes: 64 * mebibyte}, {Name: "s", CPUMilli: 100, MemoryBytes: 128 * mebibyte},
			{Name: "m", CPUMilli: 250, MemoryBytes: 256 * mebibyte}, {Name: "l", CPUMilli: 500, MemoryBytes: 512 * mebibyte},
		}},
	}
	for _, c := range change {
		c(&a)
	}
	return a
}

// resources are thousandths of a core and MiB, with a limit on the memory that it requests.
func resources(cpu, memory int64) app.Resources {
	return app.Resources{CPUMilli: cpu, MemoryBytes: memory * mebibyte, MemoryLimitBytes: memory * mebibyte}
}

func scaled(least, most, percent int32) func(*app.App) {
	return func(a *app.App) {
		a.Replicas, a.Scaling = app.Replicas{Min: least, Max: most}, &app.Scaling{CPUPercent: percent}
	}
}

// answers are values by query and "APP/CONTAINER".
type answers map[string]map[string]float64

func (as answers) Instant(_ context.Context, q prometheus.Query, _ time.Time) (prometheus.Answer, error) {
	var a prometheus.Answer
	for who, value := range as[q.Name] {
		owner, container, _ := strings.Cut(who, "/")
		a.Samples = append(a.Samples, prometheus.Sample{Labels: map[string]string{"namespace": "shop", "scantling_app": owner, "container": container}, Value: value, Time: now})
	}
	return a, nil
}

// used is what web used: cores and MiB, for two weeks, without a kill.
func used(cpu, memory float64) answers {
	return answers{"cpu": {"web/web": cpu}, "memory": {"web/web": memory * mebibyte}, "since": {"web/web": ago(14)}, "oom": {"web/web": 0}}
}

// with adds the answer to one more query.
func (as answers) with(query string, value float64) answers {
	as[query] = map[string]float64{"web/web": value}
	return as
}

// ago is when something began.
func ago(days float64) float64 { return float64(now.Unix()) - days*86400 + 3600 }

func judge(t *testing.T, a app.App, as answers) rightsize.Report {
	t.Helper()
	r, err := rightsize.Judge(t.Context(), as, rightsize.Options{Environment: "prod", Apps: []app.App{a}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestArithmetic(t *testing.T) {
	limited := func(a *app.App) { a.Resources.CPULimitMilli = 500 }
	burst := func(a *app.App) { a.Resources.MemoryLimitBytes = 384 * mebibyte } // of tier best-effort
	jvm := func(a *app.App) { a.Sizing.HeapPercent = 75 }
	nan := math.NaN()
	const needs, wastes, fits, unknown = rightsize.Needs, rightsize.Wastes, rightsize.Fits, rightsize.Unknown
	for name, tt := range map[string]struct {
		app         app.App
		used        answers
		cpu, memory rightsize.Verdict
		milli, mib  int64 // proposed
	}{
		"as it should be":                      {web(), used(0.2, 200), fits, fits, 250, 256},
		"a third too much is not worth it":     {web(), used(0.168, 165), fits, fits, 250, 256}, // 250 is 1.294 times 193.2
		"a bit more is":                        {web(), used(0.165, 160), wastes, wastes, 190, 192},
		"idle":                                 {web(), used(0, 1), wastes, wastes, 10, 16},
		"a third too little is not worth it":   {web(), used(0.282, 220), fits, fits, 250, 256},
		"a bit more is too little":             {web(), used(0.283, 220), needs, fits, 330, 256}, // 325.45
		"cores have larger steps":              {web(), used(1.2, 220), needs, fits, 1400, 256},
		"memory has larger steps":              {web(), used(0.2, 2000), fits, needs, 250, 2432},
		"half of the reserve is gone":          {web(), used(0.2, 233), fits, needs, 250, 288}, // 233 x 1.1 is above 256
		"half of the reserve is left":          {web(), used(0.2, 232), fits, fits, 250, 256},
		"more than is requested, in its limit": {web(burst), used(0.2, 270), fits, fits, 250, 256},
		"and far more":                         {web(burst), used(0.2, 300), fits, needs, 250, 368},

		"killed":                       {web(), used(0.2, 100).with("oom", 256*mebibyte), fits, needs, 250, 368},      // 256 + 100
		"killed where a fifth is more": {web(), used(0.2, 100).with("oom", 1000*mebibyte), fits, needs, 250, 1280},    // 1000 x 1.2
		"killed before it was raised":  {web(), used(0.2, 100).with("oom", 100*mebibyte), fits, fits, 250, 256},       // 200 are needed
		"killed long before":           {web(), used(0.2, 50).with("oom", 20*mebibyte), fits, wastes, 250, 128},       // 120 are needed
		"killed at a limit above":      {web(burst), used(0.2, 100).with("oom", 384*mebibyte), fits, needs, 250, 336}, // 484 / 1.5
		"whether killed is not known":  {web(), used(0.2, 100).with("oom", nan), fits, wastes, 250, 128},

		"a heap that is full":        {web(jvm), used(0.2, 250), fits, fits, 250, 256},
		"a heap that was never full": {web(jvm), used(0.2, 100), fits, wastes, 250, 144}, // 133.3 hold it in 75 %
		"a heap that was killed":     {web(jvm), used(0.2, 250).with("oom", 256*mebibyte), fits, needs, 250, 368},

		"throttled, so nobody knows":    {web(limited), used(0.1, 200).with("throttled", 0.3), needs, fits, 250, 256},
		"throttled, and far too little": {web(limited), used(0.49, 200).with("throttled", 0.3), needs, fits, 570, 256},
		"throttled now and then":        {web(limited), used(0.1, 200).with("throttled", 0.25), wastes, fits, 120, 256},

		"only cpu is measured":     {web(), answers{"cpu": {"web/web": 0.2}, "since": {"web/web": ago(14)}}, fits, unknown, 250, 256},
		"no number":                {web(), used(nan, math.Inf(1)), unknown, unknown, 250, 256},
		"no cpu that is a number":  {web(), used(nan, 100), unknown, wastes, 250, 128},
		"nobody measures":          {web(), answers{}, unknown, unknown, 250, 256},
		"another app of that name": {web(), answers{"cpu": {"web-admin/web": 9, "web/web-admin": 9}, "memory": {"we/web": 9}, "since": {"web-admin/web": 0}}, unknown, unknown, 250, 256},
		"for less than a day":      {web(), used(9, 9000).with("since", ago(0.9)), unknown, unknown, 250, 256},
		"for a day":                {web(), used(0.02, 20).with("since", ago(1.1)), wastes, wastes, 30, 32},
	} {
		t.Run(name, func(t *testing.T) {
			f := judge(t, tt.app, tt.used).Findings[0]
			if f.CPU.Verdict != tt.cpu || f.Memory.Verdict != tt.memory || f.CPU.Proposed != tt.milli || f.Memory.Proposed != tt.mib*mebibyte {
				t.Errorf("cpu %s %d (%s), memory %s %d (%s)\nwant %s %d and %s %d", f.CPU.Verdict, f.CPU.Proposed, f.CPU.Because,
					f.Memory.Verdict, f.Memory.Proposed/mebibyte, f.Memory.Because, tt.cpu, tt.milli, tt.memory, tt.mib)
			}
		})
	}
}

// TestScaled wants what all pods use to decide: that of one follows the request.
func TestScaled(t *testing.T) {
	for name, tt := range map[string]struct {
		least, most int32
		total, peak float64
		want        int64
	}{
		"one pod uses what the autoscaler wants": {2, 10, 1.0, 1.6, 250}, // between 164 and 821
		"the fewest are too many":                {2, 10, 0.1, 0.3, 90},  // 0.1 x 1.15 / 0.7 / 2 = 82
		"but the most must bear the peak":        {2, 10, 0.1, 1.5, 150}, // 1500 / 10
		"the most are too few":                   {2, 10, 3.0, 3.2, 500}, // 3 x 1.15 / 0.7 / 10 = 493
		"for the peak, too":                      {2, 4, 0.5, 1.6, 400},  // 1600 / 4
		"a little too few":                       {2, 10, 1.9, 2.0, 250}, // 312 is not 30 % more
		"down to none":                           {0, 10, 0.1, 0.3, 170}, // 164 for the one pod that there is while there is work
	} {
		as := used(math.NaN(), 200).with("cpu-total", tt.total).with("cpu-peak", tt.peak)
		f := judge(t, web(scaled(tt.least, tt.most, 70)), as).Findings[0]
		if f.CPU.Proposed != tt.want {
			t.Errorf("%s: %d, want %d: %s", name, f.CPU.Proposed, tt.want, f.CPU.Because)
		}
	}
	// What is proposed is right: with it, nothing is proposed.
	for _, total := range []float64{0.01, 0.2, 1, 4, 30} {
		as := used(math.NaN(), 200).with("cpu-total", total).with("cpu-peak", 2*total)
		first := judge(t, web(scaled(2, 10, 70)), as).Findings[0]
		again := judge(t, web(scaled(2, 10, 70), func(a *app.App) { a.Resources.CPUMilli = first.CPU.Proposed }), as).Findings[0]
		if again.CPU.Verdict != rightsize.Fits {
			t.Errorf("%v cores: %d, and then %d: %s", total, first.CPU.Proposed, again.CPU.Proposed, again.CPU.Because)
		}
	}
}

// TestWords wants a size where one is right, and never less than is needed.
func TestWords(t *testing.T) {
	limited := func(a *app.App) {
		a.Resources.MemoryLimitBytes = 512 * mebibyte
		a.Origins = []app.Origin{{Path: "resources.memoryLimitBytes", By: app.BySpec}}
	}
	for name, tt := range map[string]struct {
		app         app.App
		cpu, memory float64
		size        string
		limit       int64 // MiB that the spec would state, or states by itself
	}{
		"both in a size":          {web(), 0.08, 90, "s", 256},
		"cpu above the size":      {web(), 0.09, 90, "", 256}, // 103.5 rounds to 110
		"memory too far below":    {web(), 0.08, 70, "", 256},
		"a larger size":           {web(), 0.4, 400, "l", 256},
		"with a limit of its own": {web(limited), 0.08, 90, "", 512},
		"which grows with it":     {web(limited), 0.08, 500, "", 1280}, // 600 requested, 608 in steps; twice that
	} {
		f := judge(t, tt.app, used(tt.cpu, tt.memory)).Findings[0]
		if f.Change == nil || f.Change.Size != tt.size {
			t.Errorf("%s: %+v, want size %q", name, f.Change, tt.size)
			continue
		}
		if f.Change.Resources.MemoryLimitBytes != tt.limit*mebibyte {
			t.Errorf("%s: a limit of %d, want %d", name, f.Change.Resources.MemoryLimitBytes/mebibyte, tt.limit)
		}
	}
}

func TestSidecars(t *testing.T) {
	for name, tt := range map[string]struct {
		now         app.Resources
		cpu, memory float64
		want        string
	}{
		"the least that is enough": {resources(250, 256), 0.01, 20, "xs"},
		"enough of both":           {resources(500, 512), 0.01, 100, "s"},
		"no smaller one":           {resources(100, 128), 0.01, 100, ""},
		"a larger one":             {resources(50, 64), 0.01, 80, "s"},
		"none is enough":           {resources(500, 512), 0.01, 900, ""},
		"the smallest":             {resources(50, 64), 0.001, 5, ""},
	} {
		a := web(func(a *app.App) { a.Sidecars = []app.Sidecar{{Name: "proxy", Resources: tt.now}} })
		as := used(0.2, 200)
		as["cpu"]["web/proxy"], as["memory"]["web/proxy"], as["since"]["web/proxy"] = tt.cpu, tt.memory*mebibyte, ago(14)
		r := judge(t, a, as)
		i := slices.IndexFunc(r.Findings, func(f rightsize.Finding) bool { return f.Sidecar == "proxy" })
		size := ""
		if c := r.Findings[i].Change; c != nil {
			size = c.Size
		}
		if size != tt.want {
			t.Errorf("%s: %q, want %q", name, size, tt.want)
		}
		if size == "" && len(r.Findings[i].Notes) < 2 { // the first one: nobody knows whether it was killed
			t.Errorf("%s: nothing is said: %q", name, r.Findings[i].Notes)
		}
	}
}

// TestOrder wants first what is killed, then what is slow, then what wastes, each with the worst first.
func TestOrder(t *testing.T) {
	as, apps := answers{"cpu": {}, "memory": {}, "since": {}}, []app.App(nil)
	for name, use := range map[string][2]float64{"killed": {0.2, 240}, "slow": {0.4, 200}, "slower": {0.9, 200}, "wasteful": {0.1, 200}, "idle": {0.01, 200}, "right": {0.2, 200}} {
		apps = append(apps, web(func(a *app.App) { a.Name = name }))
		as["cpu"][name+"/"+name], as["memory"][name+"/"+name], as["since"][name+"/"+name] = use[0], use[1]*mebibyte, ago(14)
	}
	apps = append(apps, web(func(a *app.App) { a.Name = "unseen" }))
	r, err := rightsize.Judge(t.Context(), as, rightsize.Options{Environment: "prod", Apps: apps})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.App.Name)
	}
	if want := []string{"killed", "slower", "slow", "idle", "wasteful", "unseen", "right"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
