package differential

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// families take turns: one that is here twice makes twice as many situations.
var families = []family{
	{"placement", makePlacement, playPlacement},
	{"rollout", makeRollout, playRollout},
	{"budget", makeBudget, playBudget},
	{"placement", makePlacement, playPlacement},
	{"drain", makeDrain, playDrain},
	{"rollout", makeRollout, playRollout},
	{"placement", makePlacement, playPlacement},
	{"budget", makeBudget, playBudget},
	{"loss", makeLoss, playLoss},
	{"drain", makeDrain, playDrain},
}

const (
	zone = corev1.LabelTopologyZone
	host = corev1.LabelHostname
)

// makePlacement: some pods, and nodes with all that may keep pods away.
func makePlacement(d *dice) {
	d.own = d.chance(30)
	d.machines(d.among(1, 4), 1, 3)
	d.obstacles()
	one := d.controller("web", "Deployment", "web", d.among(1, 9))
	d.conditions(one)
	if !d.chance(40) {
		return
	}
	two := d.controller("zed", pick(d, "Deployment", "ReplicaSet"), pick(d, "web", "zed"), d.among(1, 5))
	d.conditions(two)
	if d.chance(40) {
		other := d.s.Controllers[0].Template.Labels[appLabel]
		if d.chance(50) {
			d.apart(two, pick(d, zone, host), other)
		} else {
			d.beside(two, pick(d, zone, host), other)
		}
	}
}

// obstacles gives nodes taints, cordons, pools and bounds.
func (d *dice) obstacles() {
	pods, cpu, taints, pools := d.chance(20), d.chance(20), d.chance(35), d.chance(35)
	for i := range d.s.Nodes {
		n := &d.s.Nodes[i]
		n.Unschedulable = d.chance(8)
		if pods {
			n.Pods = d.among(1, 4)
		}
		if cpu {
			n.CPU = int64(d.among(1, 4)) * 500
		}
		if taints && d.chance(40) {
			n.Taints = []corev1.Taint{{Key: "dedicated", Value: pick(d, "batch", "web"), Effect: pick(d, corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute)}}
		}
		if pools {
			n.Labels[poolLabel] = pick(d, "main", "main", "other")
		}
	}
}

// conditions gives a controller's pods some of what the scheduler must keep.
func (d *dice) conditions(k *controller) {
	spec, name := &k.Template.Spec, k.Template.Labels[appLabel]
	if d.chance(30) {
		spec.NodeSelector[poolLabel] = "main"
	}
	if d.chance(30) {
		spec.Tolerations = []corev1.Toleration{pick(d,
			corev1.Toleration{Key: "dedicated", Operator: corev1.TolerationOpEqual, Value: "web"},
			corev1.Toleration{Key: "dedicated", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
			corev1.Toleration{Operator: corev1.TolerationOpExists})}
	}
	if d.chance(40) {
		k.wants(int64(d.among(1, 3)) * 250)
	}
	if d.chance(60) {
		d.detailed(d.spread(k, zone))
	}
	if d.chance(30) {
		d.detailed(d.spread(k, host))
	}
	switch d.IntN(10) {
	case 0, 1:
		d.apart(k, host, name)
	case 2:
		d.apart(k, zone, name)
	case 3:
		d.beside(k, pick(d, zone, host), name)
	case 4:
		spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 8080, HostPort: 8080}}
	}
}

// detailed sets more fields of a constraint.
func (d *dice) detailed(c *corev1.TopologySpreadConstraint) {
	if d.chance(25) {
		c.MinDomains = new(int32(d.among(1, 4)))
	}
	if d.chance(30) {
		c.NodeAffinityPolicy = new(corev1.NodeInclusionPolicyHonor)
	}
	if d.own {
		c.NodeAffinityPolicy = new(pick(d, corev1.NodeInclusionPolicyIgnore, corev1.NodeInclusionPolicyHonor))
	}
	if d.chance(8) {
		c.WhenUnsatisfiable, c.MinDomains = corev1.ScheduleAnyway, nil
	}
	if d.chance(5) {
		c.LabelSelector = &metav1.LabelSelector{}
	}
}

// makeRollout: a new version, which works or does not.
func makeRollout(d *dice) {
	d.machines(d.among(1, 3), 1, 3)
	kind := pick(d, "Deployment", "Deployment", "Deployment", "Deployment", "StatefulSet")
	k := d.controller("web", kind, "web", d.among(1, 12))
	k.slow()
	k.Broken = d.chance(25)
	switch {
	case kind == "StatefulSet":
		k.Replicas = min(k.Replicas, 4)
		k.Parallel, k.Unavailable = d.chance(50), intstr.IntOrString{}
	case d.chance(10):
		k.Update = recreate
	default:
		k.Surge, k.Unavailable = d.share(5), d.share(4)
		if zero(k.Surge) && zero(k.Unavailable) {
			k.Surge = intstr.FromInt(1)
		}
		k.Wait = pick(d, 0, 0, 0, 1)
	}
	switch d.IntN(10) {
	case 0, 1:
		d.apart(k, host, "web")
	case 2, 3, 4:
		d.spread(k, zone)
	case 5:
		d.spread(k, host)
	case 6:
		k.Template.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 8080, HostPort: 8080}}
	case 7:
		for i := range d.s.Nodes {
			d.s.Nodes[i].Pods = d.among(1, 5)
		}
	}
}

func zero(v intstr.IntOrString) bool {
	return v.IntVal == 0 && (v.Type == intstr.Int || v.StrVal == "0%")
}

// makeBudget: budgets over healthy and other pods, of one controller or two, at rest or amid a rollout.
func makeBudget(d *dice) {
	d.machines(2, 1, 1)
	d.s.Stuck = d.chance(30)
	one := d.controller("web", "Deployment", "web", d.among(1, 8))
	if d.s.Stuck {
		one.Broken, one.Surge, one.Unavailable = true, d.share(5), d.share(2)
		if zero(one.Surge) && zero(one.Unavailable) {
			one.Surge = intstr.FromInt(1)
		}
	} else {
		one.Kind = pick(d, "Deployment", "ReplicaSet", "StatefulSet")
	}
	one.slow()
	one.Parallel = one.Kind == "StatefulSet"
	d.s.Sick = []int{pick(d, 0, 0, 1, 2)}
	if d.chance(30) {
		two := d.controller("zed", pick(d, "Deployment", "StatefulSet"), "web", d.among(1, 4))
		two.slow()
		two.Parallel = two.Kind == "StatefulSet"
		d.s.Sick = append(d.s.Sick, pick(d, 0, 0, 1))
	}
	d.guarded(8)
}

// guarded adds one budget over all pods or those of one controller, and now and then another one.
func (d *dice) guarded(most int) {
	of := func() *metav1.LabelSelector {
		return pick(d, app("web"), app("web"), &metav1.LabelSelector{MatchLabels: map[string]string{ownerLabel: "web"}})
	}
	d.budget("one", of(), most)
	if d.chance(15) {
		d.budget("two", of(), most)
	}
}

// makeDrain: a node is to be emptied.
func makeDrain(d *dice) {
	d.machines(d.among(1, 3), 1, 2)
	d.crew()
	if d.chance(85) {
		d.guarded(6)
	}
}

// crew makes a controller whose pods have or have not to be apart, and perhaps one beside it whose pods go where scores send them: they
// are of another app, because who is counted by a constraint must not depend on scores.
func (d *dice) crew() {
	for _, name := range []string{"web", "zed"}[:pick(d, 1, 1, 2)] {
		k := d.controller(name, pick(d, "Deployment", "Deployment", "StatefulSet"), name, d.among(1, 6))
		k.slow()
		k.Parallel = k.Kind == "StatefulSet" && d.chance(70)
		if name != "web" {
			continue
		}
		switch d.IntN(8) {
		case 0:
			d.apart(k, host, "web")
		case 1, 2, 3:
			d.spread(k, zone)
		case 4:
			d.spread(k, host)
		}
	}
}

// makeLoss: a zone fails, or spot capacity is taken away.
func makeLoss(d *dice) {
	d.machines(d.among(2, 3), 1, 2)
	d.s.Listed = d.chance(50)
	d.crew()
	d.s.Lost = d.s.Nodes[0].Labels[zone]
	if d.chance(50) {
		return
	}
	d.s.Lost = "spot"
	for i := range d.s.Nodes {
		if n := &d.s.Nodes[i]; i%2 == 0 {
			n.Labels[poolLabel] = "spot"
			n.Taints = []corev1.Taint{{Key: "spot", Effect: corev1.TaintEffectNoSchedule}}
		}
	}
	for i := range d.s.Controllers {
		if d.chance(70) {
			d.s.Controllers[i].Template.Spec.Tolerations = []corev1.Toleration{{Key: "spot", Operator: corev1.TolerationOpExists}}
		}
	}
}
