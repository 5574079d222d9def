package simulate

// begin starts to remember the fewest ready pods.
func (c *Cluster) begin() {
	c.least = c.ready
	for i := range c.controllers {
		c.controllers[i].least = c.controllers[i].ready
	}
}

// outcome sums up what came of something.
func (c *Cluster) outcome(ended bool) Outcome {
	o := Outcome{Ended: ended, Done: ended, Least: c.least}
	for i := range c.controllers {
		k := &c.controllers[i]
		o.Of = append(o.Of, k.least)
		o.Done = o.Done && k.ready >= k.Replicas
		waiting := Pending{Controller: k.Name}
		for j := range c.pods {
			if p := &c.pods[j]; p.controller == i && p.node < 0 {
				waiting.Pods++
				waiting.Why = p.why.String()
			}
		}
		if waiting.Pods > 0 {
			o.Pending = append(o.Pending, waiting)
		}
	}
	return o
}

// tick lets time go by: pods that wait are tried again, and those that have a node become ready. It reports whether anything changed.
func (c *Cluster) tick() bool {
	changed := false
	for i := range c.pods {
		if c.pods[i].node < 0 && c.place(i) {
			changed = true
		}
	}
	for i := range c.pods {
		p := &c.pods[i]
		if p.node >= 0 && !p.ready && !(p.fresh && p.controller >= 0 && c.controllers[p.controller].Broken) && !p.sick {
			c.setReady(i, true)
			changed = true
		}
	}
	return changed
}

// settle lets controllers make the pods that they miss, until nothing changes any more. It reports whether anything did.
func (c *Cluster) settle() bool {
	for changed := false; ; changed = true {
		made := false
		for i := range c.controllers {
			made = c.refill(i) || made
		}
		if !c.tick() && !made {
			return changed
		}
	}
}

// refill makes the pods that a controller misses: a StatefulSet in order, and only when those before are ready.
func (c *Cluster) refill(i int) bool {
	k := &c.controllers[i]
	if k.Kind == "StatefulSet" {
		made, _ := c.fill(i, false)
		return made
	}
	have := 0
	for j := range c.pods {
		if c.pods[j].controller == i {
			have++
		}
	}
	for range k.Replicas - have {
		c.create(i, 0, false)
	}
	return have < k.Replicas
}

// create makes one pod of a controller and looks for a node.
func (c *Cluster) create(i, ordinal int, fresh bool) {
	p := pod{controller: i, node: -1, ordinal: ordinal, fresh: fresh, shape: c.controllers[i].shapes[0]}
	if fresh {
		p.shape = c.controllers[i].shapes[1]
	}
	c.add(p)
	c.place(len(c.pods) - 1)
}
