package verify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scantling/scantling/internal/inventory"
	"github.com/scantling/scantling/internal/simulate"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// conditions are what decides where the pods of a workload may be beside each other, without the names in it: workloads with the same
// conditions and numbers fare the same.
type conditions struct {
	name    string // two of one name are the same
	kind    string
	update  simulate.Update
	spreads []corev1.TopologySpreadConstraint
	apart   []corev1.PodAffinityTerm // required anti-affinity with themselves
	near    []corev1.PodAffinityTerm // required affinity with themselves
	allowed []string                 // zones that they may be in, of those that are stated
	perHost bool                     // a condition is about single nodes
}

// The labels of the pods of a simulated workload.
const (
	simulatedName = "app"
	simulatedPods = "it"
)

// conditionsOf returns the conditions of a workload with itself, or the fact without which nobody can tell. What it asks of the pods of
// others, and of labels of nodes other than zone and name, is taken as met.
func conditionsOf(c *checker, w *inventory.Workload) (k conditions, missing string) {
	k = conditions{kind: w.Kind, update: updateOf(w)}
	spec, zonal := &w.Template.Spec, false
	mind := func(key string) {
		switch key {
		case zoneKey, oldZoneKey:
			zonal = true
		case nodeKey:
			k.perHost = true
		default:
			missing = fmt.Sprintf("how many values of the label %s the nodes have", key)
		}
	}
	for _, t := range spec.TopologySpreadConstraints {
		if t.WhenUnsatisfiable != corev1.DoNotSchedule || !inventory.Matches(t.LabelSelector, w.Template.Labels) {
			continue
		}
		mind(t.TopologyKey)
		t.LabelSelector, t.MatchLabelKeys = simulatedSelector(), ownRevision(w, t.MatchLabelKeys)
		k.spreads = append(k.spreads, t)
	}
	if a := spec.Affinity; a != nil && a.PodAntiAffinity != nil {
		k.apart = ownTerms(w, a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
	}
	if a := spec.Affinity; a != nil && a.PodAffinity != nil {
		k.near = ownTerms(w, a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
	}
	for _, t := range slices.Concat(k.apart, k.near) {
		mind(t.TopologyKey)
	}
	k.allowed = zonesOf(c, w)
	if k.hard() {
		k.name = k.named(w.Parallel, c.Facts.Zones)
	}
	if zonal && len(c.Facts.Zones) == 0 {
		missing = "how many zones the cluster has"
	}
	return k, missing
}

// hard reports whether there is any condition: without one every pod fits where there is room.
func (k *conditions) hard() bool { return len(k.spreads)+len(k.apart)+len(k.near) > 0 }

func updateOf(w *inventory.Workload) simulate.Update {
	switch {
	case w.Update.Kind == inventory.Recreate:
		return simulate.Recreate
	case doubles(w):
		return simulate.BlueGreen
	case w.Update.Kind == inventory.OnDelete:
		return simulate.OnDelete
	}
	return simulate.Rolling
}

func simulatedSelector() *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{simulatedName: simulatedPods}}
}

// ownRevision keeps of the labels by which pods are told apart the one that every revision has its own value of.
func ownRevision(w *inventory.Workload, keys []string) []string {
	if key := revisionLabels[w.Kind]; slices.Contains(keys, key) {
		return []string{key}
	}
	return nil
}

// ownTerms returns the terms that are about the workload's own pods.
func ownTerms(w *inventory.Workload, all []corev1.PodAffinityTerm) []corev1.PodAffinityTerm {
	var own []corev1.PodAffinityTerm
	for _, t := range all {
		if inventory.Matches(t.LabelSelector, w.Template.Labels) && ownNamespace(w, &t) {
			own = append(own, corev1.PodAffinityTerm{
				TopologyKey: t.TopologyKey, LabelSelector: simulatedSelector(), MatchLabelKeys: ownRevision(w, t.MatchLabelKeys),
			})
		}
	}
	return own
}

// zonesOf returns the stated zones that a workload's pods may be in.
func zonesOf(c *checker, w *inventory.Workload) []string {
	var allowed []string
	for _, zone := range c.Facts.Zones {
		if mayBeIn(&w.Template.Spec, zone) {
			allowed = append(allowed, zone)
		}
	}
	return allowed
}

// mayBeIn reports whether pods may be in a zone, as far as they say.
func mayBeIn(spec *corev1.PodSpec, zone string) bool {
	for _, key := range []string{zoneKey, oldZoneKey} {
		if wanted, ok := spec.NodeSelector[key]; ok && wanted != zone {
			return false
		}
	}
	a := spec.Affinity
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return true
	}
	terms := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	return len(terms) == 0 || slices.ContainsFunc(terms, func(t corev1.NodeSelectorTerm) bool { return termAllows(t, zone) })
}

func termAllows(t corev1.NodeSelectorTerm, zone string) bool {
	for _, e := range t.MatchExpressions {
		if e.Key != zoneKey && e.Key != oldZoneKey {
			continue
		}
		in := slices.Contains(e.Values, zone)
		if e.Operator == corev1.NodeSelectorOpIn && !in || e.Operator == corev1.NodeSelectorOpNotIn && in || e.Operator == corev1.NodeSelectorOpDoesNotExist {
			return false
		}
	}
	return true
}

// world returns n pods of a workload under its conditions, started, on nodes with room: in each zone enough that one may be lost and a
// rollout under way, where a condition is about single nodes, else two.
func (k *conditions) world(n int, w *inventory.Workload, budgets []simulate.Budget, zones []string) (*simulate.Cluster, simulate.Outcome) {
	if len(zones) == 0 {
		zones = []string{"any"}
	}
	each := 2
	if k.perHost {
		more, _ := simulate.Fenceposts(w.Update.MaxSurge, w.Update.MaxUnavailable, n)
		if k.update == simulate.BlueGreen || more > n { // no rollout makes more new pods than there will be
			more = n
		}
		each = (n+more)/max(min(len(k.allowed), len(zones))-1, 1) + 2
	}
	var nodes []simulate.Node
	for i := range each { // zone by zone in turn
		for _, zone := range zones {
			name := fmt.Sprintf("%s-%d", zone, i+1)
			nodes = append(nodes, simulate.Node{Name: name, Labels: map[string]string{zoneKey: zone, oldZoneKey: zone, nodeKey: name}})
		}
	}
	cluster := simulate.New(nodes, []simulate.Controller{{
		Name: w.Name, Kind: w.Kind, Replicas: n, Update: k.update, Parallel: w.Parallel,
		Surge: w.Update.MaxSurge, Unavailable: w.Update.MaxUnavailable,
		Template: simulate.Template{Labels: map[string]string{simulatedName: simulatedPods}, Spec: k.pod()},
	}}, budgets)
	return cluster, cluster.Start()
}

// pod returns a pod with the conditions and nothing else.
func (k *conditions) pod() corev1.PodSpec {
	spec := corev1.PodSpec{TopologySpreadConstraints: k.spreads, Affinity: &corev1.Affinity{
		PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: k.apart},
		PodAffinity:     &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: k.near},
	}}
	if len(k.allowed) > 0 {
		spec.Affinity.NodeAffinity = &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
				{Key: zoneKey, Operator: corev1.NodeSelectorOpIn, Values: k.allowed},
			}}},
		}}
	}
	return spec
}

// key says the same of workloads that fare the same with n pods.
func (k *conditions) key(n int, w *inventory.Workload) string {
	surge, unavailable := simulate.Fenceposts(w.Update.MaxSurge, w.Update.MaxUnavailable, n)
	key := append(make([]byte, 0, len(k.name)+24), k.name...)
	for _, v := range []int{n, surge, unavailable} {
		key = strconv.AppendInt(append(key, '/'), int64(v), 10)
	}
	return string(key)
}

// named says the same of conditions that are the same.
func (k *conditions) named(parallel bool, zones []string) string {
	var s strings.Builder
	fmt.Fprint(&s, k.kind, k.update, parallel, k.allowed, zones)
	for i := range k.spreads {
		t := &k.spreads[i]
		fmt.Fprint(&s, "|", t.TopologyKey, t.MaxSkew, said(t.MinDomains), said(t.NodeAffinityPolicy), said(t.NodeTaintsPolicy), t.MatchLabelKeys)
	}
	for _, terms := range [][]corev1.PodAffinityTerm{k.apart, k.near} {
		s.WriteString("#")
		for i := range terms {
			fmt.Fprint(&s, terms[i].TopologyKey, terms[i].MatchLabelKeys, ";")
		}
	}
	return s.String()
}

// said is what a pointer points at.
func said[T any](v *T) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprint(*v)
}

// mostPlayed is up to how many pods conditions are played through; what holds for every number up to 20 and for some beyond holds for more.
const mostPlayed = 100

// podCounts returns the numbers of pods that are played through, between the fewest and the most that a workload has: each of the first 20,
// where shares are rounded in every way, then some that lie further and further apart, and the last.
func podCounts(w *inventory.Workload) []int {
	least, most := max(int(w.Least()), 1), int(w.Most())
	if most > inventory.EveryNode/2 || most < least {
		return nil
	}
	const each = 20
	var all []int
	for n, step := least, 1; n < most; n += step {
		all = append(all, n)
		if n-least >= each {
			step = max(n/4, 1)
		}
	}
	return append(all, most)
}
