package sim

import (
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
)

const jitter = time.Second // of a scrape, at the most

// target is what Prometheus scrapes at one address.
type target struct {
	up     *series
	series []*series
	ended  bool          // it is found no more
	next   time.Duration // when it is scraped, since the start
	grid   time.Duration // when it would be without jitter
	every  time.Duration // between two scrapes
}

// series is one line of a target.
type series struct {
	labels labels.Labels
	ref    storage.SeriesRef
	value  float64
	born   bool // the target says it
	seen   bool // the last scrape had it
}

func (t *target) add(born bool, nameValues ...string) *series {
	s := &series{labels: labels.FromStrings(nameValues...), born: born}
	t.series = append(t.series, s)
	return s
}

// scrape appends what a scrape brings, and marks as stale what it no longer does.
func (t *target) scrape(to storage.AppenderV2, at time.Time, fails bool) error {
	for _, s := range append(t.series, t.up) {
		v := s.value
		switch {
		case s == t.up && t.ended:
			v = math.Float64frombits(value.StaleNaN)
		case s == t.up && fails:
			v = 0
		case s == t.up:
			v = 1
		case s.born && !fails && !t.ended:
			s.seen = true
		case s.seen:
			s.seen, v = false, math.Float64frombits(value.StaleNaN)
		default:
			continue
		}
		ref, err := to.Append(s.ref, s.labels, 0, at.UnixMilli(), v, nil, nil, storage.AOptions{})
		if err != nil {
			return err
		}
		s.ref = ref
	}
	return nil
}
