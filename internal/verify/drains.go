package verify

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/simulate"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// drains are about what is left while nodes are emptied, as every upgrade of a cluster does with each of them.
var drains = []Guarantee{
	{
		Name:    "every-node-can-drain",
		Promise: "every node can be drained to its end, however many pods there are, with room on the other nodes",
		Why:     "a drain that never ends stops the upgrade of the cluster, or ends when somebody deletes the pods by force",
		Source:  "https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/",
		Foreign: diag.Error,
		check:   everyNodeCanDrain,
	},
	{
		Name:    "drain-leaves-capacity",
		Promise: "the drain of one node never takes all pods of what serves with two or more",
		Why:     "pods that must share a node, and that no budget holds, all stop when the first node is upgraded",
		Source:  "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
		Foreign: diag.Warning,
		check:   drainLeavesCapacity,
	},
}

// everyNodeCanDrain plays a drain of every node through for what has one budget. Budgets that allow nothing with any number of pods, and
// pods under two budgets, are left to the guarantees that are about those alone.
func everyNodeCanDrain(c *checker) {
	over, played := holds(c), map[string]drained{}
	for _, w := range c.Workloads {
		h, ok := over[w]
		if !ok || !w.Serves() || w.Kind == "DaemonSet" || w.Kind == "Pod" {
			continue
		}
		k, missing := conditionsOf(c, w)
		switch {
		case pinned(c, w, h):
		case missing != "":
			c.unknown(w.Object, "%s", missing)
		case !k.hard():
			holdDrains(c, w, h)
		default:
			playDrains(c, w, h, &k, played)
		}
	}
}

// pinned says of pods that may be on one node only that they come back nowhere while it is drained.
func pinned(c *checker, w *inventory.Workload, h held) bool {
	node := cmp.Or(w.Template.Spec.NodeSelector[nodeKey], requiredNode(&w.Template.Spec))
	n := max(int(w.Least()), 1)
	b := h.simulated(n)
	if goes := b.Allows(n); node == "" || goes == 0 || goes == n {
		return false
	}
	path := podPath(w) + ".affinity.nodeAffinity"
	if w.Template.Spec.NodeSelector[nodeKey] != "" {
		path = podPath(w) + ".nodeSelector"
	}
	c.violated(w.Object, path, "drain node %s: of %d pods %d may go, and come back nowhere else, so budget %s holds the others for ever",
		node, n, b.Allows(n), h.Name)
	return true
}

// held is the one budget over the pods of a workload.
type held struct {
	*inventory.Budget
	others int // pods of other workloads that it counts, when there are fewest
}

// holds returns the budget of each workload that has exactly one, which can be reckoned.
func holds(c *checker) map[*inventory.Workload]held {
	over, seen := map[*inventory.Workload]held{}, map[*inventory.Workload]int{}
	for _, b := range c.Budgets {
		selected := c.Selected(b.Namespace, b.Spec.Selector)
		n := countBudgeted(selected)
		reckoned := budgetRefused(b) == "" && !(budgetWantsScale(b) && (len(n.scaleless) > 0 || n.scale < n.pods))
		for _, w := range selected {
			seen[w]++
			if !reckoned || seen[w] > 1 || n.everyNode {
				delete(over, w)
				continue
			}
			over[w] = held{b, max(int(n.pods)-max(int(w.Least()), 0), 0)}
		}
	}
	return over
}

// simulated returns a budget as the simulator takes it, over n pods of the workload alone.
func (h held) simulated(n int) simulate.Budget {
	policy := h.Spec.UnhealthyPodEvictionPolicy
	b := simulate.Budget{
		Name: h.Name, Selector: simulatedSelector(), MinAvailable: h.Spec.MinAvailable, MaxUnavailable: h.Spec.MaxUnavailable,
		AlwaysAllow: policy != nil && *policy == policyv1.AlwaysAllow,
	}
	if h.others > 0 {
		b.MinAvailable, b.MaxUnavailable = nil, new(intstr.FromInt(b.Allows(n+h.others)))
	}
	return b
}

// holdDrains reckons where pods may be anywhere: then a drain ends if the budget lets one pod go, because it comes back elsewhere.
func holdDrains(c *checker, w *inventory.Workload, h held) {
	least := 0
	for i, n := range podCounts(w) {
		b := h.simulated(n)
		allowed := b.Allows(n)
		if allowed == 0 {
			c.violated(w.Object, "", "drain one node: budget %s allows 0 of %s", h.Name, plural(n+h.others, "eviction"))
			return
		}
		if i == 0 || allowed < least {
			least = allowed
		}
	}
	if least > 0 {
		c.proved(w.Object, "of %s budget %s lets at least %d go at a time, and those come back on any node that has room", podRange(w), h.Name, least)
	}
}

// drained is what came of the drains of every node.
type drained struct {
	started bool
	node    string // whose drain does not end, in words; empty: all do
	simulate.Outcome
}

func playDrains(c *checker, w *inventory.Workload, h held, k *conditions, played map[string]drained) {
	for _, n := range podCounts(w) {
		if n > mostPlayed {
			break
		}
		one := h.simulated(n)
		keeps, _ := one.Keeps(n)
		key := k.key(n, w) + "/" + strconv.Itoa(keeps) + "/" + strconv.Itoa(one.Allows(n)) + "/" + strconv.FormatBool(one.AlwaysAllow)
		d, known := played[key]
		if !known {
			d = drainAll(k, n, w, one, c.Facts.Zones)
			played[key] = d
		}
		switch {
		case !d.started:
			return
		case d.node == "":
			continue
		case len(d.Pending) == 0:
			c.violated(w.Object, "", "drain %s: budget %s allows %d evictions of %d pods, because it keeps %d and %d are ready",
				d.node, h.Name, d.Blocked.Status.Allowed, n, d.Blocked.Status.Desired, d.Blocked.Status.Healthy)
		case d.Ended:
			c.violated(w.Object, podPath(w), "drain %s with one of %d pods: %d of them %s Pending, because %s",
				d.node, n, d.Pending[0].Pods, stays(d.Pending[0].Pods), d.Pending[0].Why)
		default:
			c.violated(w.Object, podPath(w), "drain %s with one of %d pods: %d of them %s Pending, because %s, and budget %s holds what is left",
				d.node, n, d.Pending[0].Pods, stays(d.Pending[0].Pods), d.Pending[0].Why, h.Name)
		}
		return
	}
	c.proved(w.Object, "of %s every drain of a node ends, with room on the other nodes%s, and budget %s holds", podRange(w), ofZones(k), h.Name)
}

// stays is the verb of one pod or more.
func stays(n int) string {
	if n == 1 {
		return "stays"
	}
	return "stay"
}

// drainAll drains the nodes that have pods, each in a cluster where nothing else happened. Nodes of one zone with as many pods are alike.
func drainAll(k *conditions, n int, w *inventory.Workload, b simulate.Budget, zones []string) drained {
	cluster, o := k.world(n, w, []simulate.Budget{b}, zones)
	if !o.Done {
		return drained{}
	}
	on := map[string]int{}
	for _, p := range cluster.Pods() {
		on[p.Node]++
	}
	seen := map[alike]bool{}
	for _, p := range cluster.Pods() {
		kind := alike{zoneOf(p.Node), on[p.Node]}
		if seen[kind] {
			continue
		}
		seen[kind] = true
		if o := cluster.Clone().Drain(p.Node); !o.Done {
			return drained{started: true, node: nodeIn(p.Node, zones), Outcome: o}
		}
	}
	return drained{started: true}
}

// alike is what tells nodes apart for a drain.
type alike struct {
	zone string
	pods int
}

// zoneOf returns the zone of a simulated node, which its name begins with.
func zoneOf(node string) string { return node[:strings.LastIndexByte(node, '-')] }

// nodeIn is a node of the simulated cluster for who knows only its zone.
func nodeIn(node string, zones []string) string {
	if zone := zoneOf(node); slices.Contains(zones, zone) {
		return "a node of zone " + zone
	}
	return "a node"
}

// drainLeavesCapacity says only what is certain: of most pods nobody knows whether they share a node.
func drainLeavesCapacity(c *checker) {
	under := map[*inventory.Workload]*inventory.Budget{}
	for _, b := range c.Budgets {
		for _, w := range c.Selected(b.Namespace, b.Spec.Selector) {
			under[w] = b
		}
	}
	for _, w := range c.Workloads {
		if !w.Serves() || w.Kind == "DaemonSet" || w.Kind == "Pod" || w.Least() < 2 {
			continue
		}
		together, apart := nodeShared(w), nodesApart(w)
		switch b := under[w]; {
		case apart:
			c.proved(w.Object, "no two of its pods share a node: %d of %d are left", w.Least()-1, w.Least())
		case b != nil:
			if keep, _ := budgetKeeps(b, int64(w.Least())); keep > 0 {
				c.proved(w.Object, "budget %s keeps %d of %s", b.Name, keep, plural(w.Least(), "pod"))
			}
		case together != "":
			c.violated(w.Object, podPath(w), "drain the node that all %d pods share, as %s wants it: they go at once and 0 are left", w.Least(), together)
		}
	}
}

// nodeShared says what puts all pods of a workload on one node; empty: nothing does.
func nodeShared(w *inventory.Workload) string {
	spec := &w.Template.Spec
	if spec.NodeName != "" {
		return "nodeName"
	}
	if spec.NodeSelector[nodeKey] != "" {
		return "the node selector"
	}
	if requiredNode(spec) != "" {
		return "the required node affinity"
	}
	a := spec.Affinity
	if a == nil {
		return ""
	}
	if a.PodAffinity != nil {
		for _, t := range ownTerms(w, a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution) {
			if t.TopologyKey == nodeKey && len(t.MatchLabelKeys) == 0 {
				return "their required affinity"
			}
		}
	}
	return ""
}

// requiredNode returns the one node that a required affinity names; empty: it names none, or several.
func requiredNode(spec *corev1.PodSpec) string {
	name := ""
	everyTerm(spec, func(e corev1.NodeSelectorRequirement) bool {
		if e.Key == nodeKey && e.Operator == corev1.NodeSelectorOpIn && len(e.Values) == 1 {
			name = e.Values[0]
		}
		return name != ""
	})
	if name == "" || !requiresLabel(spec, nodeKey, name) {
		return ""
	}
	return name
}

// nodesApart reports whether no two pods of a workload may share a node.
func nodesApart(w *inventory.Workload) bool {
	for _, t := range requiredApart(w) {
		if t.TopologyKey == nodeKey && ownNamespace(w, &t) && inventory.Matches(t.LabelSelector, w.Template.Labels) {
			return true
		}
	}
	return false
}
