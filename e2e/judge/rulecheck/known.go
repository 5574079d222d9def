package rulecheck

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// Known is what a Prometheus has scraped.
type Known []Series

// A Series is one series of it.
type Series struct {
	Labels map[string]string // __name__ among them
	Scrape func(at time.Time) (value float64, there bool)
}

// interval is between two scrapes.
const interval = 30 * time.Second

// Querier reads the samples from one time (Unix milliseconds) to another.
func (k Known) Querier(from, to int64) (storage.Querier, error) {
	return &querier{storage.NoopQuerier(), k, from, to}, nil
}

type querier struct {
	storage.Querier
	known    Known
	from, to int64
}

// Select finds the series that all matchers match.
func (q *querier) Select(_ context.Context, _ bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	from, to := q.from, q.to
	if hints != nil {
		from, to = hints.Start, hints.End
	}
	found := &seriesSet{}
	for _, s := range q.known {
		named := labels.FromMap(s.Labels)
		if matched(named, matchers) {
			found.series = append(found.series, storage.NewListSeries(named, s.samples(from, to)))
		}
	}
	return found
}

func matched(named labels.Labels, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if !m.Matches(named.Get(m.Name)) {
			return false
		}
	}
	return true
}

// samples are what was scraped in a time. A series that goes leaves a mark, as in a real Prometheus, so that nobody looks back over it.
func (s Series) samples(from, to int64) (found []chunks.Sample) {
	step := interval.Milliseconds()
	first := from - from%step
	_, before := s.Scrape(time.UnixMilli(first - step))
	for at := first; at <= to; at += step {
		v, there := s.Scrape(time.UnixMilli(at))
		switch {
		case there:
			found = append(found, sample{at, v})
		case before:
			found = append(found, sample{at, math.Float64frombits(value.StaleNaN)})
		}
		before = there
	}
	return found
}

// seriesSet hands out series one after the other.
type seriesSet struct {
	series []storage.Series
	at     storage.Series
}

func (s *seriesSet) Next() bool {
	if len(s.series) == 0 {
		return false
	}
	s.at, s.series = s.series[0], s.series[1:]
	return true
}
func (s *seriesSet) At() storage.Series                { return s.at }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// sample is one number at a time (Unix milliseconds).
type sample struct {
	t int64
	f float64
}

func (s sample) T() int64                      { return s.t }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.f }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }
