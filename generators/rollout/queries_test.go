package rollout_test

import (
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// looks returns what a controller looks at: availability, and latency below a bound.
func looks(source string, millis int64) *app.Analysis {
	return &app.Analysis{
		IntervalSeconds: 60, WindowSeconds: 300, FailureLimit: 2,
		Measures: []app.Measure{
			{Name: "availability", Source: source, Limit: 0.0144},
			{Name: "latency", Source: source, Limit: 0.5, LatencyMillis: millis},
		},
	}
}

// TestQueries: bad requests as a share of all, of the new version's pods; no requests, no result; and no bad ones, a zero that
// needs no counter of them.
func TestQueries(t *testing.T) {
	const (
		pods  = `{namespace="shop",pod=~"checkout-{{args.hash}}-.*"`
		grpc  = `"Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss"`
		istio = pods + `,reporter="destination"`
	)
	for _, c := range []struct {
		source       string
		port         app.Port
		millis       int64
		availability string
		latency      string
	}{
		{
			"http", httpPort, 250,
			`(sum(rate(http_requests_total` + pods + `,code=~"5.."}[300s])) or 0 * sum(rate(http_requests_total` + pods + `}[300s])))` +
				` / (sum(rate(http_requests_total` + pods + `}[300s])) > 0)`,
			`1 - sum(rate(http_request_duration_seconds_bucket` + pods + `,code!~"5..",le="0.25"}[300s]))` +
				` / (sum(rate(http_request_duration_seconds_count` + pods + `,code!~"5.."}[300s])) > 0)`,
		},
		{
			"grpc", grpcPort, 1000,
			`(sum(rate(grpc_server_handled_total` + pods + `,grpc_code=~` + grpc + `}[300s])) or 0 * sum(rate(grpc_server_handled_total` + pods + `}[300s])))` +
				` / (sum(rate(grpc_server_handled_total` + pods + `}[300s])) > 0)`,
			`1 - sum(rate(grpc_server_handling_seconds_bucket` + pods + `,grpc_code!~` + grpc + `,le=~"1([.]0)?"}[300s]))` +
				` / (sum(rate(grpc_server_handling_seconds_count` + pods + `,grpc_code!~` + grpc + `}[300s])) > 0)`,
		},
		{
			"istio", httpPort, 250,
			`(sum(rate(istio_requests_total` + istio + `,response_code=~"5.."}[300s])) or 0 * sum(rate(istio_requests_total` + istio + `}[300s])))` +
				` / (sum(rate(istio_requests_total` + istio + `}[300s])) > 0)`,
			`1 - sum(rate(istio_request_duration_milliseconds_bucket` + istio + `,response_code!~"5..",le=~"250([.]0)?"}[300s]))` +
				` / (sum(rate(istio_request_duration_milliseconds_count` + istio + `,response_code!~"5.."}[300s])) > 0)`,
		},
		{
			"istio", grpcPort, 2500,
			`((sum(rate(istio_requests_total` + istio + `,response_code=~"5.."}[300s])) or 0 * sum(rate(istio_requests_total` + istio + `}[300s])))` +
				` + (sum(rate(istio_requests_total` + istio + `,response_code!~"5..",grpc_response_status=~"2|4|12|13|14|15"}[300s])) or 0 * sum(rate(istio_requests_total` + istio + `}[300s]))))` +
				` / (sum(rate(istio_requests_total` + istio + `}[300s])) > 0)`,
			`1 - sum(rate(istio_request_duration_milliseconds_bucket` + istio + `,response_code!~"5..",grpc_response_status!~"2|4|12|13|14|15",le=~"2500([.]0)?"}[300s]))` +
				` / (sum(rate(istio_request_duration_milliseconds_count` + istio + `,response_code!~"5..",grpc_response_status!~"2|4|12|13|14|15"}[300s])) > 0)`,
		},
	} {
		a := canary(app.ByArgo, "istio", 0)
		a.Ports, a.Rollout.Split.Analysis = []app.Port{c.port}, looks(c.source, c.millis)
		metrics := find[*kube.AnalysisTemplate](t, run(a)).Spec.Metrics
		for i, want := range []string{c.availability, c.latency} {
			if got := metrics[i].Provider.Prometheus.Query; got != want {
				t.Errorf("%s of %s:\ngot  %s\nwant %s", metrics[i].Name, c.source, got, want)
			}
		}
	}
}

// TestQueriesKnowTheNewPods: a controller's query finds the pods of the new version, and no others of the same namespace.
func TestQueriesKnowTheNewPods(t *testing.T) {
	a := canary(app.ByFlagger, "istio", 0)
	a.Rollout.Split.Analysis = looks("http", 250)
	query := find[*kube.MetricTemplate](t, run(a)).Spec.Query
	_, rest, _ := strings.Cut(query, `pod=~"`)
	pattern, _, _ := strings.Cut(rest, `"`)
	for pod, want := range map[string]bool{
		"checkout-6b7c9d8f44-x2x7k":         true,
		"checkout-primary-6b7c9d8f44-x2x7k": false, // the old version
		"checkout-api-6b7c9d8f44-x2x7k":     false, // another app
		"checkout-db-0":                     false,
		"my-checkout-6b7c9d8f44-x2x7k":      false,
	} {
		if got := matchesWhole(t, pattern, pod); got != want {
			t.Errorf("%s matches %s: %v", pattern, pod, got)
		}
	}
}

// TestNobodyToAsk: where no Prometheus is known there is nothing to judge by, and nothing that would ask it.
func TestNobodyToAsk(t *testing.T) {
	for _, engine := range []app.Engine{app.ByArgo, app.ByFlagger} {
		a := canary(engine, "istio", 0)
		a.Rollout.Split.Analysis, a.Env.Scrape = looks("http", 250), nil
		for _, o := range run(a) {
			switch o := o.(type) {
			case *kube.AnalysisTemplate, *kube.MetricTemplate:
				t.Errorf("%s: %T asks nobody", engine, o)
			case *kube.Canary:
				if o.Spec.Analysis.Metrics != nil || o.Spec.Analysis.Threshold != 1 {
					t.Errorf("%s: analysis %+v", engine, o.Spec.Analysis)
				}
			}
		}
	}
}
