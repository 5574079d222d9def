package verify_test

// disruptionMutants are slips in what holds while nodes are drained and new versions come.
var disruptionMutants = []mutant{
	{"budget-allows-eviction", "*", "PodDisruptionBudget", "nobody may go", "maxUnavailable: 1", "maxUnavailable: 0"},
	{"budget-allows-eviction", "*", "PodDisruptionBudget", "no share may go", "maxUnavailable: 1", "maxUnavailable: 0%"},
	{"budget-allows-eviction", "*", "PodDisruptionBudget", "all must stay", "maxUnavailable: 1", "minAvailable: 100%"},
	{"budget-allows-eviction", "*", "PodDisruptionBudget", "more must stay than there are when there are fewest", "maxUnavailable: 1", "minAvailable: 9"},
	{"budget-allows-eviction", salesAPI, "PodDisruptionBudget/orders", "as many must stay as there are when there are fewest", "maxUnavailable: 1", "minAvailable: 3"},
	{"budget-allows-eviction", salesAPI, "PodDisruptionBudget/pricing", "as many must stay as there are", "maxUnavailable: 1", "minAvailable: 3"},
	{"budget-allows-eviction", salesAPI, "PodDisruptionBudget/pricing", "a share that is rounded up to all", "maxUnavailable: 1", "minAvailable: 67%"},
	{"one-budget-per-pod", "*", "PodDisruptionBudget > *", "a second", "twice", "second"},
	{"one-budget-per-pod", salesAPI, "PodDisruptionBudget/pricing > *", "one over all of the namespace", `(?m)^    matchLabels:\n(      .*\n)+`, "    matchLabels: {scantling.dev/owner: sales}\n"},
	{"one-budget-per-pod", "canary_by_commit/mesh", "PodDisruptionBudget/web > *", "the canary's pods, too", `(?m)^      (app.kubernetes.io/name|scantling.dev/track): .*\n`, ""},
	{"budget-counts-scalable-pods", "*", "PodDisruptionBudget", "pods that there are none of", `(?m)^(      app.kubernetes.io/instance: .*)$`, "${1}-2"},
	{"budget-counts-scalable-pods", salesAPI, "PodDisruptionBudget/orders", "the pods of Jobs, too", `(?m)^      (app.kubernetes.io/(name|component)|scantling.dev/track): .*\n`, ""},
	{"budget-counts-scalable-pods", "cron/prod", "CronJob/nightly-report > PodDisruptionBudget", "the pods of Jobs", "", "---\n" + jobBudget},
	{"serving-pods-have-budget", "*", "PodDisruptionBudget > *", "none", "", ""},
	{"serving-pods-have-budget", salesAPI, "PodDisruptionBudget/orders > Deployment/orders", "of another app", `(?m)^      app.kubernetes.io/instance: orders`, "      app.kubernetes.io/instance: order"},
	{"serving-pods-have-budget", "canary/flagger", "PodDisruptionBudget/web-primary > *", "none for the primary", "", ""},
	{"serving-pods-have-budget", salesAPI, "PodDisruptionBudget/orders > Deployment/orders", "of another namespace", "  namespace: sales", "  namespace: backoffice"},
	{"budget-lets-broken-pods-go", "*", "PodDisruptionBudget", "nothing is said of broken pods", `(?m)^  unhealthyPodEvictionPolicy: AlwaysAllow\n`, ""},
	{"budget-lets-broken-pods-go", "*", "PodDisruptionBudget", "broken pods hold", "AlwaysAllow", "IfHealthyBudget"},
	{"budget-lets-broken-pods-go", salesAPI, "PodDisruptionBudget/pricing", "broken pods hold where a number stays", `(?m)^  maxUnavailable: 1((\n.*)+)AlwaysAllow`, "  minAvailable: 2${1}IfHealthyBudget"},
	{"quorum-survives-disruption", "streaming/prod", "PodDisruptionBudget/kafka", "two of three may go", "maxUnavailable: 1", "maxUnavailable: 2"},
	{"quorum-survives-disruption", "streaming/prod", "PodDisruptionBudget/kafka", "one of three must stay", "maxUnavailable: 1", "minAvailable: 1"},
	{"quorum-survives-disruption", "streaming/prod", "PodDisruptionBudget/kafka", "a share that is rounded up", "maxUnavailable: 1", "maxUnavailable: 50%"},
	{"every-node-can-drain", "*", "PodDisruptionBudget > *", "nobody may go", "maxUnavailable: 1", "maxUnavailable: 0"},
	{"every-node-can-drain", salesAPI, "Deployment/pricing", "one node for all", `(?m)^      serviceAccountName`, "      nodeSelector: {kubernetes.io/hostname: a}\n      serviceAccountName"},
	{"drain-leaves-capacity", salesAPI, "Deployment/pricing > Deployment/beside", "one node for all", "", "---\n" + twoBeside("sales", "nodeSelector: {kubernetes.io/hostname: a}")},
	{"drain-leaves-capacity", salesAPI, "Deployment/pricing > Deployment/beside", "all where the first one is", "", "---\n" + twoBeside("sales", "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: beside}}}]}}")},
	{"drain-leaves-capacity", salesAPI, "Deployment/pricing > Deployment/beside", "a list of one node", "", "---\n" + twoBeside("sales", "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [a]}]}]}}}")},
	{"rollout-keeps-capacity", "*", "Deployment", "all go before the new ones come", `(?m)^(  replicas: [2-9]\n(?:.*\n)*?)      maxSurge: .*\n      maxUnavailable: 0`, "${1}      maxSurge: 0\n      maxUnavailable: 100%"},
	{"rollout-keeps-capacity", salesAPI, "Deployment", "more than a drain may take", `(?m)^      maxSurge: .*\n      maxUnavailable: 0`, "      maxSurge: 0\n      maxUnavailable: 2"},
	{"rollout-keeps-capacity", "*", "Deployment", "all at once", `(?m)^(  replicas: [2-9]\n(?:.*\n)*?)  strategy:\n    rollingUpdate:\n(      .*\n)+    type: RollingUpdate`, "${1}  strategy:\n    type: Recreate"},
	{"rollout-can-move", "*", "Deployment", "no step", `(?m)^      maxSurge: .*\n      maxUnavailable: 0\n`, "      maxSurge: 0\n      maxUnavailable: 0\n"},
	{"rollout-can-move", salesAPI, "Deployment/pricing", "one pod in a zone", `(?m)^      serviceAccountName`, "      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: topology.kubernetes.io/zone, labelSelector: {matchLabels: {app.kubernetes.io/instance: pricing}}}]}}\n      serviceAccountName"},
	{"singleton-is-not-doubled", "claims/prod", "Deployment/wiki", "two pods for one disk while a version comes", `(?m)^    type: Recreate$`, "    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}\n    type: RollingUpdate"},
	{"singleton-is-not-doubled", "claims/prod", "Deployment/wiki", "two pods for one disk", `(?m)^  replicas: 1$`, "  replicas: 2"},
	{"singleton-is-not-doubled", "claims/prod", "PersistentVolumeClaim/media-uploads > Deployment", "a disk of one node under many pods", "ReadWriteMany", "ReadWriteOnce"},
	{"singleton-is-not-doubled", "claims/prod", "Deployment/wiki", "what is not said is a rolling update", `(?m)^  strategy:\n    type: Recreate\n`, ""},
	{"colours-are-apart", "blue_green/warm", "PodDisruptionBudget/web-blue > *", "a budget over both", `(?m)^  maxUnavailable: 1((?:\n.*)+)\n      scantling.dev/color: blue`, "  minAvailable: 5${1}"},
	{"colours-are-apart", "blue_green/warm", "Service/web > *", "a Service of both", `(?m)^    (scantling.dev/(color|track)|app.kubernetes.io/name): .*\n`, ""},
	{"colours-are-apart", "blue_green/warm", "Deployment/web-blue > *", "a spread over both", `(?m)^            (scantling.dev/(color|track)|app.kubernetes.io/name): .*\n`, ""},
}

// twoBeside is a Deployment that is no app of ours, with two pods that have more in their spec.
func twoBeside(namespace, more string) string {
	return `apiVersion: apps/v1
kind: Deployment
metadata: {name: beside, namespace: ` + namespace + `}
spec:
  replicas: 2
  selector: {matchLabels: {app: beside}}
  template:
    metadata: {labels: {app: beside}}
    spec:
      ` + more + `
      containers: [{name: beside, image: "beside:1.0"}]
`
}

const jobBudget = `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: nightly-report, namespace: finance}
spec: {maxUnavailable: 1, selector: {matchLabels: {app.kubernetes.io/instance: nightly-report}}}
`
