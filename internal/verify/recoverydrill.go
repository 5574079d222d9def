package verify

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/manifest"
	"github.com/scantling/scantling/internal/reach"
)

// copyOf is what a backup makes and a drill restores. Empty: nothing that can be rehearsed.
type copyOf struct{ namespace, name, place string }

// tasks are the containers of a run, in the order in which they run.
func tasks(w *inventory.Workload) []*corev1.Container {
	var all []*corev1.Container
	for _, list := range [][]corev1.Container{w.Template.Spec.InitContainers, w.Template.Spec.Containers} {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	return all
}

// firstTask is the container that runs first; an empty one: there is none.
func firstTask(w *inventory.Workload) *corev1.Container {
	for _, t := range tasks(w) {
		return t
	}
	return &corev1.Container{}
}

// drills returns our rehearsals by what they restore. One that would restore over the data is none.
func (c *checker) drills() map[copyOf]*inventory.Workload {
	all := map[copyOf]*inventory.Workload{}
	for _, w := range c.Workloads {
		if w.Cron == nil || !w.Ours() || w.Labels[componentLabel] != "drill" {
			continue
		}
		first := firstTask(w)
		set := func(name string) string { return variable(first, name) }
		of := copyOf{w.Namespace, set("NAME"), set("RCLONE_CONFIG_CRYPT_REMOTE")}
		switch {
		case set("SCHEDULE") != "":
			of = copyOf{set("VELERO"), set("SCHEDULE"), set("NAMESPACE")}
			if set("DRILL") == set("NAMESPACE") {
				of = copyOf{}
			}
		case set("CLUSTER") != "":
			of = copyOf{w.Namespace, set("CLUSTER"), set("STORE")}
			if set("DRILL") == set("CLUSTER") {
				of = copyOf{}
			}
		}
		all[of] = w
	}
	delete(all, copyOf{})
	return all
}

// copies is what a keeper makes.
func (k *kept) copies() copyOf {
	switch {
	case k.schedule != nil:
		in, _ := firstText(manifest.List(k.schedule.Fields, "spec", "template", "includedNamespaces"))
		return copyOf{k.schedule.Namespace, k.schedule.Name, in}
	case k.cluster != nil && k.store != nil:
		return copyOf{k.cluster.Namespace, k.cluster.Name, k.store.Name}
	case k.job != nil:
		for _, t := range tasks(k.job) {
			if place := variable(t, "RCLONE_CONFIG_CRYPT_REMOTE"); place != "" {
				return copyOf{k.job.Namespace, variable(t, "NAME"), place}
			}
		}
	}
	return copyOf{}
}

func firstText(list []any) (string, bool) {
	if len(list) == 0 {
		return "", false
	}
	text, ok := list[0].(string)
	return text, ok
}

// snapshots reports whether a backup stays beside the volume that it is of.
func (k *kept) snapshots() bool {
	return k.job != nil && k.copies() == copyOf{} && slices.ContainsFunc(tasks(k.job), func(t *corev1.Container) bool { return variable(t, "CLAIM_NAME") != "" })
}

// ofPlatform reports whether a keeper is Velero's of whole namespaces, of which nothing was promised.
func (k *kept) ofPlatform() bool {
	return k.schedule != nil && manifest.Map(k.schedule.Fields, "spec", "template", "labelSelector") == nil
}

// drillDays is how many days may lie between two rehearsals, of which a month has up to 31.
func drillDays(tier string) time.Duration {
	if tier == "critical" {
		return 7 * 24 * time.Hour
	}
	return 31 * 24 * time.Hour
}

func backupIsRehearsed(c *checker) {
	for _, k := range c.keeps() {
		if !k.object.Ours() || k.snapshots() || k.ofPlatform() {
			continue // whether others rehearse stands in no manifest; a snapshot alone is restored where it is
		}
		if k.drill == nil {
			c.violated(k.object, "", "the keys of this backup are lost, or it cannot be read: nothing in the set restores it into a place of its own")
			continue
		}
		k.rehearsal(c)
	}
}

// rehearsal judges a drill: how often, for how long, of what age, and who hears that there was none.
func (k *kept) rehearsal(c *checker) {
	drill := k.drill
	gap, ok := c.longestGap(drill.Cron.Schedule, 5)
	deadline, bounded := jobDeadline(drill)
	most, stated := k.rto()
	oldest, rpo := seconds(firstTask(drill), "MAX_AGE_SECONDS"), k.rpo(c)
	if k.cluster != nil {
		rpo += 48 * time.Hour // of the base backup; the log has the rest
	}
	overdue := c.watchers("cronjob", drill.Name, drill.Namespace, "")[overdueAlert]
	late := &kept{object: drill.Object, job: drill}
	switch {
	case drill.Cron.Suspend != nil && *drill.Cron.Suspend:
		c.violated(drill.Object, "spec.suspend", "the backup cannot be read: the drill that should find it is suspended")
	case !ok || gap > drillDays(k.tier(c)):
		c.violated(drill.Object, "spec.schedule", "the backup cannot be read since the last drill: the next one by %q comes later than %s", drill.Cron.Schedule, spanOf(drillDays(k.tier(c))))
	case !bounded || stated && deadline > most:
		c.violated(drill.Object, "spec.jobTemplate.spec.activeDeadlineSeconds", "a restore takes longer than the %s that it may, and the drill, which has %s, is green", spanOf(most), deadlineText(deadline))
	case oldest == 0 || rpo > 0 && oldest > rpo:
		c.violated(drill.Object, "", "the newest backup is older than %s, and the drill is content with one of %s", spanOf(rpo), spanOf(oldest))
	case overdue == nil && len(c.Rules) > 0:
		c.violated(drill.Object, "", "no drill succeeds any more: %s, which should tell, is not there", overdueAlert)
	case overdue != nil && !slices.Equal(slices.Compact(slices.Sorted(slices.Values(late.ages(overdue)))), []time.Duration{2 * gap}):
		c.violated(drill.Object, "", "no drill succeeds any more: %s waits for %s, and two of them are %s apart", overdueAlert, spans(late.ages(overdue)), spanOf(gap))
	case !stated:
		c.unknown(drill.Object, "how long a restore may take: the drill has %s", spanOf(deadline))
	default:
		c.proved(drill.Object, "restores %s every %s within %s, and fails if it is older than %s", k.object.Short(), spanOf(gap), spanOf(deadline), spanOf(oldest))
	}
}

func deadlineText(d time.Duration) string {
	if d == 0 {
		return "no end"
	}
	return spanOf(d)
}

// tier is that of the most critical app that needs the data: the alert about its age bears it.
func (k *kept) tier(c *checker) string {
	tiers := []string{k.object.Labels["scantling.dev/tier"]}
	for _, r := range k.alerts(c) {
		tiers = append(tiers, r.Labels["tier"])
	}
	for _, tier := range []string{"critical", "standard", bestEffort} {
		if slices.Contains(tiers, tier) {
			return tier
		}
	}
	return ""
}

// Numbers of a restore: what it takes to begin, and the least that a drill of an archive behind a standby has.
const (
	restoreStart = 5 * time.Minute
	restoreMiBps = 50 // MiB a second
	leastDrill   = time.Hour
)

// rto is how long a restore may take, and whether anybody says. Where standbys keep the objective, the archive may take twice as long as
// its size needs.
func (k *kept) rto() (most time.Duration, stated bool) {
	for _, o := range k.of {
		if d := time.Duration(o.RTOSeconds) * time.Second; d > 0 && (most == 0 || d < most) {
			most, stated = d, true
		}
	}
	if k.cluster != nil && stated && manifest.Map(k.cluster.Fields, "spec", "postgresql", "synchronous") != nil {
		size, err := resource.ParseQuantity(manifest.String(k.cluster.Fields, "spec", "storage", "size"))
		if err == nil {
			most = max(most, leastDrill, 2*(restoreStart+time.Duration(size.Value()>>20/restoreMiBps)*time.Second))
		}
	}
	return most, stated
}

// drillSparesLiveData asks the policies whether what rehearses, or the copy that it makes, reaches what is rehearsed.
func drillSparesLiveData(c *checker) {
	for _, k := range c.keeps() {
		if k.drill == nil || k.schedule != nil {
			continue // of a volume, a restore goes by way of the API server, into another namespace
		}
		policies, closed := c.reached().Governed(k.drill, reach.Egress)
		if !closed {
			c.violated(k.drill.Object, "", "a drill restores into the live database by mistake: no policy limits whom it calls")
			continue
		}
		if name := variable(firstTask(k.drill), "DRILL"); name != "" {
			copied := c.policiesOf(k.drill.Namespace, map[string]string{"cnpg.io/cluster": name, "cnpg.io/podRole": "instance"})
			if len(copied) == 0 {
				c.violated(k.drill.Object, "", "the copy %s writes into the live database: no policy limits whom it calls", name)
			}
			policies = slices.Concat(policies, copied)
		}
		live, port := k.live(c)
		met := false
		for _, to := range live {
			if p := c.lets(policies, to, port); p != nil {
				met = true
				c.violated(k.drill.Object, "", "a drill restores into the live database by mistake: the policy %s lets it, or the copy that it makes, call %s on %d", p.Name, to, port)
			}
		}
		if !met && len(live) > 0 {
			c.proved(k.drill.Object, "no policy lets it call %s on %d", endNames(live), port)
		}
	}
}

// policiesOf returns the policies that will govern pods of these labels, which are not in the set.
func (c *checker) policiesOf(namespace string, labels map[string]string) (found []*reach.Policy) {
	selecting := map[*inventory.Object]bool{}
	for _, p := range c.Policies {
		if p.Namespace == namespace && inventory.Matches(&p.Spec.PodSelector, labels) {
			selecting[p.Object] = true
		}
	}
	for _, p := range c.reached().Policies {
		if selecting[p.Object] {
			found = append(found, p)
		}
	}
	return found
}

// lets returns a policy that opens the way to an end, or to a part of it; nil: none does.
func (c *checker) lets(policies []*reach.Policy, to reach.End, port int32) *reach.Policy {
	for _, p := range policies {
		for _, r := range p.Rules {
			if r.Direction != reach.Egress || r.Deny || r.Opens(to, reach.Port{Number: port}) == reach.No {
				continue
			}
			if answer := c.reached().Meets(r, to); answer == reach.Yes || answer == reach.Maybe && to.Block.IsValid() {
				return p
			}
		}
	}
	return nil
}

func endNames(all []reach.End) string {
	var names []string
	for _, e := range all {
		names = append(names, e.String())
	}
	return strings.Join(names, ", ")
}

// postgresPort is that of PostgreSQL and of what pools its connections.
const postgresPort = 5432

// live are the pods or addresses of the live data, and their port.
func (k *kept) live(c *checker) (ends []reach.End, port int32) {
	if k.cluster != nil {
		for _, w := range c.In(k.cluster.Namespace) {
			of := w.MadeBy
			if of == k.cluster || of != nil && of.Kind == "Pooler" && manifest.String(of.Fields, "spec", "cluster", "name") == k.cluster.Name {
				ends = append(ends, reach.Pod(w))
			}
		}
		return ends, postgresPort
	}
	for _, t := range tasks(k.job) {
		port = max(port, int32(min(seconds(t, "PORT")/time.Second, 1<<16)))
	}
	policies, _ := c.reached().Governed(k.job, reach.Egress)
	for _, p := range policies {
		for _, r := range p.Rules {
			if r.Direction != reach.Egress || r.Deny || !slices.ContainsFunc(r.Ports, func(p reach.Ports) bool { return p.First <= port && port <= p.Last && port > 0 }) {
				continue
			}
			for _, peer := range r.Peers {
				if block, _ := peer.Block(); block.IsValid() {
					ends = append(ends, reach.End{Block: block})
				}
				if namespace, labels, ok := peer.Names(); ok {
					ends = append(ends, c.reached().Pods(namespace, labels)...)
				}
			}
		}
	}
	return ends, port
}
