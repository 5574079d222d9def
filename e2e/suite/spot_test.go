package suite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/client"
)

const (
	spotLabel = "node.acme.io/capacity"
	spotTaint = "node.acme.io/spot"

	// collected is how long the cluster may take for the pods of machines that are gone: its collector looks every 20 s, and believes
	// a Node's absence after 40 s.
	collected = 3 * time.Minute
)

// spotPlatform is platform with spot capacity: the machines of the repository's golden project of that name.
var spotPlatform = strings.Replace(platform, "nodeAutoscaling: true", fmt.Sprintf("nodeAutoscaling: true\n\t\tspot: {label: {%q: \"spot\"}, taint: %q}", spotLabel, spotTaint), 1)

// TestSpotCapacityGoes takes all spot capacity away at once. The real scheduler has placed the pods, and places their successors.
func TestSpotCapacityGoes(t *testing.T) {
	const all, floor = 12, 9 // the budget of tier standard lets a quarter go
	p := newProject(t, spotPlatform, "spot", `tier: "standard", image: "`+image+`", replicas: 12, spot: true`)
	p.apply(t)
	p.runs(t)
	if base, rest := placed(t, p.name); base != "9 on 0 spot nodes" || rest != "3 on 3 spot nodes" {
		t.Fatalf("the base has %s, the other pods %s", base, rest)
	}
	if zones := perZone(t, p.name); !slices.Equal(zones, []int{4, 4, 4}) {
		t.Errorf("both together: %s", zoned(zones))
	}

	stays := gaugeOf(t, p.name)
	if n, err := world.fleet.Reclaim(t.Context(), spotTaint); err != nil || n != len(zones) {
		t.Fatalf("%d spot nodes were taken away: %v", n, err)
	}
	t.Cleanup(func() {
		if err := world.fleet.Renew(context.Background(), spotTaint); err != nil {
			t.Error(err)
		}
	})
	if base, _ := placed(t, p.name); base != "9 on 0 spot nodes" {
		t.Errorf("with the spot nodes gone, the base has %s", base)
	}
	err := client.Until(t.Context(), collected, func() (bool, string) {
		base, rest := placed(t, p.name)
		return base == "9 on 0 spot nodes" && rest == "3 on 0 spot nodes", fmt.Sprintf("the base has %s, the other pods %s", base, rest)
	})
	if err != nil {
		t.Error(err)
	}
	if least, _ := stays.stop(); least < floor {
		t.Errorf("of %d pods only %d were ready at a time, and %d never run on spot capacity", all, least, floor)
	}
}

// TestSpotComes turns spot capacity on for an app that runs, in the two steps that check --against asks for, and off again.
func TestSpotComes(t *testing.T) {
	const fields = `tier: "standard", image: "` + image + `", replicas: 6`
	p := newProject(t, spotPlatform, "tospot", fields)
	p.apply(t)
	p.runs(t)
	g := gaugeOf(t, p.name)

	p.write(t, fields+", spot: true")
	p.render(t)
	base := p.find("Deployment", p.name+"-base")
	if base == nil {
		t.Fatal("there is no base")
	}
	for _, o := range []*unstructured.Unstructured{p.find("ResourceQuota", "quota"), base} {
		if _, _, err := world.client.Apply(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	until(t, func() (bool, string) { return allReady(t.Context(), base) })
	p.apply(t)
	until(t, func() (bool, string) {
		base, rest := placed(t, p.name)
		return base == "5 on 0 spot nodes" && rest == "1 on 1 spot nodes", fmt.Sprintf("the base has %s, the other pods %s", base, rest)
	})

	p.write(t, fields+", spot: false") // not without the field: the quota has room for both
	p.render(t)
	p.apply(t)
	until(t, func() (bool, string) { return allReady(t.Context(), p.workload()) })
	if err := world.client.Delete(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	until(t, func() (bool, string) {
		_, rest := placed(t, p.name)
		return len(pods(t, p.name)) == 6 && rest == "6 on 0 spot nodes", fmt.Sprintf("the pods are %s", rest)
	})
	if least, _ := g.stop(); least < 6 {
		t.Errorf("on the way there and back only %d of 6 pods were ready", least)
	}
}

// placed says how many ready pods of a base and of the others there are, on machines that are there, and how many of those are spot nodes.
func placed(t *testing.T, namespace string) (base, rest string) {
	t.Helper()
	list, err := world.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]corev1.Node{}
	for _, n := range list.Items {
		there[n.Name] = n
	}
	count, on := map[bool]int{}, map[bool]map[string]bool{true: {}, false: {}}
	for _, p := range pods(t, namespace) {
		node, ok := there[p.Spec.NodeName]
		if !ok || !isReady(p) {
			continue
		}
		isBase := p.Labels["scantling.dev/track"] == "base"
		count[isBase]++
		if node.Labels[spotLabel] == "spot" {
			on[isBase][node.Name] = true
		}
	}
	say := func(isBase bool) string { return fmt.Sprintf("%d on %d spot nodes", count[isBase], len(on[isBase])) }
	return say(true), say(false)
}
