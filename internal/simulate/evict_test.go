package simulate_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/scantling/scantling/internal/simulate"
)

// budget is one over the pods of the cases: "min 2", "max 25%".
func budget(name, field, value string) simulate.Budget {
	b := simulate.Budget{Namespace: "shop", Name: name, Selector: selector()}
	v := intstr.Parse(value)
	switch field {
	case "min":
		b.MinAvailable = &v
	case "max":
		b.MaxUnavailable = &v
	}
	return b
}

// TestBudgets holds what the disruption controller reckons. Shares are rounded up, whichever field they are in.
func TestBudgets(t *testing.T) {
	for _, c := range []struct {
		field, value string
		allowed      []int // of 0, 1, 2, ... healthy pods
	}{
		{"max", "1", []int{0, 1, 1, 1, 1}},
		{"max", "0", []int{0, 0, 0, 0, 0}},
		{"max", "10%", []int{0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}},
		{"max", "25%", []int{0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3}},
		{"min", "2", []int{0, 0, 0, 1, 2}},
		{"min", "50%", []int{0, 0, 1, 1, 2, 2}},
		{"min", "100%", []int{0, 0, 0, 0}},
		{"min", "1%", []int{0, 0, 1, 2}},
		{"", "", []int{0, 0, 0, 0}}, // with neither field nothing is expected, and nothing allowed
		{"max", "banana", []int{0, 0, 0}},
	} {
		b := budget("web", c.field, c.value)
		for n, want := range c.allowed {
			cluster := simulate.New(zones(2, "a", "b"), []simulate.Controller{deployment(n, "0", "1", corev1.PodSpec{})}, []simulate.Budget{b})
			cluster.Start()
			if got := cluster.Budget("shop", "web"); got.Allowed != want || b.Allows(n) != want {
				t.Errorf("%s %s of %d: %+v and %d, want %d", c.field, c.value, n, got, b.Allows(n), want)
			}
		}
	}
}

// TestEvictionsOfUnhealthyPods holds what happens to a pod that runs and is not ready.
func TestEvictionsOfUnhealthyPods(t *testing.T) {
	for _, c := range []struct {
		budget         simulate.Budget
		healthy, total int
		always, goes   bool
	}{
		{budget("web", "max", "1"), 2, 3, false, true},  // 2 of 2 wanted are healthy: it is not missed
		{budget("web", "max", "1"), 1, 3, false, false}, // one too few is healthy already
		{budget("web", "max", "1"), 1, 3, true, true},
		{budget("web", "max", "1"), 0, 1, false, false}, // none is wanted healthy, and that does not help
		{budget("web", "max", "0"), 2, 3, false, false},
	} {
		c.budget.AlwaysAllow = c.always
		cluster := simulate.New(zones(1, "a"), []simulate.Controller{deployment(c.total, "0", "1", corev1.PodSpec{})}, []simulate.Budget{c.budget})
		for i := range c.total {
			cluster.Put(simulate.Pod{Controller: "web", Node: "a1", Ready: i < c.healthy, Sick: i >= c.healthy}, simulate.Template{})
		}
		refused := cluster.Evict(fmt.Sprintf("web-%d", c.total-1))
		if (refused.Why == "") != c.goes {
			t.Errorf("%d of %d healthy, always %v: %q", c.healthy, c.total, c.always, refused.Why)
		}
	}
}

// TestDrains holds what comes of a drain of each node.
func TestDrains(t *testing.T) {
	for name, c := range map[string]struct {
		nodes       []simulate.Node
		d           simulate.Controller
		budgets     []simulate.Budget
		ended, done bool
		least       int
		why, refuse string
	}{
		"no budget: all pods of the node at once": {
			nodes: zones(1, "a", "b"), d: deployment(6, "1", "0", corev1.PodSpec{}), done: true, least: 3,
		},
		"one after the other": {
			nodes: zones(1, "a", "b"), d: deployment(6, "1", "0", corev1.PodSpec{}), budgets: []simulate.Budget{budget("web", "max", "1")},
			done: true, least: 5,
		},
		"as many as there must be": {
			nodes: zones(1, "a", "b"), d: deployment(2, "1", "0", corev1.PodSpec{}), budgets: []simulate.Budget{budget("web", "min", "2")},
			least: 2, refuse: "budget web wants 2 healthy of 2",
		},
		"two budgets": {
			nodes: zones(1, "a", "b"), d: deployment(3, "1", "0", corev1.PodSpec{}),
			budgets: []simulate.Budget{budget("one", "max", "1"), budget("two", "max", "1")}, least: 3,
			refuse: "budgets one and two both select it, which the eviction API refuses",
		},
		"a cordoned node counts as an empty domain": {
			nodes: zones(1, "a", "b", "c"), least: 2, ended: true, budgets: []simulate.Budget{budget("web", "max", "1")},
			d:   deployment(3, "1", "0", corev1.PodSpec{TopologySpreadConstraints: []corev1.TopologySpreadConstraint{spread(zone, nil)}}),
			why: "its spread over topology.kubernetes.io/zone allows a difference of 1, and one more where there is room would make it 2 to 0",
		},
		"a cordoned node does not count where taints are honoured": {
			nodes: zones(1, "a", "b", "c"), least: 2, done: true, budgets: []simulate.Budget{budget("web", "max", "1")},
			d: deployment(3, "1", "0", corev1.PodSpec{TopologySpreadConstraints: []corev1.TopologySpreadConstraint{
				spread(zone, func(c *corev1.TopologySpreadConstraint) { c.NodeTaintsPolicy = new(corev1.NodeInclusionPolicyHonor) }),
			}}),
		},
		"the only pod of its node, and no node to spare": {
			nodes: zones(1, "a", "b"), least: 1, d: deployment(2, "1", "0", corev1.PodSpec{Affinity: apart(host)}), ended: true,
			budgets: []simulate.Budget{budget("web", "max", "1")},
			why:     "a pod that it must not share a kubernetes.io/hostname with is in every one that it may be on",
		},
		"one node for each pod, and none to spare": {
			nodes: zones(1, "a", "b", "c"), least: 2, ended: true, d: deployment(3, "1", "0", corev1.PodSpec{Affinity: apart(host)}),
			why: "a pod that it must not share a kubernetes.io/hostname with is in every one that it may be on",
		},
		"pods that a cordon doesn't keep away come back": {
			nodes: zones(1, "a"), least: 0, done: true,
			d: deployment(2, "1", "0", corev1.PodSpec{Tolerations: []corev1.Toleration{{Operator: "Exists"}}}),
		},
		"a Job has no scale": {
			nodes: zones(1, "a"), least: 2, budgets: []simulate.Budget{budget("web", "max", "1")}, refuse: "budget web cannot be reckoned",
			d: func() simulate.Controller {
				d := deployment(2, "1", "0", corev1.PodSpec{})
				d.Kind = "Job"
				return d
			}(),
		},
	} {
		cluster := simulate.New(c.nodes, []simulate.Controller{c.d}, c.budgets)
		if o := cluster.Start(); !o.Done {
			t.Errorf("%s: start %+v", name, o)
		}
		for _, n := range c.nodes {
			o := cluster.Clone().Drain(n.Name)
			why := ""
			if len(o.Pending) > 0 {
				why = o.Pending[0].Why
			}
			if o.Ended != (c.done || c.ended) || o.Done != c.done || o.Least != c.least || why != c.why || o.Blocked.Why != c.refuse {
				t.Errorf("%s: drain %s: %+v", name, n.Name, o)
			}
		}
	}
}

// TestDrainOfTheOnlyPodOfItsController holds that a controller whose one pod was evicted still wants it: of 3 pods under one budget one
// may be missing, and no second one goes in the same moment.
func TestDrainOfTheOnlyPodOfItsController(t *testing.T) {
	for _, kind := range []string{"Deployment", "StatefulSet"} {
		one, two := deployment(1, "1", "0", corev1.PodSpec{}), deployment(2, "1", "0", corev1.PodSpec{})
		one.Kind, two.Kind, two.Name = kind, kind, "zed"
		cluster := simulate.New(zones(1, "a", "b"), []simulate.Controller{one, two}, []simulate.Budget{budget("web", "max", "1")})
		for _, p := range []simulate.Pod{{Controller: "web", Node: "a1"}, {Controller: "zed", Node: "a1"}, {Controller: "zed", Node: "b1"}} {
			p.Ready = true
			cluster.Put(p, simulate.Template{})
		}
		if o := cluster.Drain("a1"); !o.Done || o.Least != 2 {
			t.Errorf("%s: %+v, want at least 2 ready", kind, o)
		}
	}
}

// TestDrainsKeepWhatBudgetsKeep holds every drain against the budget: never fewer are ready than it wants.
func TestDrainsKeepWhatBudgetsKeep(t *testing.T) {
	for n := 1; n < 25; n++ {
		for _, b := range []simulate.Budget{
			budget("web", "max", "1"), budget("web", "max", "25%"), budget("web", "max", "50%"), budget("web", "min", "1"),
			budget("web", "min", "50%"), budget("web", "min", "80%"), budget("web", "min", "3"), budget("web", "max", "0"),
		} {
			d := deployment(n, "1", "0", corev1.PodSpec{})
			cluster := simulate.New(zones(1, "a", "b", "c"), []simulate.Controller{d}, []simulate.Budget{b})
			cluster.Start()
			o := cluster.Drain("a1")
			keeps, _ := b.Keeps(n)
			if o.Done != (b.Allows(n) > 0) || o.Least < min(keeps, n) {
				t.Errorf("%d pods, %+v: %+v, and it keeps %d", n, b, o, keeps)
			}
		}
	}
}

// TestLosses holds what comes of the loss of zone c, with and without nodes that stay in the API as unreachable.
func TestLosses(t *testing.T) {
	honour := func(c *corev1.TopologySpreadConstraint) { c.NodeTaintsPolicy = new(corev1.NodeInclusionPolicyHonor) }
	domains := func(c *corev1.TopologySpreadConstraint) { honour(c); c.MinDomains = new(int32(3)) }
	over := func(change func(*corev1.TopologySpreadConstraint)) corev1.PodSpec {
		return corev1.PodSpec{TopologySpreadConstraints: []corev1.TopologySpreadConstraint{spread(zone, change)}}
	}
	for name, c := range map[string]struct {
		spec                corev1.PodSpec
		kind                string
		pods, least         int
		pendingGone, listed int // pods that stay Pending
	}{
		"no condition":                       {pods: 6, least: 4},
		"spread":                             {spec: over(nil), pods: 6, least: 4, listed: 2},
		"spread, taints honoured":            {spec: over(honour), pods: 6, least: 4},
		"as many domains as there are zones": {spec: over(domains), pods: 6, least: 4, pendingGone: 2, listed: 2},
		"one pod in each zone":               {spec: corev1.PodSpec{Affinity: apart(zone)}, pods: 3, least: 2, pendingGone: 1, listed: 1},
		"one pod on each node":               {spec: corev1.PodSpec{Affinity: apart(host)}, pods: 4, least: 3},
		"a StatefulSet waits for the node":   {kind: "StatefulSet", pods: 3, least: 2},
	} {
		d := deployment(c.pods, "1", "0", c.spec)
		if c.kind != "" {
			d.Kind = c.kind
		}
		cluster := simulate.New(zones(3, "a", "b", "c"), []simulate.Controller{d}, nil)
		if o := cluster.Start(); !o.Done {
			t.Errorf("%s: start %+v", name, o)
		}
		for listed, want := range map[bool]int{false: c.pendingGone, true: c.listed} {
			o := cluster.Clone().Lose(func(n *simulate.Node) bool { return n.Labels[zone] == "c" }, listed)
			pending := 0
			for _, p := range o.Pending {
				pending += p.Pods
			}
			if o.Least != c.least || pending != want || o.Done != (pending == 0 && !(listed && c.kind == "StatefulSet")) {
				t.Errorf("%s: listed %v: %+v, want %d pending", name, listed, o, want)
			}
		}
	}
}

// TestSpotIsTakenBack holds that what is not on spot nodes is left when all of them go at once, and that the others come back on what is
// left of the nodes.
func TestSpotIsTakenBack(t *testing.T) {
	nodes := zones(2, "a", "b")
	for i := range nodes {
		if i%2 == 0 {
			nodes[i].Labels["capacity"] = "spot"
			nodes[i].Taints = []corev1.Taint{{Key: "spot", Effect: corev1.TaintEffectNoSchedule}}
		}
	}
	base := deployment(3, "1", "0", corev1.PodSpec{})
	more := deployment(4, "1", "0", corev1.PodSpec{
		NodeSelector: map[string]string{"capacity": "spot"}, Tolerations: []corev1.Toleration{{Key: "spot", Operator: "Exists"}},
	})
	more.Name = "more"
	cluster := simulate.New(nodes, []simulate.Controller{base, more}, []simulate.Budget{budget("web", "max", "1")})
	if o := cluster.Start(); !o.Done {
		t.Fatal(o)
	}
	spot := func(n *simulate.Node) bool { return n.Labels["capacity"] == "spot" }
	o := cluster.Lose(spot, false)
	if o.Least != 3 || o.Of[0] != 3 || o.Of[1] != 0 || len(o.Pending) != 1 || o.Pending[0].Pods != 4 {
		t.Errorf("%+v", o)
	}
	if s := cluster.Budget("shop", "web"); s.Healthy != 3 || s.Desired != 6 || s.Allowed != 0 {
		t.Errorf("%+v", s)
	}
}
