package resolve

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/diag"
)

// poolPlatform is two environments whose nodes are made for them, and pools.
func poolPlatform(pools string) string {
	return fmt.Sprintf(`platform: {
	environments: {
		eu: {kubernetes: "1.34", zones: ["eu-1a", "eu-1b"], karpenter: {nodeClass: "default"}, capabilities: ["karpenter"]}
		us: {kubernetes: "1.34", zones: ["us-1a"], region: "us-east-1", eksctl: {cluster: "prod-us"}}
		dev: {kubernetes: "1.34"}
	}
	nodePools: {%s}
}
`, pools)
}

// TestNodePools wants each pool in the environments whose zones it has, and in none where nobody makes nodes.
func TestNodePools(t *testing.T) {
	fleets, found := resolveText(t, map[string]string{"platform.cue": poolPlatform(`
		spot: {capacity: "spot", instanceTypes: ["m6i.large", "m6a.large", "m5.large"], max: 30}
		big: {capacity: "on-demand", instanceTypes: ["m6i.4xlarge"], zones: ["eu-1b"], max: 3}
	`), "app.cue": oneApp("port: 8080")})
	for _, d := range found {
		if strings.Contains(d.Path, "nodePools") {
			t.Errorf("%s: %s", d.Path, d.Problem)
		}
	}
	types := []string{"m6i.large", "m6a.large", "m5.large"}
	want := map[string][]app.NodePool{
		"eu": {
			{Name: "big", InstanceTypes: []string{"m6i.4xlarge"}, Zones: []string{"eu-1b"}, Max: 3},
			{Name: "spot", Spot: true, InstanceTypes: types, Zones: []string{"eu-1a", "eu-1b"}, Max: 30},
		},
		"us":  {{Name: "spot", Spot: true, InstanceTypes: types, Zones: []string{"us-1a"}, Max: 30}},
		"dev": nil,
	}
	for _, f := range fleets {
		if diff := cmp.Diff(want[f.Env.Name], f.Env.NodePools); diff != "" {
			t.Errorf("%s (- wanted, + got):\n%s", f.Env.Name, diff)
		}
	}
}

// TestNodePoolsAreChecked wants what a cloud or a tool would refuse, and what spot capacity would do, to be said.
func TestNodePoolsAreChecked(t *testing.T) {
	var many []string
	for i := range 21 {
		many = append(many, fmt.Sprintf("%q", fmt.Sprintf("m%d.large", i)))
	}
	const three = `"m6i.large", "m6a.large", "m5.large"`
	for pool, want := range map[string][]string{
		`capacity: "spot", max: 3, instanceTypes: [` + three + `]`:                                                    nil,
		`capacity: "on-demand", max: 3, instanceTypes: ["t3.large"]`:                                                  nil,
		`capacity: "spot", max: 3, instanceTypes: [` + three + `], zones: ["us-1a"]`:                                  nil,
		`capacity: "spot", max: 3, instanceTypes: ["m6i.large"]`:                                                      {"spot-pool-is-diverse"},
		`capacity: "spot", max: 3, instanceTypes: ["t3.large", "t3a.large", "t4g.large"]`:                             {"spot-pool-is-steady", "spot-pool-is-steady", "spot-pool-is-steady"},
		`capacity: "spot", max: 3, instanceTypes: ["trn1.2xlarge", ` + three + `]`:                                    nil,
		`capacity: "on-demand", max: 3, instanceTypes: ["banana", "m5", "M5.large", "i4i.metal", "u-6tb1.112xlarge"]`: {"node-pool-has-types", "node-pool-has-types", "node-pool-has-types"}, // in no other form
		`capacity: "on-demand", max: 3, instanceTypes: []`:                                                            {"node-pool-has-types"},
		`capacity: "on-demand", max: 3, instanceTypes: [` + strings.Join(many, ", ") + `]`:                            {"node-pool-has-types"},
		`capacity: "on-demand", max: 3, instanceTypes: ["m6i.large"], zones: ["eu-1x"]`:                               {"node-pool-has-zones", "node-pool-has-zones"}, // in each environment
		`capacity: "on-demand", max: 3, instanceTypes: ["m6i.large"], zones: ["eu-1a", "us-1a"]`:                      {"node-pool-has-zones", "node-pool-has-zones"},
		`capacity: "on-demand", max: 3, instanceTypes: ["m6i.large"], zones: []`:                                      {"node-pool-has-zones"},
		`capacity: "on-demand", max: 3, instanceTypes: ["m6i.large", "m6i.large"]`:                                    {"listed-twice"},
	} {
		_, found := resolveText(t, map[string]string{"platform.cue": poolPlatform("pool: {" + pool + "}"), "app.cue": oneApp("port: 8080")})
		var got []string
		for _, d := range found {
			if strings.HasPrefix(d.Path, "platform.nodePools.") {
				got = append(got, d.Rule)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", pool, got, want)
		}
	}
}

// TestSpotLabelIsGiven wants a label that Karpenter or eksctl refuses, or that no node has, to be told before they are asked.
func TestSpotLabelIsGiven(t *testing.T) {
	for label, want := range map[string]string{
		`"node.acme.io/capacity": "spot"`:          "",
		`capacity: "spot"`:                         "",
		`"karpenter.sh/capacity-type": "spot"`:     "",
		`"node.kubernetes.io/capacity": "spot"`:    "",
		`"eks.amazonaws.com/capacityType": "SPOT"`: "",
		`"karpenter.sh/capacity-type": "Spot"`:     "eu",
		`"karpenter.sh/nodepool": "spot"`:          "eu",
		`"karpenter.k8s.aws/instance-cpu": "2"`:    "eu",
		`"kubernetes.io/capacity": "spot"`:         "us",
		`"node-role.kubernetes.io/spot": "spot"`:   "us",
		`"kubernetes.io/hostname": "spot"`:         "eu us",
	} {
		platform := poolPlatform(`spot: {capacity: "spot", instanceTypes: ["m6i.large", "m6a.large", "m5.large"], max: 30}`)
		platform += "platform: environments: [string]: spot: {label: {" + label + "}, taint: \"spot\"}\n"
		_, found := resolveText(t, map[string]string{"platform.cue": platform, "app.cue": oneApp("port: 8080")})
		var got []string
		for _, d := range found {
			if d.Rule == "spot-has-one-label" {
				got = append(got, strings.Split(d.Path, ".")[2])
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: refused in %q, want %q\n%s", label, got, want, format(found))
		}
	}
}

// TestEksctlNeedsARegion wants it said before eksctl does.
func TestEksctlNeedsARegion(t *testing.T) {
	platform := strings.Replace(poolPlatform(""), `region: "us-east-1", `, "", 1)
	_, found := resolveText(t, map[string]string{"platform.cue": platform, "app.cue": oneApp("port: 8080")})
	if !slices.ContainsFunc(found, func(d diag.Diagnostic) bool {
		return d.Path == "platform.environments.us.eksctl" && d.Rule == "fact-missing"
	}) {
		t.Errorf("nothing says that the region is missing:\n%s", format(found))
	}
	wrong := strings.Replace(platform, `cluster: "prod-us"`, `cluster: "prod-us", region: "us east"`, 1)
	_, found = resolveText(t, map[string]string{"platform.cue": wrong, "app.cue": oneApp("port: 8080")})
	if strings.Count(format(found), "platform.environments.us.eksctl") != 1 {
		t.Errorf("a region that is none is told once:\n%s", format(found))
	}
}
