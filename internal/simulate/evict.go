package simulate

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// budget is a Budget whose selector is read.
type budget struct {
	*Budget
	selector labels.Selector
}

func newBudget(b *Budget) budget { return budget{b, matcher(b.Selector)} }

// Status is what the disruption controller writes of a budget.
type Status struct {
	Expected, Desired, Healthy, Allowed int
	Failed                              bool // it cannot be reckoned, so nothing is allowed
}

// Keeps returns how many of expected pods a budget wants healthy. Shares are rounded up, both of what must be there and of what may be
// missing. Not ok: it cannot be reckoned.
func (b *Budget) Keeps(expected int) (desired int, ok bool) {
	switch {
	case b.MaxUnavailable != nil:
		v, err := intstr.GetScaledValueFromIntOrPercent(b.MaxUnavailable, expected, true)
		return max(expected-v, 0), err == nil
	case b.MinAvailable != nil:
		v, err := intstr.GetScaledValueFromIntOrPercent(b.MinAvailable, expected, true)
		return v, err == nil
	}
	return 0, true
}

// Allows returns how many of n healthy pods of controllers that want as many may go at once.
func (b *Budget) Allows(n int) int {
	desired, ok := b.Keeps(n)
	if !ok || b.MaxUnavailable == nil && b.MinAvailable == nil { // without either nothing is expected, and so nothing allowed
		return 0
	}
	return max(n-desired, 0)
}

// Budget returns the status of a budget.
func (c *Cluster) Budget(namespace, name string) Status {
	for i := range c.budgets {
		if b := &c.budgets[i]; b.Namespace == namespace && b.Name == name {
			return c.status(b)
		}
	}
	return Status{}
}

// selects reports whether a budget is about pods of a shape.
func (c *Cluster) selects(b *budget, shape int) bool {
	s := c.shapes[shape]
	return s.namespace == b.Namespace && b.selector.Matches(s.labels)
}

// status reckons as the disruption controller does. A number that must be available is of the pods that there are; all else is of what
// their controllers want.
func (c *Cluster) status(b *budget) Status {
	var s Status
	pods, wanted := 0, 0
	scaled, has, seen := true, make([]bool, len(c.controllers)), make([]bool, len(c.controllers))
	see := func(k int) {
		if !seen[k] {
			seen[k] = true
			wanted += c.controllers[k].Replicas
			scaled = scaled && c.controllers[k].scaled()
		}
	}
	for i := range c.pods {
		p := &c.pods[i]
		if p.controller >= 0 {
			has[p.controller] = true
		}
		if !c.selects(b, p.shape) {
			continue
		}
		pods++
		s.Healthy += count(p.ready)
		if p.controller >= 0 {
			see(p.controller)
		}
	}
	for k := range c.controllers {
		if !has[k] && c.selects(b, c.controllers[k].shapes[0]) { // its last pod has just been evicted, and is made again at once
			see(k)
		}
	}
	switch {
	case b.MaxUnavailable == nil && b.MinAvailable == nil:
		return s
	case b.MaxUnavailable == nil && b.MinAvailable.Type == intstr.Int:
		s.Expected, s.Desired = pods, int(b.MinAvailable.IntVal)
	case !scaled:
		s.Failed = true
		return s
	default:
		desired, ok := b.Keeps(wanted)
		s.Expected, s.Desired, s.Failed = wanted, desired, !ok
	}
	if s.Expected > 0 && !s.Failed {
		s.Allowed = max(s.Healthy-s.Desired, 0)
	}
	return s
}

// scaled reports whether the controller has a scale. Of third-party kinds those have one that a budget is made for.
func (k *Controller) scaled() bool {
	switch k.Kind {
	case "DaemonSet", "Job", "CronJob", "Pod", "":
		return false
	}
	return true
}

// Refusal is why a pod may not be evicted. The zero value: it may.
type Refusal struct {
	Budget string // empty: it has more than one
	Status Status
	Why    string
}

// Evict asks to delete a pod, as Pods names it. What the controllers do about it is not waited for.
func (c *Cluster) Evict(name string) Refusal {
	for i, p := range c.Pods() {
		if p.Name == name {
			r := c.refuses(&c.pods[i])
			if r.Why == "" {
				c.remove(i)
			}
			return r
		}
	}
	return Refusal{Why: "there is no pod " + strconv.Quote(name)}
}

// refuses decides as the eviction API does.
func (c *Cluster) refuses(p *pod) Refusal {
	var found []*budget
	for i := range c.budgets {
		if c.selects(&c.budgets[i], p.shape) {
			found = append(found, &c.budgets[i])
		}
	}
	switch {
	case p.node < 0 || len(found) == 0: // a budget does not mind pods that do not run
		return Refusal{}
	case len(found) > 1:
		return Refusal{Why: fmt.Sprintf("budgets %s and %s both select it, which the eviction API refuses", found[0].Name, found[1].Name)}
	}
	b, s := found[0], c.status(found[0])
	if s.Allowed > 0 || !p.ready && (b.AlwaysAllow || s.Healthy >= s.Desired && s.Desired > 0) {
		return Refusal{}
	}
	r := Refusal{Budget: b.Name, Status: s}
	r.Why = fmt.Sprintf("budget %s wants %d healthy of %d", b.Name, s.Desired, s.Healthy)
	if s.Failed {
		r.Why = fmt.Sprintf("budget %s cannot be reckoned", b.Name)
	}
	return r
}

// Drain cordons a node and evicts the pods that it has by then until none of them is left, or until nothing moves any more. Pods of
// DaemonSets stay, as kubectl drain lets them.
func (c *Cluster) Drain(name string) Outcome {
	c.begin()
	n := c.node(name)
	if n < 0 {
		return c.outcome(true)
	}
	cordoned := *c.nodes[n].Node
	cordoned.Unschedulable = true
	cordoned.Taints = append(append([]corev1.Taint(nil), cordoned.Taints...),
		corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule})
	c.change(n, &cordoned)
	for last := c.made; ; {
		gone, left, refusal := c.evictAll(n, last)
		moved := c.settle()
		if left == 0 {
			return c.outcome(true)
		}
		if !gone && !moved {
			o := c.outcome(false)
			o.Blocked = refusal
			return o
		}
	}
}

// evictAll evicts all pods of a node that may go now, of those made before one.
func (c *Cluster) evictAll(n, before int) (gone bool, left int, why Refusal) {
	for i := 0; i < len(c.pods); {
		p := &c.pods[i]
		if p.node != n || p.made >= before || p.controller >= 0 && c.controllers[p.controller].Kind == "DaemonSet" {
			i++
			continue
		}
		if r := c.refuses(p); r.Why != "" {
			why = r
			left++
			i++
			continue
		}
		c.remove(i)
		gone = true
	}
	return gone, left, why
}

// node returns where a node is; -1: there is none of that name.
func (c *Cluster) node(name string) int {
	for i := range c.nodes {
		if c.nodes[i].Name == name {
			return i
		}
	}
	return -1
}

// change makes a node another one.
func (c *Cluster) change(n int, to *Node) {
	c.nodes[n].Node = to
	for k := range c.static {
		c.static[k][n] = c.shapes[k].judge(&c.nodes[n])
	}
}
