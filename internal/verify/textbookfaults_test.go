package verify_test

// textbookFault is something in the textbook that is wrong, unsafe or out of date.
type textbookFault struct {
	id, about string
	blocks    []string // that are read together; none: all
	violated  []said
	unseen    string // why no manifest shows it
}

// Blocks of the textbook.
const (
	rollingBlock   = "03-rolling-update.yaml"
	zonesBlock     = "04-multi-az.yaml"
	budgetBlock    = "05-disruption-budget.yaml"
	secretBlock    = "07-external-secret.yaml"
	rbacBlock      = "08-rbac.yaml"
	hardenedBlock  = "10-pod-security.yaml"
	backupBlock    = "11-database-backup.yaml"
	autoscaleBlock = "12-autoscaler.yaml"
	alertsBlock    = "14-alerting-rules.yaml"
	// storageMended is the block about storage with a claim and an app that mounts it.
	storageMended = "../../../../e2e/suite/testdata/textbook/storage.yaml"
)

// Reasons why a fault is in no manifest.
const (
	inShell    = "a command for a shell"
	inProgram  = "the code of a program"
	inProse    = "said in prose"
	inFragment = "a part of a container, which is no object"
)

const (
	deployment = "Deployment/myapp"
	blue       = "Deployment/myapp-blue"
	green      = "Deployment/myapp-green"
	pdb        = "PodDisruptionBudget/myapp-pdb"
	hpa        = "HorizontalPodAutoscaler/myapp-hpa"
	dump       = "CronJob/postgres-backup"
)

// textbookFaults are all that are known, each with what is said of it.
var textbookFaults = []textbookFault{
	{id: "E01", about: "colours without probes, resources and hardening, under one budget", violated: []said{
		{"serving-pods-have-readiness", blue}, {"requests-are-set", blue}, {"requests-are-set", green}, {"root-is-read-only", blue}, {"root-is-read-only", green},
		{"token-only-where-used", blue}, {"token-only-where-used", green}, {"pod-security-admits", blue}, {"pod-security-admits", green}, {"colours-are-apart", pdb},
	}},
	{id: "E02", about: "kubectl patch for the cut-over", unseen: inShell},
	{id: "E03", about: "the old colour is deleted at once", unseen: inShell},
	{id: "E04", about: "subsets without a DestinationRule", violated: []said{{"subset-is-defined", "VirtualService/myapp"}}},
	{id: "E05", about: "users flap between versions", unseen: "weights without stickiness are sound where versions agree, which no manifest says"},
	{id: "E06", about: "a week at 10 % without analysis", unseen: inProse},
	{id: "E07", about: "a rolling update without a selector", blocks: []string{rollingBlock}, violated: []said{{"selector-selects-own-pods", deployment}}},
	{id: "E08", about: "required anti-affinity of zones", blocks: []string{zonesBlock}, violated: []said{
		{"required-apart-leaves-room", deployment}, {"selector-selects-own-pods", deployment}, {"pod-is-accepted", deployment},
	}},
	{id: "E09", about: "a spread that counts dead nodes and old revisions", blocks: []string{zonesBlock}, violated: []said{
		{"spread-minds-dead-nodes", deployment}, {"spread-counts-one-revision", deployment},
	}},
	// All blocks together, the budget is over the colours, and lets some of them go.
	{id: "E10", about: "minAvailable 2 of at least 2 pods", blocks: []string{zonesBlock, budgetBlock, autoscaleBlock}, violated: []said{
		{"budget-allows-eviction", pdb}, {"budget-lets-broken-pods-go", pdb},
	}},
	{id: "E11", about: "readiness that asks the database", unseen: inProgram},
	{id: "E12", about: "liveness that waits instead of a startup probe", unseen: inFragment},
	{id: "E13", about: "credentials in the history of a shell", unseen: inShell},
	{id: "E14", about: "an ExternalSecret of a version that is gone", blocks: []string{secretBlock}, violated: []said{{"version-is-served", "ExternalSecret/db-creds"}}},
	{id: "E15", about: "a key that nobody makes", blocks: []string{secretBlock, backupBlock}, violated: []said{{"secret-is-produced", dump}, {"backup-cannot-lie", dump}}},
	{id: "E16", about: "rights to all ConfigMaps, and tokens in every pod", blocks: []string{rbacBlock, hardenedBlock}, violated: []said{
		{"rights-have-a-use", "Role/myapp-role"}, {"token-only-where-used", deployment},
	}},
	{id: "E17", about: "deny-all without DNS", violated: []said{{"names-can-be-resolved", blue}, {"names-can-be-resolved", green}, {"names-can-be-resolved", dump}}},
	{id: "E18", about: "peers of the same namespace alone", violated: []said{{"policy-governs-pods", "NetworkPolicy/myapp-policy"}}},
	{id: "E19", about: "a Pod Security level without a version", blocks: []string{hardenedBlock}, violated: []said{{"pod-security-is-pinned", "Namespace/production"}}},
	{id: "E20", about: "a read-only root without /tmp, in what the API server refuses", blocks: []string{hardenedBlock}, violated: []said{
		{"writable-paths-are-volumes", deployment}, {"selector-selects-own-pods", deployment}, {"pod-is-accepted", deployment},
	}},
	{id: "E21", about: "velero install", unseen: inShell},
	{id: "E22", about: "velero restore", unseen: inShell},
	{id: "E23", about: "an image without the client, a directory that is not there, two dates", blocks: []string{backupBlock}, violated: []said{{"backup-cannot-lie", dump}}},
	{id: "E24", about: "a pipe that hides a failed dump", blocks: []string{backupBlock}, violated: []said{{"backup-cannot-lie", dump}}},
	{id: "E25", about: "a backup without hardening, resources, deadline and zone of time", violated: []said{
		{"pod-security-admits", dump}, {"root-is-read-only", dump}, {"requests-are-set", dump}, {"backup-run-is-bounded", dump}, {"schedule-is-utc", dump},
	}},
	{id: "E26", about: "24 h and the dump are more than 24 h", unseen: "what may be lost is said in prose: how much a run loses is told, as an unknown"},
	{id: "E27", about: "objectives of recovery", unseen: inProse},
	{id: "E28", about: "memory as a signal to scale", violated: []said{{"memory-is-no-scale-signal", hpa}}},
	{id: "E29", about: "replicas beside an autoscaler", violated: []said{{"autoscaler-owns-replicas", deployment}}},
	{id: "E30", about: "an autoscaler that leaves no room for a lost zone", violated: []said{{"target-survives-zone", hpa}, {"metric-has-request", hpa}}},
	{id: "E31", about: "limits of twice the requests", unseen: inFragment},
	{id: "E32", about: "a cache that hides its errors", unseen: inProgram},
	{id: "E33", about: "an index that locks", unseen: inProgram},
	{id: "E34", about: "pools of 25", unseen: inProgram},
	{id: "E35", about: "indicators", unseen: inProse},
	{id: "E36", about: "a budget without a window", unseen: inProse},
	{id: "E37", about: "one error rate for the whole cluster", blocks: []string{alertsBlock}, violated: []said{{"error-rate-is-per-service", "RuleFile/14-alerting-rules"}}},
	{id: "E38", about: "a quantile of each series", blocks: []string{alertsBlock}, violated: []said{{"quantile-keeps-le", "RuleFile/14-alerting-rules"}}},
	{id: "E39", about: "kubectl top", unseen: inShell},
	{id: "E40", about: "nodes of spot capacity", unseen: "what eksctl reads is no object, and this has no name: it is told as unreadable"},
	{id: "E41", about: "data that goes with its claim", blocks: []string{storageMended}, violated: []said{{"data-outlives-its-app", "PersistentVolumeClaim/unused-pvc"}}},
	{id: "E42", about: "migrations and sealed secrets", unseen: inProse},
}
