package platform

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// eksctlFile is the node groups of a cluster that eksctl made: "eksctl create nodegroup -f FILE" makes those that are not there yet.
func eksctlFile(f app.Fleet) []generator.File {
	if f.Env.Eksctl == nil {
		return nil
	}
	var groups []nodeGroup
	for _, p := range f.Env.NodePools {
		if marked(f.Env, p) {
			groups = append(groups, group(f.Env, p))
		}
	}
	if len(groups) == 0 {
		return nil
	}
	return []generator.File{{Tree: "eksctl.d", Name: f.Env.Name + ".yaml", Content: clusterConfig{
		APIVersion: "eksctl.io/v1alpha5",
		Kind:       "ClusterConfig",
		Metadata:   clusterMetadata{Name: f.Env.Eksctl.Cluster, Region: f.Env.Eksctl.Region},
		NodeGroups: groups,
	}}}
}

// clusterConfig is eksctl.io/v1alpha5: what eksctl does to a cluster.
type clusterConfig struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   clusterMetadata `json:"metadata"`
	NodeGroups []nodeGroup     `json:"nodeGroups"`
}

type clusterMetadata struct {
	Name   string `json:"name"`
	Region string `json:"region"`
}

// nodeGroup is an Auto Scaling group.
type nodeGroup struct {
	Name                  string                `json:"name"`
	AvailabilityZones     []string              `json:"availabilityZones"`
	MinSize               int64                 `json:"minSize"`
	MaxSize               int64                 `json:"maxSize"`
	ASGSuspendProcesses   []string              `json:"asgSuspendProcesses"`
	InstancesDistribution instancesDistribution `json:"instancesDistribution"`
	Labels                map[string]string     `json:"labels,omitempty"`
	Taints                []groupTaint          `json:"taints,omitempty"`
	Tags                  map[string]string     `json:"tags,omitempty"`
}

// instancesDistribution is which machines a group takes, and what it pays for them.
type instancesDistribution struct {
	InstanceTypes                       []string `json:"instanceTypes"`
	OnDemandBaseCapacity                int64    `json:"onDemandBaseCapacity"`
	OnDemandPercentageAboveBaseCapacity int64    `json:"onDemandPercentageAboveBaseCapacity"`
	SpotAllocationStrategy              string   `json:"spotAllocationStrategy,omitempty"`
}

type groupTaint struct {
	Key    string             `json:"key"`
	Value  string             `json:"value"`
	Effect corev1.TaintEffect `json:"effect"`
}

// group is one pool. What is on demand and what is spot are never mixed in one group: its nodes would bear one label for both.
func group(env *app.Environment, p app.NodePool) nodeGroup {
	g := nodeGroup{
		Name:              p.Name,
		AvailabilityZones: p.Zones,
		MinSize:           min(int64(len(p.Zones)), p.Max), // a node in each zone, so that pods can be spread before anything is scaled
		MaxSize:           p.Max,
		// Else the group takes nodes away, without draining them, to have as many in each zone.
		ASGSuspendProcesses:   []string{"AZRebalance"},
		InstancesDistribution: instancesDistribution{InstanceTypes: p.InstanceTypes, OnDemandPercentageAboveBaseCapacity: 100},
	}
	if p.Spot {
		if env.NodeAutoscaling {
			g.MinSize = 0 // nodes come for the pods that want them
		}
		// What AWS recommends: of the types with the most machines to spare, which are taken back last, the cheap ones. The default looks
		// at the price alone, and so does everybody else.
		g.InstancesDistribution = instancesDistribution{InstanceTypes: p.InstanceTypes, SpotAllocationStrategy: "price-capacity-optimized"}
		taint := spotTaint(env.Spot)
		g.Labels = kube.Merge(env.Spot.Label)
		g.Taints = []groupTaint{{Key: taint.Key, Value: taint.Value, Effect: taint.Effect}}
	}
	if env.NodeAutoscaling {
		g.Tags = autoscalerTags(env.Eksctl.Cluster, g)
	}
	return g
}

// autoscalerTags are how the cluster autoscaler finds a group, and knows what nodes it would get from one that has none. Of a taint
// eksctl itself would write the value alone, which the autoscaler does not understand.
func autoscalerTags(cluster string, g nodeGroup) map[string]string {
	const prefix = "k8s.io/cluster-autoscaler/"
	tags := map[string]string{prefix + "enabled": "true", prefix + cluster: "owned"}
	for key, value := range g.Labels {
		tags[prefix+"node-template/label/"+key] = value
	}
	for _, t := range g.Taints {
		tags[prefix+"node-template/taint/"+t.Key] = t.Value + ":" + string(t.Effect)
	}
	return tags
}
