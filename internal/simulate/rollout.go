package simulate

import (
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Fenceposts returns how many pods more, and how many fewer, than n a rolling Deployment may have. Shares of surge are rounded up and of
// unavailable down; where neither lets anything move, one may be missing.
func Fenceposts(surge, unavailable intstr.IntOrString, n int) (more, fewer int) {
	more, err := intstr.GetScaledValueFromIntOrPercent(&surge, n, true)
	if err != nil || more < 0 {
		more = 0
	}
	fewer, err = intstr.GetScaledValueFromIntOrPercent(&unavailable, n, false)
	if err != nil || fewer < 0 {
		fewer = 0
	}
	if more == 0 && fewer == 0 {
		fewer = 1
	}
	return more, min(fewer, n)
}

// Rollout replaces all pods of a controller by those of its next revision.
func (c *Cluster) Rollout(name string) Outcome {
	for i := range c.controllers {
		if c.controllers[i].Name == name {
			return c.rollout(i)
		}
	}
	return Outcome{}
}

func (c *Cluster) rollout(i int) Outcome {
	c.begin()
	k := &c.controllers[i]
	act := c.rolling
	switch {
	case k.Update == OnDelete:
		o := c.outcome(true)
		o.Least = k.least
		return o
	case k.Kind == "StatefulSet":
		act = c.rollingSet
	case k.Update == Recreate:
		act = c.recreating
	case k.Update == BlueGreen:
		act = c.swapping
	}
	for {
		if act(i) {
			continue
		}
		if !c.tick() {
			break
		}
	}
	r := c.revisions(i)
	o := c.outcome(r.old == 0 && r.newReady == k.Replicas)
	o.Least = k.least
	return o
}

// revisions are the pods of a controller by what they are of.
type revisions struct{ old, oldReady, new, newReady int }

func (c *Cluster) revisions(i int) revisions {
	var r revisions
	for j := range c.pods {
		p := &c.pods[j]
		switch {
		case p.controller != i:
		case p.fresh:
			r.new++
			r.newReady += count(p.ready)
		default:
			r.old++
			r.oldReady += count(p.ready)
		}
	}
	return r
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// rolling is one turn of the Deployment controller: it makes new pods as far as the surge goes, else lets old ones go as far as enough
// are ready. It reports whether it did anything.
func (c *Cluster) rolling(i int) bool {
	k, r := &c.controllers[i], c.revisions(i)
	surge, unavailable := Fenceposts(k.Surge, k.Unavailable, k.Replicas)
	if more := min(k.Replicas+surge-r.old-r.new, k.Replicas-r.new); more > 0 {
		for range more {
			c.create(i, 0, true)
		}
		return true
	}
	least := k.Replicas - unavailable
	most := r.old + r.new - least - (r.new - r.newReady)
	if r.old == 0 || most <= 0 {
		return false
	}
	// Pods that are not ready go first: they are not missed.
	sick := min(most, r.old-r.oldReady)
	well := max(min(r.oldReady+r.newReady-least, r.old-sick), 0)
	c.scaleDown(i, sick+well)
	return sick+well > 0
}

// recreating lets all old pods go, then makes all new ones.
func (c *Cluster) recreating(i int) bool {
	k, r := &c.controllers[i], c.revisions(i)
	c.scaleDown(i, r.old)
	for range k.Replicas - r.new {
		c.create(i, 0, true)
	}
	return r.old > 0 || r.new < k.Replicas
}

// swapping makes all new pods, and lets the old ones go when all of those are ready.
func (c *Cluster) swapping(i int) bool {
	k, r := &c.controllers[i], c.revisions(i)
	for range k.Replicas - r.new {
		c.create(i, 0, true)
	}
	if r.old > 0 && r.newReady >= k.Replicas {
		c.scaleDown(i, r.old)
		return true
	}
	return r.new < k.Replicas
}

// scaleDown lets old pods go, in the order in which the ReplicaSet's controller picks them: without a node, not ready, on a node with
// most of the controller's pods, and the youngest.
func (c *Cluster) scaleDown(i, n int) {
	for range n {
		pick := -1
		for j := range c.pods {
			if p := &c.pods[j]; p.controller == i && !p.fresh && (pick < 0 || c.sooner(p, &c.pods[pick])) {
				pick = j
			}
		}
		if pick < 0 {
			return
		}
		c.remove(pick)
	}
}

// sooner reports whether a pod goes before another one.
func (c *Cluster) sooner(p, q *pod) bool {
	if (p.node < 0) != (q.node < 0) {
		return p.node < 0
	}
	if p.ready != q.ready {
		return !p.ready
	}
	if a, b := c.beside(p), c.beside(q); a != b {
		return a > b
	}
	return p.made > q.made
}

// beside returns how many pods of its controller are on the node of a pod.
func (c *Cluster) beside(p *pod) int32 {
	if p.node < 0 {
		return 0
	}
	shapes := c.controllers[p.controller].shapes
	return c.counts[shapes[0]][p.node] + c.counts[shapes[1]][p.node]
}
