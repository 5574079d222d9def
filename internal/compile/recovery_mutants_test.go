package compile_test

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/kube"
)

// A recoveryMutant breaks one thing in what is rendered for a project of the corpus, as a slip of the hand or of a generator would.
type recoveryMutant struct {
	invariant string
	project   string
	name      string
	mutate    func(r *rendered)
}

const (
	dumps, clusters, volumes, small = "recovery_dumps/prod", "recovery_clusters/prod", "recovery_volumes/prod", "recovery_volumes/small"
)

var recoveryMutants = slices.Concat([]recoveryMutant{
	{"INV-DR-01", dumps, "a rarer schedule", onJob("checkout-orders-backup", func(j *batchv1.CronJob) { j.Spec.Schedule = "42 */2 * * *" })},
	{"INV-DR-01", dumps, "a schedule of working days", onJob("checkout-orders-backup", func(j *batchv1.CronJob) { j.Spec.Schedule = "42 * * * 1-5" })},
	{"INV-DR-01", dumps, "a schedule that never comes", onJob("checkout-orders-backup", func(j *batchv1.CronJob) { j.Spec.Schedule = "0 0 31 2 *" })},
	{"INV-DR-01", dumps, "a schedule with six fields", onJob("checkout-orders-backup", func(j *batchv1.CronJob) { j.Spec.Schedule = "0 42 * * * *" })},
	{"INV-DR-01", dumps, "a longer deadline", onJob("catalog-reviews-backup", func(j *batchv1.CronJob) { j.Spec.JobTemplate.Spec.ActiveDeadlineSeconds = new(int64(hour + 1)) })},
	{"INV-DR-01", dumps, "a deadline that takes the slack", onJob("catalog-carts-backup", func(j *batchv1.CronJob) {
		j.Spec.JobTemplate.Spec.ActiveDeadlineSeconds = new(int64(hour + minute))
	})},
	{"INV-DR-01", dumps, "no deadline", onJob("catalog-stock-backup", func(j *batchv1.CronJob) { j.Spec.JobTemplate.Spec.ActiveDeadlineSeconds = nil })},
	{"INV-DR-01", dumps, "suspended", onJob("catalog-stock-backup", func(j *batchv1.CronJob) { j.Spec.Suspend = new(true) })},
	{"INV-DR-01", dumps, "local time", onJob("catalog-stock-backup", func(j *batchv1.CronJob) { j.Spec.TimeZone = new("Europe/Berlin") })},
	{"INV-DR-01", dumps, "no backup", without("catalog-stock-backup")},
	{"INV-DR-01", dumps, "a backup of something else", onJob("catalog-stock-backup", func(j *batchv1.CronJob) { j.Name = "catalog-prices-backup" })},
	{"INV-DR-01", small, "rarer snapshots", onJob("search-log-backup", func(j *batchv1.CronJob) { j.Spec.Schedule = "11 3 * * *" })},
	{"INV-DR-01", volumes, "a rarer schedule of Velero", func(r *rendered) { r.scheduled("uploads").Spec.Schedule = "0 */12 * * *" }},
	{"INV-DR-01", volumes, "a schedule of another namespace", func(r *rendered) { r.scheduled("uploads").Spec.Template.IncludedNamespaces = []string{"store"} }},
	{"INV-DR-01", volumes, "a schedule of another app's volumes", func(r *rendered) {
		r.scheduled("uploads").Spec.Template.LabelSelector.MatchLabels[kube.LabelInstance] = "search"
	}},
	{"INV-DR-01", clusters, "changes that wait too long", func(r *rendered) { r.clustered("archived").Spec.PostgreSQL.Parameters["archive_timeout"] = "300s" }},
	{"INV-DR-01", clusters, "changes that wait for ever", func(r *rendered) { delete(r.clustered("archived").Spec.PostgreSQL.Parameters, "archive_timeout") }},
	{"INV-DR-01", clusters, "an archiver that is off", func(r *rendered) { r.clustered("archived").Spec.Plugins[0].Enabled = false }},
	{"INV-DR-01", clusters, "an archive that is nowhere", func(r *rendered) { r.clustered("archived").Spec.Plugins[0].Parameters["barmanObjectName"] = "gone" }},
	{"INV-DR-01", clusters, "no base backup", func(r *rendered) { r.bases = r.bases[1:] }},
	{"INV-DR-01", clusters, "a base backup a week", func(r *rendered) { r.bases[0].Spec.Schedule = "0 15 22 * * 1" }},
	{"INV-DR-01", clusters, "a base backup with five fields", func(r *rendered) { r.bases[0].Spec.Schedule = "15 22 * * *" }},
	{"INV-DR-01", clusters, "no standby", func(r *rendered) { r.clustered("hot").Spec.PostgreSQL.Synchronous = nil }},
	{"INV-DR-01", clusters, "a standby that may lag", func(r *rendered) { r.clustered("hot").Spec.PostgreSQL.Synchronous.DataDurability = "preferred" }},
	{"INV-DR-01", clusters, "one standby alone", func(r *rendered) { r.clustered("hot").Spec.Instances = 2 }},
}, forsaken, harmful, []recoveryMutant{
	{"INV-DB-01", dumps, "a larger pool", func(r *rendered) { r.env("checkout", "ORDERS_POOL_MAX", "50") }},
	{"INV-DB-01", dumps, "more pods", func(r *rendered) { r.deployed("checkout").Spec.Replicas = new(int32(30)) }},
	{"INV-DB-01", dumps, "a larger surge", func(r *rendered) {
		r.env("checkout", "ORDERS_POOL_MAX", "45")
		r.deployed("checkout").Spec.Strategy.RollingUpdate.MaxSurge = new(intstr.FromString("100%"))
	}},
	{"INV-DB-01", dumps, "no room for the dump", func(r *rendered) {
		r.env("checkout", "ORDERS_POOL_MAX", "195")
		r.deployed("checkout").Spec.Replicas = new(int32(1))
		r.deployed("checkout").Spec.Strategy.RollingUpdate = nil
	}},
	{"INV-DB-01", clusters, "a server with fewer connections", func(r *rendered) { r.clustered("archived").Spec.PostgreSQL.Parameters["max_connections"] = "20" }},
	{"INV-DB-01", clusters, "a pooler that opens more", func(r *rendered) { r.poolers[0].Spec.PgBouncer.Parameters["default_pool_size"] = "150" }},
	{"INV-DB-01", clusters, "a pooler that accepts fewer", func(r *rendered) { r.poolers[0].Spec.PgBouncer.Parameters["max_client_conn"] = "900" }},
	{"INV-STO-01", volumes, "a class that deletes", func(r *rendered) {
		r.classes[slices.IndexFunc(r.classes, isRetaining)].ReclaimPolicy = new(corev1.PersistentVolumeReclaimDelete)
	}},
	{"INV-STO-01", volumes, "a claim of a class that deletes", func(r *rendered) { r.claims[slices.IndexFunc(r.claims, isUploads)].Spec.StorageClassName = new("ssd") }},
	{"INV-STO-01", volumes, "members of a class that deletes", func(r *rendered) { r.statefulSets[0].Spec.VolumeClaimTemplates[1].Spec.StorageClassName = new("ssd") }},
	{"INV-STO-01", volumes, "claims that go with the pods", func(r *rendered) { r.statefulSets[0].Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled = "Delete" }},
	{"INV-STO-01", volumes, "claims that go with the app", func(r *rendered) { r.statefulSets[0].Spec.PersistentVolumeClaimRetentionPolicy = nil }},
	{"INV-STO-01", clusters, "a Cluster of a class that deletes", func(r *rendered) { r.clustered("archived").Spec.Storage.StorageClass = "ssd" }},
})

// forsaken breaks what a backup has beside itself.
var forsaken = []recoveryMutant{
	{"INV-DR-02", dumps, "no drill", without("catalog-carts-drill")},
	{"INV-DR-02", clusters, "no drill of an archive", without("archived-db-drill")},
	{"INV-DR-02", volumes, "no drill of a volume", without("uploads-files-drill")},
	{"INV-DR-02", dumps, "a drill a month of what is critical", onJob("checkout-orders-drill", func(j *batchv1.CronJob) { j.Spec.Schedule = "4 15 3 * *" })},
	{"INV-DR-02", dumps, "a drill every second month", onJob("catalog-carts-drill", func(j *batchv1.CronJob) { j.Spec.Schedule = "4 15 3 */2 *" })},
	{"INV-DR-02", dumps, "a drill of another bucket", onTask("catalog-carts-drill", "fetch", "RCLONE_CONFIG_CRYPT_REMOTE", "store:acme-backups/prod/shop/catalog-stock")},
	{"INV-DR-02", volumes, "a drill of another schedule", onTask("uploads-files-drill", "", "SCHEDULE", "shop-search")},
	{"INV-DR-02", volumes, "a drill that restores over the data", onTask("uploads-files-drill", "", "DRILL", "shop")},
	{"INV-DR-02", clusters, "a drill of another archive", onTask("archived-db-drill", "drill", "STORE", "hot-db")},
	{"INV-DR-02", dumps, "no alert", func(r *rendered) { r.silence("catalog-carts-backup", "BackupRPO") }},
	{"INV-DR-02", dumps, "nobody hears that it is suspended", func(r *rendered) { r.silence("catalog-carts-backup", "BackupSuspended") }},
	{"INV-DR-02", dumps, "nobody hears that it is gone", func(r *rendered) { r.silence("catalog-carts-backup", "BackupMissing") }},
	{"INV-DR-02", dumps, "nobody hears of late drills", func(r *rendered) { r.silence("catalog-carts-backup", "RestoreDrillOverdue") }},
	{"INV-DR-02", dumps, "a later alert", func(r *rendered) { r.rule("catalog-carts-backup", "BackupRPO").replace("> 10800", "> 21600") }},
	{"INV-DR-02", dumps, "a later alert of what never succeeded", func(r *rendered) {
		r.rule("catalog-carts-backup", "BackupRPO").replace(`cronjob="catalog-carts-backup"}) > 10800`+"\nunless", `cronjob="catalog-carts-backup"}) > 99999`+"\nunless")
	}},
	{"INV-DR-02", dumps, "an alert of another job", func(r *rendered) {
		r.rule("catalog-carts-backup", "BackupRPO").replace("catalog-carts-backup", "catalog-stock-backup")
	}},
	{"INV-DR-02", dumps, "an alert that wakes nobody", func(r *rendered) { r.rule("catalog-carts-backup", "BackupRPO").Labels["severity"] = "ticket" }},
	{"INV-DR-02", dumps, "an alert that says nothing", func(r *rendered) { r.rule("catalog-carts-backup", "BackupRPO").Annotations = nil }},
	{"INV-DR-02", clusters, "a later alert of an archive", func(r *rendered) { r.rule("archived-db-backup", "BackupRPO").replace("> 300", "> 3600") }},
	{"INV-DR-02", volumes, "a later alert of Velero", func(r *rendered) { r.rule("uploads-files-backup", "BackupRPO").replace("> 14400", "> 86400") }},
	{"INV-DR-02", dumps, "backups that are not kept", onTask("catalog-carts-backup", "upload", "KEEP_SECONDS", "604800")},
	{"INV-DR-02", dumps, "one backup at a time", onTask("catalog-stock-backup", "upload", "KEEP_ALL_SECONDS", "86400")},
	{"INV-DR-02", clusters, "an archive that is not kept", func(r *rendered) { r.archives[0].Spec.RetentionPolicy = "7d" }},
	{"INV-DR-02", volumes, "volumes that are not kept", func(r *rendered) { r.scheduled("search").Spec.Template.TTL = "336h0m0s" }},
	{"INV-DR-02", small, "snapshots that are not kept", onTask("search-log-backup", "", "KEEP_SECONDS", "86400")},
	{"INV-DR-02", small, "snapshots of what is critical", onJob("search-log-backup", func(j *batchv1.CronJob) { j.Labels[kube.LabelTier] = "critical" })},
	{"INV-DR-02", dumps, "no policy", func(r *rendered) { r.unpolicy("catalog-carts-backup") }},
	{"INV-DR-02", dumps, "no way to the database", func(r *rendered) { r.close("catalog-carts-backup", 6379) }},
	{"INV-DR-02", dumps, "no way to the bucket", func(r *rendered) { r.close("catalog-carts-backup", 443) }},
	{"INV-DR-02", volumes, "no way to the API server", func(r *rendered) { r.close("uploads-files-drill", 443) }},
	{"INV-DR-02", dumps, "a bucket beside the data", onTask("checkout-orders-backup", "upload", "RCLONE_CONFIG_STORE_REGION", "eu-1")},
	{"INV-DR-02", clusters, "an archive beside the data", func(r *rendered) { r.archives[1].Spec.InstanceSidecarConfiguration.Env[0].Value = "eu-1" }},
	{"INV-DR-02", volumes, "volumes beside the data", func(r *rendered) { r.locations[0].Spec.Config["region"] = "eu-1" }},
}

// harmful breaks rehearsals.
var harmful = []recoveryMutant{
	{"INV-DR-03", dumps, "a slow rehearsal", onJob("checkout-orders-drill", func(j *batchv1.CronJob) { j.Spec.JobTemplate.Spec.ActiveDeadlineSeconds = new(int64(hour)) })},
	{"INV-DR-03", dumps, "an endless rehearsal", onJob("checkout-orders-drill", func(j *batchv1.CronJob) { j.Spec.JobTemplate.Spec.ActiveDeadlineSeconds = nil })},
	{"INV-DR-03", clusters, "a slow rehearsal of an archive", onJob("archived-db-drill", func(j *batchv1.CronJob) { j.Spec.JobTemplate.Spec.ActiveDeadlineSeconds = new(int64(2 * hour)) })},
	{"INV-DR-03", clusters, "a far slower rehearsal than a standby's archive needs", onJob("hot-db-drill", func(j *batchv1.CronJob) { j.Spec.JobTemplate.Spec.ActiveDeadlineSeconds = new(int64(day)) })},
	{"INV-DR-03", volumes, "a slow rehearsal of a volume", onJob("uploads-files-drill", func(j *batchv1.CronJob) { j.Spec.JobTemplate.Spec.ActiveDeadlineSeconds = new(int64(2 * hour)) })},
	{"INV-DR-03", dumps, "a rehearsal of an old dump", onTask("checkout-orders-drill", "fetch", "MAX_AGE_SECONDS", "86400")},
	{"INV-DR-03", volumes, "a rehearsal of an old backup", onTask("uploads-files-drill", "", "MAX_AGE_SECONDS", "86400")},
	{"INV-DR-03", dumps, "a way to the database", func(r *rendered) { r.open("checkout-orders-drill", 5432, "10.20.0.7/32") }},
	{"INV-DR-03", dumps, "a way to everything", func(r *rendered) { r.open("checkout-orders-drill", 5432, "0.0.0.0/0") }},
	{"INV-DR-03", dumps, "a way to a database in the cluster", func(r *rendered) {
		r.policyOf("catalog-stock-drill").Spec.Egress = append(r.policyOf("catalog-stock-drill").Spec.Egress, r.policyOf("catalog-stock-backup").Spec.Egress...)
	}},
	{"INV-DR-03", clusters, "a way to the live Cluster", func(r *rendered) {
		r.policyOf("archived-db-drill").Spec.Egress = append(r.policyOf("archived-db-drill").Spec.Egress, r.policyOf("archived").Spec.Egress...)
	}},
	{"INV-DR-03", clusters, "a way from the copy to the live Cluster", func(r *rendered) {
		r.policyOf("archived-db-copy").Spec.Egress = append(r.policyOf("archived-db-copy").Spec.Egress, r.policyOf("archived").Spec.Egress...)
	}},
	{"INV-DR-03", clusters, "a way to the live pooler", func(r *rendered) {
		r.policyOf("pooled-db-drill").Spec.Egress = append(r.policyOf("pooled-db-drill").Spec.Egress, r.policyOf("pooled").Spec.Egress...)
	}},
}

// TestRecoveryMutants makes each violation, and wants its invariant to find it: else TestRecoveryInvariants would prove nothing.
func TestRecoveryMutants(t *testing.T) {
	streams := map[string][]byte{}
	for _, c := range corpus(t) {
		streams[c.name] = c.stream
	}
	tried := map[string]int{}
	for _, m := range recoveryMutants {
		r := read(t, streams[m.project])
		m.mutate(r)
		i := slices.IndexFunc(recoveryInvariants, func(inv recoveryInvariant) bool { return strings.HasPrefix(inv.name, m.invariant) })
		if len(recoveryInvariants[i].check(r, promises[m.project])) == 0 {
			t.Errorf("%s does not find %s in %s", m.invariant, m.name, m.project)
		}
		tried[m.invariant]++
	}
	for _, inv := range recoveryInvariants {
		if id, _, _ := strings.Cut(inv.name, " "); tried[id] < 5 {
			t.Errorf("%s was tried %d times", id, tried[id])
		}
	}
}

// onJob changes a CronJob.
func onJob(name string, change func(j *batchv1.CronJob)) func(r *rendered) {
	return func(r *rendered) {
		change(r.cronJobs[slices.IndexFunc(r.cronJobs, func(j *batchv1.CronJob) bool { return j.Name == name })])
	}
}

// onTask changes a variable of one container of a CronJob; of the main one without a name.
func onTask(job, task, name, value string) func(r *rendered) {
	return onJob(job, func(j *batchv1.CronJob) {
		pod := podOf(j)
		for _, all := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
			for _, c := range all {
				for i, v := range c.Env {
					if v.Name == name && (c.Name == task || task == "") {
						c.Env[i].Value = value
					}
				}
			}
		}
	})
}

// without removes a CronJob.
func without(name string) func(r *rendered) {
	return func(r *rendered) {
		r.cronJobs = slices.DeleteFunc(r.cronJobs, func(j *batchv1.CronJob) bool { return j.Name == name })
	}
}

// scheduled returns the Schedule of an app.
func (r *rendered) scheduled(app string) *kube.Schedule {
	return r.schedules[slices.IndexFunc(r.schedules, func(s *kube.Schedule) bool { return s.Labels[kube.LabelInstance] == app })]
}

// clustered returns the Cluster of an app.
func (r *rendered) clustered(app string) *kube.Cluster {
	return r.clusters[slices.IndexFunc(r.clusters, func(c *kube.Cluster) bool { return c.Labels[kube.LabelInstance] == app })]
}

// deployed returns a Deployment.
func (r *rendered) deployed(name string) *appsv1.Deployment {
	return r.deployments[slices.IndexFunc(r.deployments, func(d *appsv1.Deployment) bool { return d.Name == name })]
}

// env changes a variable of a Deployment's pods.
func (r *rendered) env(deployment, name, value string) {
	env := r.deployed(deployment).Spec.Template.Spec.Containers[0].Env
	env[slices.IndexFunc(env, func(v corev1.EnvVar) bool { return v.Name == name })].Value = value
}

// rule returns an alert of a PrometheusRule.
func (r *rendered) rule(of, name string) *mutableAlert {
	group := &r.rules[slices.IndexFunc(r.rules, func(p *kube.PrometheusRule) bool { return p.Name == of })].Spec.Groups[0]
	return (*mutableAlert)(&group.Rules[slices.IndexFunc(group.Rules, func(a kube.Rule) bool { return a.Alert == name })])
}

type mutableAlert kube.Rule

func (a *mutableAlert) replace(old, by string) { a.Expr = strings.ReplaceAll(a.Expr, old, by) }

// silence removes an alert.
func (r *rendered) silence(of, name string) { *r.rule(of, name) = mutableAlert{} }

// policyOf returns a NetworkPolicy.
func (r *rendered) policyOf(name string) *networkingv1.NetworkPolicy {
	return r.policies[slices.IndexFunc(r.policies, func(p *networkingv1.NetworkPolicy) bool { return p.Name == name })]
}

// unpolicy removes a NetworkPolicy.
func (r *rendered) unpolicy(name string) {
	r.policies = slices.DeleteFunc(r.policies, func(p *networkingv1.NetworkPolicy) bool { return p.Name == name })
}

// close removes what a NetworkPolicy allows at a port.
func (r *rendered) close(policy string, port int) {
	spec := &r.policyOf(policy).Spec
	spec.Egress = slices.DeleteFunc(spec.Egress, func(e networkingv1.NetworkPolicyEgressRule) bool {
		return slices.ContainsFunc(e.Ports, func(p networkingv1.NetworkPolicyPort) bool { return p.Port.IntValue() == port })
	})
}

// open lets a NetworkPolicy allow a way to some addresses.
func (r *rendered) open(policy string, port int, cidr string) {
	spec := &r.policyOf(policy).Spec
	spec.Egress = append(spec.Egress, networkingv1.NetworkPolicyEgressRule{
		Ports: []networkingv1.NetworkPolicyPort{{Port: new(intstr.FromInt(port)), Protocol: new(corev1.ProtocolTCP)}},
		To:    []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: cidr}}},
	})
}

func isRetaining(c *storagev1.StorageClass) bool     { return c.Name == "ssd-retain" }
func isUploads(c *corev1.PersistentVolumeClaim) bool { return c.Name == "uploads-files" }
