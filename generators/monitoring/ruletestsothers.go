package monitoring

import (
	"slices"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// strangers are stories in which all that is not the app's own fails, and in which all else is well while the app fails.
func (s stage) strangers() (tests []kube.RuleTest) {
	const minutes = 20
	well := lasting(minutes, s.well())
	bad := func(o app.Objective) traffic {
		if o.UnderMillis > 0 {
			return lasting(minutes, minute{requests: usual, slow: usual})
		}
		return lasting(minutes, minute{requests: usual, failed: usual})
	}
	records := []string{slo.Total, slo.Errors, slo.TotalSample, slo.ErrorsSample, slo.PeriodBurn}
	for _, window := range slices.Concat(slo.ShortWindows(), slo.LongWindows(s.app)) {
		records = append(records, slo.RatioOver(window))
	}
	for _, o := range s.app.SLO.Objectives {
		s.around = slices.Concat(s.around, others(feed(s.app, o, s.clock, bad(o), disturbance{}), o), othersRecords(s.app, o, minutes, usual, records...))
	}
	tests = append(tests, s.traffic("other apps fail, and nobody hears of it here", well, disturbance{}, []string{"5m", "1h"}))
	s.around = nil
	for _, o := range s.app.SLO.Objectives {
		s.around = append(s.around, others(feed(s.app, o, s.clock, well, disturbance{}), o)...)
	}
	for _, o := range s.app.SLO.Objectives {
		tests = append(tests, s.traffic(o.Name+": the app fails, and other apps are well", bad(o), disturbance{}, []string{"5m"}))
	}
	return tests
}

// others are series as those of an objective, of what differs from it in one label.
func others(own []kube.InputSeries, o app.Objective) (all []kube.InputSeries) {
	told := []string{"instance", "le", namesOf(o.Source).label} // what is not of whom, but of what
	for _, x := range own {
		name, _, _ := strings.Cut(x.Series, "{")
		m := selects(x.Series, name)
		if m.of("instance") == "b" || m.of("le") == "+Inf" {
			continue // one of them is enough, and nobody asks for the other bucket
		}
		for _, l := range m.labels {
			if !slices.Contains(told, l.name) {
				all = append(all, m.with(l.name, "other").sampled(x.Values))
			}
		}
		if m.of("exported_namespace") != "" { // or it is renamed by who scrapes, or not
			honoured := m.with("exported_namespace", "").with("namespace", m.of("exported_namespace"))
			all = append(all, honoured.with("exported_namespace", "other").sampled(x.Values))
			for _, l := range honoured.labels {
				if !slices.Contains(told, l.name) {
					all = append(all, honoured.with(l.name, "other").sampled(x.Values))
				}
			}
		}
	}
	return all
}

// othersRecords are what rules of others record: all of so many events a second is bad.
func othersRecords(a app.App, o app.Objective, minutes int, events int64, names ...string) (all []kube.InputSeries) {
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
