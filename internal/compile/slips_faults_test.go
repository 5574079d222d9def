package compile_test

const (
	api, stateful = "api/prod", "stateful/prod"

	orders = "Deployment/orders"
	main   = "spec template spec containers 0 "
	dumper = "CronJob/orders-orders-db-backup"
)

// faultSlips are the faults of hand-written manifests that may never come out of Scantling, by their number in the catalogue that the
// project started from. Those of releases, spot capacity and objectives stand beside others of theirs.
var faultSlips = []slip{
	{api, "pods-have-one-owner", "E01: a selector of all pods", []damage{set(orders, "spec selector", flow("{}"))}},
	{api, "startup-fits", "E07: no deadline above minReadySeconds", []damage{set(orders, "spec progressDeadlineSeconds", 5)}},
	{api, "required-apart-leaves-room", "E08: required zone anti-affinity", []damage{set(orders, "spec template spec affinity", flow("{podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: topology.kubernetes.io/zone, labelSelector: {matchLabels: {app.kubernetes.io/name: orders}}}]}}"))}},
	{api, "spread-minds-dead-nodes", "E09: a spread that counts tainted nodes", []damage{set(orders, "spec template spec topologySpreadConstraints 0 nodeTaintsPolicy", nil)}},
	{api, "spread-counts-one-revision", "E09: a spread that counts old pods", []damage{set(orders, "spec template spec topologySpreadConstraints * matchLabelKeys", nil)}},
	{api, "spread-selects-own-pods", "E09: a spread of other pods", []damage{set(orders, "spec template spec topologySpreadConstraints 0 labelSelector matchLabels app.kubernetes.io/instance", "pricing")}},
	{api, "budget-allows-eviction", "E10: a budget that blocks every drain", []damage{set("PodDisruptionBudget/orders", "spec maxUnavailable", nil), set("PodDisruptionBudget/orders", "spec minAvailable", 3)}},
	{api, "serving-pods-have-budget", "E10: no budget", []damage{without("PodDisruptionBudget/orders")}},
	{api, "budget-lets-broken-pods-go", "E10: broken pods hold a node", []damage{set("PodDisruptionBudget/orders", "spec unhealthyPodEvictionPolicy", nil)}},
	{api, "liveness-is-not-readiness", "E12: a slow dependency restarts pods", []damage{set(orders, main+"livenessProbe httpGet path", "/readyz")}},
	{api, "shutdown-fits-grace", "E12: a sleep beyond the grace period", []damage{set(orders, main+"lifecycle preStop sleep seconds", 600)}},
	{api, "no-secret-in-manifests", "E13: a plaintext secret", []damage{made("{apiVersion: v1, kind: Secret, metadata: {name: db-creds, namespace: sales}, stringData: {password: hunter2}}")}},
	{api, "secret-store-resolves", "E14: a store of no kind", []damage{set("ExternalSecret/orders-payments", "spec secretStoreRef kind", nil)}},
	{api, "secret-is-produced", "E15: a key that no secret holds", []damage{add(orders, main+"env", flow("{name: DB, valueFrom: {secretKeyRef: {name: orders-payments, key: host}}}"))}},
	{api, "secret-is-produced", "E15: a secret that nothing makes", []damage{without("ExternalSecret/orders-payments")}},
	{api, "token-only-where-used", "E16: a token that nobody uses", []damage{set(orders, "spec template spec automountServiceAccountToken", true)}},
	{stateful, "rights-are-narrow", "E16: all verbs", []damage{set("Role/search-data-drill", "rules 0 verbs", flow(`["*"]`))}},
	{stateful, "rights-are-narrow", "E16: all objects of a kind", []damage{set("Role/search-data-drill", "rules * verbs", flow(`["*"]`))}},
	{api, "names-can-be-resolved", "E17: pods that cannot resolve names", []damage{set("NetworkPolicy/pricing", "spec egress", nil)}},
	{api, "names-can-be-resolved", "E17: no DNS over TCP", []damage{set("NetworkPolicy/pricing", "spec egress 0 ports protocol=TCP", nil)}},
	{api, "declared-calls-are-open", "E18: a peer without namespace", []damage{set("NetworkPolicy/orders", "spec ingress 0 from 0 namespaceSelector", nil)}},
	{api, "nothing-else-is-open", "E18: every port", []damage{set("NetworkPolicy/orders", "spec ingress 0 ports", nil)}},
	{api, "peer-is-not-everyone", "E18: everybody", []damage{set("NetworkPolicy/orders", "spec ingress 0 from", nil)}},
	{api, "peer-is-not-everyone", "E18: the cloud's metadata", []damage{opened("orders", 443, "{ipBlock: {cidr: 0.0.0.0/0}}")}},
	{api, "pods-are-isolated", "E18: one direction only", []damage{set("NetworkPolicy/default-deny", "spec policyTypes", flow("[Ingress]")), set("NetworkPolicy/orders", "spec policyTypes", flow("[Ingress]"))}},
	{api, "declared-calls-are-open", "E18: a caller that nobody is", []damage{set("NetworkPolicy/orders", "spec egress 3 to 0 podSelector matchLabels app.kubernetes.io/instance", "nobody")}},
	{api, "policy-ports-exist", "E18: a port that nobody has", []damage{set("NetworkPolicy/orders", "spec ingress 0 ports 0 port", 9999)}},
	{api, "policy-governs-pods", "E18: a policy of nobody", []damage{set("NetworkPolicy/pricing", "spec podSelector matchLabels app.kubernetes.io/instance", "nobody")}},
	{api, "pod-security-is-pinned", "E19: pod security of whatever version", []damage{set("Namespace/sales", "metadata labels pod-security.kubernetes.io/enforce-version", nil)}},
	{api, "pods-are-isolated", "E19: nothing is denied", []damage{without("NetworkPolicy/default-deny", "NetworkPolicy/pricing")}},
	{api, "pod-security-admits", "E19: a pod that is not admitted", []damage{set(orders, main+"securityContext allowPrivilegeEscalation", true)}},
	{api, "writable-paths-are-volumes", "E20: nowhere to write", []damage{set(orders, main+"volumeMounts", nil)}},
	{api, "root-is-read-only", "E20: a writable root", []damage{set(orders, main+"securityContext readOnlyRootFilesystem", false)}},
	{api, "pod-security-admits", "E20: root", []damage{set(orders, "spec template spec securityContext runAsUser", 0)}},
	{stateful, "backup-is-rehearsed", "E22: a restore of what does not exist", []damage{set("Schedule/discovery-search-df72530b", "metadata name", "daily-backup-20241210")}},
	{api, "backup-run-is-bounded", "E25: a run without an end", []damage{set(dumper, ofRun+"activeDeadlineSeconds", nil)}},
	{api, "backup-run-is-bounded", "E25: two at once", []damage{set(dumper, "spec concurrencyPolicy", "Allow")}},
	{api, "loss-is-within-objective", "E26: a schedule that loses more than the alert bears", []damage{set(dumper, "spec schedule", "0 2 * * *")}},
	{api, "backup-is-rehearsed", "E27: no drill", []damage{without("CronJob/orders-orders-db-drill")}},
	{api, "data-has-backup", "E27: an objective without objects", []damage{without(dumper)}},
	{api, "memory-is-no-scale-signal", "E28: scaled by memory", []damage{set("HorizontalPodAutoscaler/orders", "spec metrics", flow("[{type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 70}}}]")), set(orders, main+"resources limits memory", "8Gi")}},
	{api, "autoscaler-owns-replicas", "E29: replicas beside an autoscaler", []damage{set(orders, "spec replicas", 3)}},
	{all, "autoscaler-owns-replicas", "E29: replicas beside KEDA", []damage{set("Deployment/mailer", "spec replicas", 0)}},
	{api, "autoscaler-range-is-sound", "E30: fewer pods than zones", []damage{set("HorizontalPodAutoscaler/orders", "spec minReplicas", 1)}},
	{api, "quota-fits", "E31: memory that is lent", []damage{set(orders, main+"resources limits memory", "8Gi")}},
	{api, "connections-fit-database", "E34: pools that open more than there is", []damage{env(orders, "DB_POOL_MAX", "25")}},
	{api, "period-is-kept", "E36: a window of a week", []damage{told("orders", "availability", "slo:time_period:days", "expr", "vector(7)")}},
	{api, "error-rate-is-per-service", "E37: an error rate of the whole cluster", []damage{told("orders", "availability", "ErrorBudgetBurn", "expr", `sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.01`)}},
	{api, "objective-is-watched", "E38: a quantile of each pod", []damage{told("orders", "latency", "ErrorBudgetBurn", "expr", `histogram_quantile(0.95, rate(http_request_duration_seconds_bucket{namespace="sales",job="orders"}[5m])) > 0.2`)}},
	{api, "one-hand-on-size", "E39: sizes that change on their own", []damage{set("VerticalPodAutoscaler/orders", "spec updatePolicy updateMode", "Auto")}},
	{stateful, "data-outlives-its-app", "E41: claims that go with the app", []damage{set("StatefulSet/search", "spec persistentVolumeClaimRetentionPolicy whenDeleted", "Delete")}},
	{all, "declared-calls-are-open", "a prober that nobody lets in", []damage{set("NetworkPolicy/feed", "spec ingress", nil)}},
}
