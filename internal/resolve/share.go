package resolve

import (
	"fmt"

	"github.com/scantling/scantling/internal/app"
)

// mostOff is how many points the share of whole pods may be off the weight. Source: judgement; half of the standard tier's first step.
const mostOff = 5

// shareOf returns the share, in percent, that pods make for a weight, and whether it is too far off; where a router splits, the
// share is the weight.
func (s *spec) shareOf(weight int64) (share int64, off bool) {
	sp, n := s.app.Rollout.Split, int64(s.app.Replicas.Min)
	switch {
	case n == 0 || !sp.ByPods():
		return weight, false
	case sp.Engine == app.ByReplicas: // the canary's pods come beside the stable ones
		canary := canaryPods(n, weight)
		share = nearest(100*canary, n+canary)
	default: // they replace stable ones, of which one stays, and a lone pod gets a second
		all := max(n, 2)
		canary := min(max(1, nearest(n*weight, 100)), all-1)
		share = nearest(100*canary, all)
	}
	return share, share-weight > mostOff || weight-share > mostOff
}

// canaryPods is how many pods beside n stable ones come nearest to a weight; one at least has every weight but 0.
func canaryPods(n, weight int64) int64 {
	if weight == 0 || n == 0 {
		return 0
	}
	return max(1, nearest(n*weight, 100-weight))
}

// nearest divides to the nearest whole number.
func nearest(a, b int64) int64 { return (a + b/2) / b }

// checkShare reports a weight that whole pods cannot make. Argo's steps pass by themselves, so there it is a warning.
func (s *spec) checkShare(field string, weight int64) {
	share, off := s.shareOf(weight)
	if !off {
		return
	}
	n := s.app.Replicas.Min
	if s.app.Rollout.Split.Engine == app.ByArgo {
		s.warn(field, "canary-weight-has-router", fmt.Sprintf("without a router, the share nearest to %d %% that can be made of %s is %d %%", weight, pods(n), share), "a weight that pods can make, or a route by istio", fmt.Sprintf("use weight: %d", share))
		return
	}
	s.fail(field, "canary-weight-has-router", fmt.Sprintf("%d %% needs a router: beside %s, whole pods make %d %%", weight, pods(n), share), "istio, gateway or flagger; or a weight that pods can make", fmt.Sprintf("use weight: %d", share))
}
