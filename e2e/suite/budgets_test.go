package suite

import (
	"context"
	"fmt"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// budgets wants of every disruption budget that it counts pods, and that one of them may be evicted: else no node that runs them
// can be drained. The eviction is asked for, not done.
func (j *judgement) budgets(ctx context.Context, c rendered) {
	for _, o := range c.objects {
		if o.GetKind() == "PodDisruptionBudget" {
			j.until(ctx, describe(o), func() (bool, string) { return mayEvict(ctx, o) })
		}
	}
}

func mayEvict(ctx context.Context, budget *unstructured.Unstructured) (bool, string) {
	live, err := world.client.PolicyV1().PodDisruptionBudgets(budget.GetNamespace()).Get(ctx, budget.GetName(), metav1.GetOptions{})
	if err != nil {
		return false, err.Error()
	}
	list, err := world.client.CoreV1().Pods(budget.GetNamespace()).List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(live.Spec.Selector)})
	if err != nil {
		return false, err.Error()
	}
	if len(list.Items) == 0 || live.Status.ExpectedPods == 0 || live.Status.ObservedGeneration != live.Generation {
		return false, fmt.Sprintf("it covers %d pods", live.Status.ExpectedPods)
	}
	pod := list.Items[0]
	err = world.client.PolicyV1().Evictions(pod.Namespace).Evict(ctx, &policyv1.Eviction{
		ObjectMeta:    metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace},
		DeleteOptions: &metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}},
	})
	return err == nil, fmt.Sprintf("no pod may be evicted: %v", err)
}
