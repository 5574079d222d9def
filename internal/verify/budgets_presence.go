package verify

import (
	"path"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
	policyv1 "k8s.io/api/policy/v1"
)

// The tiers that a team can give an app, as its objects are labelled.
const (
	tierLabel    = "scantling.dev/tier"
	tierCritical = "critical"
	tierStandard = "standard"
)

// colorLabel tells the pods of two colours of one app apart, trackLabel those of a canary from the others.
const (
	colorLabel  = "scantling.dev/color"
	trackLabel  = "scantling.dev/track"
	trackCanary = "canary"
)

// servingPodsHaveBudget asks for a budget where a tier promises one; of manifests that know no tiers, where a Service leads to the pods.
func servingPodsHaveBudget(c *checker) {
	under := map[*inventory.Workload]*inventory.Budget{}
	for _, b := range c.Budgets {
		for _, w := range c.Selected(b.Namespace, b.Spec.Selector) {
			under[w] = b
		}
	}
	behind := behindServices(c)
	for _, w := range c.Workloads {
		tier := w.Labels[tierLabel]
		promised := w.Ours() && (tier == tierCritical || tier == tierStandard) || !w.Ours() && behind[w]
		if !w.Serves() || w.Kind == "DaemonSet" || !promised {
			continue
		}
		least, beside := togetherLeast(c, w, under)
		switch b := under[w]; {
		case least < 2:
		case b != nil:
			c.proved(w.Object, "budget %s counts its pods", b.Name)
		default:
			c.violated(w.Object, "", "drain the nodes of its %s%s at the same time: no budget holds back the eviction of the last one", plural(w.Least(), "pod"), beside)
		}
	}
}

// togetherLeast returns how few pods there are of a workload and of the other one that has a share of the same app's pods, as a base has
// that stays off spot nodes: where both are small, they are one app to a budget, unless one of them has its own. A canary is a guest: an
// app of one pod is one of one pod beside it, too.
func togetherLeast(c *checker, w *inventory.Workload, under map[*inventory.Workload]*inventory.Budget) (least int32, beside string) {
	least = w.Least()
	app, ok := w.Template.Labels["app.kubernetes.io/instance"]
	if least != 1 || !w.Ours() || !ok || w.Dormant || w.Template.Labels[trackLabel] == trackCanary {
		return least, ""
	}
	same := map[string]string{"app.kubernetes.io/instance": app}
	for _, key := range []string{"app.kubernetes.io/component", colorLabel} {
		if value, ok := w.Template.Labels[key]; ok {
			same[key] = value
		}
	}
	for _, other := range c.WithLabels(w.Namespace, same) {
		if other == w || other.Dormant || !other.Serves() || other.Kind != w.Kind || other.Template.Labels[trackLabel] == trackCanary || (under[other] == nil) != (under[w] == nil) {
			continue
		}
		if n := other.Least(); n >= 1 {
			return least + n, " and the " + plural(n, "pod") + " of " + other.Short()
		}
	}
	return least, ""
}

// behindServices returns the workloads to whose pods a Service leads.
func behindServices(c *checker) map[*inventory.Workload]bool {
	behind := map[*inventory.Workload]bool{}
	for _, s := range c.Services {
		if len(s.Spec.Selector) == 0 {
			continue
		}
		for _, w := range c.WithLabels(s.Namespace, s.Spec.Selector) {
			behind[w] = true
		}
	}
	return behind
}

// budgetLetsBrokenPodsGo leaves stateful sets that others made alone: a member of a store that isn't ready may still hold data.
func budgetLetsBrokenPodsGo(c *checker) {
	parts := fragments(c)
	for _, b := range c.Budgets {
		selected := budgetSelects(c, b, parts)
		if b.MadeBy != nil || len(selected) == 0 {
			continue
		}
		policy := b.Spec.UnhealthyPodEvictionPolicy
		quorum, stateful := false, false
		for _, w := range selected {
			quorum = quorum || isQuorum(w)
			stateful = stateful || w.Kind == "StatefulSet"
		}
		switch {
		case policy != nil && *policy == policyv1.AlwaysAllow:
			c.proved(b.Object, "pods that are not ready are always let go")
		case quorum:
			c.proved(b.Object, "members of a quorum that are not ready are held while others are missing")
		case stateful && !b.Ours():
		default:
			c.violated(b.Object, "spec.unhealthyPodEvictionPolicy", "release an image whose pods crash-loop, then drain their nodes: the eviction of pods that are not ready is refused until somebody repairs them")
		}
	}
}

// quorumSurvivesDisruption holds what a budget lets go against what a vote can miss.
func quorumSurvivesDisruption(c *checker) {
	for _, b := range c.Budgets {
		if budgetRefused(b) != "" {
			continue
		}
		selected := c.Selected(b.Namespace, b.Spec.Selector)
		for _, w := range selected {
			if len(selected) > 1 || !isQuorum(w) {
				continue
			}
			n := int64(w.Least())
			keep, field := budgetKeeps(b, n)
			goes, spare := max(n-keep, 0), (n-1)/2
			if field == "" || goes <= spare {
				c.proved(b.Object, "%d of %d members may go, and the vote can miss %d", goes, n, spare)
				continue
			}
			c.violated(b.Object, field, "drain the nodes of %d of its %d members, as the budget allows: %s is left without a majority of %d", goes, n, w.Short(), n/2+1)
		}
	}
}

// voters are images of stores that are known to stop without a majority of their members.
var voters = map[string]bool{"etcd": true, "zookeeper": true, "consul": true}

// isQuorum reports whether a workload's pods vote: of ours an odd fixed number of stateful pods from three, of others a known store.
func isQuorum(w *inventory.Workload) bool {
	n := w.Least()
	if w.Kind != "StatefulSet" || w.Autoscaler != nil || n < 2 {
		return false
	}
	if w.Ours() {
		return n >= 3 && n%2 == 1
	}
	for i := range w.Template.Spec.Containers {
		name, _, _ := strings.Cut(path.Base(w.Template.Spec.Containers[i].Image), "@")
		name, _, _ = strings.Cut(name, ":")
		if voters[name] {
			return true
		}
	}
	return false
}
