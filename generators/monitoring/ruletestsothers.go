package monitoring

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// strangers is a story in which all that is not the app's own fails.
func (s stage) strangers() []kube.RuleTest {
	const minutes = 20
	well := lasting(minutes, s.well())
	test := s.traffic("other apps fail, and nobody hears of it here", well, disturbance{}, []string{"5m", "1h"})
	for _, o := range s.app.SLO.Objectives {
		bad := minute{requests: usual, failed: usual}
		if o.UnderMillis > 0 {
			bad = minute{requests: usual, slow: usual}
		}
		test.InputSeries = append(test.InputSeries, others(feed(s.app, o, s.clock, lasting(minutes, bad), disturbance{}), o)...)
		test.InputSeries = append(test.InputSeries, othersRecords(s.app, o, minutes, usual)...)
	}
	test.InputSeries = unique(test.InputSeries)
	return []kube.RuleTest{test}
}

// others are series as those of an objective, of what differs from it in one label.
func others(own []kube.InputSeries, o app.Objective) (all []kube.InputSeries) {
	told := []string{"instance", "le", namesOf(o.Source).label} // what is not of whom, but of what
	for _, x := range own {
		name, _, _ := strings.Cut(x.Series, "{")
		m := selects(x.Series, name)
		for _, l := range m.labels {
			if !slices.Contains(told, l.name) {
				all = append(all, m.with(l.name, "other").sampled(x.Values))
			}
		}
		if m.of("exported_namespace") != "" { // or it is renamed by who scrapes
			all = append(all, m.with("namespace", m.of("exported_namespace")).with("exported_namespace", "other").sampled(x.Values))
		}
	}
	return all
}

// othersRecords are what rules of others record: all of so many events a second is bad.
func othersRecords(a app.App, o app.Objective, minutes int, events int64) (all []kube.InputSeries) {
	names := []string{slo.Total, slo.Errors, slo.TotalSample, slo.ErrorsSample, slo.PeriodBurn}
	for _, window := range slices.Concat(slo.ShortWindows(), slo.LongWindows(a)) {
		names = append(names, slo.RatioOver(window))
	}
	for _, name := range names {
		value := events
		if strings.HasPrefix(name, slo.RatioOver("")) || name == slo.PeriodBurn {
			value = 1
		}
		own := selects(name+slo.Selector(a, o), name)
		for _, l := range own.labels {
			all = append(all, own.with(l.name, "other").sampled(kube.Level(value, int64(minutes))))
		}
	}
	return all
}
