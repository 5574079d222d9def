package compile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/scantling/scantling/internal/compile"
	"github.com/scantling/scantling/internal/kube"
)

// capacityProject has an app of each tier that scales, three of which may use spot capacity, and nodes of both sorts.
var capacityProject = map[string]string{
	"platform.cue": `platform: {
	environments: prod: {
		kubernetes: "1.34", zones: ["eu-1a", "eu-1b", "eu-1c"], nodeAutoscaling: true, region: "eu-west-1"
		capabilities: ["externalsecrets", "karpenter", "keda", "prometheus"]
		scrape: {namespace: "monitoring", labels: {app: "prometheus"}}
		secretStore: {name: "vault"}
		storageClasses: {retain: "ssd-retain", delete: "ssd"}
		spot: {label: {"node.acme.io/capacity": "spot"}, taint: "node.acme.io/spot"}
		karpenter: {nodeClass: "default"}
		eksctl: {cluster: "prod"}
	}
	databases: jobs: {kind: "rabbitmq", host: "jobs.acme.io", cidrs: ["10.20.0.0/24"]}
	nodePools: {
		spot: {capacity: "spot", instanceTypes: ["m6i.large", "m6a.large", "m5.large"], max: 30}
		usual: {capacity: "on-demand", instanceTypes: ["m6i.large"], max: 9}
	}
}
`,
	"app.cue": `apps: {
	web: {team: "shop", tier: "critical", image: "registry.acme.io/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", port: 8080, scale: {min: 3, max: 9}}
	api: {team: "shop", tier: "standard", image: "registry.acme.io/api:1.0", port: 8080, scale: {min: 3, max: 9}, spot: true}
	mail: {team: "shop", tier: "best-effort", image: "registry.acme.io/mail:1.0", kind: "worker", spot: true, needs: jobs: rabbitmq: {}, scale: {min: 0, max: 5, queue: {need: "jobs", topic: "mail", lag: 100}}}
	thumbs: {team: "shop", tier: "best-effort", image: "registry.acme.io/thumbs:1.0", kind: "worker", spot: true}
	store: {team: "shop", tier: "standard", image: "registry.acme.io/store:1.0", kind: "stateful", port: 8080, storage: data: {size: "1Gi", mount: "/data"}}
}
`,
}

// capacity is what the project renders: manifests, and the file for eksctl.
type capacity struct {
	*rendered
	eksctl clusterConfig
	text   string // of that file
}

// clusterConfig is the part of eksctl's file that is looked at.
type clusterConfig struct {
	APIVersion, Kind string
	Metadata         struct{ Name, Region string }
	NodeGroups       []*nodeGroup
}

type nodeGroup struct {
	Name                  string
	AvailabilityZones     []string
	MinSize, MaxSize      int
	Labels                map[string]string
	Taints                []corev1.Taint
	InstancesDistribution struct {
		InstanceTypes                       []string
		OnDemandBaseCapacity                int
		OnDemandPercentageAboveBaseCapacity int
		SpotAllocationStrategy              string
		SpotInstancePools                   *int
	}
}

func renderCapacity(t *testing.T) *capacity {
	t.Helper()
	dir := t.TempDir()
	for name, text := range capacityProject {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := &capacity{}
	var stream []byte
	for _, opts := range []compile.Options{{Dir: dir}, {Dir: dir, Platform: true, Output: filepath.Join(dir, "out")}} {
		made, err := compile.Generate(opts)
		if err != nil || made.Failed {
			t.Fatalf("%v %v", err, made.Diagnostics)
		}
		for _, f := range made.Files {
			if strings.HasPrefix(f.Path, "eksctl.d/") {
				c.text = string(f.Data)
				continue
			}
			stream = append(append(stream, "---\n"...), f.Data...)
		}
	}
	if err := yaml.Unmarshal([]byte(c.text), &c.eksctl); err != nil {
		t.Fatal(err)
	}
	c.rendered = read(t, stream)
	return c
}

// nodes are nodes as each pool makes them, by the pool's name.
func (c *capacity) nodes() map[string]corev1.Node {
	out := map[string]corev1.Node{}
	for _, p := range c.nodePools {
		n := corev1.Node{Spec: corev1.NodeSpec{Taints: p.Spec.Template.Spec.Taints}}
		n.Labels = map[string]string{}
		if m := p.Spec.Template.Metadata; m != nil {
			n.Labels = kube.Merge(m.Labels)
		}
		for _, r := range p.Spec.Template.Spec.Requirements {
			n.Labels[r.Key] = r.Values[0]
		}
		out["karpenter/"+p.Name] = n
	}
	for _, g := range c.eksctl.NodeGroups {
		n := corev1.Node{Spec: corev1.NodeSpec{Taints: g.Taints}}
		n.Labels = kube.Merge(g.Labels)
		out["eksctl/"+g.Name] = n
	}
	return out
}

// mayRun is whether the scheduler may put a pod on a node.
func mayRun(pod corev1.PodSpec, n corev1.Node) bool {
	for _, taint := range n.Spec.Taints {
		if !slices.ContainsFunc(pod.Tolerations, func(t corev1.Toleration) bool {
			return (t.Key == "" || t.Key == taint.Key) && (t.Effect == "" || t.Effect == taint.Effect) && (t.Operator == corev1.TolerationOpExists || t.Value == taint.Value)
		}) {
			return false
		}
	}
	if pod.Affinity == nil || pod.Affinity.NodeAffinity == nil || pod.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return true
	}
	return slices.ContainsFunc(pod.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms, func(term corev1.NodeSelectorTerm) bool {
		return !slices.ContainsFunc(term.MatchExpressions, func(e corev1.NodeSelectorRequirement) bool {
			return slices.Contains(e.Values, n.Labels[e.Key]) != (e.Operator == corev1.NodeSelectorOpIn)
		})
	})
}

var bursts = regexp.MustCompile(`^t[0-9]`)

// carelessSpot looks for what the catalogue's node group does: few types that burst, an allocation by price alone, nodes that nobody can
// tell from others, a file without its cluster, and pods that land where they cannot bear to be.
func carelessSpot(c *capacity) (found []string) {
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	types := func(pool string, list []string) {
		if len(list) < 3 || slices.ContainsFunc(list, bursts.MatchString) {
			say("%s is of %v", pool, list)
		}
	}
	if m := c.eksctl.Metadata; c.eksctl.APIVersion != "eksctl.io/v1alpha5" || c.eksctl.Kind != "ClusterConfig" || m.Name == "" || m.Region == "" {
		say("the file for eksctl names no cluster: %+v", c.eksctl)
	}
	for _, g := range c.eksctl.NodeGroups {
		d := g.InstancesDistribution
		share := d.OnDemandPercentageAboveBaseCapacity
		switch {
		case d.OnDemandBaseCapacity != 0 || share != 0 && share != 100:
			say("%s mixes what stays and what goes", g.Name)
		case share == 0:
			types(g.Name, d.InstanceTypes)
			if !strings.Contains(d.SpotAllocationStrategy, "capacity-optimized") || d.SpotInstancePools != nil {
				say("%s is allocated by %q", g.Name, d.SpotAllocationStrategy)
			}
		}
		if len(g.AvailabilityZones) != 3 || g.MaxSize < 1 || g.MinSize > g.MaxSize {
			say("%s has %d to %d nodes in %v", g.Name, g.MinSize, g.MaxSize, g.AvailabilityZones)
		}
	}
	for _, p := range c.nodePools {
		for _, r := range p.Spec.Template.Spec.Requirements {
			if r.Key == corev1.LabelInstanceTypeStable && p.Name == "spot" {
				types(p.Name, r.Values)
			}
		}
		if p.Spec.Limits["nodes"] == "" {
			say("%s has no end", p.Name)
		}
	}
	nodes := c.nodes()
	if len(nodes) != 4 {
		say("there are %d sorts of nodes", len(nodes))
	}
	for name, n := range nodes {
		spot := strings.HasSuffix(name, "/spot")
		if mayRun(corev1.PodSpec{}, n) == spot {
			say("%s: a pod that knows nothing of spot capacity may run there: %v", name, !spot)
		}
		for _, p := range c.pods {
			bears := p.meta.Labels[kube.LabelTier] == "best-effort" || p.meta.Labels[kube.LabelInstance] == "api" && p.meta.Labels[kube.LabelTrack] != "base"
			steady := p.meta.Labels[kube.LabelTier] != "best-effort"
			if got, want := mayRun(p.spec, n), spot && bears || !spot && steady; got != want {
				say("%s on %s: %v", p.id, name, got)
			}
		}
	}
	return found
}

// TestE40SpotNodesAreMarkedAndDiverse looks for the faults, and plants each of them.
func TestE40SpotNodesAreMarkedAndDiverse(t *testing.T) {
	c := renderCapacity(t)
	for _, problem := range carelessSpot(c) {
		t.Error(problem)
	}
	if strings.Contains(c.text, "spotInstancePools") {
		t.Error("spotInstancePools means that the price alone decides")
	}
	spot := func(c *capacity) *nodeGroup {
		return c.eksctl.NodeGroups[slices.IndexFunc(c.eksctl.NodeGroups, func(g *nodeGroup) bool { return g.Name == "spot" })]
	}
	pool := func(c *capacity) *kube.NodePool {
		return c.nodePools[slices.IndexFunc(c.nodePools, func(p *kube.NodePool) bool { return p.Name == "spot" })]
	}
	for what, plant := range map[string]func(c *capacity){
		"burstable types": func(c *capacity) { spot(c).InstancesDistribution.InstanceTypes[0] = "t3.medium" },
		"two types":       func(c *capacity) { spot(c).InstancesDistribution.InstanceTypes = []string{"m6i.large", "m5.large"} },
		"two, by Karpenter": func(c *capacity) {
			pool(c).Spec.Template.Spec.Requirements[1].Values = []string{"m6i.large", "m5.large"}
		},
		"the price alone":     func(c *capacity) { spot(c).InstancesDistribution.SpotAllocationStrategy = "" },
		"pools by price":      func(c *capacity) { spot(c).InstancesDistribution.SpotInstancePools = new(2) },
		"a base on demand":    func(c *capacity) { spot(c).InstancesDistribution.OnDemandBaseCapacity = 2 },
		"no taint":            func(c *capacity) { spot(c).Taints = nil },
		"no label":            func(c *capacity) { spot(c).Labels = nil },
		"no taint, Karpenter": func(c *capacity) { pool(c).Spec.Template.Spec.Taints = nil },
		"no label, Karpenter": func(c *capacity) { pool(c).Spec.Template.Metadata = nil },
		"no cluster":          func(c *capacity) { c.eksctl.Metadata.Name = "" },
		"no end":              func(c *capacity) { pool(c).Spec.Limits = nil },
		"critical pods there": func(c *capacity) {
			i := slices.IndexFunc(c.pods, func(p podTemplate) bool { return p.meta.Labels[kube.LabelInstance] == "web" })
			c.pods[i].spec.Tolerations, c.pods[i].spec.Affinity = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}, nil
		},
	} {
		c := renderCapacity(t)
		plant(c)
		if len(carelessSpot(c)) == 0 {
			t.Errorf("%s: not found", what)
		}
	}
}

// TestE28ToE30AutoscalersOfEverySort looks at what the catalogue's autoscalers do wrong, in ScaledObjects too, and with as many zones as
// the nodes have.
func TestE28ToE30AutoscalersOfEverySort(t *testing.T) {
	c := renderCapacity(t)
	if len(c.autoscalers) < 2 || len(c.scaled) == 0 {
		t.Fatalf("there are %d autoscalers and %d ScaledObjects", len(c.autoscalers), len(c.scaled))
	}
	check := func(c *capacity) []string {
		return slices.Concat(memoryAutoscaling(c.rendered), shortAutoscalers(c.rendered), scaledByMemory(c.rendered), uncoveredZones(c))
	}
	for _, problem := range check(c) {
		t.Error(problem)
	}
	for what, plant := range map[string]func(c *capacity){
		"E28 by memory":      func(c *capacity) { c.autoscalers[0].Spec.Metrics[0] = memoryMetric() },
		"E28 KEDA by memory": func(c *capacity) { c.scaled[0].Spec.Triggers[0].Type = "memory" },
		"E30 two pods": func(c *capacity) {
			called(c.autoscalers, "web").Spec.MinReplicas = new(int32(2))
		},
		"E30 no way up":        func(c *capacity) { c.autoscalers[0].Spec.Behavior.ScaleUp.Policies = nil },
		"E30 no way up, KEDA":  func(c *capacity) { c.scaled[0].Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior = nil },
		"E30 half at a minute": func(c *capacity) { c.autoscalers[0].Spec.Behavior.ScaleDown.Policies[0].Value = 50 },
	} {
		c := renderCapacity(t)
		plant(c)
		if len(check(c)) == 0 {
			t.Errorf("%s: not found", what)
		}
	}
}

func called[T interface{ GetName() string }](objects []T, name string) T {
	return objects[slices.IndexFunc(objects, func(o T) bool { return o.GetName() == name })]
}

func memoryMetric() autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{Type: "Resource", Resource: &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceMemory}}
}

// scaledByMemory looks at KEDA's autoscalers.
func scaledByMemory(r *rendered) (found []string) {
	for _, s := range r.scaled {
		for _, t := range s.Spec.Triggers {
			if t.Type == "memory" {
				found = append(found, s.Name+" follows memory")
			}
		}
		if b := s.Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior; b == nil || b.ScaleUp == nil || len(b.ScaleUp.Policies) == 0 {
			found = append(found, s.Name+": no policy")
		}
	}
	return found
}

// uncoveredZones looks for critical apps with fewer pods than the nodes have zones, or that lose half of them in a minute.
func uncoveredZones(c *capacity) (found []string) {
	zones := 0
	for _, p := range c.nodePools {
		for _, r := range p.Spec.Template.Spec.Requirements {
			if r.Key == corev1.LabelTopologyZone {
				zones = max(zones, len(r.Values))
			}
		}
	}
	if zones != 3 {
		found = append(found, fmt.Sprintf("the nodes have %d zones", zones))
	}
	for _, h := range c.autoscalers {
		if h.Labels[kube.LabelTier] == "critical" && int(*h.Spec.MinReplicas) < zones {
			found = append(found, fmt.Sprintf("%s: %d pods in %d zones", h.Name, *h.Spec.MinReplicas, zones))
		}
		for _, p := range h.Spec.Behavior.ScaleDown.Policies {
			if h.Labels[kube.LabelTier] != "best-effort" && p.Value >= 50 {
				found = append(found, fmt.Sprintf("%s: %d %% go in %d s", h.Name, p.Value, p.PeriodSeconds))
			}
		}
	}
	return found
}
