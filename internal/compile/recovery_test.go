package compile_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	networkingv1 "k8s.io/api/networking/v1"
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
	makes    string           // the tier of the app that it is rendered for
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
		k.tier, k.makes = cmp.Or(p.tier[id], k.tier), k.tier
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

// Days that backups are kept, and days between two drills of which the longest month has most, by tier.
var (
	keepDays  = map[string]int64{"critical": 30, "standard": 14, "best-effort": 7}
	drillDays = map[string]int64{"critical": 7, "standard": 31, "best-effort": 31}
)

func forsakenBackups(r *rendered, p promise) (found []string) {
	for _, k := range r.stores(p) {
		snapshot := k.job != nil && script(tasks(k.job)[0]) == "volume-snapshot.sh"
		if days := drillDays[k.tier]; !snapshot && (k.drill == nil || runs(k.drill.Spec.Schedule, 5) == 0 || runs(k.drill.Spec.Schedule, 5) > days*day) {
			found = append(found, fmt.Sprintf("%s: no rehearsal within %d days", k.id(), days))
		}
		if snapshot && k.tier == "critical" {
			found = append(found, k.id()+": its backup goes with its storage system")
		}
		if keeps := k.keeps(); keeps < 2*k.rpo || keeps < keepDays[k.tier]*day {
			found = append(found, fmt.Sprintf("%s: kept for %d s", k.id(), keeps))
		}
		if k.job != nil {
			if last := tasks(k.job)[len(tasks(k.job))-1]; number(last, "KEEP_ALL_SECONDS") < 2*k.rpo {
				found = append(found, k.id()+": a backup may go before a second one is there")
			}
		}
		if there := r.regionOf(k); k.tier == "critical" && p.region != "" && there == p.region {
			found = append(found, k.id()+": its backup is where it is: "+there)
		}
		found = append(found, r.unheard(k, snapshot)...)
		found = append(found, r.shutOut(k)...)
	}
	return found
}

// keeps is how long what keeps a store is kept, in seconds.
func (k kept) keeps() int64 {
	switch {
	case k.job != nil:
		return number(tasks(k.job)[len(tasks(k.job))-1], "KEEP_SECONDS")
	case k.schedule != nil:
		d, _ := time.ParseDuration(k.schedule.Spec.Template.TTL)
		return int64(d.Seconds())
	case k.store != nil:
		days, _ := strconv.ParseInt(strings.TrimSuffix(k.store.Spec.RetentionPolicy, "d"), 10, 64)
		return days * day
	}
	return 0
}

// regionOf is where the backups of a store lie; empty: the objects do not say.
func (r *rendered) regionOf(k kept) string {
	switch {
	case k.job != nil:
		return setting(tasks(k.job)[len(tasks(k.job))-1], "RCLONE_CONFIG_STORE_REGION")
	case k.schedule != nil:
		for _, l := range r.locations {
			if l.Name == k.schedule.Spec.Template.StorageLocation {
				return l.Spec.Config["region"]
			}
		}
	case k.store != nil:
		for _, v := range k.store.Spec.InstanceSidecarConfiguration.Env {
			if v.Name == "AWS_DEFAULT_REGION" {
				return v.Value
			}
		}
	}
	return ""
}

// unheard finds a store whose age nobody hears of in time.
func (r *rendered) unheard(k kept, snapshot bool) (found []string) {
	if !r.watched() {
		return nil
	}
	of, bears := map[string]string{"BackupRPO": "", "BackupMissing": ""}, k.rpo
	switch {
	case k.job != nil:
		of["BackupRPO"], of["BackupSuspended"] = quoted("cronjob", k.job.Name), quoted("cronjob", k.job.Name)
	case k.schedule != nil:
		of["BackupRPO"] = quoted("schedule", k.schedule.Name)
	case k.cluster != nil:
		of["BackupRPO"] = `pod=~"` + k.cluster.Name + `-[0-9]+"`
		bears = max(bears, 2*archiveTimeout(k.cluster)) // what a standby adds, the archive does not have
	}
	of["BackupMissing"] = of["BackupRPO"]
	if k.drill != nil {
		of["RestoreDrillOverdue"] = quoted("cronjob", k.drill.Name)
	}
	alerts := map[string][]alert{}
	for _, rule := range r.rules {
		for _, group := range rule.Spec.Groups {
			for _, a := range group.Rules {
				if rule.Namespace == k.namespace {
					alerts[a.Alert] = append(alerts[a.Alert], alert{rule.Namespace, a})
				}
			}
		}
	}
	severity := map[bool]string{true: "ticket", false: "page"}[k.makes == "best-effort"]
	for _, name := range slices.Sorted(maps.Keys(of)) {
		own := slices.DeleteFunc(alerts[name], func(a alert) bool {
			return !strings.Contains(a.Expr, of[name]) || strings.HasPrefix(name, "Backup") && a.Labels["data"] != k.data
		})
		limit := map[string]int64{"BackupRPO": bears}[name]
		if k.drill != nil && name == "RestoreDrillOverdue" {
			limit = 2 * runs(k.drill.Spec.Schedule, 5)
		}
		switch {
		case len(own) == 0:
			found = append(found, k.id()+": no alert "+name)
		case limit > 0 && (len(thresholds(own[0])) == 0 || !slices.Equal(slices.Compact(slices.Sorted(slices.Values(thresholds(own[0])))), []int64{limit})):
			found = append(found, fmt.Sprintf("%s: %s at %v s, and not at %d s", k.id(), name, thresholds(own[0]), limit))
		case name == "BackupRPO" && own[0].Labels["severity"] != severity:
			found = append(found, k.id()+": "+name+" is a "+own[0].Labels["severity"])
		case own[0].Labels["service"] != k.app && name == "BackupRPO" || own[0].Labels["owner"] == "" || own[0].Annotations["summary"] == "" || own[0].Annotations["description"] == "":
			found = append(found, k.id()+": "+name+" says nothing")
		}
	}
	return found
}

// route is whom pods may call, at one port.
type route struct {
	port int32
	peer string // a CIDR, or selectors, or a host
}

// routes are those of the pods with these labels.
func (r *rendered) routes(namespace string, labels map[string]string) (all []route) {
	for _, p := range r.policies {
		if p.Namespace != namespace || !selects(&p.Spec.PodSelector, labels) {
			continue
		}
		for _, rule := range p.Spec.Egress {
			peers := rule.To
			if len(peers) == 0 {
				peers = []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0"}}}
			}
			for _, peer := range peers {
				text, _ := json.Marshal(peer)
				if peer.IPBlock != nil {
					text = []byte(peer.IPBlock.CIDR)
				}
				for _, port := range rule.Ports {
					all = append(all, route{port.Port.IntVal, string(text)})
				}
			}
		}
	}
	for _, p := range r.ciliums {
		if p.Namespace != namespace || !selects(&p.Spec.EndpointSelector, labels) {
			continue
		}
		for _, rule := range p.Spec.Egress {
			for _, ports := range rule.ToPorts {
				for _, port := range ports.Ports {
					n, _ := strconv.ParseInt(port.Port, 10, 32)
					for _, host := range rule.ToFQDNs {
						all = append(all, route{int32(n), cmp.Or(host.MatchName, host.MatchPattern)})
					}
				}
			}
		}
	}
	return all
}

// meets reports whether two routes may lead to the same pod or host.
func (a route) meets(b route) bool {
	if a.port != b.port {
		return false
	}
	x, err1 := netip.ParsePrefix(a.peer)
	y, err2 := netip.ParsePrefix(b.peer)
	return a.peer == b.peer || err1 == nil && err2 == nil && x.Overlaps(y)
}

// live are the routes of a dump to the database.
func (r *rendered) live(k kept) (all []route) {
	dump, ok := running(k.job, "-dump.sh")
	if !ok {
		return nil
	}
	port := number(dump, "PORT")
	return slices.DeleteFunc(r.routes(k.namespace, k.job.Spec.JobTemplate.Spec.Template.Labels), func(a route) bool { return int64(a.port) != port })
}

// shutOut finds a backup or a drill that cannot reach what it works with.
func (r *rendered) shutOut(k kept) (found []string) {
	for _, j := range []*batchv1.CronJob{k.job, k.drill} {
		if j == nil {
			continue
		}
		routes := r.routes(k.namespace, j.Spec.JobTemplate.Spec.Template.Labels)
		if !slices.ContainsFunc(routes, func(a route) bool { return a.port == 443 }) { // the bucket's, or the API server's
			found = append(found, j.Name+": no way to the bucket or the API server")
		}
		if _, dumps := running(j, "-dump.sh"); dumps && len(r.live(k)) == 0 {
			found = append(found, j.Name+": no way to the database")
		}
	}
	return found
}

func harmfulDrills(r *rendered, p promise) (found []string) {
	for _, k := range r.stores(p) {
		if k.drill == nil {
			continue
		}
		first, most := tasks(k.drill)[0], k.rto
		if k.cluster != nil && k.cluster.Spec.PostgreSQL.Synchronous != nil {
			most = max(most, leastDeadline, 2*restores(r.mib(k, p))) // the objective is the standby's
		}
		if d := deadlineOf(k.drill); d == 0 || d > most {
			found = append(found, fmt.Sprintf("%s: has %d s, and the objective is %d s", k.drill.Name, d, most))
		}
		if age := number(first, "MAX_AGE_SECONDS"); age == 0 || k.cluster == nil && age > k.rpo || age > 2*day+k.rpo {
			found = append(found, fmt.Sprintf("%s: is content with what is %d s old", k.drill.Name, age))
		}
		routes := r.routes(k.namespace, k.drill.Spec.JobTemplate.Spec.Template.Labels)
		if k.cluster != nil {
			found = append(found, r.nearLive(k, routes)...)
			continue
		}
		if k.job == nil {
			continue
		}
		for _, a := range r.live(k) {
			if slices.ContainsFunc(routes, a.meets) {
				found = append(found, k.drill.Name+": reaches the live database at "+a.peer)
			}
		}
	}
	return found
}

// nearLive finds routes of a drill, or of the copy that it makes, to the pods of the Cluster or its pooler.
func (r *rendered) nearLive(k kept, routes []route) (found []string) {
	copied := map[string]string{kube.LabelCluster: setting(tasks(k.drill)[0], "DRILL"), kube.LabelPodRole: "instance"}
	for _, pod := range r.operated() {
		if pod.namespace != k.namespace || pod.meta.Labels[kube.LabelCluster] != k.cluster.Name && !strings.HasPrefix(pod.meta.Labels[kube.LabelPooler], k.cluster.Name+"-") {
			continue
		}
		for _, a := range append(routes, r.routes(k.namespace, copied)...) {
			var peer networkingv1.NetworkPolicyPeer
			if json.Unmarshal([]byte(a.peer), &peer) == nil && peer.PodSelector != nil && selects(peer.PodSelector, pod.meta.Labels) {
				found = append(found, k.drill.Name+": it or its copy reaches "+pod.id)
			}
		}
	}
	return found
}

func perishableData(r *rendered, p promise) (found []string) {
	keeps := func(id, tier string, class string) {
		if tier == "best-effort" || slices.Contains(p.keeping, class) {
			return
		}
		found = append(found, id+": the class "+strconv.Quote(class)+" deletes its data")
	}
	for _, c := range r.classes {
		if slices.Contains(p.keeping, c.Name) && (c.ReclaimPolicy == nil || *c.ReclaimPolicy != "Retain") {
			found = append(found, c.Name+": does not keep")
		}
	}
	for _, c := range r.claims {
		keeps(c.Name, c.Labels[kube.LabelTier], *c.Spec.StorageClassName)
	}
	for _, c := range r.clusters {
		if app := c.Labels[kube.LabelInstance]; !slices.Contains(p.ephemeral, c.Namespace+"/"+app+"/"+strings.TrimPrefix(c.Name, app+"-")) {
			keeps(c.Name, c.Labels[kube.LabelTier], c.Spec.Storage.StorageClass)
		}
	}
	for _, w := range r.statefulSets {
		tier, policy := w.Labels[kube.LabelTier], w.Spec.PersistentVolumeClaimRetentionPolicy
		for _, c := range w.Spec.VolumeClaimTemplates {
			keeps(w.Name+" "+c.Name, tier, *c.Spec.StorageClassName)
		}
		if tier != "best-effort" && (policy == nil || policy.WhenDeleted != "Retain" || policy.WhenScaled != "Retain") {
			found = append(found, w.Name+": its claims go with it")
		}
	}
	return found
}
