package suite

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// standIn makes the pods that the controllers of third-party workloads would, since those do not run here: a Rollout's as Argo
// Rollouts makes them, the clone that Flagger makes of a Deployment, under its other name, and CloudNativePG's databases.
func standIn(ctx context.Context, c rendered) error {
	for _, o := range c.objects {
		switch o.GetKind() {
		case "Rollout":
			if number(o, "spec", "replicas") == 0 { // what Argo Rollouts does first; an autoscaler lets none be none
				if err := world.client.Patch(ctx, o, `{"spec":{"replicas":1}}`); err != nil {
					return err
				}
			}
			if err := deployLike(ctx, c, o, o.GetName()); err != nil {
				return err
			}
		case "Canary":
			target, _, _ := unstructured.NestedString(o.Object, "spec", "targetRef", "name")
			if err := deployLike(ctx, c, c.find("Deployment", target), target+"-primary"); err != nil {
				return err
			}
		}
	}
	return databases(ctx, c)
}

// deployLike makes a Deployment with the pods of a workload, as many as its autoscaler wants at least. Where it has another name,
// so have the pods.
func deployLike(ctx context.Context, c rendered, workload *unstructured.Unstructured, name string) error {
	const label = "app.kubernetes.io/name"
	w := workload.DeepCopy()
	d := &unstructured.Unstructured{Object: map[string]any{}}
	d.SetAPIVersion("apps/v1")
	d.SetKind("Deployment")
	d.SetName(name)
	d.SetNamespace(w.GetNamespace())
	set(w.Object, name, "spec", "selector", "matchLabels", label)
	set(w.Object, name, "spec", "template", "metadata", "labels", label)
	spec := w.Object["spec"].(map[string]any)
	replicas := number(w, "spec", "replicas")
	if a := c.find("HorizontalPodAutoscaler", workload.GetName()); a != nil {
		replicas = number(a, "spec", "minReplicas")
	}
	set(d.Object, map[string]any{"replicas": replicas, "selector": spec["selector"], "template": spec["template"]}, "spec")
	_, _, err := world.client.Apply(ctx, d)
	return err
}
