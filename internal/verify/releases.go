package verify

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
)

// releases are about what a new version must not do to the old one; how many pods there are meanwhile is in rollouts.
var releases = []Guarantee{
	{
		Name:    "singleton-is-not-doubled",
		Promise: "a volume that one node can mount is never wanted by two pods at once",
		Why:     "the second pod waits for a volume that the first one does not let go, and a rollout that starts the new one first never ends",
		Source:  "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes",
		Foreign: diag.Warning,
		check:   singletonIsNotDoubled,
	},
	{
		Name:    "colours-are-apart",
		Promise: "what counts the pods of one colour does not count the idle ones of the other",
		Why:     "a budget over both colours takes idle pods for serving ones: a drain may then evict every pod that serves",
		Source:  "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
		Foreign: diag.Warning,
		check:   coloursAreApart,
	},
}

// claimOf tells claims apart.
type claimOf struct{ namespace, name string }

func singletonIsNotDoubled(c *checker) {
	claims := map[claimOf]*inventory.Claim{}
	for _, p := range c.Claims {
		claims[claimOf{p.Namespace, p.Name}] = p
	}
	users := map[claimOf]*inventory.Workload{}
	for _, w := range c.Workloads {
		if w.Once || w.MadeBy != nil && w.MadeBy.Kind != "Canary" {
			continue
		}
		for _, name := range claimsOf(w) {
			key := claimOf{w.Namespace, name}
			claim := claims[key]
			if claim == nil {
				if w.Serves() && canDouble(w) {
					c.unknown(w.Object, "whether more than one node can mount the claim %s: it is not in the set", name)
				}
				continue
			}
			if !oneNode(claim) {
				continue
			}
			c.doubled(w, claim)
			if other := users[key]; other != nil && !besideOthers(w) && !besideOthers(other) {
				c.violated(w.Object, "spec.template.spec.volumes", "run both on two nodes: PersistentVolumeClaim/%s is mounted by %s, too, and the pod that comes second waits as long as the first one runs", name, other.Short())
			}
			users[key] = w
		}
	}
}

// claimsOf returns the claims that all pods of a workload mount, each once.
func claimsOf(w *inventory.Workload) []string {
	var names []string
	for _, v := range w.Template.Spec.Volumes {
		if v.PersistentVolumeClaim != nil && !slices.Contains(names, v.PersistentVolumeClaim.ClaimName) {
			names = append(names, v.PersistentVolumeClaim.ClaimName)
		}
	}
	return names
}

// oneNode reports whether only one node, or one pod, can mount a claim.
func oneNode(p *inventory.Claim) bool {
	for _, mode := range p.Spec.AccessModes {
		if mode != corev1.ReadWriteOnce && mode != corev1.ReadWriteOncePod {
			return false
		}
	}
	return len(p.Spec.AccessModes) > 0
}

// canDouble reports whether there are ever two pods of a workload at once.
func canDouble(w *inventory.Workload) bool {
	return w.Most() > 1 || w.Update.Kind == inventory.BlueGreen || w.Surge(max(w.Most(), 1)) > 0
}

// doubled looks at one workload and a claim that one node can mount.
func (c *checker) doubled(w *inventory.Workload, claim *inventory.Claim) {
	switch {
	case !w.Serves():
	case w.Kind == "DaemonSet":
		c.violated(w.Object, "spec.template.spec.volumes", "add a second node: its pod waits for ever for PersistentVolumeClaim/%s, which one node can mount", claim.Name)
	case w.Most() > 1 && !besideOthers(w):
		c.violated(w.Object, "spec.template.spec.volumes", "run its %d pods on two nodes: those on the second wait for ever for PersistentVolumeClaim/%s, which one node can mount", w.Most(), claim.Name)
	case w.Update.Kind == inventory.BlueGreen || w.Surge(max(w.Most(), 1)) > 0 && w.Unavailable(max(w.Most(), 1)) == 0 && !besideOthers(w):
		c.violated(w.Object, "spec.strategy", "release a version: the new pod waits on another node for PersistentVolumeClaim/%s, which the old one keeps until the new one is ready", claim.Name)
	default:
		c.proved(w.Object, "%d pod at a time mounts PersistentVolumeClaim/%s, and an update is %s", max(w.Most(), 1), claim.Name, w.Update.Kind)
	}
}

// besideOthers reports whether pods must be on the node of others, where they can mount what those mount.
func besideOthers(w *inventory.Workload) bool {
	affinity := w.Template.Spec.Affinity
	if w.Template.Spec.NodeName != "" || w.Template.Spec.NodeSelector[corev1.LabelHostname] != "" {
		return true
	}
	if affinity == nil || affinity.PodAffinity == nil {
		return false
	}
	return slices.ContainsFunc(affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution, func(t corev1.PodAffinityTerm) bool {
		return t.TopologyKey == corev1.LabelHostname
	})
}
