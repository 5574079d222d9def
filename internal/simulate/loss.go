package simulate

import corev1 "k8s.io/api/core/v1"

// Lose takes nodes away, with all their pods, at once. Nodes that stay listed are still in the API, tainted as unreachable: so it is
// from the failure until somebody or something deletes them. The controllers then make other pods; a StatefulSet does so only when the
// node is no longer listed, because nobody can tell that its pod has stopped.
func (c *Cluster) Lose(lost func(*Node) bool, listed bool) Outcome {
	c.begin()
	var hit []bool
	for n := range c.nodes {
		gone := !c.nodes[n].gone && lost(c.nodes[n].Node)
		hit = append(hit, gone)
		if !gone {
			continue
		}
		c.nodes[n].gone = !listed
		if listed {
			failed := *c.nodes[n].Node
			failed.Taints = append(append([]corev1.Taint(nil), failed.Taints...),
				corev1.Taint{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoSchedule},
				corev1.Taint{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute})
			c.change(n, &failed)
		}
	}
	for i := 0; i < len(c.pods); {
		p := &c.pods[i]
		switch {
		case p.node < 0 || !hit[p.node]:
			i++
		case listed && p.controller >= 0 && c.controllers[p.controller].Kind == "StatefulSet":
			p.sick = true
			c.setReady(i, false)
			i++
		default:
			c.remove(i)
		}
	}
	c.settle()
	return c.outcome(true)
}
