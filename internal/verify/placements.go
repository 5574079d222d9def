package verify

import (
	"github.com/scantling/scantling/internal/diag"
	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/simulate"
)

// placements are about what is left when nodes are lost together.
var placements = []Guarantee{
	{
		Name:    "zone-loss-is-survived",
		Promise: "after the loss of any zone some pods still serve, and those that are lost come back in the others, with room there",
		Why:     "a whole zone fails at once, and every app that has all pods in it, or none that may start elsewhere, is down until it is back",
		Source:  "https://kubernetes.io/docs/setup/best-practices/multiple-zones/",
		Foreign: diag.Warning,
		check:   zoneLossIsSurvived,
	},
	{
		Name:    "spot-is-bounded",
		Promise: "what must not lose its node is never on spot capacity, and as much as the budget keeps is not on it",
		Why:     "a cloud takes all nodes of one spot pool back within minutes, and asks no budget",
		Source:  "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html",
		Foreign: diag.Warning,
		check:   spotIsBounded,
	},
}

// zoneLossIsSurvived plays the loss of each zone through: while its nodes are still listed as unreachable, and when they are gone.
func zoneLossIsSurvived(c *checker) {
	played := map[string]lost{}
	for _, w := range c.Workloads {
		if !w.Serves() || w.Kind == "DaemonSet" || w.Kind == "Pod" || w.Least() < 2 || unlabelled(w) {
			continue
		}
		k, missing := conditionsOf(c, w)
		switch {
		case missing != "":
			c.unknown(w.Object, "%s", missing)
		case len(c.Facts.Zones) < 2: // not stated, or there is no other
		case len(k.allowed) == 0: // none of these manifests' zones is one of the cluster
		case len(k.allowed) == 1:
			c.violated(w.Object, podPath(w), "lose zone %s: all %d pods must be in it, and 0 are left", k.allowed[0], w.Least())
		case k.hard():
			playLosses(c, w, &k, played)
		case prefersZones(w):
			left := int(w.Least()) - fullest(int(w.Least()), len(k.allowed))
			c.proved(w.Object, "lose any of %d zones: %d of %d pods are left, and the others come back elsewhere, with room there", len(k.allowed), left, w.Least())
		case !w.Ours() || w.Labels[tierLabel] == tierCritical || w.Labels[tierLabel] == tierStandard:
			c.unknown(w.Object, "in which zones its pods will be: no constraint of it says to spread them")
		}
	}
}

// fullest is how many of n pods the fullest of some zones has when they are spread.
func fullest(n, zones int) int { return (n + zones - 1) / zones }

// prefersZones reports whether pods of a workload would rather be in different zones.
func prefersZones(w *inventory.Workload) bool {
	for _, t := range w.Template.Spec.TopologySpreadConstraints {
		if (t.TopologyKey == zoneKey || t.TopologyKey == oldZoneKey) && inventory.Matches(t.LabelSelector, w.Template.Labels) {
			return true
		}
	}
	a := w.Template.Spec.Affinity
	if a == nil || a.PodAntiAffinity == nil {
		return false
	}
	for _, t := range a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
		key := t.PodAffinityTerm.TopologyKey
		if (key == zoneKey || key == oldZoneKey) && inventory.Matches(t.PodAffinityTerm.LabelSelector, w.Template.Labels) {
			return true
		}
	}
	return false
}

// lost is what came of the loss of every zone.
type lost struct {
	started bool
	zone    string // after the loss of which not all is well; empty: after none
	listed  bool
	least   int
	simulate.Outcome
}

func playLosses(c *checker, w *inventory.Workload, k *conditions, played map[string]lost) {
	least := 0
	for i, n := range podCounts(w) {
		if n > mostPlayed {
			break
		}
		key := k.key(n, w)
		if len(w.Claims) > 0 {
			key += "/volumes"
		}
		l, known := played[key]
		if !known {
			l = loseAll(k, n, w, c.Facts.Zones)
			played[key] = l
		}
		switch {
		case !l.started && len(l.Pending) > 0 && len(k.near) > 0 && len(k.apart) == 0: // what is apart, required-apart-leaves-room tells
			c.violated(w.Object, podPath(w), "start its %d pods, with every zone there: %d %s Pending, because %s", n, l.Pending[0].Pods, stays(l.Pending[0].Pods), l.Pending[0].Why)
			return
		case !l.started:
			return
		case l.zone == "":
			if i == 0 {
				least = l.least
			}
			continue
		case l.Least == 0:
			c.violated(w.Object, podPath(w), "lose zone %s: all %d pods are in it, and 0 are left", l.zone, n)
		default:
			still := ""
			if l.listed {
				still = ", while its nodes are still listed as unreachable"
			}
			c.violated(w.Object, podPath(w), "lose zone %s: %d of %d pods %s Pending%s, because %s",
				l.zone, l.Pending[0].Pods, n, stays(l.Pending[0].Pods), still, l.Pending[0].Why)
		}
		return
	}
	back := "the others come back elsewhere, with room there"
	if len(w.Claims) > 0 {
		back = "the others come back with their volumes"
	}
	c.proved(w.Object, "lose any of %d zones: at least %d of %d pods are left, and %s", len(k.allowed), least, w.Least(), back)
}

// loseAll loses every zone, each in a cluster where nothing else happened. Pods with volumes of their own wait for those, wherever they
// could be.
func loseAll(k *conditions, n int, w *inventory.Workload, zones []string) lost {
	cluster, o := k.world(n, w, nil, zones)
	if !o.Done {
		return lost{Outcome: o}
	}
	least := n
	for _, zone := range k.allowed {
		in := func(node *simulate.Node) bool { return node.Labels[zoneKey] == zone }
		for _, listed := range []bool{false, true} {
			o := cluster.Clone().Lose(in, listed)
			least = min(least, o.Least)
			if o.Least == 0 && n > 1 || len(o.Pending) > 0 && len(w.Claims) == 0 {
				return lost{started: true, zone: zone, listed: listed, Outcome: o}
			}
		}
	}
	return lost{started: true, least: least}
}
