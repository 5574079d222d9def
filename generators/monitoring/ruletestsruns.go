package monitoring

import (
	"fmt"

	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// runs is the story of a run that does not succeed while the last success is not old yet: it is bad from when it must be over until
// others succeed, however long that may take by the schedule.
func (s stage) runs() (tests []kube.RuleTest) {
	for _, o := range s.app.SLO.Objectives {
		if o.Source != "cron" {
			continue
		}
		over := int(o.RunSeconds+59) / 60 // the run is due in minute 0
		again := over + 8
		minutes := int64(again + 8)
		in := slo.Measure(s.app, objectsOf(s.app), o).Total
		success, suspended := selects(in, "kube_cronjob_status_last_successful_time"), selects(in, "kube_cronjob_spec_suspend")
		test := kube.RuleTest{
			Name: fmt.Sprintf("%s: a run fails, and others succeed from %d minutes after it was due on", o.Name, again), Interval: "1m",
			InputSeries: []kube.InputSeries{
				selects(in, "kube_cronjob_created").sampled(kube.Level(-o.Seconds, minutes)),
				suspended.sampled(kube.Level(0, minutes)),
				selects(in, "kube_cronjob_status_last_schedule_time").sampled(kube.Level(0, minutes)),
				success.sampled(kube.Level(-60, int64(again)) + " " + kube.Rise(int64(again)*60, 60, minutes-int64(again)+1)),
			},
		}
		for _, l := range success.labels { // others succeed all the time, and are suspended
			test.InputSeries = append(test.InputSeries,
				success.with(l.name, "other").sampled(kube.Rise(0, 60, minutes)), suspended.with(l.name, "other").sampled(kube.Level(1, minutes)))
		}
		p := forecast{clock: s.clock, app: s.app, objective: o}
		all := 1.0 / slo.ShortSeconds
		s.record(&test, p.number(slo.Errors, over-1, 0, true))
		s.record(&test, p.number(slo.Errors, over+5, all, true))
		s.record(&test, p.number(slo.Errors, again+6, 0, true))
		for _, alert := range []string{"ErrorBudgetBurn", "SLOMissing"} {
			if r, ok := s.alert(alert, o.Name); ok {
				test.Silent(int64(over-1), r)
			}
		}
		tests = append(tests, test)
	}
	return tests
}
