package reach

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/inventory"
)

// nameLabel is the label that the API server gives each namespace, with its name.
const nameLabel = "kubernetes.io/metadata.name"

// selector is what labels must have, all of it; without requirements it selects everything.
type selector []requirement

// requirement is what one label must be.
type requirement struct {
	key    string
	values []string // one of them; none: any
	not    bool
}

// labelset is labels as far as they are known.
type labelset struct {
	have  map[string]string
	whole bool // there are no others
}

// selects reports whether a selector selects who has these labels.
func (s selector) selects(l labelset) Answer {
	answer := Yes
	for _, r := range s {
		answer = min(answer, r.holds(l))
	}
	return answer
}

func (r requirement) holds(l labelset) Answer {
	value, ok := l.have[r.key]
	if !ok && (!l.whole || atRuntime(r.key)) {
		return Maybe
	}
	hit := ok && (len(r.values) == 0 || slices.Contains(r.values, value))
	if hit != r.not {
		return Yes
	}
	return No
}

// atRuntime reports whether a label is one that pods get only when they are made, so that no template shows it.
func atRuntime(key string) bool {
	for _, domain := range []string{
		"statefulset.kubernetes.io/", "apps.kubernetes.io/pod-index", "batch.kubernetes.io/", "topology.kubernetes.io/", "io.cilium.",
		"security.istio.io/", "service.istio.io/", "linkerd.io/", "topology.istio.io/",
	} {
		if strings.HasPrefix(key, domain) {
			return true
		}
	}
	return slices.Contains([]string{
		"pod-template-hash", "controller-revision-hash", "pod-template-generation", "controller-uid", "job-name", "rollouts-pod-template-hash",
	}, key)
}

// runtime reports whether a selector asks for labels that no template shows, or that an operator gives to what it makes, perhaps later.
func (s selector) runtime() bool {
	return slices.ContainsFunc(s, func(r requirement) bool { return atRuntime(r.key) || strings.HasPrefix(r.key, "cnpg.io/") })
}

// selectorOf reads a selector of the API. Nil is for the caller to tell from an empty one.
func selectorOf(from *metav1.LabelSelector) selector {
	s := selector{}
	if from == nil {
		return s
	}
	for _, key := range slices.Sorted(maps.Keys(from.MatchLabels)) {
		s = append(s, requirement{key: key, values: []string{from.MatchLabels[key]}})
	}
	for _, e := range from.MatchExpressions {
		r := requirement{key: e.Key, values: slices.Sorted(slices.Values(e.Values))}
		r.not = e.Operator == metav1.LabelSelectorOpNotIn || e.Operator == metav1.LabelSelectorOpDoesNotExist
		s = append(s, r)
	}
	return s
}

// exact returns the labels that a selector asks for by value.
func (s selector) exact() map[string]string {
	labels := map[string]string{}
	for _, r := range s {
		if !r.not && len(r.values) == 1 {
			labels[r.key] = r.values[0]
		}
	}
	return labels
}

// String is a selector as messages have it: app=web,tier!=cache.
func (s selector) String() string {
	var parts []string
	for _, r := range s {
		values := strings.Join(r.values, "|")
		switch {
		case len(r.values) == 0 && r.not:
			parts = append(parts, "!"+r.key)
		case len(r.values) == 0:
			parts = append(parts, r.key)
		case r.not:
			parts = append(parts, r.key+"!="+values)
		default:
			parts = append(parts, r.key+"="+values)
		}
	}
	return strings.Join(parts, ",")
}

// namespace returns the labels of a namespace as far as they are known: all of them if its object is in the set.
func (g *Graph) namespace(name string) labelset {
	if l, ok := g.namespaces[name]; ok {
		return l
	}
	l := labelset{have: map[string]string{}}
	if o := g.set.Namespace(name); o != nil {
		maps.Copy(l.have, o.Labels)
		l.whole = true
	}
	if name != "" {
		l.have[nameLabel] = name
	}
	g.namespaces[name] = l
	if len(g.set.In(name)) > 0 || l.whole {
		g.names = append(g.names, name)
	}
	return l
}

// pods returns the labels of a workload's pods.
func pods(w *inventory.Workload) labelset { return labelset{w.Template.Labels, true} }
