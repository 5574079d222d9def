package exporters

import (
	"strings"
	"testing"
)

// TestMutants wants each slip in an expression to be noticed: a series, a label or a value that is called otherwise.
func TestMutants(t *testing.T) {
	all := everything(t)
	for _, m := range []struct{ was, is string }{
		// series
		{"kube_deployment_status_condition{", "kube_deployment_status_conditions{"},
		{"kube_deployment_status_replicas_ready{", "kube_deployment_status_ready_replicas{"},
		{"kube_replicaset_status_ready_replicas{", "kube_replicaset_status_replicas_ready{"},
		{"kube_statefulset_status_replicas_ready{", "kube_statefulset_status_ready_replicas{"},
		{"kube_horizontalpodautoscaler_spec_max_replicas{", "kube_hpa_spec_max_replicas{"},
		{"kube_cronjob_status_last_successful_time{", "kube_cronjob_status_last_success_time{"},
		{"kube_cronjob_status_last_schedule_time{", "kube_cronjob_last_schedule_time{"},
		{"kube_poddisruptionbudget_status_pod_disruptions_allowed{", "kube_poddisruptionbudget_status_disruptions_allowed{"},
		{"kube_pod_container_status_last_terminated_reason{", "kube_pod_container_status_last_terminated_reasons{"},
		{"kube_pod_init_container_status_waiting_reason{", "kube_pod_initcontainer_status_waiting_reason{"},
		{"container_cpu_cfs_throttled_periods_total{", "container_cpu_cfs_throttled_total{"},
		{"container_memory_working_set_bytes{", "container_memory_workingset_bytes{"},
		{"kubelet_volume_stats_capacity_bytes{", "kubelet_volume_stats_size_bytes{"},
		{"keda_scaler_metrics_value{", "keda_metrics_adapter_scaler_metrics_value{"}, // before KEDA 2.12
		{"certmanager_certificate_renewal_timestamp_seconds{", "certmanager_certificate_renewal_time_seconds{"},
		{"externalsecret_status_condition{", "external_secret_status_condition{"},
		{"velero_backup_last_successful_timestamp{", "velero_backup_last_success_timestamp{"},
		{"flagger_canary_status{", "flagger_status{"},
		{"probe_success{", "probe_up{"},
		{"cnpg_collector_pg_wal_archive_status{", "cnpg_pg_wal_archive_status{"},
		{"cnpg_pg_stat_archiver_seconds_since_last_archival{", "cnpg_pg_stat_archiver_seconds_since_last_archive{"},
		{"grpc_server_handling_seconds_bucket{", "grpc_server_handling_seconds_buckets{"},
		{"messaging_process_duration_seconds_", "messaging_process_duration_"},

		// labels that are matched
		{"deployment=", "deployment_name="},
		{"horizontalpodautoscaler=", "hpa="}, // before kube-state-metrics 2.0
		{"cronjob=", "cronjob_name="},
		{"poddisruptionbudget=", "pdb="},
		{`owner_kind="Rollout"`, `owner="Rollout"`},
		{"scaledObject=", "scaledobject="},
		{"persistentvolumeclaim=~", "claim=~"},
		{"grpc_code=~", "code=~"},
		{"http_requests_total{namespace=", "http_requests_total{kubernetes_namespace="},
		{`envoy_response_code_class="5"`, `response_code_class="5"`},
		{"destination_workload=", "destination_workload_name="},

		// labels by which series are put together
		{"by (namespace, deployment)", "by (namespace, deployment_name)"},
		{"by (namespace, cronjob)", "by (namespace, cron_job)"},
		{"by (namespace, container)", "by (namespace, container_name)"}, // before Kubernetes 1.16
		{"by (namespace, resource)", "by (namespace, resourcename)"},
		{"by (namespace, job, pod)", "by (namespace, job, pod_name)"},
		{"by (pod)", "by (pod_name)"},
		{"by (code)", "by (status)"},
		{"by (le)", "by (bucket)"},
		{"on (namespace, replicaset)", "on (namespace, replica_set)"},
		{"on (namespace, pod, container)", "on (namespace, pod, container_id)"},
		{"on (namespace, statefulset, revision)", "on (namespace, statefulset, hash)"},
		{`"scantling_app", "$1", "pod"`, `"scantling_app", "$1", "pod_name"`},
		{"without (le)", "without (bucket)"},

		// values
		{`condition="Progressing"`, `condition="progressing"`},
		{`condition="Ready"`, `condition="Synced"`},
		{`status="false"`, `status="False"`}, // as Kubernetes itself writes it
		{`status="False"`, `status="false"`}, // as kube-state-metrics does
		{`reason="OOMKilled"`, `reason="OOMKill"`},
		{`reason="CrashLoopBackOff"`, `reason="CrashLoop"`},
		{`resource="memory"`, `resource="memory_bytes"`},
		{`type="hard"`, `type="limit"`},
		{`owner_kind="Rollout"`, `owner_kind="rollout"`},
		{"Timeout", "TimedOut"},
		{`"s[0-9]+-(kafka|rabbitmq)-.+"`, `"s[0-9]+-(apache-kafka|amqp)-.+"`},
		{`value="ready"`, `value="waiting"`},
		{`code=~"5.."`, `code=~"5xx"`},
		{`"Unknown|DeadlineExceeded|`, `"UNKNOWN|DEADLINE_EXCEEDED|`}, // as gRPC's documentation writes them
		{`reporter="destination"`, `reporter="server"`},
		{`envoy_response_code_class="5"`, `envoy_response_code_class="5xx"`},
		{`"(http|grpc)route/`, `"(http|grpc)routes/`},
		{"keda-hpa-", "hpa-keda-"},
	} {
		t.Run(m.was+" "+m.is, func(t *testing.T) {
			if !noticed(t, all, m.was, m.is) {
				t.Errorf("nobody notices %s instead of %s", m.is, m.was)
			}
		})
	}
}

// noticed reports whether questions that have a text have slips with another one instead, in every set that has it.
func noticed(t *testing.T, all []*set, was, is string) bool {
	t.Helper()
	there := false
	for _, s := range all {
		var changed []question
		hit := false
		for _, q := range s.questions {
			if strings.Contains(q.expr, was) {
				hit = true
				q.expr = strings.ReplaceAll(q.expr, was, is)
				changed = append(changed, q)
			}
		}
		if !hit {
			continue
		}
		there = true
		if len(s.slips(t, changed)) == 0 {
			t.Logf("not in %s", s.name)
			return false
		}
	}
	if !there {
		t.Errorf("nobody asks for %s", was)
	}
	return there
}
