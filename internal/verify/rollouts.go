package verify

import (
	"fmt"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/simulate"
	corev1 "k8s.io/api/core/v1"
)

// rollouts are about what happens while a new version comes.
var rollouts = []Guarantee{
	{
		Name:    "rollout-keeps-capacity",
		Promise: "while a new version comes, however many pods there are, as many stay ready as the budget keeps, and never none",
		Why:     "a rollout doesn't ask budgets: where it takes more pods than they keep, the others bear the load, and every drain waits for it",
		Source:  "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment",
		Foreign: diag.Warning,
		check:   rolloutKeepsCapacity,
	},
	{
		Name:    "rollout-can-move",
		Promise: "a new version comes to its end, with room on the nodes of each zone that its pods may be in",
		Why:     "a new pod that has no place while no old one may go stops the rollout half way, for ever and without an error",
		Source:  "https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/deployment/rolling.go",
		Foreign: diag.Error,
		check:   rolloutCanMove,
	},
}

// rolloutKeepsCapacity reckons what the simulator has proved of every rollout: it never has fewer ready than may be missing. Versions that
// could not run at once, because of a volume, are left alone.
func rolloutKeepsCapacity(c *checker) {
	over, behind, claims := budgetOver(c), servedWorkloads(c), claimsByName(c)
	for _, w := range c.Workloads {
		b := over[w]
		if !rolls(w) || w.Most() < 2 || b == nil && !behind[w] || takesAll(c, w) && ownsVolume(claims, w) {
			continue
		}
		if w.Update.Kind == inventory.Recreate && w.Ours() {
			switch d := c.declared(w); {
			case c.Facts.Apps == nil:
				c.unknown(w.Object, "whether its team wants all pods to go before the first new one comes (rollout: recreate)")
				continue
			case d != nil && d.Recreates:
				continue
			}
		}
		if takesAll(c, w) && behind[w] {
			c.violated(w.Object, updatePath(w), "release a new version: all %d pods go before the first new one is ready", max(w.Least(), 2))
			continue
		}
		if n := firstBelow(c, w, b); n > 0 {
			c.violated(w.Object, updatePath(w), "release a new version while there are %d pods: %d stay ready, and budget %s keeps %d",
				n, readyDuring(c, w, n), b.Name, keptOf(b, n))
			continue
		}
		c.proved(w.Object, "of %s at most %s missing while a new version comes", podRange(w), are(int(w.Most())-readyDuring(c, w, int(w.Most()))))
	}
}

// takesAll reports whether a rollout leaves none of the fewest pods that are more than one.
func takesAll(c *checker, w *inventory.Workload) bool {
	return readyDuring(c, w, max(int(w.Least()), 2)) <= 0
}

// firstBelow returns the smallest number of pods of which a rollout leaves fewer than a budget keeps; 0: of none.
func firstBelow(c *checker, w *inventory.Workload, b *inventory.Budget) int {
	if b == nil {
		return 0
	}
	for _, known := range podCounts(w) {
		if known < 2 || readyDuring(c, w, known) >= keptOf(b, known) {
			continue
		}
		for n := max(int(w.Least()), 2); n < known; n++ {
			if readyDuring(c, w, n) < keptOf(b, n) {
				return n
			}
		}
		return known
	}
	return 0
}

// readyDuring returns how many of n pods stay ready while a new version comes, which is what the simulator finds as well.
func readyDuring(c *checker, w *inventory.Workload, n int) int {
	if w.Kind == "StatefulSet" && c.Facts.Kubernetes > 0 && c.Facts.Kubernetes < setsTakeSeveral {
		return n - 1
	}
	return n - int(w.Unavailable(int32(n)))
}

// setsTakeSeveral is the minor version from which StatefulSets heed maxUnavailable unless told otherwise:
// https://github.com/kubernetes/kubernetes/blob/master/pkg/features/kube_features.go, MaxUnavailableStatefulSet.
const setsTakeSeveral = 37

// rolls reports whether a controller replaces the pods of a workload by itself.
func rolls(w *inventory.Workload) bool {
	return w.Serves() && w.Kind != "DaemonSet" && w.Update.Kind != inventory.OnDelete
}

// updatePath is where a workload says how its pods are replaced.
func updatePath(w *inventory.Workload) string {
	if w.Kind == "StatefulSet" {
		return "spec.updateStrategy"
	}
	return "spec.strategy"
}

// budgetOver returns the budget that is over the pods of a workload and of no other. What two workloads share, neither keeps alone.
func budgetOver(c *checker) map[*inventory.Workload]*inventory.Budget {
	over := map[*inventory.Workload]*inventory.Budget{}
	for _, b := range c.Budgets {
		if selected := c.Selected(b.Namespace, b.Spec.Selector); len(selected) == 1 && budgetRefused(b) == "" {
			over[selected[0]] = b
		}
	}
	return over
}

// keptOf returns how many of n pods a budget keeps, but never all: that is for budget-allows-eviction to say.
func keptOf(b *inventory.Budget, n int) int {
	keep, _ := budgetKeeps(b, int64(n))
	return min(int(keep), n-1)
}

// servedWorkloads returns the workloads whose pods a Service leads to.
func servedWorkloads(c *checker) map[*inventory.Workload]bool {
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

// ownsVolume reports whether pods share a volume that one node has at a time, or that nobody knows: then two versions can't run at once.
func ownsVolume(claims map[string]*inventory.Claim, w *inventory.Workload) bool {
	for i := range w.Template.Spec.Volumes {
		source := w.Template.Spec.Volumes[i].PersistentVolumeClaim
		if source == nil {
			continue
		}
		if claim := claims[w.Namespace+"/"+source.ClaimName]; claim == nil || !shareable(claim) {
			return true
		}
	}
	return false
}

// claimsByName returns the claims of the set by namespace and name.
func claimsByName(c *checker) map[string]*inventory.Claim {
	claims := make(map[string]*inventory.Claim, len(c.Claims))
	for _, claim := range c.Claims {
		claims[claim.Namespace+"/"+claim.Name] = claim
	}
	return claims
}

func shareable(claim *inventory.Claim) bool {
	for _, mode := range claim.Spec.AccessModes {
		if mode == corev1.ReadWriteMany || mode == corev1.ReadOnlyMany {
			return true
		}
	}
	return false
}

// podRange is "3 pods" or "2 to 10 pods".
func podRange(w *inventory.Workload) string {
	if w.Least() == w.Most() {
		return plural(w.Most(), "pod")
	}
	return fmt.Sprintf("%d to %d pods", w.Least(), w.Most())
}

func are(n int) string {
	if n == 1 {
		return "1 is"
	}
	return fmt.Sprintf("%d are", n)
}

// rolloutCanMove plays a rollout through with every number of pods.
func rolloutCanMove(c *checker) {
	played := map[string]simulate.Outcome{}
	for _, w := range c.Workloads {
		if !rolls(w) || w.Kind == "Pod" || w.Kind == "ReplicaSet" || w.Most() < 1 || unlabelled(w) {
			continue
		}
		if stopped(c, w) {
			continue
		}
		k, missing := conditionsOf(c, w)
		switch {
		case missing != "":
			c.unknown(w.Object, "%s", missing)
		case !k.hard():
			c.proved(w.Object, "new pods may be on any node that has room: of %s at most %d more at a time", podRange(w), inExcess(w))
		default:
			playRollouts(c, w, &k, played)
		}
	}
}

// inExcess is how many pods more than wanted there may be of the most.
func inExcess(w *inventory.Workload) int32 {
	if doubles(w) {
		return w.Most()
	}
	return w.Surge(w.Most())
}

// playRollouts leaves alone what does not even start: that is for the guarantees about spreads to say.
func playRollouts(c *checker, w *inventory.Workload, k *conditions, played map[string]simulate.Outcome) {
	for _, n := range podCounts(w) {
		if n > mostPlayed {
			break
		}
		key := k.key(n, w)
		o, known := played[key]
		if !known {
			cluster, started := k.world(n, w, nil, c.Facts.Zones)
			if started.Done {
				o = cluster.Rollout(w.Name)
			}
			played[key] = o
		}
		switch {
		case o.Of == nil: // it was not rolled out
			return
		case !o.Done && len(o.Pending) > 0:
			c.violated(w.Object, podPath(w), "release a new version while there are %d pods: %s %s Pending, because %s, and no old one may go",
				n, plural(o.Pending[0].Pods, "new pod"), stays(o.Pending[0].Pods), o.Pending[0].Why)
			return
		case !o.Done:
			c.violated(w.Object, updatePath(w), "release a new version while there are %d pods: it never ends", n)
			return
		}
	}
	c.proved(w.Object, "of %s every rollout ends, with room on the nodes%s", podRange(w), ofZones(k))
}

// ofZones says of which zones, where that is known.
func ofZones(k *conditions) string {
	if len(k.allowed) == 0 {
		return ""
	}
	return " of " + plural(len(k.allowed), "zone")
}
