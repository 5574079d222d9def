package platform_test

import (
	"testing"

	"github.com/scantling/scantling/generators/platform"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
	"github.com/scantling/scantling/internal/kube"
)

// pools is an environment whose nodes are made for it, by Karpenter and by eksctl.
func pools() app.Fleet {
	zones := []string{"eu-1a", "eu-1b", "eu-1c"}
	return app.Fleet{Env: &app.Environment{
		Name: "prod-eu", Zones: zones, NodeAutoscaling: true, Capabilities: []string{"karpenter"},
		Karpenter: &app.Karpenter{Group: "karpenter.k8s.aws", Kind: "EC2NodeClass", Name: "default"},
		Eksctl:    &app.Eksctl{Cluster: "prod", Region: "eu-west-1"},
		Spot:      &app.SpotNodes{Label: map[string]string{"node.acme.io/capacity": "spot"}, Taint: "node.acme.io/spot"},
		NodePools: []app.NodePool{
			{Name: "base", InstanceTypes: []string{"m6i.large"}, Zones: zones[:2], Max: 9},
			{Name: "spot", Spot: true, InstanceTypes: []string{"m6i.large", "m6a.large", "m5.large"}, Zones: zones, Max: 30},
		},
	}}
}

func TestNodePool(t *testing.T) {
	golden.ObjectsFile(t, platform.NodePool.RunPlatform(pools()), "testdata/nodepools.yaml")
}

// TestNodePoolsNeedTheirMaker wants none without Karpenter, and none of spot capacity that pods cannot tell from other nodes.
func TestNodePoolsNeedTheirMaker(t *testing.T) {
	for what, tt := range map[string]struct {
		change func(env *app.Environment)
		want   int
	}{
		"nothing":        {func(*app.Environment) {}, 2},
		"Karpenter":      {func(e *app.Environment) { e.Capabilities = nil }, 0},
		"a node class":   {func(e *app.Environment) { e.Karpenter = nil }, 0},
		"the fact spot":  {func(e *app.Environment) { e.Spot = nil }, 1},
		"a label":        {func(e *app.Environment) { e.Spot.Label = nil }, 1},
		"a taint":        {func(e *app.Environment) { e.Spot.Taint = "" }, 1},
		"any node pools": {func(e *app.Environment) { e.NodePools = nil }, 0},
	} {
		f := pools()
		tt.change(f.Env)
		if made := platform.NodePool.RunPlatform(f); len(made) != tt.want {
			t.Errorf("without %s there are %d node pools, want %d", what, len(made), tt.want)
		}
	}
}

// TestKarpentersOwnLabel wants it left to Karpenter where it is what marks nodes of spot capacity.
func TestKarpentersOwnLabel(t *testing.T) {
	f := pools()
	f.Env.Spot.Label = map[string]string{"karpenter.sh/capacity-type": "spot"}
	pool := platform.NodePool.RunPlatform(f)[1].(*kube.NodePool)
	if given := pool.Spec.Template.Metadata; given != nil {
		t.Errorf("the nodes are given %v", given.Labels)
	}
	if len(f.Env.Spot.Label) != 1 {
		t.Error("the environment itself was changed")
	}
}
