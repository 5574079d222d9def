package differential

import (
	"context"
)

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
