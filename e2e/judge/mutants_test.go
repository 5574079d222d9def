package judge_test

import "slices"

// A mutant is a defect that a generator could have, and what it would do in a cluster.
type mutant struct {
	name    string
	set     string // the set that it is shown in
	edit    edit
	outcome string
}

const (
	api      = "blueprints/api prod"
	cron     = "blueprints/cron prod"
	stateful = "blueprints/stateful prod"
	boutique = "blueprints/online-boutique prod"
	worker   = "blueprints/worker prod"

	claims    = "testdata/golden/claims prod"
	colours   = "testdata/golden/blue_green warm"
	mesh      = "testdata/golden/bookinfo mesh"
	migration = "testdata/golden/migration_argocd prod"
	shop      = "testdata/golden/sock_shop prod"
	streaming = "testdata/golden/streaming prod"
)

var (
	pod       = []any{"spec", "template", "spec"}
	container = append(pod[:3:3], "containers", 0)
	jobPod    = []any{"spec", "jobTemplate", "spec", "template", "spec"}
	instance  = "app.kubernetes.io/instance"

	canary = []any{"spec", "strategy", "canary"} // of a Rollout
	metric = []any{"spec", "metrics", 0}         // of an AnalysisTemplate
)

// in is a path below another.
func in(above []any, path ...any) []any { return append(above[:len(above):len(above)], path...) }

// mutants are the defects, by what they break. Each is one line: a new kind of object brings its own.
var mutants = []mutant{
	{"a field's name is misspelt", api, set("PodDisruptionBudget", 1, "spec", "maxUnavailble"), "refused"},
	{"no such value", api, set("PodDisruptionBudget", "Always", "spec", "unhealthyPodEvictionPolicy"), "refused"},
	{"not a quantity", api, set("Deployment", "512Mib", in(container, "resources", "limits", "memory")...), "refused"},
	{"limit below request", api, set("Deployment", "100m", in(container, "resources", "limits", "cpu")...), "refused"},
	{"selector is not the pods' labels", api, set("Deployment", "other", "spec", "selector", "matchLabels", instance), "refused"},
	{"no selector", api, drop("Deployment", "spec", "selector"), "refused"},
	{"not a label value", api, set("Deployment", "a b", "metadata", "labels", "scantling.dev/owner"), "refused"},
	{"no namespace", api, drop("Service", "metadata", "namespace"), "lands elsewhere"},
	{"an object twice", api, repeat("ServiceAccount"), "the last one wins"},
	{"no image", api, drop("Deployment", in(container, "image")...), "refused"},
	{"volume mounted that is not there", api, set("Deployment", []any{}, in(pod, "volumes")...), "refused"},
	{"variable set twice", api, set("Deployment", "POD_NAME", in(container, "env", 1, "name")...), "one value is lost"},
	{"port name too long", api, set("Deployment", "http-metrics-port", in(container, "ports", 0, "name")...), "refused"},
	{"preStop outlasts the grace period", api, set("Deployment", 60, in(container, "lifecycle", "preStop", "sleep", "seconds")...), "refused"},
	{"no surge and none unavailable", api, set("Deployment", 0, "spec", "strategy", "rollingUpdate", "maxSurge"), "refused"},
	{"more replicas at least than at most", api, set("HorizontalPodAutoscaler", 50, "spec", "minReplicas"), "refused"},
	{"budget of both kinds", api, set("PodDisruptionBudget", 1, "spec", "minAvailable"), "refused"},
	{"removed API version", api, set("PodDisruptionBudget", "policy/v1beta1", "apiVersion"), "refused"},
	{"not a quota", api, set("ResourceQuota", "many", "spec", "hard", "pods"), "refused"},
	{"not a schedule", cron, set("CronJob", "0 25 * * *", "spec", "schedule"), "refused"},
	{"time zone in the schedule", cron, set("CronJob", "TZ=UTC 0 2 * * *", "spec", "schedule"), "refused"},
	{"name too long for a run's", cron, set("CronJob", "nightly-report-of-everything-that-was-ever-sold-anywhere", "metadata", "name"), "refused"},
	{"claim of no known access mode", claims, set("PersistentVolumeClaim", []any{"ReadWriteAll"}, "spec", "accessModes"), "refused"},
	{"not an address range", claims, set("Service", []any{"203.0.113.0"}, "spec", "loadBalancerSourceRanges"), "refused"},
	{"path without its type", shop, drop("Ingress", "spec", "rules", 0, "http", "paths", 0, "pathType"), "refused"},
	{"role without verbs", streaming, drop("Role", "rules", 0, "verbs"), "refused"},
	{"binding to no kind of role", streaming, set("RoleBinding", "Rule", "roleRef", "kind"), "refused"},
	{"not a file name", streaming, set("ConfigMap", map[string]any{"a/b": "x"}, "data"), "refused"},
	{"job restarts for ever", cron, set("CronJob", "Always", in(jobPod, "restartPolicy")...), "refused"},

	{"field that the CRD does not have", api, set("ExternalSecret", "1h", "spec", "refreshIntervall"), "refused, or dropped"},
	{"CRD version no longer served", api, set("ExternalSecret", "external-secrets.io/v1beta1", "apiVersion"), "refused"},
	{"no such value in the CRD", api, set("ExternalSecret", "Never", "spec", "target", "deletionPolicy"), "refused"},
	{"field missing that the CRD wants", api, drop("VerticalPodAutoscaler", "spec", "targetRef"), "refused"},
	{"rule of the CRD broken", api, set("HTTPRoute", []any{map[string]any{"type": "RequestRedirect", "requestRedirect": map[string]any{"scheme": "https"}}}, "spec", "rules", 0, "filters"), "refused"},
	{"not a duration of Istio's", mesh, set("VirtualService", "20 s", "spec", "http", 0, "timeout"), "refused"},
	{"not a path of Gateway API's", api, set("HTTPRoute", "orders", "spec", "rules", 0, "matches", 0, "path", "value"), "refused"},
	{"list key twice in the CRD", streaming, set("GRPCRoute", []any{map[string]any{"name": "a"}, map[string]any{"name": "a"}}, "spec", "parentRefs"), "refused"},
	{"trigger that is no PromQL", worker, set("ScaledObject", []any{map[string]any{"type": "prometheus", "metadata": map[string]any{"serverAddress": "http://p", "threshold": "1", "query": "sum(up"}}}, "spec", "triggers"), "never scales"},
	{"trigger without a type", worker, drop("ScaledObject", "spec", "triggers", 0, "type"), "refused"},
	{"port of no protocol in the CRD", api, set("CiliumNetworkPolicy", "HTTP", "spec", "egress", 0, "toPorts", 0, "ports", 0, "protocol"), "refused"},
	{"custom kind that nobody defines", api, set("ServiceMonitor", "ServicesMonitor", "kind"), "refused"},

	{"field that Argo Rollouts does not have", byArgo, set("Rollout", "25%", "spec", "strategy", "canary", "maxSurg"), "refused, or dropped"},
	{"rollout's selector is not its pods' labels", byArgo, set("Rollout", "other", "spec", "selector", "matchLabels", instance), "nothing is rolled out"},
	{"weight above 100", byArgo, set("Rollout", steps(map[string]any{"setWeight": 120}), in(canary, "steps")...), "nothing is rolled out"},
	{"step that does two things", byArgo, set("Rollout", steps(map[string]any{"setWeight": 5, "pause": map[string]any{}}), in(canary, "steps")...), "nothing is rolled out"},
	{"step that does nothing", byArgo, set("Rollout", steps(map[string]any{}), in(canary, "steps")...), "nothing is rolled out"},
	{"progress deadline below the time to be ready", byArgo, set("Rollout", 1, "spec", "progressDeadlineSeconds"), "nothing is rolled out"},
	{"no analysis template", byArgo, remove("AnalysisTemplate"), "nothing is rolled out"},
	{"argument of the analysis without a value", byArgo, set("Rollout", []any{}, in(canary, "analysis", "args")...), "nothing is rolled out"},
	{"condition that does not parse", byArgo, set("AnalysisTemplate", "len(result) > 0 && result[0] <", in(metric, "successCondition")...), "each rollout aborts"},
	{"condition of no truth", byArgo, set("AnalysisTemplate", "result[0]", in(metric, "successCondition")...), "each rollout aborts"},
	{"condition that forgets that data may be missing", byArgo, set("AnalysisTemplate", "result[0] < 0.01", in(metric, "successCondition")...), "each rollout aborts"},
	{"no data is success", byArgo, all(drop("AnalysisTemplate", in(metric, "failureCondition")...), set("AnalysisTemplate", "len(result) == 0 || isNaN(result[0]) || result[0] < 0.01", in(metric, "successCondition")...)), "a broken version passes"},
	{"no data is failure", byArgo, drop("AnalysisTemplate", in(metric, "failureCondition")...), "each rollout at night aborts"},
	{"every answer is success", byArgo, all(drop("AnalysisTemplate", in(metric, "failureCondition")...), drop("AnalysisTemplate", in(metric, "successCondition")...)), "a broken version passes"},
	{"no data is made a number", byArgo, set("AnalysisTemplate", `sum(rate(errors_total{pod=~"{{args.hash}}"}[5m])) or vector(0)`, in(metric, "provider", "prometheus", "query")...), "a broken version passes"},
	{"query that is no PromQL", byArgo, set("AnalysisTemplate", "sum(rate(errors_total[5m])", in(metric, "provider", "prometheus", "query")...), "each rollout aborts"},
	{"metric that no run can name", byArgo, set("AnalysisTemplate", "sum(up{{args.nobody}})", in(metric, "provider", "prometheus", "query")...), "each rollout aborts"},
	{"route that the VirtualService does not have", byArgo, set("Rollout", []any{"other"}, in(canary, "trafficRouting", "istio", "virtualService", "routes")...), "nothing is rolled out"},
	{"route that the controller may not manage", byArgo, set("Rollout", []any{map[string]any{"name": "other"}}, in(canary, "trafficRouting", "managedRoutes")...), "nothing is rolled out"},
	{"controller's subset without its rule", byArgo, remove("DestinationRule"), "HTTP 503"},
	{"controller's subset that the rule lacks", byArgo, set("Rollout", "other", in(canary, "trafficRouting", "istio", "destinationRule", "canarySubsetName")...), "nothing is rolled out"},
	{"field that no pod has", byArgo, set("Rollout", true, in(pod, "hostNetwrk")...), "refused, or dropped"},
	{"header route for one of two paths", byArgo, set("VirtualService", map[string]any{"prefix": "/api/"}, "spec", "http", 0, "match", 0, "uri"), "the header takes other paths along"},
	{"header route for one of two ports", byArgo, set("VirtualService", 9090, "spec", "http", 1, "route", 0, "destination", "port", "number"), "the header takes other ports along"},
	{"rollout's pods run as root", byArgo, set("Rollout", 0, in(pod, "securityContext", "runAsUser")...), "pods refused"},
	{"rollout's pods mount what is not there", byArgo, set("Rollout", []any{}, in(pod, "volumes")...), "refused"},

	{"field that Flagger does not have", byFlagger, set("Canary", 10, "spec", "analysis", "maxWeigth"), "refused, or dropped"},
	{"Canary without its target", byFlagger, set("Canary", "order", "spec", "targetRef", "name"), "nothing is rolled out"},
	{"Canary without its autoscaler", byFlagger, set("Canary", "order", "spec", "autoscalerRef", "name"), "nothing is rolled out"},
	{"Canary without its metric", byFlagger, set("Canary", "order", "spec", "analysis", "metrics", 0, "templateRef", "name"), "nothing is rolled out"},
	{"metric without a bound", byFlagger, drop("Canary", "spec", "analysis", "metrics", 0, "thresholdRange"), "a broken version passes"},
	{"query that Flagger cannot write", byFlagger, set("MetricTemplate", `sum(rate(errors_total{namespace="{{ namespase }}"}[5m]))`, "spec", "query"), "each rollout aborts"},
	{"no data is a number to Flagger", byFlagger, set("MetricTemplate", "sum(rate(errors_total[{{ interval }}])) or vector(0)", "spec", "query"), "a broken version passes"},
	{"label that Flagger does not select by", byFlagger, drop("Deployment", "spec", "selector", "matchLabels", "app.kubernetes.io/name"), "nothing is rolled out"},
	{"no budget for the clone", byFlagger, set("PodDisruptionBudget", "orders", "spec", "selector", "matchLabels", "app.kubernetes.io/name"), "a drain takes all pods"},
	{"field that Flagger loses on the way", byFlagger, set("Canary", map[string]any{"connectionPool": map[string]any{"http": map[string]any{"maxRetries": 0}}}, "spec", "service", "trafficPolicy"), "another value than written"},
	{"timeout that is no duration, handed on", byFlagger, set("Canary", "15 s", "spec", "service", "timeout"), "no routes"},

	{"subset without its rule", byIstio, remove("DestinationRule"), "HTTP 503"},
	{"subset that the rule lacks", byIstio, set("DestinationRule", "old", "spec", "subsets", 1, "name"), "HTTP 503"},
	{"subset of no pods", byIstio, set("DestinationRule", "other", "spec", "subsets", 1, "labels", "scantling.dev/track"), "HTTP 503"},
	{"destination that no Service is", byIstio, set("VirtualService", "order", "spec", "http", 0, "route", 0, "destination", "host"), "HTTP 503"},
	{"port that the destination lacks", byIstio, set("VirtualService", 9999, "spec", "http", 0, "route", 0, "destination", "port", "number"), "HTTP 503"},
	{"two VirtualServices of one host", byIstio, double("VirtualService"), "one of the two wins"},
	{"weight below zero", byIstio, set("VirtualService", -5, "spec", "http", 1, "route", 1, "weight"), "refused"},
	{"rules that come twice", byIstio, change("VirtualService", twice), "the second is never reached"},
	{"outliers ejected for no time", byIstio, set("DestinationRule", "0s", "spec", "trafficPolicy", "outlierDetection", "baseEjectionTime"), "refused"},
	{"backend of a weight below zero", byGateway, set("HTTPRoute", -1, "spec", "rules", 0, "backendRefs", 1, "weight"), "refused"},
	{"weight of no number", byGateway, set("HTTPRoute", "25%", "spec", "rules", 0, "backendRefs", 1, "weight"), "refused"},
	{"weights of 110 in a mesh", byIstio, set("VirtualService", 35, "spec", "http", 1, "route", 1, "weight"), "another share than written"},
	{"weights of 110 at a gateway", byGateway, set("HTTPRoute", 35, "spec", "rules", 0, "backendRefs", 1, "weight"), "another share than written"},
	{"two backends and one weight", byGateway, drop("HTTPRoute", "spec", "rules", 0, "backendRefs", 1, "weight"), "another share than written"},
	{"step that gives less than the one before", byArgo, set("Rollout", []any{map[string]any{"setWeight": 50}, map[string]any{"setWeight": 20}}, in(canary, "steps")...), "users go back and forth"},
	{"step of Flagger's that gives less than the one before", byFlagger, set("Canary", []any{50, 20}, "spec", "analysis", "stepWeights"), "users go back and forth"},
	{"canary's Service selects nothing", byGateway, set("Service", "other", "spec", "selector", "scantling.dev/track"), "HTTP 503"},
	{"no budget for the canary", byGateway, set("PodDisruptionBudget", "stable", "spec", "selector", "matchLabels", "scantling.dev/track"), "a drain takes all pods"},
	{"canary scaled by nobody's autoscaler", byGateway, set("HorizontalPodAutoscaler", "order", "spec", "scaleTargetRef", "name"), "never scales"},

	{"preview of a colour that no pod has", colours, named("web-preview", set("Service", "red", "spec", "selector", "scantling.dev/color")), "no endpoints"},
	{"preview of a port that no pod has", colours, named("web-preview", set("Service", "web", "spec", "ports", 0, "targetPort")), "no endpoints"},
	{"preview shows the active colour", colours, named("web-preview", set("Service", "blue", "spec", "selector", "scantling.dev/color")), "tests test the old version"},
	{"Service of both colours", colours, named("web", drop("Service", "spec", "selector", "scantling.dev/color")), "two versions at once"},
	{"colour's selector is not its pods' labels", colours, named("web-green", set("Deployment", "blue", "spec", "selector", "matchLabels", "scantling.dev/color")), "refused"},
	{"colour scaled by nobody's autoscaler", colours, named("web-green", set("HorizontalPodAutoscaler", "web", "spec", "scaleTargetRef", "name")), "never scales"},
	{"no budget for the idle colour", colours, named("web-green", set("PodDisruptionBudget", "red", "spec", "selector", "matchLabels", "scantling.dev/color")), "a drain takes all pods"},

	{"migration restarts for ever", migration, set("Job", "Always", in(pod, "restartPolicy")...), "refused"},
	{"rule of a failed pod that is none", migration, set("Job", "Forgive", "spec", "podFailurePolicy", "rules", 0, "action"), "refused"},
	{"migration runs as root", migration, set("Job", 0, in(pod, "securityContext", "runAsUser")...), "pods refused"},
	{"migration mounts what is not there", migration, set("Job", []any{}, in(pod, "volumes")...), "refused"},
	{"migration's policy is of nobody", migration, named("orders-migrate", set("NetworkPolicy", "other", "spec", "podSelector", "matchLabels", "app.kubernetes.io/name")), "no call succeeds"},
	{"migration without an end", migration, drop("Job", "spec", "activeDeadlineSeconds"), "a hung migration blocks all"},
	{"migration comes with the app", migration, drop("Job", "metadata", "annotations"), "new code meets the old schema"},

	{"runs as root", api, set("Deployment", 0, in(pod, "securityContext", "runAsUser")...), "pods refused"},
	{"may run as root", api, drop("Deployment", in(pod, "securityContext", "runAsNonRoot")...), "pods refused"},
	{"no seccomp profile", api, drop("Deployment", in(pod, "securityContext", "seccompProfile")...), "pods refused"},
	{"may gain privileges", api, set("Deployment", true, in(container, "securityContext", "allowPrivilegeEscalation")...), "pods refused"},
	{"keeps capabilities", api, drop("Deployment", in(container, "securityContext", "capabilities")...), "pods refused"},
	{"in the host's network", stateful, set("StatefulSet", true, in(pod, "hostNetwork")...), "pods refused"},
	{"mounts the host's disk", cron, set("CronJob", []any{map[string]any{"name": "tmp", "hostPath": map[string]any{"path": "/"}}}, in(jobPod, "volumes")...), "pods refused"},
	{"job with capabilities", cron, drop("CronJob", in(jobPod, "containers", 0, "securityContext", "capabilities")...), "pods refused"},
	{"root file system writable", api, set("Deployment", false, in(container, "securityContext", "readOnlyRootFilesystem")...), "an intruder can stay"},
	{"namespace enforces nothing", api, drop("Namespace", "metadata", "labels", "pod-security.kubernetes.io/enforce"), "anything may run"},

	{"mutable tag", api, set("Deployment", "registry.example.com/sales/orders:latest", in(container, "image")...), "nobody knows what runs"},
	{"no limits", api, drop("Deployment", in(container, "resources", "limits")...), "one pod starves a node"},
	{"no requests", api, drop("Deployment", in(container, "resources", "requests")...), "autoscaler is blind"},
	{"liveness is readiness", api, set("Deployment", "/readyz", in(container, "livenessProbe", "httpGet", "path")...), "busy pods restart"},
	{"no readiness probe", api, drop("Deployment", in(container, "readinessProbe")...), "traffic to starting pods"},
	{"probe of a port that is not there", api, set("Deployment", "web", in(container, "readinessProbe", "httpGet", "port")...), "never ready"},
	{"Service selects nothing", api, set("Service", "other", "spec", "selector", instance), "no endpoints"},
	{"Service's target port is not there", api, set("Service", "web", "spec", "ports", 0, "targetPort"), "no endpoints"},
	{"StatefulSet without its Service", stateful, remove("Service"), "pods have no names"},
	{"replicas beside an autoscaler", api, set("Deployment", 3, "spec", "replicas"), "each apply scales back"},
	{"autoscaler of nothing", api, set("HorizontalPodAutoscaler", "order", "spec", "scaleTargetRef", "name"), "never scales"},
	{"no disruption budget", api, remove("PodDisruptionBudget"), "a drain takes all pods"},
	{"budget selects nothing", api, set("PodDisruptionBudget", "other", "spec", "selector", "matchLabels", instance), "a drain takes all pods"},
	{"budget blocks every drain", api, all(drop("PodDisruptionBudget", "spec", "maxUnavailable"), set("PodDisruptionBudget", "100%", "spec", "minAvailable")), "drains hang"},
	{"one pod a zone at most", api, set("Deployment", antiAffinity, in(pod, "affinity")...), "pods Pending, rollouts hang"},
	{"spread counts other pods", api, set("Deployment", "other", in(pod, "topologySpreadConstraints", 0, "labelSelector", "matchLabels", instance)...), "all in one zone"},
	{"two budgets for one pod", api, double("PodDisruptionBudget"), "evictions fail"},
	{"two autoscalers of one app", api, double("HorizontalPodAutoscaler"), "the two fight"},
	{"role for everything", streaming, set("Role", []any{"*"}, "rules", 0, "verbs"), "an intruder can do all"},
	{"role bound to another account", streaming, set("RoleBinding", "default", "subjects", 0, "name"), "API calls are denied"},
	{"Ingress to a port that is not there", shop, set("Ingress", 9999, "spec", "rules", 0, "http", "paths", 0, "backend", "service", "port", "number"), "HTTP 503"},
	{"claim that nobody makes", claims, set("Deployment", "other", in(pod, "volumes", 1, "persistentVolumeClaim", "claimName")...), "pods Pending"},
	{"no service account", api, remove("ServiceAccount"), "no pods"},
	{"no network policy", api, remove("NetworkPolicy"), "everything is reachable"},
	{"no way to DNS", api, change("NetworkPolicy", withoutDNS), "no call succeeds"},
	{"policy opens another port", api, set("NetworkPolicy", 9999, "spec", "ingress", 0, "ports", 0, "port"), "callers time out"},
	{"policy lets everybody in", api, drop("NetworkPolicy", "spec", "ingress", 0, "from"), "everything is reachable"},
	{"secret's key is not made", api, set("ExternalSecret", "passwd", "spec", "data", 0, "secretKey"), "pods do not start"},
	{"route to nowhere", api, set("HTTPRoute", "order", "spec", "rules", 0, "backendRefs", 0, "name"), "HTTP 500"},
	{"scrapes a port that is not there", api, set("ServiceMonitor", "web", "spec", "endpoints", 0, "port"), "no metrics"},
	{"quota below what apps need", api, set("ResourceQuota", "1", "spec", "hard", "pods"), "rollouts hang"},
	{"run missed for ever", cron, drop("CronJob", "spec", "startingDeadlineSeconds"), "100 missed runs stop it"},
	{"job without an end", cron, drop("CronJob", "spec", "jobTemplate", "spec", "activeDeadlineSeconds"), "a hung run blocks all"},
	{"VPA changes what the HPA measures", api, set("VerticalPodAutoscaler", "Recreate", "spec", "updatePolicy", "updateMode"), "the two fight"},
	{"database's pods get claims deleted", boutique, set("StatefulSet", "Delete", "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"), "data is lost"},
}

// antiAffinity is the required one on zones that books on Kubernetes still show.
var antiAffinity = map[string]any{"podAntiAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": []any{map[string]any{
	"topologyKey":   "topology.kubernetes.io/zone",
	"labelSelector": map[string]any{"matchLabels": map[string]any{"app.kubernetes.io/name": "orders"}},
}}}}

// steps are the steps of a Rollout that has one.
func steps(step map[string]any) []any { return []any{step} }

// twice repeats the routes of a VirtualService.
func twice(service map[string]any) {
	spec := service["spec"].(map[string]any)
	routes, _ := spec["http"].([]any)
	spec["http"] = append(slices.Clone(routes), routes...)
}

// withoutDNS takes every rule for port 53 out of a policy.
func withoutDNS(policy map[string]any) {
	spec := policy["spec"].(map[string]any)
	rules, _ := spec["egress"].([]any)
	var kept []any
	for _, rule := range rules {
		if port := at(rule, []any{"ports", 0, "port"}); port != int64(53) {
			kept = append(kept, rule)
		}
	}
	if len(kept) != len(rules) {
		spec["egress"] = kept
	}
}
