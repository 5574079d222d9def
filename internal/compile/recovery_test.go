package compile_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/kube"
)

// objective is what a spec says about one store of data, in seconds.
type objective struct{ rpo, rto int64 }

// promise is what the specs and the platform of a project state, as far as a cluster cannot know it.
type promise struct {
	objectives  map[string]objective // by NAMESPACE/APP/DATA; of a database that several share, the strictest
	gib         map[string]int64     // size of a platform's database, by the same; volumes and Clusters say it themselves
	region      string               // of the data
	connections map[string]int64     // that apps may open, by host
	keeping     []string             // classes whose volumes outlive their claims
	tier        map[string]string    // of the most critical app that shares a database, where that is another one's than the backup's
	ephemeral   []string             // stores that may be lost, as the keys of objectives
}

// promises are those of the corpus. A project that is not here promises nothing.
var promises = map[string]promise{
	"api/prod":             {objectives: map[string]objective{"sales/orders/orders-db": {4 * hour, hour}}, gib: map[string]int64{"sales/orders/orders-db": 40}, region: "eu-1", connections: stated, keeping: retaining},
	"stateful/prod":        {objectives: map[string]objective{"discovery/search/data": {24 * hour, 2 * hour}}, region: "eu-1", keeping: retaining},
	"online-boutique/prod": {objectives: map[string]objective{"checkout/redis-cart/data": {24 * hour, hour}}, region: "eu-1", keeping: retaining},
	"postgres-drill/prod":  {objectives: map[string]objective{"travel/bookings/bookings-db": {4 * hour, hour}}, gib: map[string]int64{"travel/bookings/bookings-db": 40}, region: "eu-1", connections: stated, keeping: retaining},
	"recovery_dumps/prod": {
		objectives: map[string]objective{"shop/checkout/orders": {4 * hour, 30 * minute}, "shop/catalog/stock": {24 * hour, 4 * hour}, "shop/catalog/reviews": {2 * hour, hour}, "shop/catalog/carts": {3 * hour, 10 * minute}},
		gib:        map[string]int64{"shop/checkout/orders": 40, "shop/catalog/reviews": 2, "shop/catalog/carts": 1}, region: "eu-1", connections: stated, keeping: retaining,
	},
	"recovery_clusters/prod": {objectives: map[string]objective{"shop/archived/db": {5 * minute, hour}, "shop/hot/db": {minute, 10 * minute}, "shop/pooled/db": {hour, 4 * hour}}, region: "eu-1", keeping: retaining},
	"recovery_volumes/prod":  {objectives: map[string]objective{"shop/search/index": {24 * hour, 4 * hour}, "shop/search/log": {24 * hour, 4 * hour}, "shop/uploads/files": {4 * hour, hour}}, region: "eu-1", keeping: retaining},
	"recovery_volumes/small": {objectives: map[string]objective{"shop/search/index": {24 * hour, 4 * hour}, "shop/search/log": {24 * hour, 4 * hour}, "shop/uploads/files": {4 * hour, hour}}, region: "eu-1", keeping: retaining},
	"migration_argocd/prod":  migrated, "migration_flux/prod": migrated, "migration_helm/prod": migrated, "migration_kubectl/prod": migrated,
	"kinds/prod": {keeping: retaining}, "claims/prod": {keeping: retaining}, "streaming/prod": {keeping: retaining},
}

var (
	retaining = []string{"ssd-retain"}
	migrated  = promise{objectives: map[string]objective{"shop/orders/orders": {24 * hour, 4 * hour}}}
)

// recoveryInvariants hold on every render. Each reads the rendered objects, and what was promised.
var recoveryInvariants = []recoveryInvariant{
	{"INV-DR-01 data is backed up, and often enough", lostData},
	{"INV-DR-02 a backup is rehearsed, watched, let through, kept, and elsewhere", forsakenBackups},
	{"INV-DR-03 a rehearsal ends in time and never meets the live data", harmfulDrills},
	{"INV-DB-01 servers accept what all pools together open", func(r *rendered, p promise) []string { return r.overdrawn(p.connections) }},
	{"INV-STO-01 data outlives what holds it", perishableData},
}

type recoveryInvariant struct {
	name  string
	check func(r *rendered, p promise) []string
}

// TestRecoveryInvariants asks them of all goldens and blueprints.
func TestRecoveryInvariants(t *testing.T) {
	stores := 0
	for _, c := range corpus(t) {
		p := promises[c.name]
		stores += len(p.objectives)
		for _, inv := range recoveryInvariants {
			for _, problem := range inv.check(c.rendered, p) {
				t.Errorf("%s: %s: %s", c.name, inv.name, problem)
			}
		}
	}
	if stores < 20 {
		t.Errorf("only %d stores of data are promised", stores)
	}
}

// kept is what keeps one store restorable, as far as it is rendered.
type kept struct {
	namespace, app, data string
	objective
	tier     string           // of the most critical app that uses it
	job      *batchv1.CronJob // that dumps or makes snapshots
	schedule *kube.Schedule
	cluster  *kube.Cluster
	store    *kube.ObjectStore
	base     *kube.ScheduledBackup
	drill    *batchv1.CronJob
}

func (k kept) id() string { return k.namespace + "/" + k.app + "/" + k.data }

// stores returns what keeps each promised store.
func (r *rendered) stores(p promise) (all []kept) {
	for _, id := range slices.Sorted(maps.Keys(p.objectives)) {
		part := strings.Split(id, "/")
		k := kept{namespace: part[0], app: part[1], data: part[2], objective: p.objectives[id]}
		own := func(m metav1.ObjectMeta) bool {
			return m.Namespace == k.namespace && m.Labels[kube.LabelInstance] == k.app
		}
		for _, j := range r.besides(roleBackup) {
			if own(j.ObjectMeta) && j.Name == k.app+"-"+k.data+"-backup" {
				k.job, k.tier = j, j.Labels[kube.LabelTier]
			}
		}
		for _, s := range r.schedules {
			if t := s.Spec.Template; k.job == nil && t.LabelSelector != nil && slices.Equal(t.IncludedNamespaces, []string{k.namespace}) && r.holds(k, t.LabelSelector) {
				k.schedule, k.tier = s, s.Labels[kube.LabelTier]
			}
		}
		for _, c := range r.clusters {
			if own(c.ObjectMeta) && c.Name == k.app+"-"+k.data {
				k.cluster, k.tier = c, c.Labels[kube.LabelTier]
				k.store, k.base = r.archiveOf(c)
			}
		}
		for _, j := range r.besides(roleDrill) {
			if own(j.ObjectMeta) && k.rehearses(j) {
				k.drill = j
			}
		}
		k.tier = cmp.Or(p.tier[id], k.tier)
		all = append(all, k)
	}
	return all
}

// rehearses reports whether a drill restores what keeps the store.
func (k kept) rehearses(j *batchv1.CronJob) bool {
	first := tasks(j)[0]
	switch {
	case k.job != nil:
		upload, ok := running(k.job, "upload.sh")
		return ok && script(first) == "fetch.sh" && setting(first, "NAME") == setting(upload, "NAME") && setting(first, "RCLONE_CONFIG_CRYPT_REMOTE") == setting(upload, "RCLONE_CONFIG_CRYPT_REMOTE")
	case k.schedule != nil:
		return setting(first, "SCHEDULE") == k.schedule.Name && setting(first, "VELERO") == k.schedule.Namespace && setting(first, "NAMESPACE") == k.namespace && setting(first, "DRILL") != k.namespace
	case k.cluster != nil:
		return setting(first, "CLUSTER") == k.cluster.Name && k.store != nil && setting(first, "STORE") == k.store.Name && setting(first, "DRILL") != k.cluster.Name
	}
	return false
}

// holds reports whether a backup of what a selector matches has the volume.
func (r *rendered) holds(k kept, s *metav1.LabelSelector) bool {
	for _, c := range r.claims {
		if c.Namespace == k.namespace && c.Name == k.app+"-"+k.data && selects(s, c.Labels) {
			return true
		}
	}
	for _, w := range r.statefulSets {
		for _, c := range w.Spec.VolumeClaimTemplates {
			if labels := maps.Clone(w.Spec.Selector.MatchLabels); w.Namespace == k.namespace && w.Name == k.app && c.Name == k.data {
				maps.Copy(labels, c.Labels) // the controller gives claims the labels of its selector
				return selects(s, labels)
			}
		}
	}
	return false
}

// Numbers that the tables of defaults state, in seconds, and in MiB per second.
const (
	leastDeadline = hour
	restoreStart  = 5 * minute
	speed         = 50
	leastArchive  = minute
)

// mib is the size of a store; 0: nobody says.
func (r *rendered) mib(k kept, p promise) (mib int64) {
	for _, c := range r.claims {
		if c.Namespace == k.namespace && c.Labels[kube.LabelInstance] == k.app && k.schedule != nil {
			mib = max(mib, c.Spec.Resources.Requests.Storage().Value()>>20)
		}
	}
	for _, w := range r.statefulSets {
		for _, c := range w.Spec.VolumeClaimTemplates {
			if w.Namespace == k.namespace && w.Name == k.app && k.schedule != nil {
				mib = max(mib, c.Spec.Resources.Requests.Storage().Value()>>20) // one backup has all volumes of the app
			}
		}
	}
	if k.cluster != nil {
		gib, err := strconv.ParseInt(strings.TrimSuffix(k.cluster.Spec.Storage.Size, "Gi"), 10, 64)
		if err == nil {
			return gib << 10
		}
	}
	return max(mib, p.gib[k.id()]<<10)
}

// restores is how long a restore takes.
func restores(mib int64) int64 { return restoreStart + mib/speed }

// backupTakes is how long a backup may take: an hour, or twice what its size needs, in steps of five minutes.
func backupTakes(mib int64) int64 {
	return max(leastDeadline, (2*(mib/speed)+5*minute-1)/(5*minute)*(5*minute))
}

// intervals of backups that are allowed, in hours, from the rarest on.
var intervals = []int64{24, 12, 8, 6, 4, 3, 2, 1}

// rarest returns the longest interval that loses no more than an objective, where it can be even after one failure; 0: none does. A run
// must have ended before the next one begins.
func rarest(rpo, deadline int64) (interval int64, slack bool) {
	for _, times := range []int64{2, 1} {
		for _, h := range intervals {
			if deadline <= h*hour && times*h*hour+deadline <= rpo {
				return h * hour, times == 2
			}
		}
	}
	return 0, false
}

func lostData(r *rendered, p promise) (found []string) {
	kept := r.stores(p)
	for _, k := range kept {
		var interval, deadline int64
		switch {
		case k.job != nil:
			interval, deadline = runs(k.job.Spec.Schedule, 5), deadlineOf(k.job)
			if tz := k.job.Spec.TimeZone; tz == nil || *tz != "Etc/UTC" || deadline == 0 || k.job.Spec.Suspend != nil {
				found = append(found, k.id()+": not in UTC, suspended, or without an end")
			}
		case k.schedule != nil:
			interval, deadline = runs(k.schedule.Spec.Schedule, 5), backupTakes(r.mib(k, p))
		case k.cluster != nil:
			found = append(found, k.lostChanges(restores(r.mib(k, p)))...)
			continue
		default:
			found = append(found, k.id()+": nothing backs it up")
			continue
		}
		want, slack := rarest(k.rpo, deadline)
		switch {
		case interval == 0 || deadline > interval:
			found = append(found, fmt.Sprintf("%s: %d s between runs of %d s", k.id(), interval, deadline))
		case interval+deadline > k.rpo, slack && 2*interval+deadline > k.rpo:
			found = append(found, fmt.Sprintf("%s: loses %d s, and %d s when one fails; %d s may be lost", k.id(), interval+deadline, 2*interval+deadline, k.rpo))
		case interval != want:
			found = append(found, fmt.Sprintf("%s: backed up every %d s, and every %d s suffices", k.id(), interval, want))
		}
	}
	return append(found, r.undeclared(kept)...)
}

// lostChanges reads how a Cluster's changes are kept; restore is how long it takes to bring it back.
func (k kept) lostChanges(restore int64) (found []string) {
	timeout, sync := archiveTimeout(k.cluster), k.cluster.Spec.PostgreSQL.Synchronous
	hot := sync != nil && sync.Number >= 1 && sync.DataDurability == "required" && int32(sync.Number)+2 <= k.cluster.Spec.Instances
	switch {
	case k.store == nil || k.base == nil || timeout == 0:
		found = append(found, k.id()+": no archive, no base, or changes that wait for ever")
	case !hot && (2*timeout > k.rpo || restore > k.rto):
		found = append(found, fmt.Sprintf("%s: changes wait %d s, a restore takes %d s, and no standby has them", k.id(), timeout, restore))
	case hot && timeout > max(k.rpo/2, leastArchive):
		found = append(found, fmt.Sprintf("%s: changes wait %d s for the archive", k.id(), timeout))
	case runs(k.base.Spec.Schedule, 6) > day:
		found = append(found, k.id()+": less than one base backup a day")
	}
	return found
}

// undeclared are backups that nobody has asked for.
func (r *rendered) undeclared(declared []kept) (found []string) {
	for _, j := range r.besides(roleBackup) {
		if !slices.ContainsFunc(declared, func(k kept) bool { return k.job == j }) {
			found = append(found, j.Name+": nobody has asked for it")
		}
	}
	for _, j := range r.besides(roleDrill) {
		if !slices.ContainsFunc(declared, func(k kept) bool { return k.drill == j }) {
			found = append(found, j.Name+": rehearses nothing")
		}
	}
	for _, c := range r.clusters {
		if _, ships := archiver(c); ships && !slices.ContainsFunc(declared, func(k kept) bool { return k.cluster == c }) {
			found = append(found, c.Name+": nobody has asked for its archive")
		}
	}
	return found
}
