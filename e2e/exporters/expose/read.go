package expose

import (
	"fmt"
	"strings"

	dto "github.com/prometheus/client_model/go"

	"github.com/scantling/scantling/e2e/exporters/series"
)

// What is in this file was read, not run: the code is C++, or in no Go module that can be had. Each function says where it was read.

// read parses series that stand here as their exporter would write them.
func read(kind, name string, labels ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# TYPE %s %s\n", name, kind)
	for _, l := range labels {
		if kind == "histogram" {
			fmt.Fprintf(&b, "%s_bucket{%s,le=\"+Inf\"} 1\n%[1]s_bucket{%[2]s,le=\"0.25\"} 1\n%[1]s_bucket{%[2]s,le=\"250\"} 1\n%[1]s_sum{%[2]s} 1\n%[1]s_count{%[2]s} 1\n", name, l)
		} else {
			fmt.Fprintf(&b, "%s{%s} 1\n", name, l)
		}
	}
	return b.String()
}

func parsed(parts ...string) (map[string]*dto.MetricFamily, error) {
	return series.Parse(strings.NewReader(strings.Join(parts, "")))
}

// A Call is one from a workload of a mesh to another, or of a gateway of one.
type Call struct{ From, To, Workload Name }

// Istio is what proxies of Istio say of calls: the one of who calls and the one of who is called. A gateway has no proxy behind it.
//
//   - names: https://github.com/istio/istio/blob/1.27.0/pilot/pkg/model/telemetry.go, metricToPrometheusMetric
//   - labels: https://github.com/istio/proxy/blob/1.27.0/source/extensions/filters/http/istio_stats/istio_stats.cc
//   - values, by a test against a cluster: https://github.com/istio/istio/blob/1.27.0/tests/integration/telemetry/api/stats_test.go
func Istio(calls []Call) (map[string]*dto.MetricFamily, error) {
	var all []string
	for _, c := range calls {
		for _, reporter := range []string{"source", "destination"} {
			for _, code := range []string{"200", "503"} {
				for _, status := range []string{"0", "2", "4", "12", "13", "14", "15"} {
					all = append(all, fmt.Sprintf(
						`reporter=%q,source_workload=%q,source_workload_namespace=%q,destination_workload=%q,destination_workload_namespace=%q,`+
							`destination_service_name=%q,destination_service_namespace=%q,response_code=%q,grpc_response_status=%q,response_flags="-"`,
						reporter, c.From.Name, c.From.Namespace, c.Workload.Name, c.Workload.Namespace, c.To.Name, c.To.Namespace, code, status))
				}
			}
		}
	}
	return parsed(read("counter", "istio_requests_total", all...), read("histogram", "istio_request_duration_milliseconds", all...))
}

// Nginx is what ingress-nginx says of Ingresses.
// https://github.com/kubernetes/ingress-nginx/blob/controller-v1.13.0/internal/ingress/metric/collectors/socket.go
func Nginx(ingresses []Name) (map[string]*dto.MetricFamily, error) {
	var all []string
	for _, n := range ingresses {
		for _, status := range []string{"200", "503"} {
			all = append(all, fmt.Sprintf(`status=%q,method="GET",path="/",namespace=%q,ingress=%q,service=%q,canary="",controller_class="k8s.io/ingress-nginx",host="h"`,
				status, n.Namespace, n.Name, n.Name))
		}
	}
	return parsed(read("counter", "nginx_ingress_controller_requests", all...), read("histogram", "nginx_ingress_controller_request_duration_seconds", all...))
}

// Envoy is what the Envoys of an Envoy Gateway say of routes; kind is "httproute" or "grpcroute".
//
//   - labels: https://github.com/envoyproxy/envoy/blob/v1.35.0/source/common/config/well_known_names.cc, RESPONSE_CODE_CLASS and CLUSTER_NAME
//   - names of clusters: https://github.com/envoyproxy/gateway/blob/v1.5.0/internal/gatewayapi/helpers.go, irRouteDestinationName
func Envoy(kind string, routes []Name) (map[string]*dto.MetricFamily, error) {
	var counted, timed []string
	for _, n := range routes {
		cluster := fmt.Sprintf(`envoy_cluster_name="%s/%s/%s/rule/0"`, kind, n.Namespace, n.Name)
		timed = append(timed, cluster)
		for _, class := range []string{"2", "5"} {
			counted = append(counted, cluster+fmt.Sprintf(`,envoy_response_code_class=%q`, class))
		}
	}
	return parsed(read("counter", "envoy_cluster_upstream_rq_xx", counted...), read("histogram", "envoy_cluster_upstream_rq_time", timed...))
}

// Barman is what the plugin for Barman Cloud has CloudNativePG say of backups.
// https://github.com/cloudnative-pg/plugin-barman-cloud/blob/v0.15.0/internal/cnpgi/instance/metrics.go
func Barman() (map[string]*dto.MetricFamily, error) {
	const prefix = "barman_cloud_cloudnative_pg_io_"
	var all []string
	for _, name := range []string{"first_recoverability_point", "last_available_backup_timestamp", "last_failed_backup_timestamp"} {
		all = append(all, read("gauge", prefix+name, ""))
	}
	return parsed(all...)
}
