package nodes

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Node is one machine to pretend.
type Node struct {
	Name, Zone string
	Labels     map[string]string // beside the host's name and the zone
	Taint      string            // key of a NoSchedule taint; empty: none
	Taints     []corev1.Taint    // more of them
	Cordoned   bool
	Room       corev1.ResourceList // where it is less than that of a large machine
}

// Zones returns n machines in each zone, named after it.
func Zones(n int, zones ...string) []Node {
	var nodes []Node
	for _, zone := range zones {
		for i := range n {
			nodes = append(nodes, Node{Name: fmt.Sprintf("%s-%d", zone, i), Zone: zone})
		}
	}
	return nodes
}

// Spot returns one machine a zone that may be taken away at any time, with the label and the taint that say so.
func Spot(label, value, taint string, zones ...string) []Node {
	var nodes []Node
	for _, zone := range zones {
		name := zone + "-" + strings.NewReplacer(".", "-", "/", "-").Replace(taint)
		nodes = append(nodes, Node{Name: name, Zone: zone, Labels: map[string]string{label: value}, Taint: taint})
	}
	return nodes
}

// capacity is that of a large machine of a cloud: tests run out of room only where they mean to.
var capacity = corev1.ResourceList{
	corev1.ResourceCPU:              resource.MustParse("64"),
	corev1.ResourceMemory:           resource.MustParse("256Gi"),
	corev1.ResourceEphemeralStorage: resource.MustParse("1Ti"),
	corev1.ResourcePods:             resource.MustParse("500"),
}

// register makes the Node object, ready for pods.
func (f *Fleet) register(ctx context.Context, n Node) error {
	labels := map[string]string{
		corev1.LabelHostname: n.Name, corev1.LabelTopologyZone: n.Zone, corev1.LabelTopologyRegion: "region",
		corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64",
	}
	for k, v := range n.Labels {
		labels[k] = v
	}
	var taints []corev1.Taint
	if n.Taint != "" {
		taints = []corev1.Taint{{Key: n.Taint, Effect: corev1.TaintEffectNoSchedule}}
	}
	taints = append(taints, n.Taints...)
	room := maps.Clone(capacity)
	maps.Copy(room, n.Room)
	nodes := f.client.CoreV1().Nodes()
	_, err := nodes.Create(ctx, &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: labels},
		Spec:       corev1.NodeSpec{Taints: taints, Unschedulable: n.Cordoned},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	status, err := json.Marshal(map[string]any{"status": corev1.NodeStatus{
		Capacity: room, Allocatable: room,
		Conditions: []corev1.NodeCondition{ready(corev1.ConditionTrue)},
		NodeInfo:   corev1.NodeSystemInfo{KubeletVersion: "v1.37.2", OperatingSystem: "linux", Architecture: "amd64"},
	}})
	if err != nil {
		return err
	}
	_, err = nodes.Patch(ctx, n.Name, types.StrategicMergePatchType, status, metav1.PatchOptions{}, "status") // an update would race with the controllers
	return err
}

func ready(status corev1.ConditionStatus) corev1.NodeCondition {
	now := metav1.Now()
	return corev1.NodeCondition{Type: corev1.NodeReady, Status: status, Reason: "Simulated", LastHeartbeatTime: now, LastTransitionTime: now}
}

// Lose takes every machine of a zone away: their pods hang where they are, and the cluster learns that it cannot reach them.
func (f *Fleet) Lose(ctx context.Context, zone string) error {
	return f.setZone(ctx, zone, corev1.ConditionUnknown)
}

// Return brings the machines of a lost zone back.
func (f *Fleet) Return(ctx context.Context, zone string) error {
	return f.setZone(ctx, zone, corev1.ConditionTrue)
}

func (f *Fleet) setZone(ctx context.Context, zone string, status corev1.ConditionStatus) error {
	for _, n := range f.nodes {
		if n.Zone != zone {
			continue
		}
		f.mu.Lock()
		f.lost[n.Name] = status != corev1.ConditionTrue
		f.mu.Unlock()
		patch, err := json.Marshal(map[string]any{"status": map[string]any{"conditions": []corev1.NodeCondition{ready(status)}}})
		if err != nil {
			return err
		}
		if _, err := f.client.CoreV1().Nodes().Patch(ctx, n.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
			return err
		}
	}
	f.requeueAll() // pods of a node that came back are looked at again
	return nil
}

// isLost reports whether nobody is at home on a node, or the node is not one of ours.
func (f *Fleet) isLost(node string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	lost, ours := f.lost[node]
	return lost || !ours
}
