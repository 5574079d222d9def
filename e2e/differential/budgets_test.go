package differential

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/scantling/scantling/e2e/client"
)

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
