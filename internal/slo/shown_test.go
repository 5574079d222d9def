package slo

import (
	"testing"

	"github.com/scantling/scantling/internal/app"
)

// TestShown reads what people look at, which no rule records.
func TestShown(t *testing.T) {
	a := app.App{Name: "web", Namespace: "shop"}
	n := Objects{Services: []string{"web"}, Scalers: []string{"web"}, Probe: "web-probe"}
	http := RequestsOf(a, "http", `job="web"`, "5m")
	for _, x := range []struct{ got, want string }{
		{http.TotalBy("code"), `sum by (code) (rate(http_requests_total{job="web"}[5m]))`},
		{http.BadBy("job"), `(sum by (job) (rate(http_requests_total{job="web",code=~"5.."}[5m])) or 0 * sum by (job) (rate(http_requests_total{job="web"}[5m])))`},
		{n.Processing(a, "5m").Quantile("0.95", false), `histogram_quantile(0.95, sum by (le) (rate(messaging_process_duration_seconds_bucket{namespace="shop",job="web",error_type=""}[5m])))`},
		{n.Answered(a, "probe_success"), `probe_success{namespace="shop",job="web-probe"}`},
		{Runs(a, "kube_cronjob_created"), `kube_cronjob_created{namespace="shop",cronjob="web"}`},
	} {
		if x.got != x.want {
			t.Errorf("got  %s\nwant %s", x.got, x.want)
		}
	}
	for source, want := range map[string]string{
		"http": "code", "grpc": "grpc_code", "istio": "response_code", "nginx": "status", "envoy": "envoy_response_code_class",
	} {
		if got := RequestsOf(a, source, "", "5m").Code(); got != want {
			t.Errorf("%s tells results apart by %s, want %s", source, got, want)
		}
	}
}
