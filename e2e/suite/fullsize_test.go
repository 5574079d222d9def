package suite

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// fullSize starts a run of every CronJob that does not end, scales every workload to the most pods that its autoscaler may ask for and
// starts a rollout of all of them at once: the namespace's quota has room for that.
func (j *judgement) fullSize(ctx context.Context, c rendered) {
	for _, o := range c.objects {
		switch o.GetKind() {
		case "HorizontalPodAutoscaler":
			j.scaleUp(ctx, c, o)
		case "CronJob":
			if err := launch(ctx, o, long); err != nil {
				j.add("%s: %v", describe(o), err)
			}
		}
	}
	restart := []byte(`{"spec":{"template":{"metadata":{"annotations":{"e2e.scantling.dev/restarted":"yes"}}}}}`)
	for _, o := range c.objects {
		if o.GetKind() != "Deployment" {
			continue
		}
		if _, err := world.client.AppsV1().Deployments(o.GetNamespace()).Patch(ctx, o.GetName(), types.StrategicMergePatchType, restart, metav1.PatchOptions{}); err != nil {
			j.add("%s: restarting it: %v", describe(o), err)
		}
	}
	for _, o := range c.objects {
		switch o.GetKind() {
		case "Deployment", "StatefulSet":
			j.until(ctx, describe(o)+" at full size", func() (bool, string) { return surging(ctx, o) })
		case "CronJob":
			j.until(ctx, describe(o)+" at full size", func() (bool, string) { return underWay(ctx, o) })
		}
	}
	for _, namespace := range c.namespaces() {
		said, err := complaints(ctx, namespace)
		if err != nil {
			j.add("namespace %s: %v", namespace, err)
		} else if text, refused := said["FailedCreate"]; refused {
			j.add("namespace %s: a pod was refused: %s", namespace, text)
		}
	}
}

// scaleUp makes an autoscaler want its most pods, and waits until its target does.
func (j *judgement) scaleUp(ctx context.Context, c rendered, autoscaler *unstructured.Unstructured) {
	most := number(autoscaler, "spec", "maxReplicas")
	patch := fmt.Appendf(nil, `{"spec":{"minReplicas":%d}}`, most)
	namespace := autoscaler.GetNamespace()
	_, err := world.client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Patch(ctx, autoscaler.GetName(), types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		j.add("%s: %v", describe(autoscaler), err)
		return
	}
	j.scaled(ctx, c, autoscaler, most)
}

// scaled waits until the target of an autoscaler wants as many pods.
func (j *judgement) scaled(ctx context.Context, c rendered, autoscaler *unstructured.Unstructured, want int64) {
	kind, _, _ := unstructured.NestedString(autoscaler.Object, "spec", "scaleTargetRef", "kind")
	name, _, _ := unstructured.NestedString(autoscaler.Object, "spec", "scaleTargetRef", "name")
	target := c.find(kind, name)
	if target == nil {
		j.add("%s scales %s %s, which is not there", describe(autoscaler), kind, name)
		return
	}
	j.until(ctx, describe(target), func() (bool, string) {
		live, err := world.client.Get(ctx, target)
		if err != nil {
			return false, err.Error()
		}
		got := number(live, "spec", "replicas")
		return got == want, fmt.Sprintf("its autoscaler left it at %d of %d pods", got, want)
	})
}

// surging reports whether a rollout is under way with a quarter of the pods new, and as many ready as wanted.
func surging(ctx context.Context, o *unstructured.Unstructured) (bool, string) {
	live, err := world.client.Get(ctx, o)
	if err != nil {
		return false, err.Error()
	}
	want, got, updated := number(live, "spec", "replicas"), number(live, "status", "readyReplicas"), number(live, "status", "updatedReplicas")
	seen := number(live, "status", "observedGeneration") == live.GetGeneration()
	enough := o.GetKind() == "StatefulSet" || 4*updated >= want
	return seen && got >= want && enough, fmt.Sprintf("%d of %d pods are ready, %d updated", got, want, updated)
}
