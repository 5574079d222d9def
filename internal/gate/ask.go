package gate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/prometheus"
	"github.com/scantling/scantling/internal/slo"
)

// Queries are what the gate asks about the apps with objectives: their records, and how many events their windows hold. The second may lack in a
// file: what is left is then told in minutes.
func Queries(apps []app.App, match prometheus.Matchers) []prometheus.Query {
	apps = slices.DeleteFunc(slices.Clone(apps), func(a app.App) bool { return len(objectives(a)) == 0 })
	if len(apps) == 0 {
		return nil
	}
	records := []string{slo.BudgetRemaining, slo.CurrentBurn, slo.TargetRatio, slo.PeriodDays}
	all := []prometheus.Query{{Name: "budget", Expr: fmt.Sprintf("{__name__=~%s%s}", alternatives(records), who(apps, match))}}
	days := map[int][]app.App{}
	for _, a := range apps {
		if slices.ContainsFunc(a.SLO.Objectives, func(o app.Objective) bool { return events(o) != "" }) {
			days[a.SLO.WindowDays] = append(days[a.SLO.WindowDays], a)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(days)) {
		all = append(all, prometheus.Query{
			Name:     fmt.Sprintf("events-%dd", n),
			Expr:     fmt.Sprintf("%d * sum_over_time(%s{%s}[%dd])", slo.LongSeconds, slo.TotalSample, strings.TrimPrefix(who(days[n], match), ","), n),
			Optional: true,
		})
	}
	return all
}

// who are conditions on the labels that every record has, each after a comma.
func who(apps []app.App, match prometheus.Matchers) string {
	var namespaces, services []string
	for _, a := range apps {
		namespaces, services = append(namespaces, a.Namespace), append(services, a.Name)
	}
	return ",namespace=~" + alternatives(namespaces) + ",service=~" + alternatives(services) + match.String()
}

// alternatives is a quoted pattern that matches each of texts.
func alternatives(texts []string) string {
	texts = slices.Compact(slices.Sorted(slices.Values(texts)))
	for i, text := range texts {
		texts[i] = regexp.QuoteMeta(text)
	}
	return strconv.Quote(strings.Join(texts, "|"))
}

// facts are what Prometheus says.
type facts struct {
	time     time.Time
	warnings []string
	records  map[key][]prometheus.Sample
}

// key finds a record, or the number of events under the name events.
type key struct{ record, namespace, service, slo string }

const eventsKey = "events"

func ask(ctx context.Context, source prometheus.Source, opts Options) (facts, error) {
	f := facts{records: map[key][]prometheus.Sample{}}
	for _, q := range Queries(opts.Apps, opts.Match) {
		a, err := source.Instant(ctx, q, opts.At)
		if err != nil {
			return facts{}, err
		}
		f.warnings = append(f.warnings, a.Warnings...)
		for _, s := range a.Samples {
			if !opts.Match.Match(s.Labels) {
				continue // of a file that was fetched without the conditions
			}
			if q.Name == "budget" && s.Time.After(f.time) {
				f.time = s.Time
			}
			k := key{cmp.Or(s.Labels["__name__"], eventsKey), s.Labels["namespace"], s.Labels["service"], s.Labels["slo"]}
			f.records[k] = append(f.records[k], s)
		}
	}
	slices.Sort(f.warnings)
	f.warnings = slices.Compact(f.warnings)
	return f, nil
}

// of returns what is recorded of an objective under a name.
func (f facts) of(record string, a app.App, o app.Objective) []prometheus.Sample {
	return f.records[key{record, a.Namespace, a.Name, o.Name}]
}

// beside returns the value of another record of the series that s belongs to: all labels but the name are the same.
func (f facts) beside(s prometheus.Sample, record string) (float64, bool) {
	for _, other := range f.records[key{record, s.Labels["namespace"], s.Labels["service"], s.Labels["slo"]}] {
		if maps.Equal(unnamed(other.Labels), unnamed(s.Labels)) {
			return other.Value, true
		}
	}
	return 0, false
}

func unnamed(labels map[string]string) map[string]string {
	labels = maps.Clone(labels)
	delete(labels, "__name__")
	return labels
}

// events are what an objective counts; empty: it counts time.
func events(o app.Objective) string {
	switch o.Source {
	case "http", "grpc", "istio", "nginx", "envoy":
		return "requests"
	case "queue":
		if o.UnderMillis > 0 {
			return "messages"
		}
	}
	return ""
}
