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
	"time"

	batchv1 "k8s.io/api/batch/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/scantling/scantling/internal/kube"
)

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
	severity := map[bool]string{true: "ticket", false: "page"}[k.tier == "best-effort"]
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
