package suite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/nodes"
)

// running waits until every workload of a case runs all its pods, every Service leads to ready ones, a run of every CronJob has
// completed, and no pod is left that does not work.
func (j *judgement) running(ctx context.Context, c rendered) {
	for _, o := range c.objects {
		switch o.GetKind() {
		case "CronJob":
			if err := launch(ctx, o, once); err != nil {
				j.add("%s: %v", describe(o), err)
			}
		case "HorizontalPodAutoscaler": // a workload has one pod until its autoscaler sees it
			j.scaled(ctx, c, o, number(o, "spec", "minReplicas"))
		}
	}
	for _, o := range c.objects {
		var check func() (bool, string)
		switch o.GetKind() {
		case "Deployment", "StatefulSet":
			check = func() (bool, string) { return allReady(ctx, o) }
		case "Service":
			check = func() (bool, string) { return leadsSomewhere(ctx, o) }
		case "CronJob":
			check = func() (bool, string) { return completed(ctx, o) }
		default:
			continue
		}
		if !j.until(ctx, describe(o), check) {
			j.add("%s: events of its namespace:%s", describe(o), refusals(ctx, o.GetNamespace()))
			if j.hasty {
				return
			}
		}
	}
	for _, namespace := range c.namespaces() {
		j.until(ctx, "namespace "+namespace, func() (bool, string) { return allAtWork(ctx, namespace) })
	}
}

// allAtWork reports whether each pod of a namespace is ready, or has done what it had to and holds no volume that was made for it.
func allAtWork(ctx context.Context, namespace string) (bool, string) {
	list, err := world.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return false, err.Error()
	}
	for _, p := range list.Items {
		if !isReady(p) && p.Status.Phase != corev1.PodSucceeded {
			return false, fmt.Sprintf("pod %s is %s", p.Name, p.Status.Phase)
		}
		if p.Status.Phase == corev1.PodSucceeded && slices.ContainsFunc(p.Spec.Volumes, func(v corev1.Volume) bool { return v.Ephemeral != nil }) {
			return false, fmt.Sprintf("pod %s has ended, and holds a volume", p.Name)
		}
	}
	return true, ""
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

// Two runs of a CronJob, and how their Jobs' names end.
const (
	once = "-now"
	long = "-long" // at work until it is deleted
)

// launch is kubectl create job --from=cronjob: what becomes of the Job is the CronJob's to say, as of one that it made itself.
func launch(ctx context.Context, o *unstructured.Unstructured, how string) error {
	cron, err := world.client.BatchV1().CronJobs(o.GetNamespace()).Get(ctx, o.GetName(), metav1.GetOptions{})
	if err != nil {
		return err
	}
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Name: o.GetName() + how, Labels: cron.Spec.JobTemplate.Labels,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(cron, batchv1.SchemeGroupVersion.WithKind("CronJob"))},
		},
		Spec: cron.Spec.JobTemplate.Spec,
	}
	if how == long {
		metav1.SetMetaDataAnnotation(&job.Spec.Template.ObjectMeta, nodes.RunsFor, "1h")
	}
	_, err = world.client.BatchV1().Jobs(o.GetNamespace()).Create(ctx, job, metav1.CreateOptions{})
	return err
}

// completed reports whether a run of a CronJob has succeeded, by what alerts go by: the Job itself may be gone.
func completed(ctx context.Context, o *unstructured.Unstructured) (bool, string) {
	cron, err := world.client.BatchV1().CronJobs(o.GetNamespace()).Get(ctx, o.GetName(), metav1.GetOptions{})
	if err != nil {
		return false, err.Error()
	}
	return cron.Status.LastSuccessfulTime != nil, "no run has succeeded"
}

// underWay reports whether the long run of a CronJob is at work.
func underWay(ctx context.Context, o *unstructured.Unstructured) (bool, string) {
	job, err := world.client.BatchV1().Jobs(o.GetNamespace()).Get(ctx, o.GetName()+long, metav1.GetOptions{})
	if err != nil {
		return false, err.Error()
	}
	return job.Status.Ready != nil && *job.Status.Ready == 1, fmt.Sprintf("its run has %d active pods, none ready", job.Status.Active)
}

// refusals returns what the controllers said about pods that they could not make or place.
func refusals(ctx context.Context, namespace string) string {
	said, err := complaints(ctx, namespace)
	if err != nil {
		return err.Error()
	}
	var text strings.Builder
	for _, reason := range slices.Sorted(maps.Keys(said)) {
		text.WriteString("\n\t" + reason + ": " + said[reason])
	}
	return text.String()
}

// complaints returns what the controllers of a namespace warned of, the first message of each reason.
func complaints(ctx context.Context, namespace string) (map[string]string, error) {
	events, err := world.client.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	return firstOfEach(events.Items), nil
}

// firstOfEach returns the first warning of each reason. That two wrote the same object at the same time is none: whoever came second tries again.
func firstOfEach(events []corev1.Event) map[string]string {
	said := map[string]string{}
	for _, e := range events {
		if e.Type != corev1.EventTypeWarning || strings.Contains(e.Message, "the object has been modified; please apply your changes to the latest version") {
			continue
		}
		if _, known := said[e.Reason]; !known {
			said[e.Reason] = e.Message
		}
	}
	return said
}

// A pod that is made again after its quota was busy is not a pod that was refused, and does not hide one that was.
func TestFirstOfEach(t *testing.T) {
	event := func(kind, reason, message string) corev1.Event {
		return corev1.Event{Type: kind, Reason: reason, Message: message}
	}
	got := firstOfEach([]corev1.Event{
		event(corev1.EventTypeWarning, "FailedCreate", `Error creating: Operation cannot be fulfilled on resourcequotas "quota": the object has been modified; please apply your changes to the latest version and try again`),
		event(corev1.EventTypeNormal, "SuccessfulCreate", "Created pod: web-1"),
		event(corev1.EventTypeWarning, "FailedCreate", `Error creating: pods "web-2" is forbidden: exceeded quota: quota`),
		event(corev1.EventTypeWarning, "FailedCreate", `Error creating: pods "web-3" is forbidden: exceeded quota: quota`),
		event(corev1.EventTypeWarning, "BackOff", "Back-off restarting"),
	})
	want := map[string]string{"FailedCreate": `Error creating: pods "web-2" is forbidden: exceeded quota: quota`, "BackOff": "Back-off restarting"}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
