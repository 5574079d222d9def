package verify_test

// scalingMutants are slips in how many pods there are, and in how large they are.
var scalingMutants = []mutant{
	{"autoscaler-finds-target", "*", "HorizontalPodAutoscaler", "a target that there is none of", `(?m)^(  scaleTargetRef:\n    apiVersion: .*\n    kind: .*\n    name: .*)$`, "${1}-2"},
	{"autoscaler-finds-target", "*", "HorizontalPodAutoscaler", "a kind without a number", `(?m)^    kind: (Deployment|Rollout)$`, "    kind: DaemonSet"},
	{"autoscaler-finds-target", "*", "HorizontalPodAutoscaler", "a group that has it not", `(?m)^    apiVersion: .*$`, "    apiVersion: batch/v1"},
	{"autoscaler-finds-target", "*", "ScaledObject", "a target that there is none of", `(?m)^(  scaleTargetRef:\n    apiVersion: .*\n    kind: .*\n    name: .*)$`, "${1}-2"},
	{"autoscaler-finds-target", "*", "HorizontalPodAutoscaler > *", "two for one", "twice", "second"},
	{"autoscaler-owns-replicas", salesAPI, "Deployment/orders", "a number beside", `(?m)^  revisionHistoryLimit`, "  replicas: 3\n  revisionHistoryLimit"},
	{"autoscaler-owns-replicas", "worker/prod", "Deployment/invoices", "a number beside", `(?m)^  revisionHistoryLimit`, "  replicas: 3\n  revisionHistoryLimit"},
	{"autoscaler-owns-replicas", "canary/rollouts", "Rollout/web", "a number beside", `(?m)^  revisionHistoryLimit`, "  replicas: 3\n  revisionHistoryLimit"},
	{"autoscaler-range-is-sound", "*", "HorizontalPodAutoscaler", "from many to few", `(?m)^  minReplicas: .*$`, "  minReplicas: 500"},
	{"autoscaler-range-is-sound", "*", "HorizontalPodAutoscaler", "none at most", `(?m)^  maxReplicas: .*$`, "  maxReplicas: 0"},
	{"autoscaler-range-is-sound", "*", "HorizontalPodAutoscaler", "none at least", `(?m)^  minReplicas: .*$`, "  minReplicas: 0"},
	{"autoscaler-range-is-sound", salesAPI, "HorizontalPodAutoscaler/orders", "one at least, where it is critical", `(?m)^  minReplicas: .*$`, "  minReplicas: 1"},
	{"autoscaler-range-is-sound", "*", "ScaledObject", "from many to few", `(?m)^  maxReplicaCount: .*$`, "  maxReplicaCount: 0"},
	{"metric-has-request", "streaming/prod", "HorizontalPodAutoscaler/checkout", "a container that there is none of", "container: checkout", "container: app"},
	{"one-hand-on-size", salesAPI, "VerticalPodAutoscaler/orders", "it changes CPU", `updateMode: "Off"`, "updateMode: Recreate"},
	{"one-hand-on-size", salesAPI, "VerticalPodAutoscaler/orders", "it changes CPU in place", `updateMode: "Off"`, "updateMode: InPlaceOrRecreate"},
	{"one-hand-on-size", salesAPI, "VerticalPodAutoscaler/orders", "it changes CPU when pods start", `updateMode: "Off"`, "updateMode: Initial"},
	{"target-survives-zone", salesAPI, "HorizontalPodAutoscaler/orders", "70 % of three zones", "averageUtilization: 60", "averageUtilization: 70"},
	{"target-survives-zone", "blue_green/warm", "HorizontalPodAutoscaler/web-blue", "95 %", "averageUtilization: 60", "averageUtilization: 95"},
	{"target-survives-zone", "blue_green/preview", "HorizontalPodAutoscaler/web-blue", "67 % of three zones", "averageUtilization: 60", "averageUtilization: 67"},
	{"metric-has-request", salesAPI, "Deployment/pricing > HorizontalPodAutoscaler/beside", "no request", "", "---\n" + scaledBeside("cpu", "{}")},
	{"metric-has-request", salesAPI, "Deployment/pricing > HorizontalPodAutoscaler/beside", "a request of memory alone", "", "---\n" + scaledBeside("cpu", "{requests: {memory: 64Mi}, limits: {memory: 64Mi}}")},
	{"memory-is-no-scale-signal", salesAPI, "Deployment/pricing > HorizontalPodAutoscaler/beside", "a limit above the request", "", "---\n" + scaledBeside("memory", "{requests: {memory: 64Mi}, limits: {memory: 128Mi}}")},
	{"memory-is-no-scale-signal", salesAPI, "Deployment/pricing > HorizontalPodAutoscaler/beside", "no limit", "", "---\n" + scaledBeside("memory", "{requests: {memory: 64Mi}}")},
	{"requests-are-set", "*", "Deployment", "no limit of memory", `(?m)^          limits:\n(            .*\n)+`, ""},
	{"requests-are-set", "*", "StatefulSet", "no requests", `(?m)^          requests:\n(            .*\n)+`, ""},
	{"requests-are-set", "*", "CronJob", "no CPU", `(?m)^( +)cpu: .*\n`, ""},
	{"requests-are-set", "*", "Deployment", "more than it may use", `(?m)^( +requests:\n(?:.*\n)*? +memory: ).*$`, "${1}64Gi"},
	{"requests-are-set", "*", "Rollout", "nothing", `(?m)^        resources:\n(          .*\n)+`, ""},
	{"scratch-fits", "*", "Deployment", "a volume that is larger than all that it may use", `(?m)sizeLimit: .*$`, "sizeLimit: 64Gi"},
	{"scratch-fits", "*", "Deployment", "a limit that is smaller than its volumes", `(?m)^( +)ephemeral-storage: .*$`, "${1}ephemeral-storage: 32Mi"},
	{"scratch-fits", "*", "Deployment", "more in memory than it may use", `(?m)^( +)sizeLimit: .*$`, "${1}medium: Memory\n${1}sizeLimit: 16Gi"},
	{"scratch-fits", salesAPI, ordersBackup, "a backup that does not fit", `(?m)sizeLimit: .*$`, "sizeLimit: 640Gi"},
	{"size-is-in-limits", salesAPI, "LimitRange/defaults > *", "a most that is below a container", `(?m)^  - default:`, "  - max: {memory: 64Mi}\n    default:"},
	{"size-is-in-limits", salesAPI, "LimitRange/defaults > *", "a least that is above a container", `(?m)^  - default:`, "  - min: {cpu: \"4\"}\n    default:"},
	{"size-is-in-limits", "claims/prod", "LimitRange/defaults of shop > *", "a most that is below a claim", `(?m)^  limits:`, "  limits:\n  - {type: PersistentVolumeClaim, max: {storage: 1Gi}}"},
	{"size-is-in-limits", salesAPI, "LimitRange/defaults > *", "a most that is below a pod", `(?m)^  limits:`, "  limits:\n  - {type: Pod, max: {memory: 64Mi}}"},
	{"quota-fits", "*", "ResourceQuota", "one pod", `(?m)^    pods: .*$`, `    pods: "1"`},
	{"quota-fits", salesAPI, "ResourceQuota/quota", "CPU without the surge", `(?m)^    requests.cpu: .*$`, "    requests.cpu: 8500m"},
	{"quota-fits", "*", "ResourceQuota", "little memory", `(?m)^    requests.memory: .*$`, "    requests.memory: 64Mi"},
	{"quota-fits", "*", "ResourceQuota", "little CPU", `(?m)^    requests.cpu: .*$`, "    requests.cpu: 50m"},
	{"quota-fits", "claims/prod", "ResourceQuota/quota of shop", "one claim", `(?m)^    persistentvolumeclaims: .*$`, `    persistentvolumeclaims: "1"`},
	{"quota-fits", salesAPI, "HorizontalPodAutoscaler/orders > ResourceQuota", "ten times the pods", "maxReplicas: 10", "maxReplicas: 100"},
	{"quota-fits", salesAPI, "Deployment/orders > ResourceQuota", "pods of 4 CPU", `(?m)^            cpu: .*$`, `            cpu: "4"`},
	{"connections-fit-database", salesAPI, "Deployment/orders > *", "ten times as many", "name: DB_POOL_MAX\n          value: \"8\"", "name: DB_POOL_MAX\n          value: \"80\""},
	{"connections-fit-database", salesAPI, "HorizontalPodAutoscaler/orders > *", "ten times the pods", "maxReplicas: 10", "maxReplicas: 100"},
	{"connections-fit-database", clusters, "Pooler/pooled-db-pooler > *", "more than the server takes", `default_pool_size: "95"`, `default_pool_size: "950"`},
	{"connections-fit-database", clusters, "Cluster/pooled-db > *", "a server that takes fewer", `max_connections: "300"`, `max_connections: "100"`},
}

// scaledBeside is a Deployment that is no app of ours, with an autoscaler that aims at a share of a resource.
func scaledBeside(resource, resources string) string {
	return `apiVersion: apps/v1
kind: Deployment
metadata: {name: beside, namespace: backoffice}
spec:
  selector: {matchLabels: {app: beside}}
  template:
    metadata: {labels: {app: beside}}
    spec: {containers: [{name: beside, image: "beside:1.0", resources: ` + resources + `}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: beside, namespace: backoffice}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: beside}
  minReplicas: 2
  maxReplicas: 4
  metrics: [{type: Resource, resource: {name: ` + resource + `, target: {type: Utilization, averageUtilization: 80}}}]
`
}
