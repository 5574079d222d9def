package verify_test

// placementMutants are slips in which nodes pods are on.
var placementMutants = []mutant{
	{"spread-selects-own-pods", "*", "Deployment", "pods of another instance", `(?m)^(            app.kubernetes.io/instance: .*)$`, "${1}-2"},
	{"spread-selects-own-pods", "*", "Deployment", "no selector", `(?m)^      - labelSelector:\n(          .*\n)+        matchLabelKeys:\n(        - .*\n)+`, "      -\n"},
	{"spread-selects-own-pods", "*", "Rollout", "pods of another instance", `(?m)^(            app.kubernetes.io/instance: .*)$`, "${1}-2"},
	{"spread-selects-own-pods", "stateful/prod", "StatefulSet/search", "an anti-affinity about others", `(?m)^(                app.kubernetes.io/instance: .*)$`, "${1}-2"},
	{"required-apart-leaves-room", salesAPI, "Deployment/pricing", "no zone for a new one", `(?m)^      serviceAccountName`, "      " + mutantApart("topology.kubernetes.io/zone") + "\n      serviceAccountName"},
	{"required-apart-leaves-room", salesAPI, "Deployment/orders", "a zone for each of ten", `(?m)^      serviceAccountName`, "      " + mutantApart("topology.kubernetes.io/zone") + "\n      serviceAccountName"},
	{"spread-minds-dead-nodes", salesAPI, "Deployment/pricing", "a dead zone counts", `(?m)^        nodeTaintsPolicy: Honor\n`, ""},
	{"spread-minds-dead-nodes", salesAPI, "Deployment/pricing", "a dead zone counts, as it says", "nodeTaintsPolicy: Honor", "nodeTaintsPolicy: Ignore"},
	{"spread-minds-dead-nodes", salesAPI, "Deployment/pricing", "all three zones are wanted", `(?m)^        nodeAffinityPolicy: Honor\n(        nodeTaintsPolicy: Honor\n        topologyKey: topology.kubernetes.io/zone)`, "        minDomains: 3\n        nodeAffinityPolicy: Honor\n${1}"},
	{"spread-keys-are-legal", "*", "Deployment", "a key in both", `(?m)^        - pod-template-hash$`, "        - pod-template-hash\n        - app.kubernetes.io/instance"},
	{"spread-keys-are-legal", "*", "Deployment", "no skew", `(?m)^        maxSkew: 1$`, "        maxSkew: 0"},
	{"spread-keys-are-legal", "*", "Deployment", "domains that are not wanted", `(?m)^(        maxSkew: 1\n(?:        .*\n)+        whenUnsatisfiable: ScheduleAnyway)$`, "        minDomains: 2\n${1}"},
	{"spread-keys-are-legal", "stateful/prod", "StatefulSet/search", "a key that its pods have not", `(?m)^        maxSkew: 1$`, "        matchLabelKeys: [pod-template-hash]\n        maxSkew: 1"},
	{"spread-keys-are-legal", "canary/rollouts", "Rollout/web", "the key of Deployments", "rollouts-pod-template-hash", "pod-template-hash"},
	{"spread-counts-one-revision", salesAPI, "Deployment/pricing", "both revisions", `(?m)^        matchLabelKeys:\n        - pod-template-hash\n`, ""},
	{"spread-counts-one-revision", salesAPI, "Deployment/orders", "both revisions", `(?m)^        matchLabelKeys:\n        - pod-template-hash\n`, ""},
	{"spread-counts-one-revision", salesAPI, "Deployment/orders", "another key", "- pod-template-hash", "- scantling.dev/owner"},
	{"zone-loss-is-survived", salesAPI, "Deployment/pricing", "one zone for all", `(?m)^      serviceAccountName`, "      nodeSelector: {topology.kubernetes.io/zone: eu-1a}\n      serviceAccountName"},
	{"zone-loss-is-survived", salesAPI, "Deployment/orders", "a list of one zone", `(?m)^      serviceAccountName`, "      affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [eu-1b]}]}]}}}\n      serviceAccountName"},
	{"zone-loss-is-survived", salesAPI, "Deployment/pricing", "no room in the zones that are left", `(?m)^      serviceAccountName`, "      " + mutantApart("topology.kubernetes.io/zone") + "\n      serviceAccountName"},
	{"zone-loss-is-survived", salesAPI, "Deployment/pricing", "all where the first one is", `(?m)^      serviceAccountName`, "      affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: topology.kubernetes.io/zone, labelSelector: {matchLabels: {app.kubernetes.io/instance: pricing}}}]}}\n      serviceAccountName"},
	{"spot-is-bounded", "spot/prod", "Deployment/web-base > *", "a floor that may go", "operator: NotIn", "operator: In"},
	{"spot-is-bounded", "spot/prod", "Deployment/web", "more than the budget lets go", `(?m)^  replicas: 1$`, "  replicas: 9"},
	{"spot-is-bounded", salesAPI, "Deployment/pricing", "what is critical", `(?m)^      serviceAccountName`, "      nodeSelector: {karpenter.sh/capacity-type: spot}\n      serviceAccountName"},
	{"volume-follows-its-pod", "*", "PersistentVolumeClaim > StorageClass", "a disk of any zone", "", "---\n" + zonalClass("Immediate")},
	{"volume-follows-its-pod", salesAPI, "Namespace/sales > StorageClass", "a disk of any zone, as it does not say otherwise", "", "---\n" + zonalClass("")},
	{"spot-is-bounded", "spot/prod", "Deployment/web", "what is critical", "scantling.dev/tier: standard", "scantling.dev/tier: critical"},
}

// mutantApart is a rule that no two pods of pricing or orders may share a domain.
func mutantApart(key string) string {
	return "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: " + key + ", labelSelector: {matchLabels: {app.kubernetes.io/component: app}}}]}}"
}

// zonalClass is a StorageClass of disks that are in one zone.
func zonalClass(binding string) string {
	text := "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: ebs.csi.aws.com\n"
	if binding != "" {
		text += "volumeBindingMode: " + binding + "\n"
	}
	return text
}
