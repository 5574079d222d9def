package verify_test

import (
	"testing"

	"github.com/scantling/scantling/internal/verify"
)

const hour = 3600 // seconds

// recovering is what was declared of the goldens about recovery: of each app its data, with what may be lost and how long a restore may take.
func recovering(apps ...verify.Declared) verify.Facts {
	for i := range apps {
		apps[i].Namespace = "shop"
	}
	return verify.Facts{Region: "eu-1", Apps: apps}
}

var recoveryFacts = map[string]verify.Facts{
	api: orders,
	"recovery_dumps/prod": recovering(
		verify.Declared{App: "checkout", Recovery: []verify.Objective{{Name: "orders", RPOSeconds: 4 * hour, RTOSeconds: hour / 2}}},
		verify.Declared{App: "catalog", Recovery: []verify.Objective{
			{Name: "stock", RPOSeconds: 24 * hour, RTOSeconds: 4 * hour}, {Name: "reviews", RPOSeconds: 2 * hour, RTOSeconds: hour},
			{Name: "carts", RPOSeconds: 3 * hour, RTOSeconds: hour / 6},
		}},
	),
	"recovery_clusters/prod": recovering(
		verify.Declared{App: "archived", Recovery: []verify.Objective{{Name: "db", RPOSeconds: 300, RTOSeconds: hour}}},
		verify.Declared{App: "hot", Recovery: []verify.Objective{{Name: "db", RPOSeconds: 60, RTOSeconds: hour / 6}}},
		verify.Declared{App: "pooled", Recovery: []verify.Objective{{Name: "db", RPOSeconds: hour, RTOSeconds: 4 * hour}}},
	),
	"recovery_volumes/prod":  volumes,
	"recovery_volumes/small": volumes,
}

var volumes = recovering(
	verify.Declared{App: "search", Recovery: []verify.Objective{{Name: "index", RPOSeconds: 24 * hour, RTOSeconds: 4 * hour}, {Name: "log", RPOSeconds: 24 * hour, RTOSeconds: 4 * hour}}},
	verify.Declared{App: "uploads", Recovery: []verify.Objective{{Name: "files", RPOSeconds: 4 * hour, RTOSeconds: hour}}},
)

const (
	dumps, clusters, claims, small = "recovery_dumps/prod", "recovery_clusters/prod", "recovery_volumes/prod", "recovery_volumes/small"

	checkout, checkoutDrill = "CronJob/checkout-orders-backup", "CronJob/checkout-orders-drill"
	carts, cartsDrill       = "CronJob/catalog-carts-backup", "CronJob/catalog-carts-drill"
	stock                   = "CronJob/catalog-stock-backup"
	archived, archivedDrill = "Cluster/archived-db", "CronJob/archived-db-drill"
	uploadsDrill            = "CronJob/uploads-files-drill"
	cartRules               = "PrometheusRule/catalog-carts-backup"
)

// TestRecoveryMutants makes slips in what keeps data.
func TestRecoveryMutants(t *testing.T) { testMutants(t, recoveryFacts, recoveryMutants) }

var recoveryMutants = []textMutant{
	{"data-has-backup", dumps, stock, "no backup", "", ""},
	{"data-has-backup", dumps, stock, "a backup of something else", "name: catalog-stock-backup\n  namespace", "name: catalog-prices-backup\n  namespace"},
	{"data-has-backup", claims, "Schedule/shop-uploads-cc9ce375", "a schedule of another namespace", "    - shop\n", "    - store\n"},
	{"data-has-backup", claims, "Schedule/shop-uploads-cc9ce375", "a schedule of another app's volumes", "app.kubernetes.io/instance: uploads", "app.kubernetes.io/instance: search"},
	{"data-has-backup", clusters, archived, "an archiver that is off", "enabled: true", "enabled: false"},
	{"loss-is-within-objective", dumps, checkout, "a rarer schedule", `schedule: 42 * * * *`, `schedule: 42 */2 * * *`},
	{"loss-is-within-objective", dumps, checkout, "a schedule of working days", `schedule: 42 * * * *`, `schedule: 42 * * * 1-5`},
	{"loss-is-within-objective", dumps, checkout, "a schedule that never comes", `schedule: 42 * * * *`, `schedule: 0 0 31 2 *`},
	{"loss-is-within-objective", dumps, checkout, "a schedule with six fields", `schedule: 42 * * * *`, `schedule: 0 42 * * * *`},
	{"loss-is-within-objective", dumps, "CronJob/catalog-reviews-backup", "a longer deadline", "activeDeadlineSeconds: 3600", "activeDeadlineSeconds: 3601"},
	{"loss-is-within-objective", dumps, stock, "no deadline", "activeDeadlineSeconds: 3600", "backoffLimitPerIndex: 1"},
	{"loss-is-within-objective", dumps, stock, "suspended", "  concurrencyPolicy: Forbid", "  suspend: true\n  concurrencyPolicy: Forbid"},
	{"loss-is-within-objective", small, "CronJob/search-log-backup", "rarer snapshots", "schedule: 11 3-23/8 * * *", "schedule: 11 3 * * *"},
	{"loss-is-within-objective", claims, "Schedule/shop-uploads-cc9ce375", "a rarer schedule of Velero", "schedule: 4 * * * *", "schedule: 0 */12 * * *"},
	{"loss-is-within-objective", clusters, archived, "changes that wait too long", "archive_timeout: 150s", "archive_timeout: 300s"},
	{"loss-is-within-objective", clusters, archived, "changes that wait for ever", "archive_timeout: 150s", "other: 150s"},
	{"loss-is-within-objective", clusters, archived, "an archive that is nowhere", "barmanObjectName: archived-db", "barmanObjectName: gone"},
	{"loss-is-within-objective", clusters, "ScheduledBackup/archived-db", "no base backup", "", ""},
	{"loss-is-within-objective", clusters, "ScheduledBackup/archived-db", "a base backup a week", "0 15 22 * * *", "0 15 22 * * 1"},
	{"loss-is-within-objective", clusters, "ScheduledBackup/archived-db", "a base backup with five fields", "0 15 22 * * *", "15 22 * * *"},
	{"loss-is-within-objective", clusters, "Cluster/hot-db", "no standby", "synchronous:", "asynchronous:"},
	{"loss-is-within-objective", clusters, "Cluster/hot-db", "a standby that may lag", "dataDurability: required", "dataDurability: preferred"},
	{"loss-is-within-objective", clusters, "Cluster/hot-db", "one standby alone", "instances: 3", "instances: 2"},
	{"backup-run-is-bounded", dumps, carts, "a run that overlaps the next", "activeDeadlineSeconds: 3600", "activeDeadlineSeconds: 3660"},
	{"backup-run-is-bounded", dumps, carts, "two at once", "concurrencyPolicy: Forbid", "concurrencyPolicy: Allow"},
	{"backup-run-is-bounded", dumps, cartsDrill, "an endless rehearsal", "      activeDeadlineSeconds: 600\n", ""},
	{"schedule-is-utc", dumps, stock, "local time", "timeZone: Etc/UTC", "timeZone: Europe/Berlin"},
	{"schedule-is-utc", dumps, stock, "whatever time", "  timeZone: Etc/UTC\n", ""},
	{"backup-is-rehearsed", dumps, cartsDrill, "no drill", "", ""},
	{"backup-is-rehearsed", clusters, archivedDrill, "no drill of an archive", "", ""},
	{"backup-is-rehearsed", claims, uploadsDrill, "no drill of a volume", "", ""},
	{"backup-is-rehearsed", dumps, checkoutDrill, "a drill a month of what is critical", "schedule: 4 15 * * 3", "schedule: 4 15 3 * *"},
	{"backup-is-rehearsed", dumps, cartsDrill, "a drill every second month", " * *\n", " */2 *\n"},
	{"backup-is-rehearsed", dumps, cartsDrill, "a drill of another bucket", "catalog-carts\n", "catalog-stock\n"},
	{"backup-is-rehearsed", claims, uploadsDrill, "a drill of another schedule", "value: shop-uploads-cc9ce375", "value: shop-search"},
	{"backup-is-rehearsed", claims, uploadsDrill, "a drill that restores over the data", "value: shop-drill", "value: shop"},
	{"backup-is-rehearsed", clusters, archivedDrill, "a drill of another archive", "name: STORE\n              value: archived-db", "name: STORE\n              value: hot-db"},
	{"backup-is-rehearsed", dumps, checkoutDrill, "a slow rehearsal", "activeDeadlineSeconds: 1800", "activeDeadlineSeconds: 3600"},
	{"backup-is-rehearsed", dumps, checkoutDrill, "an endless rehearsal", "      activeDeadlineSeconds: 1800\n", ""},
	{"backup-is-rehearsed", clusters, archivedDrill, "a slow rehearsal of an archive", "activeDeadlineSeconds: 3600", "activeDeadlineSeconds: 7200"},
	{"backup-is-rehearsed", claims, uploadsDrill, "a slow rehearsal of a volume", "activeDeadlineSeconds: 3600", "activeDeadlineSeconds: 7200"},
	{"backup-is-rehearsed", dumps, checkoutDrill, "a rehearsal of an old dump", `value: "14400"`, `value: "86400"`},
	{"backup-is-rehearsed", claims, uploadsDrill, "a rehearsal of an old backup", `value: "14400"`, `value: "86400"`},
	{"backup-is-rehearsed", dumps, cartRules, "nobody hears of late drills", "rule RestoreDrillOverdue", ""},
	{"backup-is-watched", dumps, cartRules, "no alert", "rule BackupRPO", ""},
	{"backup-is-watched", dumps, cartRules, "nobody hears that it is suspended", "rule BackupSuspended", ""},
	{"backup-is-watched", dumps, cartRules, "nobody hears that it is gone", "rule BackupMissing", ""},
	{"backup-is-watched", dumps, cartRules, "a later alert", "> 10800", "> 21600"},
	{"backup-is-watched", dumps, cartRules, "a later alert of what never succeeded", "cronjob=\"catalog-carts-backup\"}) > 10800\n        unless", "cronjob=\"catalog-carts-backup\"}) > 99999\n        unless"},
	{"backup-is-watched", dumps, cartRules, "an alert of another job", `cronjob="catalog-carts-backup"`, `cronjob="catalog-stock-backup"`},
	{"backup-is-watched", dumps, cartRules, "an alert that wakes nobody", "severity: page", "severity: ticket"},
	{"backup-is-watched", clusters, "PrometheusRule/archived-db-backup", "a later alert of an archive", "> 300", "> 3600"},
	{"backup-is-watched", claims, "PrometheusRule/uploads-files-backup", "a later alert of Velero", "> 14400", "> 86400"},
	{"alert-leads-somewhere", dumps, cartRules, "an alert that says nothing", "description:", "words:"},
	{"backup-retention", dumps, carts, "backups that are not kept", `value: "1209600"`, `value: "604800"`},
	{"backup-retention", dumps, stock, "one backup at a time", `value: "172800"`, `value: "86400"`},
	{"backup-retention", clusters, "ObjectStore/archived-db", "an archive that is not kept", "retentionPolicy: 14d", "retentionPolicy: 7d"},
	{"backup-retention", claims, "Schedule/shop-search-e9a1fe28", "volumes that are not kept", "ttl: 720h0m0s", "ttl: 336h0m0s"},
	{"backup-retention", small, "CronJob/search-log-backup", "snapshots that are not kept", `value: "1209600"`, `value: "86400"`},
	{"backup-survives-its-region", dumps, checkout, "a bucket beside the data", "value: eu-2", "value: eu-1"},
	{"backup-survives-its-region", clusters, "ObjectStore/hot-db", "an archive beside the data", "value: eu-2", "value: eu-1"},
	{"backup-survives-its-region", small, "CronJob/search-log-backup", "snapshots of what is critical", "scantling.dev/tier: standard", "scantling.dev/tier: critical"},
	{"drill-spares-live-data", dumps, "NetworkPolicy/checkout-orders-drill", "a way to the database", "  egress:\n", "  egress:\n  - ports:\n    - port: 5432\n    to:\n    - ipBlock:\n        cidr: 10.20.0.7/32\n"},
	{"drill-spares-live-data", dumps, "NetworkPolicy/checkout-orders-drill", "a way to everything", "  egress:\n", "  egress:\n  - {}\n"},
	{"drill-spares-live-data", clusters, "NetworkPolicy/archived-db-drill", "a way to the live Cluster", "cnpg.io/cluster: archived-db-copy", "cnpg.io/cluster: archived-db"},
	{"drill-spares-live-data", clusters, "NetworkPolicy/archived-db-copy", "a way from the copy to the live Cluster", "  egress:\n", "  egress:\n  - to:\n    - podSelector: {matchLabels: {cnpg.io/cluster: archived-db}}\n"},
	{"drill-spares-live-data", clusters, "NetworkPolicy/pooled-db-drill", "a way to the live pooler", "  egress:\n", "  egress:\n  - to:\n    - podSelector: {matchLabels: {cnpg.io/poolerName: pooled-db-pooler}}\n"},
	{"backup-cannot-lie", api, "CronJob/orders-orders-db-backup", "a pipe that hides an error", "            - /bin/sh\n            - /recovery/postgres-dump.sh\n", "            - /bin/sh\n            - -c\n            - pg_dump orders | gzip > /work/orders.gz\n"},
}
