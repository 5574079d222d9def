package differential

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// playDrain: the node becomes empty or not, and on the way as few pods are ready.
func playDrain(ctx context.Context, st *stage) (verdict, error) {
	was, err := st.ready(ctx)
	if err != nil {
		return nil, err
	}
	if st.Node = fullest(was); st.Node == "" {
		return verdict{"no pod runs"}, nil
	}
	said, err := world.oracle.play(st.situation, as(was), step{Do: "drain", Name: st.Node})
	if err != nil {
		return nil, err
	}
	var v verdict
	if err := st.counted(ctx, &v, "budgets", said[0].Budgets, true); err != nil || len(v) > 0 {
		return v, err
	}
	st.begin()
	if err := st.cordon(ctx, st.Node); err != nil {
		return nil, err
	}
	emptied, code, err := st.drain(ctx, was)
	if err != nil {
		return nil, err
	}
	st.rest(ctx, long, func() bool { return st.alike(said[1].Pods) })
	v.same("emptied", said[1].Outcome.Ended, emptied)
	if !emptied {
		v.same("refused with", said[1].Outcome.Blocked.code(), code)
	}
	st.compare(&v, said[1])
	for i := range st.Nodes {
		if n := &st.Nodes[i]; n.Name == st.Node { // from here on
			n.Unschedulable = true
			n.Taints = append(n.Taints, corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule})
		}
	}
	wait, err := st.waiting()
	return append(v, wait...), err
}

// inTurns reports whether it is a matter of milliseconds how many pods of a drain find another node: a budget lets simultaneous evictions
// through one after the other, and a spread may let a successor in between two of them that it would refuse after both. There are as many
// pods in any case, and as many ready ones or more on the way.
func (s *situation) inTurns() bool {
	return len(s.Budgets) > 0 && slices.ContainsFunc(s.Controllers, func(k controller) bool {
		return slices.ContainsFunc(k.Template.Spec.TopologySpreadConstraints, func(c corev1.TopologySpreadConstraint) bool {
			return c.WhenUnsatisfiable == corev1.DoNotSchedule
		})
	})
}

func fullest(pods []pod) string {
	on, best := map[string]int{}, ""
	for _, p := range pods {
		on[p.Node]++
		if p.Node != "" && (best == "" || on[p.Node] > on[best]) {
			best = p.Node
		}
	}
	return best
}

// drain evicts the pods that a node has until they are gone, as kubectl does, or until nothing moves any more.
func (st *stage) drain(ctx context.Context, was []pod) (emptied bool, code int, err error) {
	const hopeless = 2 * long
	var left []string
	for _, p := range was {
		if p.Node == st.Node {
			left = append(left, p.Name)
		}
	}
	for moved := time.Now(); len(left) > 0; time.Sleep(100 * time.Millisecond) {
		codes, err := st.evictAll(ctx, left)
		if err != nil {
			return false, 0, err
		}
		var refused []string
		for i, name := range left {
			if codes[i] == 201 || codes[i] == 404 {
				moved = time.Now()
				continue
			}
			refused, code = append(refused, name), codes[i]
		}
		left = refused
		st.mu.Lock()
		if st.last.After(moved) {
			moved = st.last
		}
		st.mu.Unlock()
		if time.Since(moved) > hopeless || ctx.Err() != nil {
			return false, code, ctx.Err()
		}
	}
	return true, code, nil
}

// evictAll asks for the eviction of some pods: at once, as kubectl does, where it does not matter which one the budget lets go first.
func (st *stage) evictAll(ctx context.Context, names []string) ([]int, error) {
	codes, errs := make([]int, len(names)), make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		evict := func() { codes[i], errs[i] = st.evict(ctx, name, false) }
		if len(st.Controllers) > 1 && len(st.Budgets) > 0 {
			evict()
		} else {
			all.Go(evict)
		}
	}
	all.Wait()
	return codes, errors.Join(errs...)
}
