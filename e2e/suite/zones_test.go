package suite

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const critical = `tier: "critical", image: "` + image + digest + `", replicas: 6`

// spread: a required anti-affinity between zones lets one pod into each, and the rest wait for ever.
func spread(t *testing.T) (textbook, ours string) {
	accepted(t, "multi-az.yaml", "textbook-zones")
	until(t, func() (bool, string) {
		waiting, running := unplaced(t, "textbook-zones"), perZone(t, "textbook-zones")
		textbook = fmt.Sprintf("%s, %d Pending", zoned(running), waiting)
		return waiting == 3 && slices.Equal(running, []int{1, 1, 1}), textbook
	})

	p := deploy(t, "spread", critical)
	p.release(t, ":1.0", ":2.0")
	until(t, func() (bool, string) { return allReady(t.Context(), p.workload()) })
	until(t, func() (bool, string) { // the last old pods end
		waiting, running := unplaced(t, "spread"), perZone(t, "spread")
		ours = fmt.Sprintf("%s, %d Pending; also after a release", zoned(running), waiting)
		return waiting == 0 && slices.Equal(running, []int{2, 2, 2}), ours
	})
	return textbook, ours
}

// zoneLoss: a spread that counts zones without a living node lets no replacement into the zones that are left.
func zoneLoss(t *testing.T) (textbook, ours string) {
	ctx := t.Context()
	accepted(t, "spread.yaml", "textbook-loss")
	deploy(t, "loss", critical)
	waitReady(t, "textbook-loss", 6)
	defer func() {
		if err := world.fleet.Return(ctx, zones[2]); err != nil {
			t.Error(err)
		}
		until(t, func() (bool, string) { return placeable(t), "the zone is not back" })
	}()
	if err := world.fleet.Lose(ctx, zones[2]); err != nil {
		t.Fatal(err)
	}
	until(t, func() (bool, string) {
		waiting, running := unplaced(t, "loss"), perZone(t, "loss")
		ours = fmt.Sprintf("%s, %d Pending", zoned(running), waiting)
		return waiting == 0 && slices.Equal(running, []int{3, 3, 0}), ours
	})
	until(t, func() (bool, string) {
		waiting, running := unplaced(t, "textbook-loss"), perZone(t, "textbook-loss")
		textbook = fmt.Sprintf("%s, %d Pending", zoned(running), waiting)
		return waiting == 2 && slices.Equal(running, []int{2, 2, 0}), textbook
	})
	return textbook, ours
}

// perZone counts the ready pods of a namespace in each zone.
func perZone(t *testing.T, namespace string) []int {
	t.Helper()
	list, err := world.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	zone := map[string]string{}
	for _, n := range list.Items {
		zone[n.Name] = n.Labels[corev1.LabelTopologyZone]
	}
	counts := make([]int, len(zones))
	for _, p := range pods(t, namespace) {
		if isReady(p) {
			counts[slices.Index(zones, zone[p.Spec.NodeName])]++
		}
	}
	return counts
}

func zoned(counts []int) string {
	return fmt.Sprintf("%d + %d + %d run", counts[0], counts[1], counts[2])
}

// unplaced counts the pods for which the scheduler has found no node.
func unplaced(t *testing.T, namespace string) int {
	t.Helper()
	n := 0
	for _, p := range pods(t, namespace) {
		for _, c := range p.Status.Conditions {
			if c.Type == corev1.PodScheduled && c.Reason == corev1.PodReasonUnschedulable {
				n++
			}
		}
	}
	return n
}

// placeable reports whether no node is tainted but those that always are.
func placeable(t *testing.T) bool {
	t.Helper()
	list, err := world.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return !slices.ContainsFunc(list.Items, func(n corev1.Node) bool {
		return slices.ContainsFunc(n.Spec.Taints, func(taint corev1.Taint) bool {
			return taint.Key == corev1.TaintNodeUnreachable || taint.Key == corev1.TaintNodeNotReady
		})
	})
}
