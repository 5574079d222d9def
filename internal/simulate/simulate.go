// Package simulate plays through what Kubernetes does with pods, nodes and disruption budgets: rollouts, drains, and the loss of nodes.
//
// The rules and the rounding are those of Kubernetes 1.37: of the scheduler's filters, of the controllers of Deployments, StatefulSets
// and budgets, and of the eviction API. Time goes by in steps: controllers act until nothing is left for them to do, then all pods
// that have a node become ready. A pod that is deleted is gone at once, so that what waits only for a grace period does not wait here.
// Whether a pod fits is decided as the scheduler does it. Where several nodes fit, the scheduler's choice depends on scores; here it
// is the zone, and in it the node, with the fewest pods of the same controller: preferences to spread are taken as kept.
package simulate

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Node is a machine. What is not stated does not bound it.
type Node struct {
	Name          string
	Labels        map[string]string
	Taints        []corev1.Taint
	Unschedulable bool
	CPU           int64 // allocatable, in thousandths of a core; 0: enough
	Memory        int64 // allocatable, in bytes; 0: enough
	Pods          int   // that it may run at the most; 0: enough
}

// Template is what all pods of one revision of a controller have in common.
type Template struct {
	Namespace string
	Labels    map[string]string
	Spec      corev1.PodSpec
}

// Update is how a controller replaces its pods.
type Update int

// The ways. A StatefulSet that is Rolling goes one pod after the other.
const (
	Rolling   Update = iota // some at a time
	Recreate                // all old ones go before the first new one comes
	BlueGreen               // a whole second set comes before the first old one goes
	OnDelete                // when somebody deletes them
)

// Controller keeps a number of pods.
type Controller struct {
	Name        string // of all controllers of a Cluster no two have one name
	Kind        string // those of DaemonSet, Job, CronJob and Pod have no scale that a budget could take a share of
	Template    Template
	Next        *Template // what a rollout goes to; nil: the same pods, with another revision
	Replicas    int
	Update      Update
	Surge       intstr.IntOrString
	Unavailable intstr.IntOrString // of a StatefulSet: 1 unless it is more
	Parallel    bool               // of a StatefulSet: it does not wait for one pod before it makes the next
	Broken      bool               // pods of Next never become ready
}

// Budget is a PodDisruptionBudget.
type Budget struct {
	Namespace, Name string
	Selector        *metav1.LabelSelector
	MinAvailable    *intstr.IntOrString
	MaxUnavailable  *intstr.IntOrString
	AlwaysAllow     bool // pods that are not ready may always go
}

// Pod is a pod as it stands.
type Pod struct {
	Name       string
	Controller string // empty: nobody's
	Node       string // empty: it is Pending
	Ready      bool
	Sick       bool // it runs, and never becomes ready
	New        bool // it is of Next
}

// Pending is pods of one controller that stay without a node.
type Pending struct {
	Controller string
	Pods       int
	Why        string // the filter that no node passes, in words
}

// Outcome is what came of something that happened to a cluster.
type Outcome struct {
	Ended   bool  // it came to its end: all pods are of the next revision, or the node is empty
	Done    bool  // and all pods that are wanted are ready
	Least   int   // the fewest ready pods at any time: of the controller that is rolled out, else of all
	Of      []int // the same for each controller
	Pending []Pending
	Blocked Refusal // of a drain that does not end: what refuses the eviction
}

// Cluster is nodes, and the pods on them. It is not for use from several goroutines.
type Cluster struct {
	nodes       []node
	controllers []controller
	budgets     []budget
	*known                // shared with all clones
	counts      [][]int32 // pods by shape and node
	static      [][]verdict
	pods        []pod
	made        int // pods so far
	ready       int // of all controllers
	least       int // of those, since begin
}

// known is what does not change any more once it is known.
type known struct {
	shapes     []*shape
	topologies map[string]*topology
}

type node struct {
	*Node
	gone     bool // it is no longer in the API
	cpu, mem int64
	pods     int
}

type controller struct {
	*Controller
	shapes [2]int // of Template and Next
	ready  int
	least  int
}

// pod is a pod; node is -1 while it is Pending.
type pod struct {
	made, controller, shape, node int
	ordinal                       int // of a StatefulSet
	ready, sick, fresh            bool
	why                           reason // of a Pending one
}

// New returns a cluster whose controllers have no pods yet. The arguments are only read.
func New(nodes []Node, controllers []Controller, budgets []Budget) *Cluster {
	c := &Cluster{known: &known{topologies: map[string]*topology{}}, nodes: make([]node, len(nodes))}
	for i := range nodes {
		c.nodes[i].Node = &nodes[i]
	}
	for i := range controllers {
		ctl := &controllers[i]
		next := ctl.Next
		if next == nil {
			next = &ctl.Template
		}
		c.controllers = append(c.controllers, controller{Controller: ctl, shapes: [2]int{
			c.shape(ctl.Template, revisionLabel(ctl.Kind), ctl.Name+"-old", i), c.shape(*next, revisionLabel(ctl.Kind), ctl.Name+"-new", i),
		}})
	}
	for i := range budgets {
		c.budgets = append(c.budgets, newBudget(&budgets[i]))
	}
	return c
}

// revisionLabel is the label by which a kind tells the revisions of its pods apart.
func revisionLabel(kind string) string {
	switch kind {
	case "Deployment":
		return "pod-template-hash"
	case "StatefulSet", "DaemonSet":
		return "controller-revision-hash"
	case "Rollout":
		return "rollouts-pod-template-hash"
	}
	return ""
}

// Clone returns a cluster that goes its own way from here.
func (c *Cluster) Clone() *Cluster {
	d := *c
	d.nodes = append([]node(nil), c.nodes...)
	d.controllers = append([]controller(nil), c.controllers...)
	d.pods = append([]pod(nil), c.pods...)
	d.counts, d.static = make([][]int32, len(c.counts)), make([][]verdict, len(c.static))
	for i := range c.counts {
		d.counts[i] = append([]int32(nil), c.counts[i]...)
		d.static[i] = append([]verdict(nil), c.static[i]...)
	}
	return &d
}

// Start makes all pods that controllers want, and lets them become ready.
func (c *Cluster) Start() Outcome {
	c.begin()
	c.settle()
	c.begin()
	return c.outcome(true)
}

// Put adds a pod that is there already. A controller without a name is nobody's; a node that is not known leaves the pod Pending.
func (c *Cluster) Put(p Pod, t Template) {
	at := pod{controller: -1, node: -1, ordinal: c.of(p.Controller), sick: p.Sick}
	for i := range c.controllers {
		if c.controllers[i].Name == p.Controller && p.Controller != "" {
			at.controller, at.fresh = i, p.New
			at.shape = c.controllers[i].shapes[0]
			if p.New {
				at.shape = c.controllers[i].shapes[1]
			}
		}
	}
	if at.controller < 0 {
		at.shape = c.shape(t, "", "", -1)
	}
	for i := range c.nodes {
		if c.nodes[i].Name == p.Node && p.Node != "" {
			at.node = i
		}
	}
	c.add(at)
	if p.Ready && !p.Sick && at.node >= 0 {
		c.setReady(len(c.pods)-1, true)
	}
}

// of returns how many pods a controller has.
func (c *Cluster) of(name string) int {
	n := 0
	for i := range c.pods {
		if k := c.pods[i].controller; k >= 0 && c.controllers[k].Name == name {
			n++
		}
	}
	return n
}

// Pods returns all pods, in the order in which they were made.
func (c *Cluster) Pods() []Pod {
	all := make([]Pod, 0, len(c.pods))
	for i := range c.pods {
		p := &c.pods[i]
		q := Pod{Ready: p.ready, Sick: p.sick, New: p.fresh, Name: "pod-" + strconv.Itoa(p.made)}
		if p.controller >= 0 {
			q.Controller = c.controllers[p.controller].Name
			q.Name = q.Controller + "-" + strconv.Itoa(p.made)
			if c.controllers[p.controller].Kind == "StatefulSet" {
				q.Name = q.Controller + "-" + strconv.Itoa(p.ordinal)
			}
		}
		if p.node >= 0 {
			q.Node = c.nodes[p.node].Name
		}
		all = append(all, q)
	}
	return all
}

// matcher returns a selector as the API server takes it: none selects nothing, an empty one everything, a wrong one nothing.
func matcher(s *metav1.LabelSelector) labels.Selector {
	parsed, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return labels.Nothing()
	}
	return parsed
}
