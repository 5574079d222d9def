package suite

import (
	"context"
	"fmt"
	"testing"
	"time"

	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scantling/scantling/e2e/client"
)

// refusalPatience is how long a drain is tried that shall fail. One that works needs a fraction of it for each node.
const refusalPatience = 5 * time.Second

// drains: with as many pods wanted as there are at least, no eviction is ever allowed.
func drains(t *testing.T) (textbook, ours string) {
	accepted(t, "budget.yaml", "textbook-drain")
	waitReady(t, "textbook-drain", 2)
	if drain(t, "textbook-drain", refusalPatience) {
		t.Error("the textbook's nodes were drained")
	}
	textbook = "no: every eviction is refused"

	p := deploy(t, "drain", `tier: "critical", image: "`+image+digest+`", scale: {min: 3, max: 6}`)
	settled(t, p)
	g := gaugeOf(t, "drain")
	if !drain(t, "drain", patience) {
		t.Error("our nodes were not drained")
	}
	least, _ := g.stop()
	if least < 2 {
		t.Errorf("only %d of 3 pods were ready while draining", least)
	}
	return textbook, "yes, node after node; never fewer than 2 of 3 pods ready"
}

// drainsCrashing: by default a pod that is not ready may not be evicted when its budget is short, though nobody would miss it.
func drainsCrashing(t *testing.T) (textbook, ours string) {
	accepted(t, "crashing.yaml", "textbook-crash")
	until(t, func() (bool, string) {
		return len(pods(t, "textbook-crash")) == 3 && unplaced(t, "textbook-crash") == 0, "no three pods"
	})
	waitBudget(t, "textbook-crash", "myapp-pdb", 3)
	if drain(t, "textbook-crash", refusalPatience) {
		t.Error("the textbook's nodes were drained")
	}
	p := deploy(t, "crash", `tier: "standard", image: "`+image+`", replicas: 3`)
	settled(t, p)
	stillCrashing(t, p)
	if !drain(t, "crash", patience) {
		t.Error("our nodes were not drained")
	}
	return "no: every eviction is refused", "yes"
}

// stillCrashing replaces the running pods by ones that crash, as after a bad night: the release worked before.
func stillCrashing(t *testing.T, p *project) {
	t.Helper()
	all := metav1.ListOptions{}
	w := p.workload()
	patch := []byte(`{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"},"template":{"metadata":{"annotations":{"e2e.scantling.dev/crashes":"true"}}}}}`)
	if _, err := world.client.AppsV1().Deployments(w.GetNamespace()).Patch(t.Context(), w.GetName(), types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, func() (bool, string) {
		list, err := world.client.CoreV1().Pods(w.GetNamespace()).List(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		crashing := 0
		for _, pod := range list.Items {
			if len(pod.Status.ContainerStatuses) > 0 && pod.Status.ContainerStatuses[0].State.Waiting != nil {
				crashing++
			}
		}
		return crashing == 3 && len(list.Items) == 3, fmt.Sprintf("%d pods crash", crashing)
	})
	waitBudget(t, w.GetNamespace(), p.name, 3)
}

// waitBudget waits until the controller has counted the pods of a budget.
func waitBudget(t *testing.T, namespace, name string, expected int32) {
	t.Helper()
	until(t, func() (bool, string) {
		b, err := world.client.PolicyV1().PodDisruptionBudgets(namespace).Get(t.Context(), name, metav1.GetOptions{})
		return err == nil && b.Status.ExpectedPods == expected && b.Status.ObservedGeneration == b.Generation, "the budget is not counted"
	})
}

// settled waits until a rollout is over and its budget counted.
func settled(t *testing.T, p *project) {
	t.Helper()
	until(t, func() (bool, string) { return allReady(t.Context(), p.workload()) })
	until(t, func() (bool, string) {
		b, err := world.client.PolicyV1().PodDisruptionBudgets(p.name).Get(t.Context(), p.name, metav1.GetOptions{})
		return err == nil && b.Status.DisruptionsAllowed > 0, "the budget allows no disruption"
	})
}

// drain drains one node after another that runs pods of a namespace, as kubectl drain does, and reports whether all of them
// became empty in time.
func drain(t *testing.T, namespace string, limit time.Duration) bool {
	t.Helper()
	occupied := map[string]bool{}
	for _, p := range pods(t, namespace) {
		occupied[p.Spec.NodeName] = true
	}
	for node := range occupied {
		cordon(t, node, true)
		emptied := client.Until(t.Context(), limit, func() (bool, string) { return evictAll(t, namespace, node), "not empty" }) == nil
		cordon(t, node, false)
		if !emptied {
			return false
		}
	}
	return true
}

func cordon(t *testing.T, node string, closed bool) {
	t.Helper()
	patch := fmt.Appendf(nil, `{"spec":{"unschedulable":%t}}`, closed)
	if _, err := world.client.CoreV1().Nodes().Patch(context.Background(), node, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

// evictAll asks for the eviction of every pod that a node runs, and reports whether there was none.
func evictAll(t *testing.T, namespace, node string) bool {
	t.Helper()
	list, err := world.client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "spec.nodeName=" + node})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list.Items {
		err := world.client.PolicyV1().Evictions(namespace).Evict(t.Context(), &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: namespace}})
		if err != nil && !apierrors.IsTooManyRequests(err) && !apierrors.IsNotFound(err) {
			t.Fatal(err)
		}
	}
	return len(list.Items) == 0
}
