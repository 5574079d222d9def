package slo_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/slo"
)

// TestBucketIsFoundHoweverSpelt: Prometheus 2 keeps what the app says, Prometheus 3 writes a float as it sees fit.
func TestBucketIsFoundHoweverSpelt(t *testing.T) {
	for _, tt := range []struct {
		source   string
		millis   int64
		is, isnt string
	}{
		{"http", 250, "0.25", "0.250 0.5 25"},
		{"http", 1000, "1 1.0", "10 1.05 11 100 1x0"},
		{"http", 10_000, "10 10.0", "1 100 10.5"},
		{"istio", 250, "250 250.0", "0.25 2500 25000"},
		{"istio", 3_600_000, "3600000 3600000.0 3.6e+06", "3.6e+07 360000 3x6e+06"},
	} {
		_, rest, _ := strings.Cut(slo.RequestsOf(app.App{}, tt.source, `job="web"`, "5m").Fast(tt.millis), ",le=")
		operator, pattern := "=", ""
		if rest[0] == '~' {
			operator, rest = "=~", rest[1:]
		}
		pattern = strings.Split(rest, `"`)[1]
		if operator == "=" {
			pattern = regexp.QuoteMeta(pattern)
		}
		whole := regexp.MustCompile("^(?:" + pattern + ")$") // as Prometheus anchors them
		for _, le := range strings.Fields(tt.is) {
			if !whole.MatchString(le) {
				t.Errorf("%s, %d ms: %s does not find le=%q", tt.source, tt.millis, pattern, le)
			}
		}
		for _, le := range strings.Fields(tt.isnt) {
			if whole.MatchString(le) {
				t.Errorf("%s, %d ms: %s takes le=%q for it", tt.source, tt.millis, pattern, le)
			}
		}
	}
}

// TestNoReadyPods wants the metrics of each kind of workload, and nothing of what has no pods by intent.
func TestNoReadyPods(t *testing.T) {
	for kind, want := range map[string]string{
		"Deployment": `sum(max_over_time(kube_deployment_spec_replicas{namespace="shop",deployment=~"web|web-canary"}[90s])) > 0
and sum(max_over_time(kube_deployment_status_replicas_ready{namespace="shop",deployment=~"web|web-canary"}[90s])) == 0
and time() - min(max_over_time(kube_deployment_created{namespace="shop",deployment=~"web|web-canary"}[90s])) > 900`,
		"StatefulSet": `sum(max_over_time(kube_statefulset_replicas{namespace="shop",statefulset=~"web|web-canary"}[90s])) > 0
and sum(max_over_time(kube_statefulset_status_replicas_ready{namespace="shop",statefulset=~"web|web-canary"}[90s])) == 0
and time() - min(max_over_time(kube_statefulset_created{namespace="shop",statefulset=~"web|web-canary"}[90s])) > 900`,
		"Rollout": `sum(max_over_time(kube_replicaset_spec_replicas{namespace="shop"}[90s]) and on (namespace, replicaset) max_over_time(kube_replicaset_owner{namespace="shop",owner_kind="Rollout",owner_name=~"web|web-canary"}[90s])) > 0
and sum(max_over_time(kube_replicaset_status_ready_replicas{namespace="shop"}[90s]) and on (namespace, replicaset) max_over_time(kube_replicaset_owner{namespace="shop",owner_kind="Rollout",owner_name=~"web|web-canary"}[90s])) == 0
and time() - min(max_over_time(kube_replicaset_created{namespace="shop"}[90s]) and on (namespace, replicaset) max_over_time(kube_replicaset_owner{namespace="shop",owner_kind="Rollout",owner_name=~"web|web-canary"}[90s])) > 900`,
		"": "",
	} {
		a := web(28)
		a.Rollout.ProgressDeadlineSeconds = 900
		n := slo.Objects{Kind: kind, Serving: []string{"web", "web-canary"}}
		if got := slo.NoReadyPods(a, n); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", kind, got, want)
		}
		a.Scaling = &app.Scaling{KEDA: true}
		if got := slo.NoReadyPods(a, n); got != "" {
			t.Errorf("an app that may sleep: %s", got)
		}
	}
}

// TestRequestsOfAnApp wants what is shown of an app to be what its objective counts; else what it counts itself, if anything.
func TestRequestsOfAnApp(t *testing.T) {
	n := slo.Objects{Services: []string{"web", "web-canary"}, Workloads: []string{"web"}}
	measured := web(28)
	measured.SLO.Objectives = []app.Objective{{Name: "latency", Source: "istio", UnderMillis: 250}}
	counted := web(28)
	counted.Metrics, counted.Ports = &app.Metrics{}, []app.Port{{App: "grpc"}}
	cron := web(28)
	cron.SLO.Objectives = []app.Objective{{Name: "availability", Source: "cron"}}
	for name, tt := range map[string]struct {
		a    app.App
		want string
	}{
		"measured": {measured, `sum(rate(istio_requests_total{reporter="destination",destination_workload_namespace="shop",destination_workload="web"}[1m]))`},
		"counted":  {counted, `sum(rate(grpc_server_handled_total{namespace="shop",job=~"web|web-canary"}[1m]))`},
		"cron":     {cron, ""},
	} {
		got := ""
		if r, ok := n.Requests(tt.a, "1m"); ok {
			got = r.Total()
		}
		if got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, tt.want)
		}
	}
}
