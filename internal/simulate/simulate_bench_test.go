package simulate_test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/simulate"
)

// BenchmarkRollout is one rollout of a Deployment whose pods must be spread over three zones, from its start.
func BenchmarkRollout(b *testing.B) {
	spec := corev1.PodSpec{TopologySpreadConstraints: []corev1.TopologySpreadConstraint{spread(zone, nil)}}
	for _, n := range []int{3, 10, 100, 300} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			nodes := zones(2, "a", "b", "c")
			for b.Loop() {
				c := simulate.New(nodes, []simulate.Controller{deployment(n, "25%", "0", spec)}, nil)
				c.Start()
				c.Rollout("web")
			}
		})
	}
}
