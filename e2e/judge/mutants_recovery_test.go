package judge_test

import (
	"strings"

	"github.com/scantling/scantling/e2e/render"
)

const (
	drill = "blueprints/postgres-drill prod"

	rehearsed = "bookings-bookings-db-drill"
	dumped    = "bookings-bookings-db-backup"
)

// recoveryMutants are defects in what keeps data.
var recoveryMutants = []mutant{
	{"backup at no time", drill, set("CronJob", "0 25 * * *", "spec", "schedule"), "refused"},
	{"backup's pods run as root", drill, set("CronJob", 0, in(jobPod, "securityContext", "runAsUser")...), "pods refused"},
	{"dump without a volume to lie on", drill, set("CronJob", []any{}, in(jobPod, "volumes")...), "refused"},
	{"scratch server that ends before the restore", drill, named(rehearsed, drop("CronJob", in(jobPod, "initContainers", 1, "restartPolicy")...)), "the drill hangs"},
	{"backup's policy is of nobody", drill, named(dumped, set("NetworkPolicy", "other", "spec", "podSelector", "matchLabels", "app.kubernetes.io/name")), "no dump"},
	{"drill without an end", drill, named(rehearsed, drop("CronJob", "spec", "jobTemplate", "spec", "activeDeadlineSeconds")), "an objective that is missed looks kept"},
	{"drill that reaches the live database", drill, named(rehearsed, set("NetworkPolicy", "10.0.0.0/8", "spec", "egress", 0, "to", 0, "ipBlock", "cidr")), "the copy may call the original"},
	{"two dumps at once", drill, set("CronJob", "Allow", "spec", "concurrencyPolicy"), "both are slow"},
	{"dump that is not encrypted", drill, named(dumped, set("CronJob", "local", in(jobPod, "containers", 0, "env", 9, "value")...)), "anybody with the bucket reads it"},
	{"key of the encryption is not fetched", drill, drop("ExternalSecret", "spec", "data", 2, "secretKey"), "refused"},
	{"alert that is no PromQL", drill, set("PrometheusRule", "time( > 3", "spec", "groups", 0, "rules", 0, "expr"), "no alerts at all"},
	{"alert that waits a day longer", drill, set("PrometheusRule", "time() - max(kube_cronjob_status_last_successful_time) > 100800", "spec", "groups", 0, "rules", 0, "expr"), "nobody hears of it"},
	{"script that is not the one that ran in tests", drill, change("ConfigMap", cut), "a green job with a bad backup"},

	{"base backups in five fields", render.ByVelero, set("ScheduledBackup", "17 3 * * *", "spec", "schedule"), "every hour"},
	{"base backups of no cluster", render.ByVelero, set("ScheduledBackup", "other", "spec", "cluster", "name"), "no base backup"},
	{"archive in a store that is not there", render.ByVelero, remove("ObjectStore"), "no archive"},
	{"more standbys than there can be", render.ByVelero, set("Cluster", 3, "spec", "postgresql", "synchronous", "number"), "refused"},
	{"parameter that the operator keeps for itself", render.ByVelero, set("Cluster", "off", "spec", "postgresql", "parameters", "ssl"), "refused"},
	{"parameter that is none of PgBouncer's", render.ByVelero, set("Pooler", "5", "spec", "pgbouncer", "parameters", "pool"), "refused"},
	{"pooler named as its cluster", render.ByVelero, change("Pooler", func(o map[string]any) { put(o, at(o, []any{"spec", "cluster", "name"}), []any{"metadata", "name"}) }), "refused"},
	{"policy of a database's pods that are called otherwise", render.ByVelero, named("ledger-ledger-db", set("NetworkPolicy", "database", "spec", "podSelector", "matchLabels", "cnpg.io/cluster")), "everything is reachable"},
	{"field that CloudNativePG does not have", render.ByVelero, set("Cluster", "5GB", "spec", "storage", "sise"), "refused, or dropped"},
	{"field that the plugin does not have", render.ByVelero, set("ObjectStore", "30d", "spec", "retention"), "refused, or dropped"},
	{"time to live in days", render.ByVelero, set("Schedule", "30d", "spec", "template", "ttl"), "refused"},
	{"Velero's schedule in six fields", render.ByVelero, set("Schedule", "0 17 3 * * *", "spec", "schedule"), "no backup"},
	{"admission policy that is no CEL", render.ByVelero, set("ValidatingAdmissionPolicy", "request.resource = 1", "spec", "validations", 0, "expression"), "refused"},
	{"binding that does nothing", render.ByVelero, set("ValidatingAdmissionPolicyBinding", []any{}, "spec", "validationActions"), "refused"},
	{"class whose volumes go with their claims", render.ByVelero, named("ssd-retain", set("StorageClass", "Keep", "reclaimPolicy")), "refused"},
}

// cut takes the last line out of every script.
func cut(config map[string]any) {
	data, _ := config["data"].(map[string]any)
	for file, text := range data {
		if script, ok := text.(string); ok && strings.HasSuffix(file, ".sh") {
			lines := strings.SplitAfter(script, "\n")
			data[file] = strings.Join(lines[:max(0, len(lines)-2)], "")
		}
	}
}
