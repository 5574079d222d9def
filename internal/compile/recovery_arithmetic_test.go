package compile_test

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/kube"
)

// Seconds.
const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// longest returns the longest time between two runs of a schedule in seconds, as the parser that Kubernetes, Velero and CloudNativePG
// share reads it, of five fields or of six; 0: it never runs, or not in UTC.
func longest(schedule string) (seconds int64) {
	parser := cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	parsed, err := parser.Parse(schedule)
	if err != nil || strings.Contains(schedule, "TZ=") {
		return 0
	}
	last := parsed.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) // a Thursday: a weekend is soon
	for range 200 {
		next := parsed.Next(last)
		if next.IsZero() || next.Sub(last) > 400*24*time.Hour {
			return 0
		}
		seconds = max(seconds, int64(next.Sub(last).Seconds()))
		if next.Year() > 2026 {
			break
		}
		last = next
	}
	return seconds
}

// runs is longest of a schedule with a number of fields.
func runs(schedule string, fields int) int64 {
	if len(strings.Fields(schedule)) != fields {
		return 0
	}
	return longest(schedule)
}

var compared = regexp.MustCompile(`\) > (\d+)|\} > (\d+)`)

// thresholds are the ages in seconds that an alert compares with; 0 asks whether there is anything.
func thresholds(a alert) (all []int64) {
	for _, m := range compared.FindAllStringSubmatch(a.Expr, -1) {
		n, err := strconv.ParseInt(cmp.Or(m[1], m[2]), 10, 64)
		if err == nil && n > 0 {
			all = append(all, n)
		}
	}
	return all
}

func rareBackups(r *rendered) (found []string) {
	for _, a := range r.alerts("BackupRPO") {
		bears := thresholds(a)
		if len(bears) == 0 {
			found = append(found, a.Labels["service"]+": an alert without a number")
			continue
		}
		rpo := slices.Min(bears)
		for _, j := range r.besides(roleBackup) {
			if deadline := j.Spec.JobTemplate.Spec.ActiveDeadlineSeconds; j.Namespace == a.namespace && strings.Contains(a.Expr, quoted("cronjob", j.Name)) && deadline != nil && loses(runs(j.Spec.Schedule, 5), *deadline) > rpo {
				found = append(found, fmt.Sprintf("%s: %s and %d s until it has ended are more than %d s", j.Name, j.Spec.Schedule, *deadline, rpo))
			}
		}
		for _, s := range r.schedules {
			if strings.Contains(a.Expr, quoted("schedule", s.Name)) && loses(runs(s.Spec.Schedule, 5), hour) > rpo {
				found = append(found, fmt.Sprintf("%s: %s is more than %d s", s.Name, s.Spec.Schedule, rpo))
			}
		}
		for _, c := range r.clusters {
			if timeout := archiveTimeout(c); strings.Contains(a.Expr, `pod=~"`+c.Name+`-[0-9]+"`) && c.Namespace == a.namespace && (timeout == 0 || 2*timeout > rpo) {
				found = append(found, fmt.Sprintf("%s: changes wait %d s, and %d s may be lost", c.Name, timeout, rpo))
			}
		}
	}
	return found
}

// loses is the most that a backup on a schedule loses: it holds what was there when it began, and counts from when it has ended.
func loses(interval, deadline int64) int64 {
	if interval == 0 {
		return 1 << 40
	}
	return interval + deadline
}

// archiveTimeout is how long a Cluster's changes wait for the archive, in seconds; 0: for ever.
func archiveTimeout(c *kube.Cluster) int64 {
	d, err := time.ParseDuration(c.Spec.PostgreSQL.Parameters["archive_timeout"])
	if err != nil {
		return 0
	}
	return int64(d.Seconds())
}

// archiver is the plugin by which a Cluster ships its log; false: none.
func archiver(c *kube.Cluster) (kube.ClusterPlugin, bool) {
	i := slices.IndexFunc(c.Spec.Plugins, func(p kube.ClusterPlugin) bool { return p.Enabled && p.IsWALArchiver })
	if i < 0 {
		return kube.ClusterPlugin{}, false
	}
	return c.Spec.Plugins[i], true
}

// archiveOf returns the ObjectStore of a Cluster and its schedule of base backups; nil: it has none.
func (r *rendered) archiveOf(c *kube.Cluster) (store *kube.ObjectStore, base *kube.ScheduledBackup) {
	plugin, _ := archiver(c)
	for _, s := range r.archives {
		if s.Namespace == c.Namespace && s.Name == plugin.Parameters["barmanObjectName"] {
			store = s
		}
	}
	for _, b := range r.bases {
		if b.Namespace == c.Namespace && b.Spec.Cluster.Name == c.Name && b.Spec.Method == "plugin" && b.Spec.PluginConfiguration.Name == plugin.Name && runs(b.Spec.Schedule, 6) > 0 {
			base = b
		}
	}
	return store, base
}

var asksAbout = regexp.MustCompile(`(cronjob|schedule|pod)=~?"([^"]+)"`)

func emptyPromises(r *rendered) (found []string) {
	there := map[string]bool{}
	for _, j := range r.cronJobs {
		there["cronjob "+j.Namespace+" "+j.Name] = true
	}
	for _, s := range r.schedules {
		there["schedule "+s.Name] = true
	}
	for _, c := range r.clusters {
		there["pod "+c.Namespace+" "+c.Name+"-[0-9]+"] = true
		store, base := r.archiveOf(c)
		if _, ships := archiver(c); ships && (store == nil || base == nil || archiveTimeout(c) == 0) {
			found = append(found, c.Name+": an archive without a place, a base or an end")
		}
	}
	for _, name := range []string{"BackupRPO", "BackupMissing", "RestoreDrillOverdue", "StandbyMissing"} {
		for _, a := range r.alerts(name) {
			of := asksAbout.FindAllStringSubmatch(a.Expr, -1)
			for _, m := range of {
				if !there[m[1]+" "+a.namespace+" "+m[2]] && !there[m[1]+" "+m[2]] {
					found = append(found, fmt.Sprintf("%s of %s asks about %s %s, which is not there", name, a.Labels["service"], m[1], m[2]))
				}
			}
			if len(of) == 0 {
				found = append(found, name+" asks about nothing")
			}
		}
	}
	return found
}

// carelessCaches reads the contract of a cache: how long the app waits for it, and by how much its times to live differ.
func carelessCaches(r *rendered) (found []string) {
	for _, p := range r.pods {
		for _, c := range p.spec.Containers {
			for _, v := range c.Env {
				prefix, is := strings.CutSuffix(v.Name, "_TTL_JITTER")
				if !is {
					if prefix, is = strings.CutSuffix(v.Name, "_TIMEOUT"); !is || setting(c, prefix+"_PORT") != "6379" {
						continue
					}
				}
				wait, err := time.ParseDuration(setting(c, prefix+"_TIMEOUT"))
				jitter, err2 := strconv.ParseFloat(setting(c, prefix+"_TTL_JITTER"), 64)
				if err != nil || err2 != nil || wait <= 0 || wait > time.Second || jitter <= 0 || jitter >= 1 {
					found = append(found, p.id+": "+prefix+" is waited for for ever, or all of it ends at once")
				}
			}
		}
	}
	return found
}

// mostPods is how many pods of a template may run at a time: all that its autoscaler allows, and those that a rollout adds before it
// takes others away.
func (r *rendered) mostPods(p podTemplate) int64 {
	kind, name, _ := strings.Cut(p.id, "/"+p.namespace+"/")
	surge := func(n int64, by *intstr.IntOrString) int64 {
		if by == nil {
			return 0
		}
		more, err := intstr.GetScaledValueFromIntOrPercent(by, int(n), true)
		if err != nil {
			return 1 << 20
		}
		return int64(more)
	}
	n := int64(r.most(p.namespace, name))
	switch kind {
	case "Deployment":
		for _, d := range r.deployments {
			if d.Namespace == p.namespace && d.Name == name && d.Spec.Strategy.RollingUpdate != nil {
				return n + surge(n, d.Spec.Strategy.RollingUpdate.MaxSurge)
			}
		}
		return n
	case "Rollout":
		for _, w := range r.rollouts {
			if w.Namespace == p.namespace && w.Name == name {
				n += surge(n, w.Spec.Strategy.Canary.MaxSurge)
			}
		}
		return 2 * n
	case "StatefulSet":
		return n
	}
	return 1 // a run of a Job; of a CronJob there is one at a time
}

// opened are the connections that all pods together may open at each server, by its host: what pools allow, and one for each dump.
func (r *rendered) opened() map[string]int64 {
	sum := map[string]int64{}
	for _, p := range r.pods {
		for _, c := range p.spec.Containers {
			for _, v := range c.Env {
				prefix, is := strings.CutSuffix(v.Name, "_POOL_MAX")
				if pool, err := strconv.ParseInt(v.Value, 10, 64); is && err == nil {
					sum[setting(c, prefix+"_HOST")] += pool * r.mostPods(p)
				}
			}
		}
	}
	for _, j := range r.besides(roleBackup) {
		if dump, ok := running(j, "-dump.sh"); ok {
			sum[setting(dump, "HOST")]++
		}
	}
	return sum
}

// Connections that apps may not open at a Cluster: PostgreSQL keeps three, and the operator needs ten.
const clusterReserve = 3 + 10

// accepted are the connections that apps may open at each server of a render: Clusters and Poolers say it themselves.
func (r *rendered) accepted() map[string]int64 {
	may := map[string]int64{}
	for _, c := range r.clusters {
		n, _ := strconv.ParseInt(c.Spec.PostgreSQL.Parameters["max_connections"], 10, 64)
		may[c.Name+"-rw."+c.Namespace+".svc"] = n - clusterReserve
	}
	for _, p := range r.poolers {
		clients, _ := strconv.ParseInt(p.Spec.PgBouncer.Parameters["max_client_conn"], 10, 64)
		may[p.Name+"."+p.Namespace+".svc"] = clients // one pod of the pooler alone must bear them while the others are replaced
	}
	return may
}

// overdrawn compares what is opened with what servers accept, and the poolers with theirs.
func (r *rendered) overdrawn(stated map[string]int64) (found []string) {
	may := r.accepted()
	maps.Copy(may, stated)
	sum := r.opened()
	for _, host := range slices.Sorted(maps.Keys(sum)) {
		if n, known := may[host]; known && sum[host] > n {
			found = append(found, fmt.Sprintf("%d connections at %s, which leaves apps %d", sum[host], host, n))
		}
	}
	for _, p := range r.poolers {
		server := p.Spec.Cluster.Name + "-rw." + p.Namespace + ".svc"
		size, _ := strconv.ParseInt(p.Spec.PgBouncer.Parameters["default_pool_size"], 10, 64)
		// a rollout of the pooler's Deployment adds a quarter of its pods
		pods := int64(p.Spec.Instances) + (int64(p.Spec.Instances)+3)/4
		if opens := size*pods + sum[server]; opens > may[server] {
			found = append(found, fmt.Sprintf("%d connections at %s through its pooler, which leaves apps %d", opens, server, may[server]))
		}
	}
	return found
}

// stated are the connections that apps may open at the servers of the corpus' platforms, as their files say.
var stated = map[string]int64{
	"orders.db.example.com": 200 - 13, "bookings.db.example.com": 200 - 3, "ledger.db.example.com": 100 - 3, "orders.db.acme.io": 200 - 3,
}

func overdrawnServers(r *rendered) []string { return r.overdrawn(stated) }

// deadlineOf is how long a run of a CronJob may take, in seconds; 0: for ever.
func deadlineOf(j *batchv1.CronJob) int64 {
	if d := j.Spec.JobTemplate.Spec.ActiveDeadlineSeconds; d != nil {
		return *d
	}
	return 0
}

// podOf is the spec of a CronJob's pods.
func podOf(j *batchv1.CronJob) *corev1.PodSpec { return &j.Spec.JobTemplate.Spec.Template.Spec }
