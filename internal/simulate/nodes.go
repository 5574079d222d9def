package simulate

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// verdict is what a shape and a node think of each other as long as neither changes.
type verdict struct {
	filter   Filter // the first that refuses; Fits: none
	affinity bool   // the pod's selector and required affinity match the node
	taints   bool   // the pod tolerates all taints that keep pods away
}

// judge holds a node against what does not depend on other pods.
func (s *shape) judge(n *node) verdict {
	v := verdict{affinity: s.required.match(n.Node), taints: tolerates(s.spec.Tolerations, n.Taints)}
	unschedulable := corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}
	cordoned := n.Unschedulable && !tolerated(s.spec.Tolerations, &unschedulable)
	v.taints = v.taints && !cordoned // a controller gives every cordoned node that taint
	switch {
	case cordoned:
		v.filter = Unschedulable
	case !v.taints:
		v.filter = Tainted
	case !v.affinity:
		v.filter = NotWanted
	}
	return v
}

// tolerates reports whether none of the taints keeps a pod away.
func tolerates(have []corev1.Toleration, taints []corev1.Taint) bool {
	for i := range taints {
		t := &taints[i]
		if (t.Effect == corev1.TaintEffectNoSchedule || t.Effect == corev1.TaintEffectNoExecute) && !tolerated(have, t) {
			return false
		}
	}
	return true
}

func tolerated(have []corev1.Toleration, taint *corev1.Taint) bool {
	for i := range have {
		t := &have[i]
		if t.Effect != "" && t.Effect != taint.Effect || t.Key != "" && t.Key != taint.Key {
			continue
		}
		if t.Operator == corev1.TolerationOpExists || (t.Operator == "" || t.Operator == corev1.TolerationOpEqual) && t.Value == taint.Value {
			return true
		}
	}
	return false
}

// nodeSelector is which nodes a pod must be on: those with all labels, and of the terms, if there are any, one that matches.
type nodeSelector struct {
	labels labels.Selector
	terms  []nodeTerm
	some   bool // there are terms: with none that is valid no node matches
}

type nodeTerm struct {
	labels []labels.Requirement
	names  []corev1.NodeSelectorRequirement
}

func requiredNodes(spec *corev1.PodSpec) nodeSelector {
	var s nodeSelector
	if len(spec.NodeSelector) > 0 {
		s.labels = labels.SelectorFromSet(spec.NodeSelector)
	}
	a := spec.Affinity
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return s
	}
	s.some = true
	for _, t := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		if len(t.MatchExpressions)+len(t.MatchFields) == 0 {
			continue // an empty term selects nothing
		}
		if expressions, ok := requirements(t.MatchExpressions); ok {
			s.terms = append(s.terms, nodeTerm{expressions, t.MatchFields})
		}
	}
	return s
}

var operators = map[corev1.NodeSelectorOperator]selection.Operator{
	corev1.NodeSelectorOpIn:           selection.In,
	corev1.NodeSelectorOpNotIn:        selection.NotIn,
	corev1.NodeSelectorOpExists:       selection.Exists,
	corev1.NodeSelectorOpDoesNotExist: selection.DoesNotExist,
	corev1.NodeSelectorOpGt:           selection.GreaterThan,
	corev1.NodeSelectorOpLt:           selection.LessThan,
}

func requirements(expressions []corev1.NodeSelectorRequirement) ([]labels.Requirement, bool) {
	var all []labels.Requirement
	for _, e := range expressions {
		r, err := labels.NewRequirement(e.Key, operators[e.Operator], e.Values)
		if err != nil {
			return nil, false
		}
		all = append(all, *r)
	}
	return all, true
}

func (s *nodeSelector) match(n *Node) bool {
	if s.labels != nil && !s.labels.Matches(labels.Set(n.Labels)) {
		return false
	}
	for i := range s.terms {
		if s.terms[i].match(n) {
			return true
		}
	}
	return !s.some
}

func (t *nodeTerm) match(n *Node) bool {
	for i := range t.labels {
		if !t.labels[i].Matches(labels.Set(n.Labels)) {
			return false
		}
	}
	for _, f := range t.names { // the API allows one name, and In or NotIn
		in := len(f.Values) > 0 && f.Key == "metadata.name" && f.Values[0] == n.Name
		if in != (f.Operator == corev1.NodeSelectorOpIn) {
			return false
		}
	}
	return true
}

// topology is the domains into which one label divides the nodes.
type topology struct {
	domains int
	of      []int // by node; -1: the node has no such label
}

// topology returns the domains of a label.
func (c *Cluster) topology(key string) *topology {
	if t := c.topologies[key]; t != nil {
		return t
	}
	t := &topology{of: make([]int, len(c.nodes))}
	seen := map[string]int{}
	for i := range c.nodes {
		value, ok := c.nodes[i].Labels[key]
		if !ok {
			t.of[i] = -1
			continue
		}
		if _, known := seen[value]; !known {
			seen[value] = len(seen)
		}
		t.of[i] = seen[value]
	}
	t.domains = len(seen)
	c.topologies[key] = t
	return t
}
