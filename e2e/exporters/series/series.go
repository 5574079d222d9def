// Package series keeps which series there are, by name and labels, without their values.
package series

import (
	"io"
	"maps"
	"slices"
	"strconv"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// A World is all series that there are, by name.
type World map[string][]labels.Labels

// A Target is what Prometheus knows of who it reads: labels that it adds to each series.
type Target map[string]string

// Add adds a series.
func (w World) Add(s labels.Labels) {
	name := s.Get(labels.MetricName)
	w[name] = append(w[name], s)
}

// Once adds a series that may be there.
func (w World) Once(s labels.Labels) {
	if !slices.ContainsFunc(w[s.Get(labels.MetricName)], func(other labels.Labels) bool { return labels.Equal(s, other) }) {
		w.Add(s)
	}
}

// Scrape adds what a target exposes. Where both have a label, the target's own is kept with honour, as honor_labels does, and renamed
// without.
func (w World) Scrape(families map[string]*dto.MetricFamily, target Target, honour bool) {
	for _, f := range families {
		for _, m := range f.Metric {
			for _, s := range samples(f, m) {
				w.Add(scraped(s, target, honour))
			}
		}
	}
	up := labels.NewBuilder(labels.FromStrings(labels.MetricName, "up"))
	for name, value := range target {
		up.Set(name, value)
	}
	w.Add(up.Labels())
}

func scraped(s, target map[string]string, honour bool) labels.Labels {
	b := labels.NewBuilder(labels.EmptyLabels())
	for name, value := range target {
		b.Set(name, value)
	}
	for name, value := range s {
		if target[name] != "" && !honour {
			name = "exported_" + name
		}
		b.Set(name, value)
	}
	return b.Labels()
}

// samples are the labels of each series of a metric: a histogram has one for each of its buckets.
func samples(f *dto.MetricFamily, m *dto.Metric) []map[string]string {
	base := map[string]string{}
	for _, pair := range m.Label {
		base[pair.GetName()] = pair.GetValue()
	}
	named := func(suffix string, more ...string) map[string]string {
		s := maps.Clone(base)
		s[labels.MetricName] = f.GetName() + suffix
		if len(more) > 0 {
			s[more[0]] = more[1]
		}
		return s
	}
	switch f.GetType() {
	case dto.MetricType_HISTOGRAM:
		if m.GetHistogram().Schema != nil { // a native one, which is a single series
			return []map[string]string{named("")}
		}
		all := []map[string]string{named("_count"), named("_sum"), named("_bucket", "le", "+Inf")}
		for _, bucket := range m.GetHistogram().Bucket {
			all = append(all, named("_bucket", "le", strconv.FormatFloat(bucket.GetUpperBound(), 'g', -1, 64)))
		}
		return all
	case dto.MetricType_SUMMARY:
		all := []map[string]string{named("_count"), named("_sum")}
		for _, q := range m.GetSummary().Quantile {
			all = append(all, named("", "quantile", strconv.FormatFloat(q.GetQuantile(), 'g', -1, 64)))
		}
		return all
	}
	return []map[string]string{named("")}
}

// Parse reads the text that an exporter answers with.
func Parse(text io.Reader) (map[string]*dto.MetricFamily, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(text)
}

// Gathered are the families that a registry holds, by name.
func Gathered(families []*dto.MetricFamily) map[string]*dto.MetricFamily {
	all := map[string]*dto.MetricFamily{}
	for _, f := range families {
		all[f.GetName()] = f
	}
	return all
}
