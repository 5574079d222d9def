package platform_test

import (
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/generators/platform"
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/golden"
)

func TestE40NodeGroups(t *testing.T) {
	files := platform.NodePool.PlatformFiles(pools())
	if len(files) != 1 || files[0].Tree != "eksctl.d" || files[0].Name != "prod-eu.yaml" {
		t.Fatalf("the files are %v", files)
	}
	golden.ObjectsFile(t, []any{files[0].Content}, "testdata/eksctl.yaml")
}

// group is one node group, as eksctl reads it.
type group struct {
	Name                  string
	MinSize, MaxSize      int
	Labels, Tags          map[string]string
	Taints                []struct{ Key, Value, Effect string }
	InstancesDistribution struct {
		InstanceTypes                                             []string
		OnDemandBaseCapacity, OnDemandPercentageAboveBaseCapacity *int
		SpotAllocationStrategy                                    string
	}
}

func groups(t *testing.T, f app.Fleet) []group {
	t.Helper()
	var out struct{ NodeGroups []group }
	for _, file := range platform.NodePool.PlatformFiles(f) {
		text, err := yaml.Marshal(file.Content)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(text, &out); err != nil {
			t.Fatal(err)
		}
	}
	return out.NodeGroups
}

// TestCapacityIsNeverMixed wants a group's nodes to be all of one sort: its label and its taint are on every one of them.
func TestCapacityIsNeverMixed(t *testing.T) {
	for _, g := range groups(t, pools()) {
		spot := g.Name == "spot"
		d := g.InstancesDistribution
		if *d.OnDemandBaseCapacity != 0 || *d.OnDemandPercentageAboveBaseCapacity != map[bool]int{true: 0, false: 100}[spot] {
			t.Errorf("%s mixes: %d and %d %%", g.Name, *d.OnDemandBaseCapacity, *d.OnDemandPercentageAboveBaseCapacity)
		}
		if (len(g.Labels) > 0) != spot || (len(g.Taints) > 0) != spot || (d.SpotAllocationStrategy != "") != spot {
			t.Errorf("%s is marked %v, %v, allocated %q", g.Name, g.Labels, g.Taints, d.SpotAllocationStrategy)
		}
	}
}

// TestGroupsAreFoundByTheAutoscaler wants what an empty group would make to be told, and nothing without an autoscaler, where nobody
// would ever make the first node.
func TestGroupsAreFoundByTheAutoscaler(t *testing.T) {
	f := pools()
	base, spot := groups(t, f)[0], groups(t, f)[1]
	if base.MinSize != 2 || spot.MinSize != 0 || base.Tags["k8s.io/cluster-autoscaler/prod"] != "owned" {
		t.Errorf("from %d and %d nodes, tags %v", base.MinSize, spot.MinSize, base.Tags)
	}
	if got := spot.Tags["k8s.io/cluster-autoscaler/node-template/taint/node.acme.io/spot"]; got != "true:NoSchedule" {
		t.Errorf("the taint is told as %q", got)
	}
	f.Env.NodeAutoscaling = false
	f.Env.NodePools[1].Max = 2
	if spot := groups(t, f)[1]; spot.MinSize != 2 || spot.MaxSize != 2 || len(spot.Tags) > 0 {
		t.Errorf("without an autoscaler: %+v", spot)
	}
}

func TestNoGroupsNoFile(t *testing.T) {
	unmarked, elsewhere := pools(), pools()
	unmarked.Env.Spot = nil
	unmarked.Env.NodePools = unmarked.Env.NodePools[1:]
	elsewhere.Env.Eksctl = nil
	for _, f := range []app.Fleet{unmarked, elsewhere} {
		if files := platform.NodePool.PlatformFiles(f); len(files) > 0 {
			t.Errorf("made %v", files)
		}
	}
	if all := groups(t, pools()); !slices.ContainsFunc(all, func(g group) bool { return g.Name == "spot" }) {
		t.Errorf("the groups are %v", all)
	}
}
