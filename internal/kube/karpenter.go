package kube

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NodePool is karpenter.sh/v1: nodes that Karpenter makes when pods find no room, and takes away when they are not needed.
type NodePool struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              NodePoolSpec `json:"spec"`
}

// NodePoolSpec says what its nodes are, how many there may be, and when they go.
type NodePoolSpec struct {
	Template   NodeTemplate      `json:"template"`
	Disruption NodeDisruption    `json:"disruption"`
	Limits     map[string]string `json:"limits"` // by resource; nodes is their number
	Weight     int32             `json:"weight,omitempty"`
}

// NodeTemplate is what each node of a pool is.
type NodeTemplate struct {
	Metadata *NodeMetadata `json:"metadata,omitempty"`
	Spec     NodeSpec      `json:"spec"`
}

// NodeMetadata are labels of nodes.
type NodeMetadata struct {
	Labels map[string]string `json:"labels"`
}

// NodeSpec is the machine behind a node. Requirements are about its labels, which Karpenter chooses among.
type NodeSpec struct {
	NodeClassRef NodeClassRef      `json:"nodeClassRef"`
	Requirements []NodeRequirement `json:"requirements"`
	Taints       []corev1.Taint    `json:"taints,omitempty"`
	ExpireAfter  string            `json:"expireAfter"`
}

// NodeClassRef names the class of a cloud's machines.
type NodeClassRef struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
}

// NodeRequirement is a label and the values that it may have.
type NodeRequirement struct {
	Key      string                      `json:"key"`
	Operator corev1.NodeSelectorOperator `json:"operator"`
	Values   []string                    `json:"values"`
}

// NodeDisruption is when Karpenter takes nodes away by itself, and how many at once.
type NodeDisruption struct {
	ConsolidationPolicy string       `json:"consolidationPolicy"`
	ConsolidateAfter    string       `json:"consolidateAfter"`
	Budgets             []NodeBudget `json:"budgets"`
}

// NodeBudget is how many nodes of a pool may be on their way out.
type NodeBudget struct {
	Nodes string `json:"nodes"` // "10%" or "1"
}
