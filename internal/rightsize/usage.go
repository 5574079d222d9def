package rightsize

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/prometheus"
)

// usage is what a container used; what nobody knows is NaN.
type usage struct {
	cpu         float64 // cores of its busiest pod
	total, peak float64 // cores of all pods: but in one of twenty moments, and at the most
	memory      float64 // bytes of its largest pod
	killed      float64 // bytes of the limit that it was killed at; 0: it was not
	throttled   float64 // share of the periods in which it waited for its limit
	days        float64 // since its series begin
}

// facts are the answers.
type facts struct {
	time     time.Time
	warnings []string
	values   map[key]float64
}

// key finds the answer to a query about a container.
type key struct{ query, namespace, app, container string }

func ask(ctx context.Context, source prometheus.Source, opts Options) (facts, error) {
	f := facts{values: map[key]float64{}}
	for _, q := range Queries(opts.Apps, opts.Match) {
		a, err := source.Instant(ctx, q, opts.At)
		if err != nil {
			return facts{}, err
		}
		f.warnings = append(f.warnings, a.Warnings...)
		for _, s := range a.Samples {
			k := key{q.Name, s.Labels["namespace"], s.Labels[owner], s.Labels["container"]}
			if old, ok := f.values[k]; !ok {
				f.values[k] = s.Value
			} else {
				f.values[k] = larger(old, s.Value)
			}
			if q.Name == qSince && s.Time.After(f.time) {
				f.time = s.Time
			}
		}
	}
	slices.Sort(f.warnings)
	f.warnings = slices.Compact(f.warnings)
	return f, nil
}

// of returns what a container used. A migration runs with the memory of its app, so what it used counts as well.
func (f facts) of(c Container) usage {
	get := func(query, container string) float64 {
		v, ok := f.values[key{query, c.App.Namespace, c.App.Name, container}]
		if !ok || math.IsInf(v, 0) || v < 0 {
			return math.NaN()
		}
		return v
	}
	u := usage{
		cpu: get(qCPU, c.Name), total: get(qTotal, c.Name), peak: get(qPeak, c.Name),
		memory: get(qMemory, c.Name), killed: get(qKilled, c.Name), throttled: get(qThrottled, c.Name), days: math.NaN(),
	}
	if runs := get(qRuns, c.Name); !math.IsNaN(runs) {
		u.cpu = runs
	}
	if c.Sidecar == "" && c.App.Migration != nil {
		u.memory = larger(u.memory, get(qMemory, kube.MigrationName(c.App)))
		u.killed = larger(u.killed, get(qKilled, kube.MigrationName(c.App)))
	}
	if since := get(qSince, c.Name); !math.IsNaN(since) {
		const hour = 3600 // before the first look that found something
		u.days = min(memoryDays, max(0, (float64(f.time.Unix())-since+hour)/86400))
	}
	return u
}

// larger is the larger of two numbers of which some may be unknown.
func larger(a, b float64) float64 {
	if math.IsNaN(a) || b > a {
		return b
	}
	return a
}
