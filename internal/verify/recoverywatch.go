package verify

import (
	"slices"
	"strings"
	"time"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
)

// dataHasBackup looks for what makes the backups of each store for which anything is promised.
func dataHasBackup(c *checker) {
	wanted := map[manifest.ID]bool{}
	for i := range c.Facts.Apps {
		a := &c.Facts.Apps[i]
		for _, o := range a.Recovery {
			if o.Elsewhere != "" {
				continue
			}
			by := c.keeperOf(a, o)
			if by == nil {
				if some := c.someObject(a.Namespace, a.App); some != nil {
					c.violated(some, "", "%s of %s is lost: nothing in the set backs it up, and no more than %s of it may be lost",
						o.Name, a.App, inSeconds(o.RPOSeconds))
				}
				continue
			}
			wanted[by.ID] = true
			c.proved(by, "%s of %s, of which %s may be lost", o.Name, a.App, inSeconds(o.RPOSeconds))
		}
	}
	if c.Facts.Apps == nil {
		return
	}
	for _, k := range c.keeps() {
		if k.object.Ours() && !wanted[k.object.ID] && k.schedule == nil { // a platform's Schedule is of whole namespaces
			c.violated(k.object, "", "nobody has asked for this backup: what should be backed up is called otherwise, or is gone")
		}
	}
}

func inSeconds(n int64) string { return spanOf(time.Duration(n) * time.Second) }

// Alerts about backups.
const (
	ageAlert       = "BackupRPO"
	goneAlert      = "BackupMissing"
	suspendedAlert = "BackupSuspended"
	overdueAlert   = "RestoreDrillOverdue"
)

// watchers are the alerts about a name of one of the labels of backups, by what they are called.
func (c *checker) watchers(label, value, namespace, data string) map[string]*toldRule {
	found := map[string]*toldRule{}
	for _, r := range c.told().about[label+" "+value] {
		if r.Labels["namespace"] == namespace && (data == "" || r.Labels["data"] == data) {
			found[r.Alert] = r
		}
	}
	return found
}

// backupIsWatched is about our own backups, and about those that something was promised of: who watches others need not be in the set.
func backupIsWatched(c *checker) {
	if len(c.Rules) == 0 {
		return // nobody in the set watches anything
	}
	for _, k := range c.keeps() {
		if !k.object.Ours() {
			continue
		}
		label, value := k.name()
		namespace := k.object.Namespace
		if k.schedule != nil {
			namespace = manifest.String(k.schedule.Fields, "spec", "template", "labelSelector", "matchLabels", "app.kubernetes.io/part-of")
			for _, in := range manifest.List(k.schedule.Fields, "spec", "template", "includedNamespaces") {
				namespace, _ = in.(string)
			}
			if manifest.Map(k.schedule.Fields, "spec", "template", "labelSelector") == nil {
				continue // of whole namespaces, for the platform
			}
		}
		data := []Objective{{}}
		if len(k.of) > 0 {
			data = k.of
		}
		for _, o := range data {
			k.heard(c, o, c.watchers(label, value, namespace, o.Name))
		}
	}
}

// heard judges the alerts about one store.
func (k *kept) heard(c *checker, o Objective, alerts map[string]*toldRule) {
	want := []string{ageAlert, goneAlert}
	if k.job != nil {
		want = append(want, suspendedAlert)
	}
	whose := strings.TrimSpace(o.Name + " " + k.object.Name)
	fine := true
	for _, name := range want {
		if alerts[name] == nil {
			fine = false
			c.violated(k.object, "", "no backup of %s succeeds any more: %s, which should tell, is not there", whose, name)
		}
	}
	age := alerts[ageAlert]
	if age == nil {
		return
	}
	limit := time.Duration(o.RPOSeconds) * time.Second
	if k.cluster != nil {
		timeout, _ := time.ParseDuration(manifest.String(k.cluster.Fields, "spec", "postgresql", "parameters", "archive_timeout"))
		limit = max(limit, 2*timeout) // what a standby adds, the archive does not have
	}
	ages := slices.Compact(slices.Sorted(slices.Values(k.ages(age))))
	switch {
	case len(ages) == 0:
		c.violated(k.object, "", "the newest backup of %s is a week old: %s compares its age with nothing", whose, ageAlert)
	case o.RPOSeconds > 0 && (len(ages) > 1 || ages[0] != limit):
		c.violated(k.object, "", "the newest backup of %s is older than %s: %s waits for %s", whose, spanOf(limit), ageAlert, spans(ages))
	case len(ages) > 1:
		c.violated(k.object, "", "%s of %s waits for different ages: %s", ageAlert, whose, spans(ages))
	case fine:
		c.proved(k.object, "%s tells when the newest is older than %s, %s when nobody knows", ageAlert, spanOf(ages[0]), goneAlert)
	}
	severity := "page"
	if k.object.Labels["scantling.dev/tier"] == bestEffort && age.Labels["tier"] == bestEffort {
		severity = "ticket"
	}
	if is := age.Labels["severity"]; is != severity {
		c.violated(k.object, "", "the newest backup of %s is too old: %s is a %s, not a %s", whose, ageAlert, is, severity)
	}
}

func spans(all []time.Duration) string {
	var said []string
	for _, d := range all {
		said = append(said, spanOf(d))
	}
	return strings.Join(said, ", ")
}

// runsApart judges a CronJob whose runs must end, and must not meet.
func (c *checker) runsApart(w *inventory.Workload, what string) {
	deadline, bounded := jobDeadline(w)
	interval, ok := c.longestGap(w.Cron.Schedule, 5)
	shortest, _ := shortestGap(w.Cron.Schedule)
	switch {
	case !bounded:
		c.violated(w.Object, "spec.jobTemplate.spec.activeDeadlineSeconds", "a %s hangs at a lock: nothing ever ends it, and its run is never seen to fail", what)
	case ok && deadline > shortest:
		c.violated(w.Object, "spec.jobTemplate.spec.activeDeadlineSeconds", "a %s takes all of its %s: the next one should have begun after %s", what, spanOf(deadline), spanOf(shortest))
	case w.Cron.ConcurrencyPolicy == "Allow" || w.Cron.ConcurrencyPolicy == "":
		c.violated(w.Object, "spec.concurrencyPolicy", "a %s is started by hand beside the one that runs: both write to the same place", what)
	case ok:
		c.proved(w.Object, "a %s ends after %s, one begins every %s, and never two at once", what, spanOf(deadline), spanOf(interval))
	}
}

func backupRunIsBounded(c *checker) {
	for _, w := range c.Workloads {
		switch {
		case w.Cron == nil:
		case makesBackups(w):
			c.runsApart(w, "backup")
		case w.Ours() && w.Labels[componentLabel] == "drill":
			c.runsApart(w, "drill")
		}
	}
}

func scheduleIsUTC(c *checker) {
	for _, w := range c.Workloads {
		if w.Cron == nil || !makesBackups(w) && (!w.Ours() || w.Labels[componentLabel] != "drill") {
			continue
		}
		zone := ""
		if w.Cron.TimeZone != nil {
			zone = *w.Cron.TimeZone
		}
		switch {
		case strings.Contains(w.Cron.Schedule, "TZ="):
			c.violated(w.Object, "spec.schedule", "the API server refuses a zone within the schedule %q", w.Cron.Schedule)
		case zone == "":
			c.violated(w.Object, "spec.timeZone", "move to another control plane: %q is read in the zone of its kube-controller-manager", w.Cron.Schedule)
		case !slices.Contains([]string{"Etc/UTC", "UTC", "Etc/GMT", "GMT", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu"}, zone):
			c.violated(w.Object, "spec.timeZone", "clocks change in %s: what %q says may come twice, or not at all", zone, w.Cron.Schedule)
		default:
			c.proved(w.Object, "%s by %s", w.Cron.Schedule, zone)
		}
	}
}
