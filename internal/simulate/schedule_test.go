package simulate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scantling/scantling/internal/simulate"
)

const zone, host = corev1.LabelTopologyZone, corev1.LabelHostname

// TestFits holds single decisions of the scheduler, each worked by hand from the source of its filters.
func TestFits(t *testing.T) {
	honour, ignore := corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore
	bad := corev1.Taint{Key: "bad", Effect: corev1.TaintEffectNoSchedule}
	taint := func(nodes []simulate.Node, names ...string) []simulate.Node {
		for i := range nodes {
			if slices.Contains(names, nodes[i].Name) {
				nodes[i].Taints = []corev1.Taint{bad}
			}
		}
		return nodes
	}
	spreads := func(all ...corev1.TopologySpreadConstraint) corev1.PodSpec {
		return corev1.PodSpec{TopologySpreadConstraints: all}
	}
	near := func(labels map[string]string) corev1.PodSpec {
		term := corev1.PodAffinityTerm{TopologyKey: zone, LabelSelector: selector()}
		term.LabelSelector.MatchLabels = labels
		return corev1.PodSpec{Affinity: &corev1.Affinity{PodAffinity: &corev1.PodAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{term},
		}}}
	}
	for name, c := range map[string]struct {
		nodes []simulate.Node
		on    []string // nodes of pods like it that are there
		other corev1.PodSpec
		spec  corev1.PodSpec
		want  string
		why   string
	}{
		"nothing asked": {nodes: zones(1, "a", "b"), want: "a1 b1"},
		"the emptier zone": {
			nodes: zones(2, "a", "b"), on: []string{"a1"}, spec: spreads(spread(zone, nil)), want: "b1 b2",
		},
		"a difference of one is none too many": {
			nodes: zones(1, "a", "b", "c"), on: []string{"a1", "b1"}, spec: spreads(spread(zone, nil)), want: "c1",
		},
		"a difference of two where it is allowed": {
			nodes: zones(1, "a", "b"), on: []string{"a1"}, want: "a1 b1",
			spec: spreads(spread(zone, func(c *corev1.TopologySpreadConstraint) { c.MaxSkew = 2 })),
		},
		"a tainted zone counts by default": {
			nodes: taint(zones(1, "a", "b", "c"), "c1"), on: []string{"a1", "b1"}, spec: spreads(spread(zone, nil)),
			why: "its spread over topology.kubernetes.io/zone allows a difference of 1, and one more where there is room would make it 2 to 0",
		},
		"a tainted zone does not count where taints are honoured": {
			nodes: taint(zones(1, "a", "b", "c"), "c1"), on: []string{"a1", "b1"}, want: "a1 b1",
			spec: spreads(spread(zone, func(c *corev1.TopologySpreadConstraint) { c.NodeTaintsPolicy = &honour })),
		},
		"too few domains: the emptiest has none": {
			nodes: zones(1, "a", "b"), on: []string{"a1", "b1"},
			spec: spreads(spread(zone, func(c *corev1.TopologySpreadConstraint) { c.MinDomains = new(int32(3)) })),
			why:  "its spread over topology.kubernetes.io/zone allows a difference of 1, and one more where there is room would make it 2 to 0",
		},
		"as many domains as there should be": {
			nodes: zones(1, "a", "b"), on: []string{"a1", "b1"}, want: "a1 b1",
			spec: spreads(spread(zone, func(c *corev1.TopologySpreadConstraint) { c.MinDomains = new(int32(2)) })),
		},
		"a zone that the selector excludes does not count": {
			nodes: zones(1, "a", "b"), on: []string{"a1"}, want: "a1",
			spec: corev1.PodSpec{
				NodeSelector:              map[string]string{zone: "a"},
				TopologySpreadConstraints: []corev1.TopologySpreadConstraint{spread(zone, nil)},
			},
		},
		"a zone that the selector excludes counts where affinity is ignored": {
			nodes: zones(1, "a", "b"), on: []string{"a1"},
			spec: corev1.PodSpec{
				NodeSelector: map[string]string{zone: "a"},
				TopologySpreadConstraints: []corev1.TopologySpreadConstraint{
					spread(zone, func(c *corev1.TopologySpreadConstraint) { c.NodeAffinityPolicy = &ignore }),
				},
			},
			why: "its spread over topology.kubernetes.io/zone allows a difference of 1, and one more where there is room would make it 2 to 0",
		},
		"a node without the label": {
			nodes: []simulate.Node{{Name: "bare"}}, spec: spreads(spread(zone, nil)),
			why: "no node that it may be on has the label topology.kubernetes.io/zone, over which it must be spread",
		},
		"a selector that does not select the pod itself": {
			nodes: zones(1, "a", "b"), on: []string{"a1"}, want: "a1 b1",
			spec: spreads(spread(zone, func(c *corev1.TopologySpreadConstraint) {
				c.LabelSelector.MatchLabels = map[string]string{"app": "else"}
			})),
		},
		"a selector of everything counts nothing": {
			nodes: zones(1, "a", "b"), on: []string{"a1", "a1"}, want: "a1 b1",
			spec: spreads(spread(zone, func(c *corev1.TopologySpreadConstraint) { c.LabelSelector = &metav1.LabelSelector{} })),
		},
		"no selector counts nothing": {
			nodes: zones(1, "a", "b"), on: []string{"a1", "a1"}, want: "a1 b1",
			spec: spreads(spread(zone, func(c *corev1.TopologySpreadConstraint) { c.LabelSelector = nil })),
		},
		"apart in zones that are all taken": {
			nodes: zones(2, "a", "b"), on: []string{"a1", "b1"}, spec: corev1.PodSpec{Affinity: apart(zone)},
			why: "a pod that it must not share a topology.kubernetes.io/zone with is in every one that it may be on",
		},
		"those that are there want to be alone": {
			nodes: zones(2, "a"), on: []string{"a1"}, other: corev1.PodSpec{Affinity: apart(host)}, want: "a2",
		},
		"near itself, as the first":  {nodes: zones(1, "a", "b"), spec: near(web), want: "a1 b1"},
		"near itself, as the second": {nodes: zones(1, "a", "b"), on: []string{"b1"}, spec: near(web), want: "b1"},
		"near somebody who is not there": {
			nodes: zones(1, "a", "b"), spec: near(map[string]string{"app": "else"}),
			why: "no node is where its required pod affinity wants it",
		},
		"cordoned": {
			nodes: []simulate.Node{{Name: "a1", Unschedulable: true}}, why: "every node is cordoned",
		},
		"cordoned, and it does not mind": {
			nodes: []simulate.Node{{Name: "a1", Unschedulable: true}}, want: "a1",
			spec: corev1.PodSpec{Tolerations: []corev1.Toleration{{Key: corev1.TaintNodeUnschedulable, Operator: "Exists"}}},
		},
		"tainted": {nodes: taint(zones(1, "a"), "a1"), why: "no node has only taints that it tolerates"},
		"tolerates another value": {
			nodes: taint(zones(1, "a"), "a1"), why: "no node has only taints that it tolerates",
			spec: corev1.PodSpec{Tolerations: []corev1.Toleration{{Key: "bad", Value: "worse"}}},
		},
		"not enough left": {
			nodes: []simulate.Node{{Name: "a1", CPU: 1500}}, on: []string{"a1"}, spec: reserves("1", ""), other: reserves("1", ""),
			why: "no node that it may be on has room: insufficient cpu",
		},
		"just enough left": {
			nodes: []simulate.Node{{Name: "a1", CPU: 2000, Memory: 1 << 30, Pods: 2}}, on: []string{"a1"}, want: "a1",
			spec: reserves("1", "512Mi"), other: reserves("1", "512Mi"),
		},
		"one pod too many": {
			nodes: []simulate.Node{{Name: "a1", Pods: 1}}, on: []string{"a1"}, why: "no node that it may be on has room: too many pods",
		},
		"a port of the host": {
			nodes: zones(1, "a", "b"), on: []string{"a1"}, spec: port(80), other: port(80), want: "b1",
		},
		"no node that it wants": {
			nodes: zones(1, "a"), spec: corev1.PodSpec{NodeSelector: map[string]string{zone: "z"}},
			why: "no node matches its node selector or required node affinity",
		},
	} {
		if name != "those that are there want to be alone" && c.other.Containers == nil {
			c.other = c.spec
		}
		cluster := simulate.New(c.nodes, nil, nil)
		for _, node := range c.on {
			cluster.Put(simulate.Pod{Node: node, Ready: true}, simulate.Template{Namespace: "shop", Labels: web, Spec: c.other})
		}
		nodes, why := cluster.Fits("", false, simulate.Template{Namespace: "shop", Labels: web, Spec: c.spec})
		if got := strings.Join(nodes, " "); got != c.want || why != c.why {
			t.Errorf("%s: %q %q, want %q %q", name, got, why, c.want, c.why)
		}
	}
}

func reserves(cpu, memory string) corev1.PodSpec {
	r := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu)}
	if memory != "" {
		r[corev1.ResourceMemory] = resource.MustParse(memory)
	}
	return corev1.PodSpec{Containers: []corev1.Container{{Resources: corev1.ResourceRequirements{Requests: r}}}}
}

func port(n int32) corev1.PodSpec {
	return corev1.PodSpec{Containers: []corev1.Container{{Ports: []corev1.ContainerPort{{HostPort: n}}}}}
}

// TestRequests holds what the scheduler reserves: a sidecar runs beside what comes after it, an init container before it does not.
func TestRequests(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	c := func(cpu string, restart *corev1.ContainerRestartPolicy) corev1.Container {
		return corev1.Container{RestartPolicy: restart, Resources: reserves(cpu, "").Containers[0].Resources}
	}
	spec := corev1.PodSpec{
		InitContainers: []corev1.Container{c("3", nil), c("1", &always), c("2500m", nil)},
		Containers:     []corev1.Container{c("1", nil), c("1", nil)},
	}
	for _, n := range []struct {
		cpu  int64
		fits bool
	}{{3499, false}, {3500, true}} { // 1 + 2.5 beside each other are more than 3 alone, and than 1 + 1 + 1
		nodes, _ := simulate.New([]simulate.Node{{Name: "a", CPU: n.cpu}}, nil, nil).Fits("", false, simulate.Template{Spec: spec})
		if (len(nodes) == 1) != n.fits {
			t.Errorf("on %d: %v", n.cpu, nodes)
		}
	}
}

// TestCordonedNodesAndSpread holds that a cordoned node is a domain like others, unless taints are honoured: it has one.
func TestCordonedNodesAndSpread(t *testing.T) {
	honour := func(c *corev1.TopologySpreadConstraint) { c.NodeTaintsPolicy = new(corev1.NodeInclusionPolicyHonor) }
	for pending, change := range map[int]func(*corev1.TopologySpreadConstraint){4: nil, 0: honour} {
		nodes := zones(1, "a", "b", "c")
		nodes[0].Unschedulable = true
		d := deployment(6, "1", "0", corev1.PodSpec{TopologySpreadConstraints: []corev1.TopologySpreadConstraint{spread(host, change)}})
		o := simulate.New(nodes, []simulate.Controller{d}, nil).Start()
		if len(o.Pending) != min(pending, 1) || pending > 0 && o.Pending[0].Pods != pending {
			t.Errorf("%+v, want %d pending", o, pending)
		}
	}
}

// TestRevisionsOfTwoControllers holds that a spread of one revision does not count the pods of another Deployment, whose label has
// another value.
func TestRevisionsOfTwoControllers(t *testing.T) {
	revision := func(c *corev1.TopologySpreadConstraint) { c.MatchLabelKeys = []string{"pod-template-hash"} }
	one, two := deployment(5, "1", "0", corev1.PodSpec{}), deployment(2, "1", "0", corev1.PodSpec{
		TopologySpreadConstraints: []corev1.TopologySpreadConstraint{spread(zone, revision)},
	})
	two.Name = "zed"
	cluster := simulate.New(zones(1, "a", "b", "c"), []simulate.Controller{one, two}, nil)
	for _, node := range []string{"b1", "b1", "b1", "b1", "c1"} {
		cluster.Put(simulate.Pod{Controller: "web", Node: node, Ready: true}, simulate.Template{})
	}
	if fits, why := cluster.Fits("zed", false, simulate.Template{}); len(fits) != 3 {
		t.Errorf("%v, %s: want every zone", fits, why)
	}
}

// TestRolloutsOverConstraints holds rollouts whose new pods have conditions.
func TestRolloutsOverConstraints(t *testing.T) {
	revision := func(c *corev1.TopologySpreadConstraint) { c.MatchLabelKeys = []string{"pod-template-hash"} }
	for name, c := range map[string]struct {
		nodes   []simulate.Node
		d       simulate.Controller
		started bool
		done    bool
		least   int
		pending int
		skew    int // of pods by zone, in the end
	}{
		"one pod in each zone leaves no zone for the surge": {
			nodes: zones(2, "a", "b", "c"), d: deployment(3, "1", "0", corev1.PodSpec{Affinity: apart(zone)}),
			started: true, least: 3, pending: 1,
		},
		"one pod in each zone, and one may be missing": {
			nodes: zones(2, "a", "b", "c"), d: deployment(3, "0", "1", corev1.PodSpec{Affinity: apart(zone)}),
			started: true, done: true, least: 2,
		},
		"more pods than zones that they must not share": {
			nodes: zones(2, "a", "b", "c"), d: deployment(6, "25%", "1", corev1.PodSpec{Affinity: apart(zone)}),
			least: 3, pending: 5, // 3 have a zone; of the old ones that wait one goes, in whose place a third new one waits
		},
		"a spread of each revision for itself": {
			nodes: zones(3, "a", "b", "c"), started: true, done: true, least: 7, skew: 1,
			d: deployment(7, "25%", "0", corev1.PodSpec{TopologySpreadConstraints: []corev1.TopologySpreadConstraint{spread(zone, revision)}}),
		},
		"one node for each pod, and one to spare": {
			nodes: zones(4, "a"), d: deployment(3, "1", "0", corev1.PodSpec{Affinity: apart(host)}), started: true, done: true, least: 3, skew: 3,
		},
		"recreate": {
			nodes: zones(3, "a"), started: true, done: true, skew: 3, d: func() simulate.Controller {
				d := deployment(3, "0", "0", corev1.PodSpec{Affinity: apart(host)})
				d.Update = simulate.Recreate
				return d
			}(),
		},
		"a second set that has no nodes": {
			nodes: zones(3, "a"), started: true, least: 3, pending: 3, d: func() simulate.Controller {
				d := deployment(3, "0", "0", corev1.PodSpec{Affinity: apart(host)})
				d.Update = simulate.BlueGreen
				return d
			}(),
		},
		"a second set": {
			nodes: zones(6, "a"), started: true, done: true, least: 3, skew: 3, d: func() simulate.Controller {
				d := deployment(3, "0", "0", corev1.PodSpec{Affinity: apart(host)})
				d.Update = simulate.BlueGreen
				return d
			}(),
		},
	} {
		cluster := simulate.New(c.nodes, []simulate.Controller{c.d}, nil)
		if o := cluster.Start(); o.Done != c.started {
			t.Errorf("%s: start %+v", name, o)
		}
		o := cluster.Rollout("web")
		pending := 0
		for _, p := range o.Pending {
			pending += p.Pods
		}
		if o.Done != c.done || o.Least != c.least || pending != c.pending {
			t.Errorf("%s: %+v", name, o)
		}
		if c.done {
			if skew := skew(cluster); skew != c.skew {
				t.Errorf("%s: the fullest and the emptiest zone differ by %d: %v", name, skew, cluster.Pods())
			}
		}
	}
}

// skew returns by how many pods the fullest and the emptiest zone differ, one of which is always c.
func skew(c *simulate.Cluster) int {
	by := map[byte]int{'a': 0}
	for _, p := range c.Pods() {
		by[p.Node[0]]++
	}
	most, least := 0, 1<<30
	for _, z := range "abc" {
		most, least = max(most, by[byte(z)]), min(least, by[byte(z)])
	}
	return most - least
}

// TestStatefulSets holds the order in which a StatefulSet replaces its pods, and how many are missing meanwhile.
func TestStatefulSets(t *testing.T) {
	for _, c := range []struct {
		n           int
		unavailable string
		parallel    bool
		broken      bool
		least       int
		done        bool
	}{
		{n: 3, unavailable: "1", least: 2, done: true},
		{n: 3, unavailable: "0", least: 2, done: true}, // never less than one
		{n: 5, unavailable: "50%", least: 3, done: true},
		{n: 5, unavailable: "50%", parallel: true, least: 3, done: true},
		{n: 3, unavailable: "1", broken: true, least: 2},
		{n: 5, unavailable: "2", parallel: true, broken: true, least: 3},
	} {
		s := deployment(c.n, "0", c.unavailable, corev1.PodSpec{})
		s.Kind, s.Parallel, s.Broken = "StatefulSet", c.parallel, c.broken
		cluster := simulate.New(zones(2, "a", "b"), []simulate.Controller{s}, nil)
		cluster.Start()
		if o := cluster.Rollout("web"); o.Least != c.least || o.Done != c.done {
			t.Errorf("%s: %+v", fmt.Sprint(c), o)
		}
	}
}

// TestWhateverIsAsked holds what is so under any conditions: nothing hangs, a rollout of what has started never has fewer ready than it
// may, a set that is apart never shares, and every pod that has a place was allowed it.
func TestWhateverIsAsked(t *testing.T) {
	honour := func(c *corev1.TopologySpreadConstraint) { c.NodeTaintsPolicy = new(corev1.NodeInclusionPolicyHonor) }
	revision := func(c *corev1.TopologySpreadConstraint) { c.MatchLabelKeys = []string{"pod-template-hash"} }
	odd := func(c *corev1.TopologySpreadConstraint) { c.MaxSkew, c.MinDomains = 0, new(int32(-2)) }
	for n := -1; n < 9; n++ {
		for _, change := range []func(*corev1.TopologySpreadConstraint){nil, honour, revision, odd} {
			for _, key := range []string{zone, host, "rack"} {
				for _, affinity := range []*corev1.Affinity{nil, apart(zone), apart(host), apart("rack")} {
					for _, update := range []simulate.Update{simulate.Rolling, simulate.Recreate, simulate.BlueGreen, simulate.OnDelete} {
						for _, kind := range []string{"Deployment", "StatefulSet"} {
							d := deployment(n, "25%", "0", corev1.PodSpec{
								Affinity: affinity, TopologySpreadConstraints: []corev1.TopologySpreadConstraint{spread(key, change)},
							})
							d.Kind, d.Update = kind, update
							play(t, d)
						}
					}
				}
			}
		}
	}
}

func play(t *testing.T, d simulate.Controller) {
	t.Helper()
	c := simulate.New(zones(3, "a", "b", "c"), []simulate.Controller{d}, []simulate.Budget{budget("web", "max", "1")})
	started := c.Start()
	shared := map[string]bool{}
	for _, p := range c.Pods() {
		apartOn := d.Template.Spec.Affinity != nil && d.Template.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].TopologyKey != "rack"
		if p.Node != "" && apartOn && shared[p.Node] {
			t.Errorf("%+v: two pods on %s", d, p.Node)
		}
		shared[p.Node] = true
	}
	drained, lost := c.Clone().Drain("a1"), c.Clone().Lose(func(n *simulate.Node) bool { return n.Name[0] == 'a' }, true)
	o := c.Rollout("web")
	if least := d.Replicas - 1; started.Done && d.Update == simulate.Rolling && o.Least < least || drained.Least < max(least, 0) && started.Done {
		t.Errorf("%+v: rollout %+v, drain %+v, loss %+v", d, o, drained, lost)
	}
}
