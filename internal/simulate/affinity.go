package simulate

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// term is one required affinity or anti-affinity between pods.
type term struct {
	key        string
	selector   labels.Selector
	namespaces []string
	others     labels.Selector // of namespaces, by their labels
	found      []bool          // of an anti-affinity, by shape: it selects those pods
}

func terms(s *shape, required []corev1.PodAffinityTerm) []term {
	var all []term
	for _, t := range required {
		one := term{key: t.TopologyKey, namespaces: t.Namespaces, selector: matcher(t.LabelSelector), others: matcher(t.NamespaceSelector)}
		if len(t.Namespaces) == 0 && t.NamespaceSelector == nil {
			one.namespaces = []string{s.namespace}
		}
		if t.LabelSelector != nil {
			one.selector = merge(one.selector, s.labels, t.MatchLabelKeys)
			for _, key := range t.MismatchLabelKeys {
				value, ok := s.labels[key]
				if r, err := labels.NewRequirement(key, selection.NotIn, []string{value}); ok && err == nil {
					one.selector = one.selector.Add(*r)
				}
			}
		}
		all = append(all, one)
	}
	return all
}

// matches reports whether a term selects pods of a shape. Of a namespace's labels only the one that all have is known: its name.
func (t *term) matches(other *shape) bool {
	named := labels.Set{corev1.LabelMetadataName: other.namespace}
	return (slices.Contains(t.namespaces, other.namespace) || t.others.Matches(named)) && t.selector.Matches(other.labels)
}

// company is what the pods that are there mean for one that comes: by topology, the domains in which it may not be, and in which it must.
type company struct {
	keys   []string
	denied []map[int]bool
	own    []map[int]bool // for each affinity term of the pod: the domains in which there is a pod that matches all terms
	first  bool           // no pod matches, and the pod itself does: it may be the first
}

// company looks at who is there.
func (c *Cluster) company(k int) company {
	var w company
	s := c.shapes[k]
	for i := range s.repels {
		w.deny(c, s.repels[i].key, s.repels[i].found)
	}
	for j, other := range c.shapes[:len(c.counts)] {
		for i := range other.repels {
			if other.repels[i].found[k] {
				only := make([]bool, len(c.counts))
				only[j] = true
				w.deny(c, other.repels[i].key, only)
			}
		}
	}
	w.first = len(s.affinity) > 0 && s.near[k]
	for i := range s.affinity {
		in := c.domains(s.affinity[i].key, s.near)
		w.own = append(w.own, in)
		w.first = w.first && len(in) == 0
	}
	return w
}

// deny keeps the pod out of the domains in which there are pods of some shapes.
func (w *company) deny(c *Cluster, key string, shapes []bool) {
	if in := c.domains(key, shapes); len(in) > 0 {
		w.keys, w.denied = append(w.keys, key), append(w.denied, in)
	}
}

// domains returns the domains of a label in which there are pods of some shapes.
func (c *Cluster) domains(key string, shapes []bool) map[int]bool {
	var in map[int]bool
	t := c.topologies[key]
	for n := range c.nodes {
		if d := t.of[n]; d >= 0 && !c.nodes[n].gone && c.matching(shapes, n) > 0 {
			if in == nil {
				in = map[int]bool{}
			}
			in[d] = true
		}
	}
	return in
}

// near reports whether a node is where the affinity of a shape wants it.
func (w *company) near(c *Cluster, s *shape, n int) bool {
	found := true
	for i := range s.affinity {
		d := c.topologies[s.affinity[i].key].of[n]
		if d < 0 {
			return false
		}
		found = found && w.own[i][d]
	}
	return found || w.first
}

// repelled returns the label of the domain that a pod may not share with who is there; empty: none.
func (w *company) repelled(c *Cluster, n int) string {
	for i, key := range w.keys {
		if d := c.topologies[key].of[n]; d >= 0 && w.denied[i][d] {
			return key
		}
	}
	return ""
}
