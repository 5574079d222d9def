package differential

import (
	"context"
	"slices"
	"time"

	"github.com/scantling/scantling/e2e/client"
)

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
