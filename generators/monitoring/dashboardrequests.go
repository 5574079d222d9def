package monitoring

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
	"github.com/scantling/scantling/internal/slo"
)

// window is what Grafana makes at least four scrapes of, and as many more as the time that is shown needs.
const window = "$__rate_interval"

// requestPanels show what the app is asked, and how it answers: requests, messages, runs, or what a prober says.
func requestPanels(a app.App) []panel {
	n := objectsOf(a)
	if a.Kind == app.Cron {
		return runs(a)
	}
	var out []panel
	if r, ok := n.Requests(a, window); ok {
		out = append(out,
			panel{title: "Requests", unit: "reqps", width: 8, stacked: true, lines: []line{{"", r.TotalBy(r.Code())}}},
			panel{title: "Errors", unit: "percentunit", width: 8, why: "Requests that failed, as a share of all.",
				lines: []line{{"failed", r.Bad("0 * "+r.Total()) + " / (" + r.Total() + " > 0)"}}},
			durations(r, "Duration", "Requests that did not fail.", objective(a, func(o app.Objective) bool {
				return o.UnderMillis > 0 && o.Source != "queue" && o.Source != "probe"
			})))
	}
	if len(n.Scalers) > 0 && queued(a) {
		out = append(out, backlog(a, n))
		if promise := objective(a, func(o app.Objective) bool { return o.UnderMillis > 0 && o.Source == "queue" }); promise != nil {
			out = append(out, durations(n.Processing(a, window), "Time to process a message", "Messages that were worked off well.", promise))
		}
	}
	if objective(a, func(o app.Objective) bool { return o.Source == "probe" }) != nil {
		out = append(out, probes(a, n)...)
	}
	return out
}

// objective returns the first objective that is meant; nil: there is none.
func objective(a app.App, meant func(app.Objective) bool) *app.Objective {
	if a.SLO == nil {
		return nil
	}
	i := slices.IndexFunc(a.SLO.Objectives, meant)
	if i < 0 {
		return nil
	}
	return &a.SLO.Objectives[i]
}

// durations are quantiles: guesses within a bucket, for the eye. What is promised is counted.
func durations(r slo.Requests, title, what string, promise *app.Objective) panel {
	p := panel{title: title, unit: "s", width: 8, why: what + " Quantiles are guesses within a bucket of the histogram."}
	for _, share := range []string{"0.5", "0.95", "0.99"} {
		p.lines = append(p.lines, line{percent(100*number(share)) + " %", r.Quantile(share, promise != nil && promise.Native)})
	}
	return p.promised(promise)
}

// promised marks the time that most events must stay below.
func (p panel) promised(o *app.Objective) panel {
	if o != nil {
		p.steps = []step{{float64(o.UnderMillis) / 1000, red}}
		p.why += fmt.Sprintf(" Red: %s %% are promised to be faster.", percent(o.Percent))
	}
	return p
}

// queued reports whether the app is scaled by a queue.
func queued(a app.App) bool {
	return slices.ContainsFunc(a.Workloads(), func(w app.App) bool { return w.Scaling != nil && w.Scaling.Queue != nil })
}

func backlog(a app.App, n slo.Objects) panel {
	p := panel{title: "Messages that wait", unit: "short", width: 8, why: "As KEDA hears from the broker.", lines: []line{{"messages", n.Backlog(a)}}}
	if o := objective(a, func(o app.Objective) bool { return o.Backlog > 0 }); o != nil {
		p.steps, p.why = []step{{float64(o.Backlog), red}}, p.why+" Red: more than all pods are meant for, which the objective counts as bad."
	}
	return p
}

func probes(a app.App, n slo.Objects) []panel {
	answers := panel{
		title: "Answers", unit: "percentunit", width: 12, highest: 1, why: "How many of the prober's questions the app answers well.",
		lines: []line{{"good", "avg(avg_over_time(" + n.Answered(a, "probe_success") + "[$__interval]))"}},
	}
	times := panel{
		title: "Time to answer", unit: "s", width: 12, why: "As the prober measures it.",
		lines: []line{{"longest", "max(max_over_time(" + n.Answered(a, "probe_duration_seconds") + "[$__interval]))"}},
	}
	promise := objective(a, func(o app.Objective) bool { return o.UnderMillis > 0 && o.Source == "probe" })
	return []panel{answers, times.promised(promise)}
}

// runs shows those of a cron app. Their Jobs are called like the app and the minute that they were due in.
func runs(a app.App) []panel {
	success := panel{
		title: "Last success", unit: "s", width: 6, number: true, digits: 1, missing: "never",
		why:   "How long ago a run ended well.",
		lines: []line{{"", "time() - max(" + slo.Runs(a, "kube_cronjob_status_last_successful_time") + ")"}},
	}
	if o := objective(a, func(o app.Objective) bool { return o.Seconds > 0 }); o != nil {
		success.steps, success.why = []step{{float64(o.Seconds), red}}, success.why+" Red: longer than from one run to the end of the next, which the objective counts as bad."
	}
	jobs := seriesOf(a, "job_name=~"+strconv.Quote(a.Name+"-[0-9]+"))
	took := panel{
		title: "Time that runs took", unit: "s", width: 12,
		lines: []line{{"", most("job_name", jobs.of("kube_job_status_completion_time")+" - "+jobs.of("kube_job_status_start_time"))}},
	}
	if a.Cron != nil && a.Cron.DeadlineSeconds > 0 {
		took.steps, took.why = []step{{float64(a.Cron.DeadlineSeconds), red}}, "Red: a run that takes longer is stopped."
	}
	return []panel{
		success,
		{title: "Failed runs that are kept", unit: "short", width: 6, number: true, missing: "none", why: "Orange: the last runs of the CronJob that are still listed hold one that failed.",
			steps: []step{{1, orange}}, lines: []line{{"", "sum(" + most("job_name", jobs.of("kube_job_status_failed")+" > bool 0") + ")"}}},
		took,
	}
}

// versionPanels compare two versions that run side by side, where the series tell them apart: also with one that only testers reach.
func versionPanels(a app.App) []panel {
	n := objectsOf(a)
	n.Services, n.Workloads = scraped(a), kube.WorkloadNames(a)
	r, ok := n.Requests(a, window)
	total, bad := versions(a, r)
	if !ok || total == "" {
		return nil
	}
	return []panel{
		{title: "Requests by version", unit: "reqps", width: 12, lines: []line{{"", total}}},
		{title: "Errors by version", unit: "percentunit", width: 12, why: "Requests that failed, as a share of those to the same version.",
			lines: []line{{"", bad + " / (" + total + " > 0)"}}},
	}
}

// versions are the requests of each version, and those that failed; empty where only one runs, or nobody tells them apart: a gateway
// that counts does not know to whom the requests went.
func versions(a app.App, r slo.Requests) (total, bad string) {
	label := ""
	controlled := a.CanaryBy(app.ByArgo) || a.CanaryBy(app.ByFlagger)
	switch code := r.Code(); {
	case a.Other == nil && !controlled:
		return "", ""
	case code == "response_code": // Istio's: a version is a workload
		if a.CanaryBy(app.ByArgo) {
			return "", "" // a Rollout is one
		}
		label = "destination_workload"
	case code != "code" && code != "grpc_code":
		return "", ""
	case a.CanaryBy(app.ByArgo):
		of := func(byPod string) string {
			return `sum by (version) (label_replace(` + byPod + `, "version", "$1", "pod", "(.+)-.+"))`
		}
		return of(r.TotalBy("pod")), of(r.BadBy("pod"))
	case a.CanaryBy(app.ByReplicas) || a.CanaryBy(app.ByIstio):
		label = trackLabel // the ServiceMonitor asks for it
	default:
		label = "job" // a Service leads to each
	}
	return r.TotalBy(label), "(" + r.BadBy(label) + ")"
}

// trackLabel is kube.LabelTrack as Prometheus spells it.
const trackLabel = "scantling_dev_track"
