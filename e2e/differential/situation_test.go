package differential

import (
	"encoding/json"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"
)

// situation is a cluster and what happens to it. Its fields are named as those of the simulator, so that what is printed of one that
// the two see differently can become a test there.
type situation struct {
	Number      int
	Prefix      string // of all that it has in the cluster, where others are played beside it
	Family      string
	Nodes       []node
	Controllers []controller
	Budgets     []budget
	Sick        []int  // pods of each controller that run and stop being ready
	Stuck       bool   // the first controller is amid a rollout that does not work
	Node        string // that is drained; empty: the one with most pods
	Lost        string // zone, or pool, whose nodes go
	Listed      bool   // they stay in the API
}

type node struct {
	Name          string
	Labels        map[string]string
	Taints        []corev1.Taint
	Unschedulable bool
	CPU           int64
	Pods          int
}

type template struct {
	Namespace string
	Labels    map[string]string
	Spec      corev1.PodSpec
}

type controller struct {
	Name        string
	Kind        string
	Template    template
	Replicas    int
	Update      int
	Surge       intstr.IntOrString
	Unavailable intstr.IntOrString
	Parallel    bool
	Broken      bool
	Wait        int `json:"-"` // minReadySeconds, which the simulator leaves out
}

// Ways to replace pods, as the simulator numbers them.
const (
	rolling = iota
	recreate
)

type budget struct {
	Namespace, Name string
	Selector        *metav1.LabelSelector
	MinAvailable    *intstr.IntOrString
	MaxUnavailable  *intstr.IntOrString
	AlwaysAllow     bool
}

type pod struct {
	Name       string
	Controller string
	Node       string
	Ready      bool
	Sick       bool
	New        bool
}

// text is the whole situation, to be read and pasted.
func (s *situation) text() string {
	data, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	var fields any
	if err := json.Unmarshal(data, &fields); err != nil {
		return err.Error()
	}
	out, err := yaml.Marshal(stripped(fields))
	if err != nil {
		return err.Error()
	}
	return "\t" + strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", "\n\t")
}

// stripped leaves out what says nothing.
func stripped(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			inner = stripped(inner)
			if inner == nil || inner == "" || inner == false || inner == float64(0) && key != "MaxUnavailable" && key != "MinAvailable" {
				delete(v, key)
				continue
			}
			v[key] = inner
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = stripped(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	}
	return v
}

// on returns a situation's nodes with a label.
func (s *situation) on(key, value string) []string {
	var names []string
	for _, n := range s.Nodes {
		if n.Labels[key] == value {
			names = append(names, n.Name)
		}
	}
	return names
}

// zoneOf returns the zone of a node.
func (s *situation) zoneOf(name string) string {
	i := slices.IndexFunc(s.Nodes, func(n node) bool { return n.Name == name })
	return s.Nodes[i].Labels[corev1.LabelTopologyZone]
}
