package slo

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// What people look at, beside what rules record: no objective is counted by it.

// Processing is expressions about the messages that an app has worked off.
func (n Objects) Processing(a app.App, window string) Requests {
	return n.requests(a, app.Objective{Source: "queue"}, window)
}

// Backlog is the messages that wait, as KEDA hears from the broker.
func (n Objects) Backlog(a app.App) string {
	series := honoured(strconv.Quote(a.Namespace), kube.Matcher("scaledObject", n.Scalers...)+`,metric=~"s[0-9]+-(kafka|rabbitmq)-.+"`)
	const metric = "keda_scaler_metrics_value"
	return "max(" + selector(metric, series[0]) + " or " + selector(metric, series[1]) + ")"
}

// Answered selects what a prober says of an app: probe_success, or how long it took in probe_duration_seconds.
func (n Objects) Answered(a app.App, metric string) string {
	return selector(metric, "namespace="+strconv.Quote(a.Namespace), "job="+strconv.Quote(n.Probe))
}

// Runs selects what kube-state-metrics says of the CronJob of an app.
func Runs(a app.App, metric string) string {
	return selector(metric, "namespace="+strconv.Quote(a.Namespace), "cronjob="+strconv.Quote(a.Name))
}

// Code is the label that says how a request ended.
func (r Requests) Code() string {
	switch r.requests {
	case "grpc_server_handled_total":
		return "grpc_code"
	case "istio_requests_total":
		return "response_code"
	case "nginx_ingress_controller_requests":
		return "status"
	case "envoy_cluster_upstream_rq_xx":
		return "envoy_response_code_class"
	}
	return "code"
}

// TotalBy is Total for each value of a label.
func (r Requests) TotalBy(label string) string { return r.sumBy(label, r.requests) }

// BadBy is Bad for each value of a label that has requests: 0 where none of them failed.
func (r Requests) BadBy(label string) string {
	var terms []string
	for _, matcher := range r.bad {
		terms = append(terms, fmt.Sprintf("(%s or 0 * %s)", r.sumBy(label, r.requests, matcher), r.TotalBy(label)))
	}
	return strings.Join(terms, " + ")
}

func (r Requests) sumBy(label, metric string, more ...string) string {
	return fmt.Sprintf("sum by (%s) (%s)", label, r.rate(metric, more...))
}
