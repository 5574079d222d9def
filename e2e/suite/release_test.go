package suite

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scantling/scantling/e2e/nodes"
)

// rollingUpdate: one pod that may be missing is one that is missing.
func rollingUpdate(t *testing.T) (textbook, ours string) {
	r := accepted(t, "rolling.yaml", "textbook-roll")
	waitReady(t, "textbook-roll", 10)
	w := r.find("Deployment", "myapp")
	release := 1
	until(t, func() (bool, string) { // on a busy machine new pods may be ready before the controller takes the first old one
		release++
		g := gaugeOf(t, "textbook-roll")
		setImage(t, w, fmt.Sprintf("myapp:1.%d", release))
		until(t, func() (bool, string) { return allReady(t.Context(), w) })
		least, _ := g.stop()
		return least < 10, "the textbook's updates keep all 10 pods ready"
	})

	p := deploy(t, "roll", critical)
	settled(t, p)
	g := gaugeOf(t, "roll")
	p.release(t, ":1.0", ":2.0"+nodes.SlowTag)
	until(t, func() (bool, string) { return allReady(t.Context(), p.workload()) })
	least, highest := g.stop()
	if least < 6 || highest > 8 {
		t.Errorf("the update went down to %d and up to %d pods, not within 6 and 8", least, highest)
	}
	return "no: fewer than the 10 wanted are ready", "yes: never fewer than the 6 wanted, never more than a quarter above them"
}

func setImage(t *testing.T, w *unstructured.Unstructured, image string) {
	t.Helper()
	next := w.DeepCopy()
	containers, _, err := unstructured.NestedSlice(next.Object, "spec", "template", "spec", "containers")
	if err != nil {
		t.Fatal(err)
	}
	containers[0].(map[string]any)["image"] = image
	if err := unstructured.SetNestedSlice(next.Object, containers, "spec", "template", "spec", "containers"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := world.client.Apply(t.Context(), next); err != nil {
		t.Fatal(err)
	}
}

// badRelease: without a readiness probe a pod that hangs looks like one that works.
func badRelease(t *testing.T) (textbook, ours string) {
	r := accepted(t, "blue.yaml", "textbook-bad")
	waitReady(t, "textbook-bad", 3)
	setImage(t, r.find("Deployment", "myapp-blue"), "myapp:1.1"+nodes.HangingTag)
	until(t, func() (bool, string) {
		got := serving(t, "textbook-bad", "myapp")
		return slices.Equal(got, slices.Repeat([]string{"myapp:1.1" + nodes.HangingTag}, 3)), fmt.Sprintf("traffic goes to %v", got)
	})

	p := deploy(t, "bad", `tier: "standard", image: "`+image+`", replicas: 3`)
	settled(t, p)
	was := ":1.0"
	for _, fault := range []string{nodes.HangingTag, nodes.CrashingTag, nodes.MissingTag} {
		p.release(t, was, ":2.0"+fault)
		was = ":2.0" + fault
		until(t, func() (bool, string) { return runs(t, "bad", was), "the release does not begin" })
		for range 10 { // a second of looking
			if got := serving(t, "bad", "bad"); !slices.Equal(got, slices.Repeat([]string{image}, 3)) {
				t.Fatalf("after a release that %s traffic goes to %v", fault[1:], got)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	p.release(t, was, ":1.0")
	until(t, func() (bool, string) { return allReady(t.Context(), p.workload()) })
	return "yes: a release that hangs takes all of it", "no: whether it hangs, crashes or has no image, the 3 old pods keep it"
}

// brokenRelease is badRelease at every moment.
func brokenRelease(t *testing.T) string {
	const name, replicas = "badrelease", 3
	r := releasing(t, name, track, `tier: "standard", image: "`+reference("1.0")+`", replicas: 3`)
	r.broken = name
	for _, fault := range []string{nodes.HangingTag, nodes.CrashingTag, nodes.MissingTag} {
		r.step(t, "set", name, "image="+reference("2.0"+fault))
		until(t, func() (bool, string) { return runs(t, name, ":2.0"+fault), "the release does not begin" })
	}
	r.broken = ""
	r.step(t, "set", name, "image="+reference("2.1"))
	if h := r.stop(t); h.least() < replicas {
		t.Errorf("want never fewer than %d ready: %s", replicas, h)
	}
	return fmt.Sprintf("never: the %d old ones stay until as many new ones work", replicas)
}

// runs reports whether there is a pod with an image that ends so, and the kubelet has looked at it.
func runs(t *testing.T, namespace, tag string) bool {
	t.Helper()
	return slices.ContainsFunc(pods(t, namespace), func(p corev1.Pod) bool {
		image, _, _ := strings.Cut(p.Spec.Containers[0].Image, "@")
		return strings.HasSuffix(image, tag) && p.Status.StartTime != nil
	})
}

// serving lists the images of the pods that a Service leads to.
func serving(t *testing.T, namespace, service string) []string {
	t.Helper()
	list, err := world.client.DiscoveryV1().EndpointSlices(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + service})
	if err != nil {
		t.Fatal(err)
	}
	running := map[string]string{} // image by pod
	for _, p := range pods(t, namespace) {
		running[p.Name] = p.Spec.Containers[0].Image
	}
	images := []string{}
	for _, slice := range list.Items {
		for _, e := range slice.Endpoints {
			if e.TargetRef != nil && e.Conditions.Ready != nil && *e.Conditions.Ready && running[e.TargetRef.Name] != "" {
				images = append(images, running[e.TargetRef.Name])
			}
		}
	}
	slices.Sort(images)
	return images
}
