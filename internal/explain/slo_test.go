package explain_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/explain"
)

func sloPage(t *testing.T, a app.App) string {
	t.Helper()
	a.Name, a.Env, a.Tier = "orders", prod, app.Standard
	var b strings.Builder
	if err := explain.SLO(&b, a); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSLO holds the whole page of an app that promises both.
func TestSLO(t *testing.T) {
	got := sloPage(t, app.App{
		SLO: &app.SLO{
			WindowDays: 28,
			Policy:     app.BudgetPolicy{Freezes: true, CautionPercent: 25},
			Objectives: []app.Objective{
				{Name: "availability", Percent: 99.9, Source: "envoy", GuardEvents: 5, Pages: true},
				{Name: "latency", Percent: 90, UnderMillis: 250, Source: "envoy", GuardEvents: 10, Pages: true},
			},
		},
		Origins: []app.Origin{{Path: "slo.objectives[availability].source", By: app.ByPlatform, Pos: diag.Pos{File: "platform.cue", Line: 9, Col: 3}}},
	})
	want := `orders in prod, tier standard

availability: 99.9 % good over 28 days
  counted by  the gateway, in envoy_cluster_upstream_rq_xx (platform.cue:9:3)
  budget      0.1 % may be bad, or all for 40 min 19 s
  page        over 1.344 % bad in 1h and in 5m, 13.44 x the budget; all bad: within 1 min 49 s
  page        over 0.56 % bad in 6h and in 30m, 5.6 x the budget; all bad: within 5 min 30 s
  ticket      over 0.28 % bad in 1d and in 2h, 2.8 x the budget
  ticket      over 0.1 % bad in 3d and in 6h, 1 x the budget
  at least    5 bad ones: for a page in an hour, for a ticket in a day

latency: 90 % within 250 ms over 28 days
  counted by  the gateway, in envoy_cluster_upstream_rq_time
  budget      10 % may be bad, or all for 67 h 12 min
  page        over 56 % bad in 6h and in 30m, 5.6 x the budget; all bad: within 3 h 25 min 7 s
  ticket      over 28 % bad in 1d and in 2h, 2.8 x the budget
  ticket      over 10 % bad in 3d and in 6h, 1 x the budget
  page        over 90 % bad in 30m and in 5m: another page cannot be reached; all bad: within 30 min
              30 s
  at least    10 bad ones: for a page in an hour, for a ticket in a day

when so much of a budget is left, or less
  25 %  releases go by a canary or a blue-green
  0 %   nothing but fixes is released
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSLOSources wants to hear of every source who counts, and of every reason for silence.
func TestSLOSources(t *testing.T) {
	for _, c := range []struct {
		objective app.Objective
		want      string
	}{
		{app.Objective{Name: "availability", Source: "http"}, "the app, in http_requests_total\n"},
		{app.Objective{Name: "availability", Source: "grpc"}, "the app, in grpc_server_handled_total\n"},
		{app.Objective{Name: "availability", Source: "istio"}, "its sidecar, in istio_requests_total\n"},
		{app.Objective{Name: "availability", Source: "istio", AtGateway: true}, "the gateway, in istio_requests_total\n"},
		{app.Objective{Name: "latency", Source: "nginx", UnderMillis: 250}, "the ingress controller, in nginx_ingress_controller_request_duration_seconds\n"},
		{app.Objective{Name: "latency", Source: "queue", UnderMillis: 250}, "the app, in messaging_process_duration_seconds\n"},
		{app.Objective{Name: "availability", Source: "queue", Backlog: 500}, "KEDA: time is bad with more than 500 messages waiting\n"},
		{app.Objective{Name: "availability", Source: "probe", Seconds: 15}, "a prober, every 15 s\n"},
		{app.Objective{Name: "availability", Source: "cron", Seconds: 7200, RunSeconds: 1800}, "its runs: bad 30 min after a run was due, without success since, or 2 h after the last\n"},
		{app.Objective{Name: "availability", Source: "cron", Seconds: 7200}, "  at least    nothing: time is counted, and there is always enough of it\n"},
		{app.Objective{Name: "availability", GuardEvents: 10}, "  at least    10 bad ones in a day\n"}, // nobody is woken
		{app.Objective{Name: "availability", LongOnly: true, GuardEvents: 10}, "  at least    10 bad ones in three days; so few events say nothing sooner\n"},
		{app.Objective{Name: "availability"}, "  0 %  it is said, and nothing is held back\n"},
	} {
		c.objective.Percent = 99
		got := sloPage(t, app.App{SLO: &app.SLO{WindowDays: 30, Objectives: []app.Objective{c.objective}}})
		if !strings.Contains(got, c.want) {
			t.Errorf("no such line: %q\n%s", c.want, got)
		}
		if c.objective.LongOnly && strings.Count(got, "  ticket  ") != 1 || strings.Contains(got, "  page  ") {
			t.Errorf("more than the one ticket over three days:\n%s", got)
		}
	}
	for want, a := range map[string]app.App{
		"orders in prod, tier standard\n\nnothing is promised: add slo: {availability: 99}\n":                                        {},
		"orders in prod, tier standard\n\nnobody measures here what is promised, so there are no alerts: scantling check says why\n": {SLO: &app.SLO{Availability: 99}},
	} {
		if got := sloPage(t, a); got != want {
			t.Errorf("got %q", got)
		}
	}
}
