package differential

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/e2e/client"
)

// as returns the pods as the cluster has them, as a step.
func as(pods []pod) step { return step{Do: "put", Pods: pods} }

// ready waits until all is made, and returns the pods.
func (st *stage) ready(ctx context.Context) ([]pod, error) {
	_, err := st.settle(ctx)
	return st.pods(), err
}

// playRollout: it ends or not, and on the way as few pods are ready, and as many wanted.
func playRollout(ctx context.Context, st *stage) (verdict, error) {
	k := &st.Controllers[0]
	was, err := st.ready(ctx)
	if err != nil {
		return nil, err
	}
	said, err := world.oracle.play(st.situation, as(was), step{Do: "rollout", Name: k.Name})
	if err != nil {
		return nil, err
	}
	st.begin()
	if err := st.release(ctx, k); err != nil {
		return nil, err
	}
	want := count(said[1].Pods, k.Name)
	st.rest(ctx, long, func() bool { return count(st.pods(), k.Name) == want && st.reasoned() })
	var v verdict
	got := count(st.pods(), k.Name)
	v.same("pods", want, got)
	v.same("ended", said[1].Outcome.Ended, got.New == k.Replicas && got.Placed+got.Pending == k.Replicas && got.Ready == k.Replicas)
	least, most := st.seen(k.Name)
	v.same("fewest ready", said[1].Outcome.Of[0], least)
	if k.Kind == "Deployment" && k.Update == rolling {
		v.same("most wanted", said[1].Most[0], most)
	}
	wait, err := st.waiting()
	return append(v, wait...), err
}

// playBudget: the same numbers, and the same answer to the eviction of each pod, by itself and one after the other.
func playBudget(ctx context.Context, st *stage) (verdict, error) {
	was, err := st.ready(ctx)
	if err != nil {
		return nil, err
	}
	if st.Stuck {
		said, err := world.oracle.play(st.situation, as(was), step{Do: "rollout", Name: st.Controllers[0].Name})
		if err != nil {
			return nil, err
		}
		if err := st.release(ctx, &st.Controllers[0]); err != nil {
			return nil, err
		}
		st.rest(ctx, long, func() bool { return st.alike(said[1].Pods) })
	}
	well := 0
	for i, n := range st.Sick {
		k := &st.Controllers[i]
		well += max(count(st.pods(), k.Name).Ready-n, 0)
		if err := st.sicken(ctx, k, n); err != nil {
			return nil, err
		}
	}
	st.rest(ctx, calm, func() bool { return st.serving() == well })
	pods := st.pods()
	said, err := world.oracle.play(st.situation, as(pods))
	if err != nil {
		return nil, err
	}
	var v verdict
	if err := st.counted(ctx, &v, "budgets", said[0].Budgets, true); err != nil {
		return nil, err
	}
	steps := []step{as(pods)}
	for _, p := range said[0].Pods {
		steps = append(steps, step{Do: "try", Name: p.Name})
	}
	tried, err := world.oracle.play(st.situation, steps...)
	if err != nil {
		return nil, err
	}
	for i, p := range pods {
		code, err := st.evict(ctx, p.Name, true)
		if err != nil {
			return nil, err
		}
		v.same("eviction of "+p.Name, tried[i+1].Refusal.code(), code)
	}
	return v, st.evictions(ctx, &v, pods, said[0].Pods)
}

// serving is how many pods are ready.
func (st *stage) serving() int {
	n := 0
	for _, k := range st.Controllers {
		n += count(st.pods(), k.Name).Ready
	}
	return n
}

// evictions evicts one pod after the other. No node takes their successors.
func (st *stage) evictions(ctx context.Context, v *verdict, pods, named []pod) error {
	for _, n := range st.Nodes {
		if err := st.cordon(ctx, n.Name); err != nil {
			return err
		}
	}
	steps := []step{as(pods)}
	for i := range pods {
		steps = append(steps, step{Do: "evict", Name: named[i].Name})
		said, err := world.oracle.play(st.situation, steps...)
		if err != nil {
			return err
		}
		last := said[len(said)-1]
		code, err := st.evict(ctx, pods[i].Name, false)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("eviction %d, of %s,", i+1, pods[i].Name)
		v.same(what, last.Refusal.code(), code)
		if len(*v) > 0 {
			return nil
		}
		if code == 201 {
			if err := st.counted(ctx, v, "budgets after "+what, last.Budgets, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// code is what the API answers.
func (r refusal) code() int {
	switch {
	case r.Why == "":
		return 201
	case r.Budget == "":
		return 500
	}
	return 429
}

// counted waits until the disruption controller has written what the simulator says, or goes on writing something else. After an
// eviction there is a successor, which only the controller counts: then all of the numbers are not to be the same.
func (st *stage) counted(ctx context.Context, v *verdict, what string, predicted []status, all bool) error {
	if len(predicted) > 1 { // a pod that changes makes the controller write one of its budgets, whichever; see overlap
		return nil
	}
	relevant := func(s status) status {
		switch {
		case s.Failed: // the controller leaves the other numbers as they were
			return status{Failed: true}
		case !all:
			return status{Healthy: s.Healthy, Allowed: s.Allowed}
		}
		return s
	}
	var want, got []status
	for _, s := range predicted {
		want = append(want, relevant(s))
	}
	err := client.Until(ctx, 8*time.Second, func() (bool, string) {
		now, err := st.budgets(ctx)
		got = nil
		for _, s := range now {
			got = append(got, relevant(s))
		}
		return err == nil && slices.Equal(got, want), ""
	})
	if err != nil {
		v.same(what, want, got)
	}
	return ctx.Err()
}

// playDrain: the node becomes empty or not, and on the way as few pods are ready.
func playDrain(ctx context.Context, st *stage) (verdict, error) {
	was, err := st.ready(ctx)
	if err != nil {
		return nil, err
	}
	st.Node = fullest(was)
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
		if len(st.Controllers) > 1 {
			evict()
		} else {
			all.Go(evict)
		}
	}
	all.Wait()
	return codes, errors.Join(errs...)
}

// alike reports whether as many pods of each controller run, wait and are ready. One of a StatefulSet whose node has failed is neither.
func (st *stage) alike(predicted []pod) bool {
	var v verdict
	st.counts(&v, predicted)
	return len(v) == 0 && st.reasoned()
}

func (st *stage) counts(v *verdict, predicted []pod) {
	for _, k := range st.Controllers {
		want, got := count(predicted, k.Name), count(st.pods(), k.Name)
		if k.Kind == "StatefulSet" && st.Lost != "" && st.Listed {
			want.Placed, got.Placed = 0, 0
		}
		v.same("pods of "+k.Name, want, got)
	}
}

// compare holds the end and the worst moment of the way there against what was said. What the collector of pods takes away goes one by
// one, so that successors are ready before the last is gone: then there are as many or more.
func (st *stage) compare(v *verdict, a answer) {
	st.counts(v, a.Pods)
	least := func(what string, predicted int, controller string) {
		happened, _ := st.seen(controller)
		if st.Lost != "" && !st.Listed {
			predicted = max(predicted, happened)
		}
		v.same("fewest ready of "+what, predicted, happened)
	}
	for i, k := range st.Controllers {
		least(k.Name, a.Outcome.Of[i], k.Name)
	}
	least("all", a.Outcome.Least, "")
}

// playLoss: as many successors run, and as many wait.
func playLoss(ctx context.Context, st *stage) (verdict, error) {
	was, err := st.ready(ctx)
	if err != nil {
		return nil, err
	}
	lost := append(st.on(zone, st.Lost), st.on(poolLabel, st.Lost)...)
	said, err := world.oracle.play(st.situation, as(was), step{Do: "lose", Names: lost, Listed: st.Listed})
	if err != nil {
		return nil, err
	}
	st.begin()
	if err := world.fleet.Fail(ctx, lost, st.Listed); err != nil {
		return nil, err
	}
	// The collector looks for pods without a node every 20 s, and believes a node's absence after 40 s.
	err = client.Until(ctx, 2*time.Minute, func() (bool, string) {
		for _, p := range st.pods() {
			if slices.Contains(lost, p.Node) {
				return false, p.Name + " stays on its lost node"
			}
		}
		return true, ""
	})
	var v verdict
	if err != nil {
		return append(v, err.Error()), nil
	}
	st.rest(ctx, long, func() bool { return st.alike(said[1].Pods) })
	st.compare(&v, said[1])
	return v, nil
}
