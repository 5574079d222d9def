package compile_test

// The releases that are broken.
const (
	onWarm, onAbsent      = "blue_green/warm", "blue_green/absent"
	onRoutes, onMesh      = "canary_by_commit/routes", "canary_by_commit/mesh"
	onRollouts, onFlagger = "canary_by_controller/rollouts", "canary_by_controller/flagger"

	matchLabels = "spec selector matchLabels "
	color       = "scantling.dev/color"
	track       = "scantling.dev/track"
)

// releaseSlips break releases.
var releaseSlips = []slip{
	{onWarm, "colours-are-apart", "E02: the Service selects both colours", []damage{set("Service/web", "spec selector "+color, nil)}},
	{onAbsent, "service-finds-pods", "E02: the Service selects the idle colour", []damage{set("Service/web", "spec selector "+color, "green")}},
	{onWarm, "one-budget-per-pod", "a budget counts both colours", []damage{set("PodDisruptionBudget/web-blue", matchLabels+color, nil)}},
	{onWarm, "pods-have-one-owner", "E01: a colour owns both", []damage{set("Deployment/web-green", matchLabels+color, nil)}},
	{onWarm, "autoscaler-finds-target", "an autoscaler of nobody", []damage{set("HorizontalPodAutoscaler/web-green", "spec scaleTargetRef name", "gone")}},
	{onWarm, "autoscaler-finds-target", "two autoscalers of one colour", []damage{set("HorizontalPodAutoscaler/web-green", "spec scaleTargetRef name", "web-blue")}},
	{onWarm, "autoscaler-owns-replicas", "E29: replicas beside an autoscaler", []damage{set("Deployment/web-green", "spec replicas", 5)}},
	{onWarm, "colours-are-apart", "the pods of one colour are spread among both", []damage{set("Deployment/web-green", "spec template spec topologySpreadConstraints * labelSelector matchLabels "+color, nil)}},
	{onWarm, "quota-fits", "a quota for one colour", []damage{set("ResourceQuota/quota", "spec hard pods", 15), set("ResourceQuota/quota", "spec hard requests.cpu", "3750m")}},
	{onWarm, "names-can-be-resolved", "the policy knows one colour", []damage{set("NetworkPolicy/web", "spec podSelector matchLabels "+color, "blue")}},
	{"api/prod", "policy-governs-pods", "the migration looks like a pod of the app", []damage{
		set("Job/*", "spec template metadata labels "+nameLabel, "orders"), set("Job/*", "spec template metadata labels app.kubernetes.io/component", "app"),
	}},

	{onRoutes, "weights-add-up", "weights of 110", []damage{set("HTTPRoute/web", "spec rules 1 backendRefs 0 weight", 90)}},
	{onRoutes, "weights-add-up", "a weight that is not written", []damage{set("HTTPRoute/web", "spec rules 1 backendRefs 1 weight", nil)}},
	{onRoutes, "route-reaches-port", "a backend of another port", []damage{set("HTTPRoute/web", "spec rules 1 backendRefs 1 port", 80)}},
	{onRoutes, "route-reaches-port", "a backend that is no Service", []damage{without("Service/web-canary")}},
	{onRoutes, "canary-has-budget", "a canary without budget", []damage{without("PodDisruptionBudget/web-canary")}},
	{onRoutes, "doors-reach-routed-ports", "the gateway reaches the stable pods only", []damage{set("NetworkPolicy/web", "spec podSelector matchLabels "+track, "stable")}},
	{onRoutes, "service-finds-pods", "the canary is not there", []damage{without("Deployment/web-canary")}},

	{onMesh, "subset-is-defined", "E04: no DestinationRule", []damage{without("DestinationRule/web")}},
	{onMesh, "subset-is-defined", "E04: a subset less", []damage{set("DestinationRule/web", "spec subsets 1", nil)}},
	{onMesh, "subset-is-defined", "a DestinationRule for another host", []damage{set("DestinationRule/web", "spec host", "other")}},
	{onMesh, "subset-is-defined", "a subset of nobody", []damage{set("DestinationRule/web", "spec subsets 1 labels "+track, "new")}},
	{onMesh, "subset-is-defined", "the Service leaves the canary out", []damage{set("Service/web", "spec selector "+track, "stable")}},

	{onRollouts, "rollout-can-move", "E07: no surge", []damage{set("Rollout/web", "spec strategy canary maxSurge", 0)}},
	{onRollouts, "quota-fits", "a quota for the old pods", []damage{set("ResourceQuota/quota", "spec hard pods", 13)}},

	{onFlagger, "flagger-primary-is-covered", "the primary has no budget", []damage{without("PodDisruptionBudget/web-primary")}},
	{onFlagger, "flagger-primary-is-covered", "E10: the old pods have no budget", []damage{without("PodDisruptionBudget/ledger-primary", "PodDisruptionBudget/web", "PodDisruptionBudget/web-primary")}},
	{onFlagger, "flagger-primary-is-covered", "the primary's budget is by the app's labels", []damage{set("PodDisruptionBudget/web-primary", matchLabels+nameLabel, "web")}},
	{onFlagger, "doors-reach-routed-ports", "the policy does not know the primary", []damage{set("NetworkPolicy/web", "spec podSelector matchLabels "+nameLabel, "web")}},
	{onFlagger, "route-reaches-port", "the monitor does not know the clones", []damage{set("ServiceMonitor/web", "spec selector matchLabels "+nameLabel, "app")}},
}

// spotSlips break the use of capacity that the cloud may take back.
var spotSlips = []slip{
	{spot, "spot-is-bounded", "a critical app above a base", []damage{set("Deployment/web", "metadata labels scantling.dev/tier", "critical"), set("Deployment/web", "spec template metadata labels scantling.dev/tier", "critical")}},
	{spot, "spot-is-bounded", "a run that tolerates", []damage{set("CronJob/nightly", ofPod+"affinity", nil), set("CronJob/nightly", ofPod+"tolerations", flow("[{key: node.acme.io/spot, operator: Exists}]"))}},
	{spot, "spot-is-bounded", "a run that tolerates all", []damage{set("CronJob/nightly", ofPod+"affinity", nil), set("CronJob/nightly", ofPod+"tolerations", flow("[{operator: Exists}]"))}},
	{spot, "spot-is-bounded", "a base that tolerates", []damage{set("Deployment/web-base", "spec template spec affinity", nil), set("Deployment/web-base", "spec template spec tolerations", flow("[{key: node.acme.io/spot, operator: Exists}]"))}},
	{spot, "spot-is-bounded", "a pod of the base elsewhere", []damage{set("Deployment/web-base", "spec replicas", 2), set("Deployment/web", "spec replicas", 2)}},
	{spot, "spot-is-bounded", "a larger app", []damage{set("Deployment/web", "spec replicas", 2)}},
	{spot, "spot-is-bounded", "an autoscaler with more", []damage{set("ScaledObject/mails", "spec minReplicaCount", 4)}},
	{spot, "spot-leaves-in-time", "pods that leave too slowly", []damage{set("Deployment/thumbnails", "spec template spec terminationGracePeriodSeconds", 121)}},
	{spot, "one-budget-per-pod", "a second budget", []damage{made(`{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web-2, namespace: shop, labels: {app.kubernetes.io/managed-by: scantling}}, spec: {maxUnavailable: 1, selector: {matchLabels: {app.kubernetes.io/instance: web}}}}`)}},
	{spot, "budget-allows-eviction", "a budget that wants all", []damage{set("PodDisruptionBudget/web", "spec maxUnavailable", 0)}},
	{spot, "budget-counts-scalable-pods", "a budget of another namespace", []damage{set("PodDisruptionBudget/web", "metadata namespace", "else")}},
}

const spot = "spot/prod"
