package monitoring

import (
	"strings"

	"github.com/scantling/scantling/internal/kube"
)

// A causeStory is what is measured of a cause: while it is there, and afterwards.
type causeStory struct {
	seen  []kube.InputSeries
	also  []kube.InputSeries // those of seen by which the alert fires a second time
	from  int                // the minute from which the condition is true
	until int                // the minute in which it is no more

	others []kube.InputSeries // of what is not the app's, or not the matter
}

const (
	causeEnds    = 65 // the minute in which causes end: later than the one that is said last, after an hour
	causeMinutes = 75
)

// causeStories is one story in which every cause is there for an hour, and then none.
func causeStories(rules []kube.Rule) []kube.RuleTest {
	test := kube.RuleTest{Name: "every cause is there for an hour, and then none", Interval: "1m"}
	var all []heard
	for _, r := range rules {
		c := causeOf(r)
		test.InputSeries = append(test.InputSeries, append(c.seen, c.others...)...)
		all = append(all, eachMinute.hears(r, returnedBy(r.Expr, c.seen), c.from, c.until)...)
		if len(c.also) > 0 {
			_, other, _ := strings.Cut(r.Expr, "\nor ")
			all = append(all, eachMinute.hears(r, returnedBy(other, c.also), c.from, c.until)...)
		}
	}
	test.InputSeries = unique(test.InputSeries)
	eachMinute.tell(told{}, &test, rules, all, causeMinutes)
	return []kube.RuleTest{test}
}

// causeOf tells the story of one alert.
func causeOf(r kube.Rule) causeStory {
	c := causeStory{until: causeEnds}
	alike := func(own measured, samples string) { // what differs in one label, and is never well
		for _, l := range own.labels {
			if strings.Contains(r.Expr, l.name+"=") {
				c.others = append(c.others, own.with(l.name, "other").sampled(samples))
			}
		}
	}
	see := func(metric string, while, after int64) {
		if strings.Contains(r.Expr, metric+"{exported_namespace") { // after a while whoever scrapes lets it name the namespace itself
			const renamed = 30
			s := selects(r.Expr, metric).with("instance", "a")
			honoured := s.with("exported_namespace", "").with("namespace", s.of("exported_namespace"))
			alike(s, kube.Level(while, causeMinutes))
			alike(honoured, kube.Level(while, causeMinutes))
			alike(honoured.with("exported_namespace", "other"), kube.Level(while, causeMinutes))
			c.seen = append(c.seen, s.sampled(kube.Level(while, renamed)+" stale"),
				honoured.sampled(kube.Gap(renamed)+" "+kube.Level(while, causeEnds-renamed)+" "+kube.Level(after, causeMinutes-causeEnds)))
		} else if strings.Contains(r.Expr, metric+"{") {
			samples := kube.Level(while, causeEnds) + " " + kube.Level(after, causeMinutes-causeEnds)
			own := selects(r.Expr, metric)
			c.seen = append(c.seen, own.with("instance", "a").sampled(samples), own.with("instance", "b").sampled(samples)) // two measure the same
			alike(selects(r.Expr, metric), kube.Level(while, causeMinutes))
		}
	}
	switch r.Alert {
	case "AutoscalerAtMaximum":
		see("kube_horizontalpodautoscaler_status_current_replicas", 10, 9)
		see("kube_horizontalpodautoscaler_spec_max_replicas", 10, 10)
	case "DisruptionBudgetExhausted": // then a pod is not healthy, and what is allowed is another matter
		c.from = 3
		c.seen = append(c.seen, selects(r.Expr, "kube_poddisruptionbudget_status_pod_disruptions_allowed").with("instance", "a").
			sampled(kube.Level(1, int64(c.from))+" "+kube.Level(0, causeMinutes-int64(c.from))))
		see("kube_poddisruptionbudget_status_current_healthy", 2, 1)
		see("kube_poddisruptionbudget_status_desired_healthy", 2, 2)
		see("kube_poddisruptionbudget_status_expected_pods", 3, 3)
	case "PodCrashLooping": // each runs for three minutes of four; looking back over five, that is no end
		const half = causeEnds / 4 / 2
		crashes := strings.Repeat("1 "+kube.Gone(3)+" ", half)
		c.seen = append(c.seen,
			selects(r.Expr, "kube_pod_container_status_waiting_reason").with("instance", "a").sampled(crashes+kube.Gap(causeMinutes-4*half)),
			selects(r.Expr, "kube_pod_init_container_status_waiting_reason").with("instance", "a").sampled(kube.Gap(4*half)+" "+crashes+kube.Gap(causeMinutes-8*half)))
		for _, metric := range []string{"kube_pod_container_status_waiting_reason", "kube_pod_init_container_status_waiting_reason"} {
			alike(selects(r.Expr, metric), kube.Level(1, causeMinutes))
			c.others = append(c.others, selects(r.Expr, metric).with("container", "well").sampled(kube.Level(0, causeMinutes))) // which does not wait
		}
	case "RolloutStuck":
		see("kube_deployment_status_condition", 1, 0)
		see("rollout_info", 1, 0)
		before := len(c.seen)
		see("flagger_canary_status", 2, 1)
		if before > 0 {
			c.also = c.seen[before:]
		}
		see("kube_statefulset_status_current_revision", 1, 1)
		see("kube_statefulset_status_replicas_updated", 1, 2)
	case "CPUThrottled":
		// Of 100 periods in a minute 30 wait, and then none. A rate needs two samples, and in the first minute of the end a fourth of its
		// window has none: 0.225.
		c.from = 1
		throttled := kube.Rise(0, 30, causeEnds) + " " + kube.Level(30*(causeEnds-1), causeMinutes-causeEnds)
		c.seen = append(c.seen,
			selects(r.Expr, "container_cpu_cfs_throttled_periods_total").sampled(throttled),
			selects(r.Expr, "container_cpu_cfs_periods_total").sampled(kube.Rise(0, 100, causeMinutes)))
		alike(selects(r.Expr, "container_cpu_cfs_throttled_periods_total"), kube.Rise(0, 1000, causeMinutes))
		alike(selects(r.Expr, "container_cpu_cfs_periods_total"), kube.Rise(0, 1000, causeMinutes))
	case "TargetDown":
		c.seen = append(c.seen, selects(r.Expr, "up").with("pod", "web-0").with("instance", "a").sampled(kube.Level(0, causeEnds)+" stale")) // it is replaced
		c.others = append(c.others, selects(r.Expr, "up").with("pod", "web-1").sampled(kube.Level(1, causeMinutes)))
		alike(selects(r.Expr, "up"), kube.Level(0, causeMinutes))
	case "SecretNotSynced":
		see("externalsecret_status_condition", 1, 0)
	case "CertificateExpires": // then it has as short a life, and is to be renewed in an hour
		c.from = 1 // after a minute it has less than two weeks
		see("certmanager_certificate_expiration_timestamp_seconds", 14*daySeconds, 14*daySeconds)
		see("certmanager_certificate_renewal_timestamp_seconds", 0, 2*60*60)
	}
	return c
}

// returnedBy are the labels that an expression keeps of the series that it sees: those of its first "by".
func returnedBy(expr string, seen []kube.InputSeries) map[string]string {
	_, kept, ok := strings.Cut(expr, "by (")
	if !ok || len(seen) == 0 {
		return nil
	}
	kept, _, _ = strings.Cut(kept, ")")
	name, _, _ := strings.Cut(seen[0].Series, "{")
	out := map[string]string{}
	for l := range strings.SplitSeq(kept, ", ") {
		if v := selects(seen[0].Series, name).of(l); v != "" {
			out[l] = v
		}
	}
	return out
}
