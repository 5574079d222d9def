package simulate

import "k8s.io/apimachinery/pkg/util/intstr"

// fill makes the pods that a StatefulSet misses. One that is not parallel stops at the first that it made or that is not ready.
func (c *Cluster) fill(i int, fresh bool) (made, whole bool) {
	k := &c.controllers[i]
	at := make([]int, max(k.Replicas, 0)) // position of the pod with that ordinal, from 1
	for j := range c.pods {
		if p := &c.pods[j]; p.controller == i && p.ordinal < k.Replicas {
			at[p.ordinal] = j + 1
		}
	}
	for ordinal, j := range at {
		if j == 0 {
			c.create(i, ordinal, fresh)
			made = true
			if !k.Parallel {
				return true, false
			}
		} else if !k.Parallel && !c.pods[j-1].ready {
			return made, false
		}
	}
	return made, true
}

// rollingSet is one turn of the StatefulSet controller: it makes what is missing, then lets old pods go from the last one down, as many as
// may be missing. In parallel, those that are not ready go first and are not counted.
func (c *Cluster) rollingSet(i int) bool {
	made, whole := c.fill(i, true)
	if made || !whole {
		return made
	}
	k := &c.controllers[i]
	fewer, err := intstr.GetScaledValueFromIntOrPercent(&k.Unavailable, k.Replicas, false)
	if err != nil {
		return false
	}
	r := c.revisions(i)
	left := max(fewer, 1) - (k.Replicas - r.oldReady - r.newReady)
	gone := false
	for ordinal := k.Replicas - 1; ordinal >= 0; ordinal-- {
		j := c.numbered(i, ordinal)
		if j < 0 || c.pods[j].fresh || c.pods[j].ready && left <= 0 || !c.pods[j].ready && !k.Parallel {
			continue
		}
		if c.pods[j].ready {
			left--
		}
		c.remove(j)
		gone = true
	}
	return gone
}

// numbered returns where the pod with an ordinal is; -1: it is not there.
func (c *Cluster) numbered(i, ordinal int) int {
	for j := range c.pods {
		if p := &c.pods[j]; p.controller == i && p.ordinal == ordinal {
			return j
		}
	}
	return -1
}
