package differential

import (
	"fmt"
	"math/rand/v2"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	ownerLabel = "owner" // of a pod: its controller
	appLabel   = "app"   // of a pod: what constraints and budgets go by
	homeLabel  = "e2e.scantling.dev/situation"
	poolLabel  = "pool"

	oldImage = "registry.acme.io/shop/app:1.0"
	newImage = "registry.acme.io/shop/app:2.0"

	// start is how long a pod takes to be ready where that matters. A status has whole seconds, so half of it may be a second less.
	start = 2 * time.Second
)

// dice makes a situation out of chance. The same seed and number make the same one.
type dice struct {
	*rand.Rand
	s   *situation
	own bool // topologies are the situation's own: else constraints that count all nodes would count those of others, too
}

// family is a way to make situations and to hold them against the cluster.
type family struct {
	name string
	make func(*dice)
	play play
}

// generate makes a situation for one try.
func generate(seed uint64, number, try int) (*situation, family) {
	f := families[number%len(families)]
	s := &situation{Number: number, Prefix: fmt.Sprintf("s%03d", number), Family: f.name}
	if try > 0 {
		s.Prefix += fmt.Sprintf("-%d", try)
	}
	f.make(&dice{Rand: rand.New(rand.NewPCG(seed, uint64(number))), s: s})
	return s, f
}

func (d *dice) chance(percent int) bool { return d.IntN(100) < percent }

// among returns a number from low to high.
func (d *dice) among(low, high int) int { return low + d.IntN(high-low+1) }

func pick[T any](d *dice, all ...T) T { return all[d.IntN(len(all))] }

// share is a number of pods or a percentage of them.
func (d *dice) share(most int) intstr.IntOrString {
	if d.chance(50) {
		return intstr.FromInt(d.among(0, most))
	}
	return intstr.FromString(pick(d, "0%", "1%", "10%", "25%", "30%", "33%", "50%", "67%", "75%", "90%", "100%"))
}

// key is the label of a topology.
func (d *dice) key(usual string) string {
	if !d.own {
		return usual
	}
	if usual == corev1.LabelTopologyZone {
		return d.s.Prefix + ".e2e.scantling.dev/zone"
	}
	return d.s.Prefix + ".e2e.scantling.dev/host"
}

// machines makes nodes in some zones.
func (d *dice) machines(zones, least, most int) {
	for z := range zones {
		zone := fmt.Sprintf("%s-%c", d.s.Prefix, 'a'+z)
		for i := range d.among(least, most) {
			name := fmt.Sprintf("%s%d", zone, i+1)
			n := node{Name: name, Labels: map[string]string{
				corev1.LabelTopologyZone: zone, corev1.LabelHostname: name, homeLabel: d.s.Prefix,
			}}
			if d.own {
				n.Labels[d.key(corev1.LabelTopologyZone)], n.Labels[d.key(corev1.LabelHostname)] = zone, name
			}
			d.s.Nodes = append(d.s.Nodes, n)
		}
	}
}

// controller makes one whose pods stay on the situation's nodes.
func (d *dice) controller(name, kind, app string, replicas int) *controller {
	d.s.Controllers = append(d.s.Controllers, controller{
		Name: name, Kind: kind, Replicas: replicas, Surge: intstr.FromInt(1), Unavailable: intstr.FromInt(0),
		Template: template{
			Namespace: d.s.Prefix, Labels: map[string]string{ownerLabel: name, appLabel: app},
			Spec: corev1.PodSpec{
				NodeSelector: map[string]string{homeLabel: d.s.Prefix},
				Containers:   []corev1.Container{{Name: "app", Image: oldImage}},
			},
		},
	})
	return &d.s.Controllers[len(d.s.Controllers)-1]
}

// slow makes a controller's pods take a while to be ready.
func (k *controller) slow() {
	k.Template.Spec.Containers[0].ReadinessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt(8080)}}}
}

func (k *controller) wants(cpu int64) {
	k.Template.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: *resource.NewMilliQuantity(cpu, resource.DecimalSI)}
}

// app selects the pods of an app.
func app(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{appLabel: name}}
}

// spread adds a condition to spread over a label.
func (d *dice) spread(k *controller, usual string) *corev1.TopologySpreadConstraint {
	all := &k.Template.Spec.TopologySpreadConstraints
	*all = append(*all, corev1.TopologySpreadConstraint{
		MaxSkew: int32(pick(d, 1, 1, 1, 2)), TopologyKey: d.key(usual), WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: app(k.Template.Labels[appLabel]),
	})
	c := &(*all)[len(*all)-1]
	if d.chance(40) {
		c.NodeTaintsPolicy = new(pick(d, corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore))
	}
	if d.chance(30) && k.Kind == "Deployment" {
		c.MatchLabelKeys = []string{"pod-template-hash"}
	}
	return c
}

// apart forbids two pods of an app in one domain; beside demands it.
func (d *dice) apart(k *controller, usual, name string) {
	if k.Template.Spec.Affinity == nil {
		k.Template.Spec.Affinity = &corev1.Affinity{}
	}
	k.Template.Spec.Affinity.PodAntiAffinity = &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{
		{TopologyKey: d.key(usual), LabelSelector: app(name)},
	}}
}

func (d *dice) beside(k *controller, usual, name string) {
	if k.Template.Spec.Affinity == nil {
		k.Template.Spec.Affinity = &corev1.Affinity{}
	}
	k.Template.Spec.Affinity.PodAffinity = &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{
		{TopologyKey: d.key(usual), LabelSelector: app(name)},
	}}
}

// budget adds one over the pods that a selector is about.
func (d *dice) budget(name string, selector *metav1.LabelSelector, most int) {
	b := budget{Namespace: d.s.Prefix, Name: name, Selector: selector, AlwaysAllow: d.chance(50)}
	if d.chance(50) {
		b.MinAvailable = new(d.share(most))
	} else {
		b.MaxUnavailable = new(d.share(3))
	}
	d.s.Budgets = append(d.s.Budgets, b)
}
