package monitoring

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// disturbance is what happens to what measures, not to what is measured; the zero value: nothing.
type disturbance struct {
	restart   int // the minute in which all counters begin again; 0: none
	from, to  int // from one minute until another one nothing is read
	count     int // until this minute nothing is counted
	bucket    int // until this minute there are only pods without the bucket of the objective, and then only others
	odd, mend int // from one minute until another one the first pod says that what it has counted is no number

	alone    bool // there is one pod
	honoured bool // whoever scrapes a controller lets it name the namespace itself
}

// sourceNames are the metrics of each source of requests, and the label that tells how one ended.
type sourceNames struct {
	requests, histogram string
	label, good, failed string
}

func namesOf(source string) sourceNames {
	switch source {
	case "grpc":
		return sourceNames{"grpc_server_handled_total", "grpc_server_handling_seconds", "grpc_code", "OK", "Unavailable"}
	case "istio":
		return sourceNames{"istio_requests_total", "istio_request_duration_milliseconds", "response_code", "200", "503"}
	case "nginx":
		return sourceNames{"nginx_ingress_controller_requests", "nginx_ingress_controller_request_duration_seconds", "status", "200", "503"}
	case "envoy":
		return sourceNames{"envoy_cluster_upstream_rq_xx", "envoy_cluster_upstream_rq_time", "envoy_response_code_class", "2", "5"}
	case "queue":
		return sourceNames{histogram: "messaging_process_duration_seconds", label: "error_type", failed: "timeout"}
	}
	return sourceNames{"http_requests_total", "http_request_duration_seconds", "code", "200", "500"}
}

// feed is what is measured of an objective in a story.
func feed(a app.App, o app.Objective, c clock, t traffic, d disturbance) []kube.InputSeries {
	in := slo.Measure(a, objectsOf(a), o)
	var all []kube.InputSeries
	d.alone = c != eachMinute // two are told apart there
	switch {
	case o.Source == "probe":
		all = fedByProbe(in, o, t, d)
	case o.Source == "cron":
		all = fedByRuns(in, o, c, t, d)
	case looked(o):
		waiting := func(m minute) int64 { return o.Backlog + map[bool]int64{true: 1}[wrong(o, m)] }
		all = append(all, selects(in.Total, "keda_scaler_metrics_value").sampled(levels(t, d, waiting)))
	case o.UnderMillis > 0:
		all = fedByHistogram(in, o, t, d)
	default:
		n := namesOf(o.Source)
		s := selects(in.Total, n.requests)
		all = append(all, shared(s.with(n.label, n.good), t, d, func(m minute) int64 { return m.requests - m.failed })...)
		if slices.ContainsFunc(t, func(m minute) bool { return m.failed > 0 }) { // a counter may be born with what it counts
			all = append(all, shared(s.with(n.label, n.failed), t, d, func(m minute) int64 { return m.failed })...)
		}
	}
	if strings.Contains(in.Total, "(up{") {
		d.count = 0
		all = append(all, selects(in.Total, "up").sampled(write(len(t), disturbance{}.there, func(i int) string {
			return map[bool]string{true: "1", false: "0"}[d.there(i)]
		})))
	}
	for i := range all {
		if d.honoured {
			all[i].Series = strings.Replace(all[i].Series, "exported_namespace=", "namespace=", 1)
		}
	}
	return slices.DeleteFunc(all, func(s kube.InputSeries) bool {
		return strings.HasPrefix(s.Values, "_") && !strings.Contains(s.Values, " ")
	})
}

// fedByProbe is what a prober finds. One that answers just in time is not late.
func fedByProbe(in slo.Indicator, o app.Objective, t traffic, d disturbance) []kube.InputSeries {
	success := selects(in.Total, "probe_success").sampled(levels(t, d, func(m minute) int64 {
		if m.failed > 0 {
			return 0
		}
		return 1
	}))
	if o.UnderMillis == 0 {
		return []kube.InputSeries{success}
	}
	took := write(len(t), d.there, func(i int) string {
		if t[i].slow > 0 {
			return slo.Seconds(2 * o.UnderMillis)
		}
		return slo.Seconds(o.UnderMillis)
	})
	return []kube.InputSeries{success, selects(in.Total, "probe_duration_seconds").sampled(took)}
}

// fedByRuns is a CronJob whose last success is as old as it may be until the next sample, or too old by what is between two.
func fedByRuns(in slo.Indicator, o app.Objective, c clock, t traffic, d disturbance) []kube.InputSeries {
	success := make([]int64, len(t))
	for i, m := range t {
		success[i] = int64((i+1)*c.sample) - o.Seconds
		if wrong(o, m) {
			success[i] -= 2 * int64(c.sample)
		}
	}
	suspended := write(len(t), disturbance{}.there, func(i int) string {
		return map[bool]string{true: "0", false: "1"}[d.there(i)] // then there are no runs, and all else is read
	})
	return []kube.InputSeries{
		selects(in.Total, "kube_cronjob_status_last_successful_time").sampled(progressions(success, disturbance{}.there)),
		selects(in.Total, "kube_cronjob_created").sampled(levels(t, disturbance{}, func(minute) int64 { return -2 * o.Seconds })),
		selects(in.Total, "kube_cronjob_spec_suspend").sampled(suspended),
	}
}

// fedByHistogram is a histogram of requests that did not fail, and of those that failed where it cannot tell.
func fedByHistogram(in slo.Indicator, o app.Objective, t traffic, d disturbance) []kube.InputSeries {
	n := namesOf(o.Source)
	events := func(m minute) int64 { total, _ := eventsOf(o, m); return total }
	fast := func(m minute) int64 { return events(m) - m.slow }
	told := func(s measured, how string) measured {
		if o.Source == "envoy" {
			return s
		}
		return s.with(n.label, how)
	}
	if o.Native {
		s := told(selects(in.Total, n.histogram), n.good)
		if d.alone {
			return []kube.InputSeries{s.sampled(nativeHistogram(t, d, allPods))}
		}
		failed := slices.Clone(t)
		for i, m := range t {
			failed[i] = minute{requests: m.failed, slow: m.failed}
		}
		return []kube.InputSeries{
			s.with("instance", "a").sampled(nativeHistogram(t, d, firstPod)), s.with("instance", "b").sampled(nativeHistogram(t, d, secondPod)),
			s.with("instance", "a").with(n.label, n.failed).sampled(nativeHistogram(failed, d, allPods)),
		}
	}
	count := told(selects(in.Total, n.histogram+"_count"), n.good)
	bucket := told(selects(in.Errors, n.histogram+"_bucket"), n.good).with("le", selects(in.Errors, n.histogram+"_bucket").of("le"))
	if d.bucket == 0 {
		all := slices.Concat(shared(count, t, d, events), shared(bucket, t, d, fast), shared(bucket.with("le", "+Inf"), t, d, events))
		if failed := func(m minute) int64 { return m.failed }; o.Source != "envoy" && slices.ContainsFunc(t, func(m minute) bool { return m.failed > 0 }) {
			all = append(all, shared(told(count, n.failed), t, d, failed)...) // at once, which is no success
		}
		return all
	}
	old, young := count.with("pod", "old"), disturbance{count: d.bucket} // a bucket comes with a new pod
	return []kube.InputSeries{
		old.sampled(counter(t[:d.bucket], disturbance{}, events) + " stale"),
		bucket.with("pod", "old").with("le", "+Inf").sampled(counter(t[:d.bucket], disturbance{}, events) + " stale"),
		count.with("pod", "new").sampled(counter(t, young, events)), bucket.with("pod", "new").sampled(counter(t, young, fast)),
	}
}

// nativeHistogram has what is fast in the bucket up to 15 µs and what is slow in the one from 18 hours on: no threshold is within one.
func nativeHistogram(t traffic, d disturbance, share func(int64) int64) string {
	fast := totals(t, d, func(m minute) int64 { return share(m.requests - m.failed - m.slow) })
	slow := totals(t, d, func(m minute) int64 { return share(m.slow) })
	sample := func(fast, slow int64) string {
		return fmt.Sprintf("{{schema:-4 count:%d sum:1 offset:-1 buckets:[%d 0 0 %d]}}", fast+slow, fast, slow)
	}
	var pieces []string
	for from, to := 0, 0; from < len(t); from = to {
		to = from + 1
		if !d.there(from) {
			for ; to < len(t) && !d.there(to); to++ {
			}
			pieces = append(pieces, kube.Gap(int64(to-from)))
			continue
		}
		grown := func(i int) [2]int64 { return [2]int64{fast[i] - fast[i-1], slow[i] - slow[i-1]} }
		for to < len(t) && d.there(to) && to != d.restart && grown(to) == grown(from+1) {
			to++
		}
		piece := sample(fast[from], slow[from])
		if to > from+1 {
			step := grown(to - 1)
			piece += fmt.Sprintf("+%sx%d", sample(step[0], step[1]), to-from-1)
		}
		pieces = append(pieces, piece)
	}
	return strings.Join(pieces, " ")
}

// Two pods share what happens; of an odd number the first one gets more.
func firstPod(n int64) int64  { return n - n/2 }
func secondPod(n int64) int64 { return n / 2 }

func allPods(n int64) int64 { return n }

// shared are the counters of both pods.
func shared(s measured, t traffic, d disturbance, of func(minute) int64) []kube.InputSeries {
	if d.alone {
		return []kube.InputSeries{s.sampled(counter(t, d, of))}
	}
	second := d
	second.odd, second.mend = 0, 0
	return []kube.InputSeries{
		s.with("instance", "a").sampled(counter(t, d, func(m minute) int64 { return firstPod(of(m)) })),
		s.with("instance", "b").sampled(counter(t, second, func(m minute) int64 { return secondPod(of(m)) })),
	}
}

// there reports whether something is read in a minute.
func (d disturbance) there(i int) bool { return i >= d.count && (i < d.from || i >= d.to) }

// counter is a counter of what happens, with a sample each minute.
func counter(t traffic, d disturbance, of func(minute) int64) string {
	values := totals(t, d, of)
	if d.odd == d.mend {
		return progressions(values, d.there)
	}
	return progressions(values[:d.odd], d.there) + strings.Repeat(" NaN", d.mend-d.odd) + " " + progressions(values[d.mend:], d.there)
}

// totals are the values of a counter. It has counted much before the story, so that a rate is sure to have begun before its window.
func totals(t traffic, d disturbance, of func(minute) int64) []int64 {
	values, now := make([]int64, len(t)), int64(1_000_000)
	for i, m := range t {
		if i > 0 {
			now += of(m)
		}
		if i > 0 && i == d.restart {
			now = of(m)
		}
		values[i] = now
	}
	return values
}

// levels is a gauge, with a sample each minute.
func levels(t traffic, d disturbance, of func(minute) int64) string {
	return write(len(t), d.there, func(i int) string { return strconv.FormatInt(of(t[i]), 10) })
}

// write writes samples in promtool's notation: what stays the same, and what is not there, in one piece each.
func write(n int, there func(int) bool, value func(int) string) string {
	var pieces []string
	for from, to := 0, 0; from < n; from = to {
		same := func(i int) bool {
			return there(i) == there(from) && (!there(i) || value(i) == value(from))
		}
		for to = from; to < n && same(to); to++ {
		}
		switch {
		case !there(from):
			pieces = append(pieces, kube.Gap(int64(to-from)))
		case to-from == 1:
			pieces = append(pieces, value(from))
		default:
			pieces = append(pieces, fmt.Sprintf("%sx%d", value(from), to-from-1))
		}
	}
	return strings.Join(pieces, " ")
}

// progressions writes samples as pieces that rise, or fall, by the same step each minute.
func progressions(values []int64, there func(int) bool) string {
	var pieces []string
	for from, to := 0, 0; from < len(values); from = to {
		to = from + 1
		if !there(from) {
			for ; to < len(values) && !there(to); to++ {
			}
			pieces = append(pieces, kube.Gap(int64(to-from)))
			continue
		}
		var step int64
		if to < len(values) && there(to) {
			step = values[to] - values[from]
		}
		for to < len(values) && there(to) && values[to]-values[to-1] == step {
			to++
		}
		pieces = append(pieces, kube.Rise(values[from], step, int64(to-from)))
	}
	return strings.Join(pieces, " ")
}

// unique drops series that two objectives share.
func unique(all []kube.InputSeries) []kube.InputSeries {
	slices.SortStableFunc(all, func(x, y kube.InputSeries) int { return cmp.Compare(x.Series, y.Series) })
	return slices.CompactFunc(all, func(x, y kube.InputSeries) bool { return x.Series == y.Series })
}
