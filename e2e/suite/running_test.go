package suite

import (
	"context"
	"fmt"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scantling/scantling/e2e/client"
)

// checkRunning waits until every workload of a case runs all its pods, every Service leads to ready ones, and a run of every
// cron app has completed.
func checkRunning(t *testing.T, c rendered) {
	ctx := t.Context()
	for _, o := range c.objects {
		var check func() (bool, string)
		switch o.GetKind() {
		case "Deployment", "StatefulSet":
			check = func() (bool, string) { return allReady(ctx, o) }
		case "Service":
			check = func() (bool, string) { return leadsSomewhere(ctx, o) }
		case "CronJob":
			if err := runOnce(ctx, o); err != nil {
				t.Errorf("%s: %v", describe(o), err)
				continue
			}
			check = func() (bool, string) { return completed(ctx, o) }
		default:
			continue
		}
		if err := client.Until(ctx, patience, check); err != nil {
			t.Errorf("%s: %v%s", describe(o), err, refusals(ctx, o.GetNamespace()))
		}
	}
}

// allReady reports whether a workload has as many ready pods as it wants.
func allReady(ctx context.Context, o *unstructured.Unstructured) (bool, string) {
	live, err := world.client.Get(ctx, o)
	if err != nil {
		return false, err.Error()
	}
	want := number(live, "spec", "replicas")
	got, updated := number(live, "status", "readyReplicas"), number(live, "status", "updatedReplicas")
	seen := number(live, "status", "observedGeneration") == live.GetGeneration()
	return seen && got == want && updated == want && want > 0, fmt.Sprintf("%d of %d pods are ready, %d updated", got, want, updated)
}

func number(o *unstructured.Unstructured, path ...string) int64 {
	n, _, _ := unstructured.NestedInt64(o.Object, path...) // 0 where there is none
	return n
}

// leadsSomewhere reports whether a Service has ready endpoints on each of its ports.
func leadsSomewhere(ctx context.Context, o *unstructured.Unstructured) (bool, string) {
	ports, _, _ := unstructured.NestedSlice(o.Object, "spec", "ports")
	slices, err := world.client.DiscoveryV1().EndpointSlices(o.GetNamespace()).List(ctx, metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + o.GetName()})
	if err != nil {
		return false, err.Error()
	}
	readyPorts := map[string]bool{}
	for _, slice := range slices.Items {
		for _, endpoint := range slice.Endpoints {
			if endpoint.Conditions.Ready == nil || !*endpoint.Conditions.Ready {
				continue
			}
			for _, port := range slice.Ports {
				if port.Port != nil {
					readyPorts[*port.Name] = true
				}
			}
		}
	}
	return len(readyPorts) == len(ports), fmt.Sprintf("of %d ports only %v lead to a ready pod", len(ports), readyPorts)
}

// runOnce is kubectl create job --from=cronjob.
func runOnce(ctx context.Context, o *unstructured.Unstructured) error {
	cron, err := world.client.BatchV1().CronJobs(o.GetNamespace()).Get(ctx, o.GetName(), metav1.GetOptions{})
	if err != nil {
		return err
	}
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: o.GetName() + "-now", Labels: cron.Spec.JobTemplate.Labels}, Spec: cron.Spec.JobTemplate.Spec}
	_, err = world.client.BatchV1().Jobs(o.GetNamespace()).Create(ctx, job, metav1.CreateOptions{})
	return err
}

func completed(ctx context.Context, o *unstructured.Unstructured) (bool, string) {
	job, err := world.client.BatchV1().Jobs(o.GetNamespace()).Get(ctx, o.GetName()+"-now", metav1.GetOptions{})
	if err != nil {
		return false, err.Error()
	}
	return job.Status.Succeeded > 0, fmt.Sprintf("the run has %d active and %d failed pods", job.Status.Active, job.Status.Failed)
}

// refusals returns what the controllers said about pods that they could not make or place.
func refusals(ctx context.Context, namespace string) string {
	events, err := world.client.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err.Error()
	}
	seen := map[string]bool{}
	var text strings.Builder
	for _, e := range events.Items {
		line := "\n\t" + e.Reason + ": " + e.Message
		if e.Type == corev1.EventTypeWarning && !seen[e.Reason] && len(seen) < 5 {
			seen[e.Reason] = true
			text.WriteString(line)
		}
	}
	return text.String()
}

// checkFullSize scales every workload to the most pods that its autoscaler may ask for and starts a rollout of all of them at
// once: the quota has room for that.
func checkFullSize(t *testing.T, c rendered) {
	ctx := t.Context()
	for _, o := range c.objects {
		if o.GetKind() == "HorizontalPodAutoscaler" {
			most, _, _ := unstructured.NestedInt64(o.Object, "spec", "maxReplicas")
			patch := fmt.Appendf(nil, `{"spec":{"minReplicas":%d}}`, most)
			if _, err := world.client.AutoscalingV2().HorizontalPodAutoscalers(o.GetNamespace()).Patch(ctx, o.GetName(), types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
				t.Error(err)
			}
			target, _, _ := unstructured.NestedString(o.Object, "spec", "scaleTargetRef", "name")
			if w := c.find("Deployment", target); w != nil {
				err := client.Until(ctx, patience, func() (bool, string) {
					live, err := world.client.Get(ctx, w)
					if err != nil {
						return false, err.Error()
					}
					return number(live, "spec", "replicas") == most, fmt.Sprintf("its autoscaler left it at %d pods", number(live, "spec", "replicas"))
				})
				if err != nil {
					t.Errorf("%s: %v", describe(w), err)
				}
			}
		}
	}
	restart := []byte(`{"spec":{"template":{"metadata":{"annotations":{"e2e.scantling.dev/restarted":"yes"}}}}}`)
	for _, o := range c.objects {
		if o.GetKind() != "Deployment" {
			continue
		}
		if _, err := world.client.AppsV1().Deployments(o.GetNamespace()).Patch(ctx, o.GetName(), types.StrategicMergePatchType, restart, metav1.PatchOptions{}); err != nil {
			t.Error(err)
		}
	}
	for _, o := range c.objects {
		if o.GetKind() != "Deployment" && o.GetKind() != "StatefulSet" {
			continue
		}
		err := client.Until(ctx, patience, func() (bool, string) {
			live, err := world.client.Get(ctx, o)
			if err != nil {
				return false, err.Error()
			}
			want, got := number(live, "spec", "replicas"), number(live, "status", "readyReplicas")
			seen := number(live, "status", "observedGeneration") == live.GetGeneration()
			updated := o.GetKind() == "StatefulSet" || 4*number(live, "status", "updatedReplicas") >= want // the surge is a quarter
			return seen && got >= want && updated, fmt.Sprintf("at full size %d of %d pods are ready, %d updated", got, want, number(live, "status", "updatedReplicas"))
		})
		if err != nil {
			t.Errorf("%s: %v", describe(o), err)
		}
	}
	for _, namespace := range c.namespaces() {
		if text := refusals(ctx, namespace); strings.Contains(text, "FailedCreate") {
			t.Errorf("namespace %s: pods were refused:%s", namespace, text)
		}
	}
}
