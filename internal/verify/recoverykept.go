package verify

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// componentLabel tells the parts of an app apart: backup and drill are those that this is about.
const componentLabel = "app.kubernetes.io/component"

// kept is what keeps data restorable: exactly one of job, schedule and cluster makes the backups.
type kept struct {
	object   *inventory.Object
	job      *inventory.Workload // a CronJob that dumps, or makes snapshots
	schedule *inventory.Object   // of Velero
	cluster  *inventory.Object   // of CloudNativePG, that ships its log
	store    *inventory.Object   // where to
	base     *inventory.Object   // its schedule of base backups
	drill    *inventory.Workload // that restores it; nil: none in the set
	of       []Objective         // declared; a Schedule of Velero may have several
}

// name is what the keeper is called in series, and by which label.
func (k *kept) name() (label, value string) {
	switch {
	case k.job != nil:
		return "cronjob", k.job.Name
	case k.schedule != nil:
		return "schedule", k.schedule.Name
	}
	return "pod", k.cluster.Name + "-[0-9]+"
}

// rpo is the data that may be lost, as time: what was declared, else what the alert about the age says; 0: nobody says.
func (k *kept) rpo(c *checker) time.Duration {
	var least time.Duration
	take := func(d time.Duration) {
		if d > 0 && (least == 0 || d < least) {
			least = d
		}
	}
	for _, o := range k.of {
		take(time.Duration(o.RPOSeconds) * time.Second)
	}
	if least > 0 {
		return least
	}
	for _, r := range k.alerts(c) {
		for _, age := range k.ages(r) {
			take(age)
		}
	}
	return least
}

// alerts are those about the age of what the keeper makes.
func (k *kept) alerts(c *checker) (all []*toldRule) {
	label, value := k.name()
	for _, r := range c.told().about[label+" "+value] {
		if k.schedule != nil || r.object.Namespace == k.object.Namespace {
			all = append(all, r)
		}
	}
	return all
}

// ageSeries are the series that say when a backup last succeeded, or how old it is.
var ageSeries = []string{
	"kube_cronjob_status_last_successful_time", "kube_cronjob_created", "velero_backup_last_successful_timestamp",
	"cnpg_pg_stat_archiver_seconds_since_last_archival", "cnpg_pg_stat_archiver_stats_reset_time",
}

// ages returns the ages above which an alert speaks.
func (k *kept) ages(r *toldRule) (all []time.Duration) {
	label, value := k.name()
	r.expr.walk(func(e *promExpr) {
		if !e.is(promOperation, ">") && !e.is(promOperation, ">=") || e.args[1].number() == nil {
			return
		}
		for _, s := range e.args[0].series() {
			if m, _ := s.matcher(label); m.value == value && slices.Contains(ageSeries, s.name) {
				if n, exact := new(big.Rat).Mul(e.args[1].number(), big.NewRat(1000, 1)).Float64(); exact && n > 0 && n < 1e13 {
					all = append(all, time.Duration(n)*time.Millisecond)
				}
				return
			}
		}
	})
	return all
}

// keeps returns all that makes backups in the set, in the order of objects, each with what was declared of its data and what rehearses it.
func (c *checker) keeps() []*kept {
	if c.keepers == nil {
		c.keepers = c.findKeepers()
	}
	return c.keepers
}

func (c *checker) findKeepers() (all []*kept) {
	objectives := map[manifest.ID][]Objective{}
	for i := range c.Facts.Apps {
		a := &c.Facts.Apps[i]
		for _, o := range a.Recovery {
			if by := c.keeperOf(a, o); by != nil {
				objectives[by.ID] = append(objectives[by.ID], o)
			}
		}
	}
	drills := c.drills()
	for _, w := range c.Workloads {
		if w.Cron != nil && makesBackups(w) {
			all = append(all, &kept{object: w.Object, job: w})
		}
	}
	for _, o := range c.Of("velero.io", "Schedule") {
		all = append(all, &kept{object: o, schedule: o})
	}
	for _, o := range c.Of("postgresql.cnpg.io", "Cluster") {
		if plugin := archiver(o); plugin != nil {
			k := &kept{object: o, cluster: o}
			k.store = c.Get(manifest.ID{Group: "barmancloud.cnpg.io", Kind: "ObjectStore", Namespace: o.Namespace, Name: manifest.String(plugin, "parameters", "barmanObjectName")})
			all = append(all, k)
		}
	}
	bases := map[manifest.ID]*inventory.Object{}
	for _, o := range c.Of("postgresql.cnpg.io", "ScheduledBackup") {
		id := manifest.ID{Group: "postgresql.cnpg.io", Kind: "Cluster", Namespace: o.Namespace, Name: manifest.String(o.Fields, "spec", "cluster", "name")}
		bases[id] = cmp.Or(bases[id], o)
	}
	for _, k := range all {
		k.of, k.base = objectives[k.object.ID], bases[k.object.ID]
		k.drill = drills[k.copies()]
	}
	return all
}

// keeperOf returns what makes the backups of declared data; nil: nothing does.
func (c *checker) keeperOf(a *Declared, o Objective) *inventory.Object {
	name := a.App + "-" + o.Name
	job := manifest.ID{Group: "batch", Kind: "CronJob", Namespace: a.Namespace, Name: name + "-backup"}
	if found := c.Get(job); found != nil {
		return found
	}
	cluster := manifest.ID{Group: "postgresql.cnpg.io", Kind: "Cluster", Namespace: a.Namespace, Name: name}
	if found := c.Get(cluster); found != nil && archiver(found) != nil {
		return found
	}
	if len(job.Name) > longestCronJob { // it was cut
		for _, w := range c.WithLabels(a.Namespace, map[string]string{labelInstance: a.App, componentLabel: "backup"}) {
			if w.Cron != nil && strings.HasPrefix(w.Name, name[:min(len(name), 36)]) {
				return w.Object
			}
		}
	}
	for _, s := range c.Of("velero.io", "Schedule") {
		selector := manifest.Strings(s.Fields, "spec", "template", "labelSelector", "matchLabels")
		in := manifest.List(s.Fields, "spec", "template", "includedNamespaces")
		if len(in) == 1 && in[0] == a.Namespace && (len(selector) == 0 || selector[labelInstance] == a.App) && holdsVolumes(s) {
			return s
		}
	}
	return nil
}

// holdsVolumes reports whether a Schedule of Velero is of volumes at all.
func holdsVolumes(schedule *inventory.Object) bool {
	const claims = "persistentvolumeclaims"
	only := manifest.List(schedule.Fields, "spec", "template", "includedResources")
	return !slices.Contains(manifest.List(schedule.Fields, "spec", "template", "excludedResources"), any(claims)) &&
		(len(only) == 0 || slices.Contains(only, any(claims)) || slices.Contains(only, any("*")))
}

// archiver is the plugin by which a Cluster ships its log; nil: none.
func archiver(cluster *inventory.Object) map[string]any {
	for _, p := range manifest.Maps(cluster.Fields, "spec", "plugins") {
		enabled, stated := p["enabled"].(bool)
		if ships, _ := p["isWALArchiver"].(bool); ships && (enabled || !stated) {
			return p
		}
	}
	return nil
}

// dumpers are the programs that write what a database holds.
var dumpers = []string{"pg_dump", "pg_dumpall", "pg_basebackup", "mysqldump", "mariadb-dump", "mongodump", "redis-cli --rdb"}

// makesBackups reports whether a CronJob is one that makes backups: ours say so, others run what dumps a database.
func makesBackups(w *inventory.Workload) bool {
	if w.Ours() {
		return w.Labels[componentLabel] == "backup"
	}
	for _, container := range w.Containers() {
		script := strings.Join(slices.Concat(container.Command, container.Args), "\n")
		if slices.ContainsFunc(dumpers, func(d string) bool { return strings.Contains(script, d) }) {
			return true
		}
	}
	return false
}

// variable returns a variable of a container that has a literal value.
func variable(container *corev1.Container, name string) string {
	for _, v := range container.Env {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

// seconds returns a variable that is a number of seconds; 0: there is none.
func seconds(container *corev1.Container, name string) time.Duration {
	n, err := strconv.ParseInt(variable(container, name), 10, 64)
	if err != nil || n < 0 || n > 1<<32 {
		return 0
	}
	return time.Duration(n) * time.Second
}
