package compile_test

const (
	dumps, clusters, volumes, small = "recovery_dumps/prod", "recovery_clusters/prod", "recovery_volumes/prod", "recovery_volumes/small"

	ofRun  = "spec jobTemplate spec "
	ofPod  = ofRun + "template spec "
	upload = ofPod + "containers name=upload env name="
	fetch  = ofPod + "initContainers name=fetch env name="
)

// dataSlips break what keeps data restorable.
var dataSlips = []slip{
	{dumps, "loss-is-within-objective", "a rarer schedule", []damage{set("CronJob/checkout-orders-backup", "spec schedule", "42 */2 * * *")}},
	{dumps, "loss-is-within-objective", "a schedule of working days", []damage{set("CronJob/checkout-orders-backup", "spec schedule", "42 * * * 1-5")}},
	{dumps, "loss-is-within-objective", "a schedule that never comes", []damage{set("CronJob/checkout-orders-backup", "spec schedule", "0 0 31 2 *")}},
	{dumps, "loss-is-within-objective", "a schedule with six fields", []damage{set("CronJob/checkout-orders-backup", "spec schedule", "0 42 * * * *")}},
	{dumps, "loss-is-within-objective", "a longer deadline", []damage{set("CronJob/catalog-reviews-backup", ofRun+"activeDeadlineSeconds", hour+1)}},
	{dumps, "backup-run-is-bounded", "a deadline that takes the slack", []damage{set("CronJob/catalog-carts-backup", ofRun+"activeDeadlineSeconds", hour+minute)}},
	{dumps, "backup-run-is-bounded", "no deadline", []damage{set("CronJob/catalog-stock-backup", ofRun+"activeDeadlineSeconds", nil)}},
	{dumps, "loss-is-within-objective", "suspended", []damage{set("CronJob/catalog-stock-backup", "spec suspend", true)}},
	{dumps, "schedule-is-utc", "local time", []damage{set("CronJob/catalog-stock-backup", "spec timeZone", "Europe/Berlin")}},
	{dumps, "data-has-backup", "no backup", []damage{without("CronJob/catalog-stock-backup")}},
	{dumps, "backup-is-watched", "a backup of something else", []damage{set("CronJob/catalog-stock-backup", "metadata name", "catalog-prices-backup")}},
	{small, "loss-is-within-objective", "rarer snapshots", []damage{set("CronJob/search-log-backup", "spec schedule", "11 3 * * *")}},
	{volumes, "loss-is-within-objective", "a rarer schedule of Velero", []damage{set("Schedule/shop-uploads-cc9ce375", "spec schedule", "0 */12 * * *")}},
	{volumes, "backup-is-rehearsed", "a schedule of another namespace", []damage{set("Schedule/shop-uploads-cc9ce375", "spec template includedNamespaces", flow("[store]"))}},
	{volumes, "data-has-backup", "a schedule of another app's volumes", []damage{set("Schedule/shop-uploads-cc9ce375", "spec template labelSelector matchLabels app.kubernetes.io/instance", "search")}},
	{clusters, "backup-is-watched", "changes that wait too long", []damage{set("Cluster/archived-db", "spec postgresql parameters archive_timeout", "300s")}},
	{clusters, "loss-is-within-objective", "changes that wait for ever", []damage{set("Cluster/archived-db", "spec postgresql parameters archive_timeout", nil)}},
	{clusters, "data-has-backup", "an archiver that is off", []damage{set("Cluster/archived-db", "spec plugins 0 enabled", false)}},
	{clusters, "loss-is-within-objective", "an archive that is nowhere", []damage{set("Cluster/archived-db", "spec plugins 0 parameters barmanObjectName", "gone")}},
	{clusters, "loss-is-within-objective", "no base backup", []damage{without("ScheduledBackup/archived-db")}},
	{clusters, "loss-is-within-objective", "a base backup a week", []damage{set("ScheduledBackup/archived-db", "spec schedule", "0 15 22 * * 1")}},
	{clusters, "loss-is-within-objective", "a base backup with five fields", []damage{set("ScheduledBackup/archived-db", "spec schedule", "15 22 * * *")}},
	{clusters, "backup-is-rehearsed", "no standby", []damage{set("Cluster/hot-db", "spec postgresql synchronous", nil)}},
	{clusters, "loss-is-within-objective", "a standby that may lag", []damage{set("Cluster/hot-db", "spec postgresql synchronous dataDurability", "preferred")}},
	{clusters, "loss-is-within-objective", "one standby alone", []damage{set("Cluster/hot-db", "spec instances", 2)}},

	{dumps, "backup-is-rehearsed", "no drill", []damage{without("CronJob/catalog-carts-drill")}},
	{clusters, "backup-is-rehearsed", "no drill of an archive", []damage{without("CronJob/archived-db-drill")}},
	{volumes, "backup-is-rehearsed", "no drill of a volume", []damage{without("CronJob/uploads-files-drill")}},
	{dumps, "backup-is-rehearsed", "a drill a month of what is critical", []damage{set("CronJob/checkout-orders-drill", "spec schedule", "4 15 3 * *")}},
	{dumps, "backup-is-rehearsed", "a drill every second month", []damage{set("CronJob/catalog-carts-drill", "spec schedule", "4 15 3 */2 *")}},
	{dumps, "backup-is-rehearsed", "a drill of another bucket", []damage{set("CronJob/catalog-carts-drill", fetch+"RCLONE_CONFIG_CRYPT_REMOTE value", "store:acme-backups/prod/shop/catalog-stock")}},
	{volumes, "backup-is-rehearsed", "a drill of another schedule", []damage{set("CronJob/uploads-files-drill", ofPod+"containers 0 env name=SCHEDULE value", "shop-search")}},
	{volumes, "backup-is-rehearsed", "a drill that restores over the data", []damage{set("CronJob/uploads-files-drill", ofPod+"containers 0 env name=DRILL value", "shop")}},
	{clusters, "backup-is-rehearsed", "a drill of another archive", []damage{set("CronJob/archived-db-drill", ofPod+"initContainers name=drill env name=STORE value", "hot-db")}},
	{dumps, "backup-is-watched", "no alert", []damage{unruled("catalog-carts-backup", "", "BackupRPO")}},
	{dumps, "backup-is-watched", "nobody hears that it is suspended", []damage{unruled("catalog-carts-backup", "", "BackupSuspended")}},
	{dumps, "backup-is-watched", "nobody hears that it is gone", []damage{unruled("catalog-carts-backup", "", "BackupMissing")}},
	{dumps, "backup-is-rehearsed", "nobody hears of late drills", []damage{unruled("catalog-carts-backup", "", "RestoreDrillOverdue")}},
	{dumps, "backup-is-watched", "a later alert", []damage{swapped("catalog-carts-backup", "", "BackupRPO", "> 10800", "> 21600")}},
	{dumps, "backup-is-watched", "a later alert of what never succeeded", []damage{swapped("catalog-carts-backup", "", "BackupRPO", `cronjob="catalog-carts-backup"}) > 10800`+"\nunless", `cronjob="catalog-carts-backup"}) > 99999`+"\nunless")}},
	{dumps, "backup-is-watched", "an alert of another job", []damage{swapped("catalog-carts-backup", "", "BackupRPO", "catalog-carts-backup", "catalog-stock-backup")}},
	{dumps, "backup-is-watched", "an alert that wakes nobody", []damage{told("catalog-carts-backup", "", "BackupRPO", "labels severity", "ticket")}},
	{dumps, "alert-leads-somewhere", "an alert that says nothing", []damage{told("catalog-carts-backup", "", "BackupRPO", "annotations", nil)}},
	{clusters, "backup-is-watched", "a later alert of an archive", []damage{swapped("archived-db-backup", "", "BackupRPO", "> 300", "> 3600")}},
	{volumes, "backup-is-watched", "a later alert of Velero", []damage{swapped("uploads-files-backup", "", "BackupRPO", "> 14400", "> 86400")}},
	{dumps, "backup-retention", "backups that are not kept", []damage{set("CronJob/catalog-carts-backup", upload+"KEEP_SECONDS value", "604800")}},
	{dumps, "backup-retention", "one backup at a time", []damage{set("CronJob/catalog-stock-backup", upload+"KEEP_ALL_SECONDS value", "86400")}},
	{clusters, "backup-retention", "an archive that is not kept", []damage{set("ObjectStore/archived-db", "spec retentionPolicy", "7d")}},
	{volumes, "backup-retention", "volumes that are not kept", []damage{set("Schedule/shop-search-e9a1fe28", "spec template ttl", "336h0m0s")}},
	{small, "backup-retention", "snapshots that are not kept", []damage{set("CronJob/search-log-backup", ofPod+"containers 0 env name=KEEP_SECONDS value", "86400")}},
	{small, "backup-survives-its-region", "snapshots of what is critical", []damage{set("CronJob/search-log-backup", "metadata labels scantling.dev/tier", "critical")}},
	{dumps, "names-can-be-resolved", "no policy", []damage{without("NetworkPolicy/catalog-carts-backup")}},
	{dumps, "declared-calls-are-open", "no way to the database", []damage{set("NetworkPolicy/catalog-carts-backup", "spec egress 0", nil)}},
	{dumps, "declared-calls-are-open", "no way to the bucket", []damage{set("NetworkPolicy/catalog-carts-backup", "spec egress 1", nil)}},
	{volumes, "api-server-is-reached", "no way to the API server", []damage{set("NetworkPolicy/uploads-files-drill", "spec egress 0", nil)}},
	{dumps, "backup-survives-its-region", "a bucket beside the data", []damage{set("CronJob/checkout-orders-backup", upload+"RCLONE_CONFIG_STORE_REGION value", "eu-1")}},
	{clusters, "backup-survives-its-region", "an archive beside the data", []damage{set("ObjectStore/hot-db", "spec instanceSidecarConfiguration env name=AWS_DEFAULT_REGION value", "eu-1")}},
	{volumes, "backup-survives-its-region", "volumes beside the data", []damage{set("BackupStorageLocation/prod", "spec config region", "eu-1")}},

	{dumps, "backup-is-rehearsed", "a slow rehearsal", []damage{set("CronJob/checkout-orders-drill", ofRun+"activeDeadlineSeconds", hour)}},
	{dumps, "backup-is-rehearsed", "an endless rehearsal", []damage{set("CronJob/checkout-orders-drill", ofRun+"activeDeadlineSeconds", nil)}},
	{clusters, "backup-is-rehearsed", "a slow rehearsal of an archive", []damage{set("CronJob/archived-db-drill", ofRun+"activeDeadlineSeconds", 2*hour)}},
	{clusters, "backup-is-rehearsed", "a far slower rehearsal than a standby's archive needs", []damage{set("CronJob/hot-db-drill", ofRun+"activeDeadlineSeconds", day)}},
	{volumes, "backup-is-rehearsed", "a slow rehearsal of a volume", []damage{set("CronJob/uploads-files-drill", ofRun+"activeDeadlineSeconds", 2*hour)}},
	{dumps, "backup-is-rehearsed", "a rehearsal of an old dump", []damage{set("CronJob/checkout-orders-drill", fetch+"MAX_AGE_SECONDS value", "86400")}},
	{volumes, "backup-is-rehearsed", "a rehearsal of an old backup", []damage{set("CronJob/uploads-files-drill", ofPod+"containers 0 env name=MAX_AGE_SECONDS value", "86400")}},
	{dumps, "drill-spares-live-data", "a way to the database", []damage{opened("checkout-orders-drill", 5432, "{ipBlock: {cidr: 10.20.0.7/32}}")}},
	{dumps, "drill-spares-live-data", "a way to everything", []damage{opened("checkout-orders-drill", 5432, "{ipBlock: {cidr: 0.0.0.0/0}}")}},
	{dumps, "drill-spares-live-data", "a way to a database in the cluster", []damage{opened("catalog-stock-drill", 3306, podsOf("databases", "app: stock"))}},
	{clusters, "drill-spares-live-data", "a way to the live Cluster", []damage{opened("archived-db-drill", 5432, podsOf("shop", "cnpg.io/cluster: archived-db, cnpg.io/podRole: instance"))}},
	{clusters, "drill-spares-live-data", "a way from the copy to the live Cluster", []damage{opened("archived-db-copy", 5432, podsOf("shop", "cnpg.io/cluster: archived-db, cnpg.io/podRole: instance"))}},
	{clusters, "drill-spares-live-data", "a way to the live pooler", []damage{opened("pooled-db-drill", 5432, podsOf("shop", "cnpg.io/poolerName: pooled-db-pooler"))}},

	{dumps, "connections-fit-database", "a larger pool", []damage{env("Deployment/checkout", "ORDERS_POOL_MAX", "50")}},
	{dumps, "connections-fit-database", "more pods", []damage{set("Deployment/checkout", "spec replicas", 30)}},
	{dumps, "connections-fit-database", "a larger surge", []damage{env("Deployment/checkout", "ORDERS_POOL_MAX", "45"), set("Deployment/checkout", "spec strategy rollingUpdate maxSurge", "100%")}},
	{dumps, "connections-fit-database", "no room for the dump", []damage{
		env("Deployment/checkout", "ORDERS_POOL_MAX", "197"), set("Deployment/checkout", "spec replicas", 1), set("Deployment/checkout", "spec strategy", flow("{type: Recreate}")),
	}},
	{clusters, "connections-fit-database", "a server with fewer connections", []damage{set("Cluster/archived-db", "spec postgresql parameters max_connections", "20")}},
	{clusters, "connections-fit-database", "a pooler that opens more", []damage{set("Pooler/pooled-db-pooler", "spec pgbouncer parameters default_pool_size", "150")}},

	{volumes, "data-outlives-its-app", "a class that deletes", []damage{set("StorageClass/ssd-retain", "reclaimPolicy", "Delete")}},
	{volumes, "data-outlives-its-app", "a claim of a class that deletes", []damage{set("PersistentVolumeClaim/uploads-files", "spec storageClassName", "ssd")}},
	{volumes, "data-outlives-its-app", "members of a class that deletes", []damage{set("StatefulSet/search", "spec volumeClaimTemplates 1 spec storageClassName", "ssd")}},
	{volumes, "data-outlives-its-app", "claims that go with the pods", []damage{set("StatefulSet/search", "spec persistentVolumeClaimRetentionPolicy whenScaled", "Delete")}},
	{volumes, "data-outlives-its-app", "claims that go with the app", []damage{set("StatefulSet/search", "spec persistentVolumeClaimRetentionPolicy whenDeleted", "Delete")}},
	{clusters, "data-outlives-its-app", "a Cluster of a class that deletes", []damage{set("Cluster/archived-db", "spec storage storageClass", "ssd")}},
}

// opened lets pods call a peer, by their policy.
func opened(policy string, port int, peer string) damage {
	return add("NetworkPolicy/"+policy, "spec egress", map[string]any{
		"ports": []any{map[string]any{"port": int64(port), "protocol": "TCP"}}, "to": []any{valueOf(flow(peer))},
	})
}

// podsOf is a peer.
func podsOf(namespace, labels string) string {
	return "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: " + namespace + "}}, podSelector: {matchLabels: {" + labels + "}}}"
}

// env changes a variable of the first container of a workload.
func env(id, name, value string) damage {
	return set(id, "spec template spec containers 0 env name="+name+" value", value)
}
