package suite

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scantling/scantling/e2e/nodes"
)

// twoColours makes the textbook's blue-green pair, with a readiness probe: a Deployment of each colour, and a Service of the first.
func twoColours(t *testing.T, namespace string, replicas int64, green string) {
	t.Helper()
	r := accepted(t, "blue.yaml", namespace)
	one := r.find("Deployment", "myapp-blue")
	set(container(one.Object), map[string]any{"tcpSocket": map[string]any{"port": int64(8080)}}, "readinessProbe")
	set(one.Object, replicas, "spec", "replicas")
	other := one.DeepCopy()
	other.SetName("myapp-green")
	set(other.Object, "green", "spec", "selector", "matchLabels", "version")
	set(other.Object, "green", "spec", "template", "metadata", "labels", "version")
	set(container(other.Object), green, "image")
	t.Cleanup(func() {
		if err := world.client.Delete(context.Background(), other); err != nil {
			t.Error(err)
		}
	})
	for _, o := range []*unstructured.Unstructured{one, other} {
		if _, _, err := world.client.Apply(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	until(t, func() (bool, string) { return allReady(t.Context(), one) })
	until(t, func() (bool, string) { return runs(t, namespace, green[len("myapp"):]), "green does not run" })
	if !strings.HasSuffix(green, nodes.HangingTag) {
		until(t, func() (bool, string) { return allReady(t.Context(), other) })
	}
	until(t, func() (bool, string) {
		return len(serving(t, namespace, "myapp")) == int(replicas), "the Service does not lead to every pod"
	})
}

// point is the textbook's kubectl patch of a Service's selector.
func point(t *testing.T, namespace, selector string) {
	t.Helper()
	patch := fmt.Appendf(nil, `{"spec":{"selector":%s}}`, selector)
	if _, err := world.client.CoreV1().Services(namespace).Patch(t.Context(), "myapp", types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

// TestRecorder lets cut-overs go right and wrong. A recorder that sees nothing would prove nothing about a release.
func TestRecorder(t *testing.T) {
	const works, hangs = "myapp:1.1", "myapp:1.1" + nodes.HangingTag
	for _, test := range []struct {
		name, green string
		act         func(t *testing.T, namespace string)
		served      string
		least       int
	}{
		{"whole", works, func(t *testing.T, ns string) { point(t, ns, `{"version":"green"}`) }, "blue green", 3},
		{"both", works, func(t *testing.T, ns string) { point(t, ns, `{"version":null}`) }, "blue blue+green", 3},
		{"early", hangs, func(t *testing.T, ns string) { point(t, ns, `{"version":"green"}`) }, "blue green", 0},
		{"short", works, func(t *testing.T, ns string) { kill(t, pods(t, ns)[0]) }, "blue", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			namespace := "recorder-" + test.name
			twoColours(t, namespace, 3, test.green)
			r := record(t, namespace, "myapp")
			test.act(t, namespace)
			until(t, func() (bool, string) {
				h := r.history("version")
				return h.traffic() == test.served && h.least() == test.least, h.String()
			})
			t.Log(r.stop("version"))
		})
	}
}

// kill ends a pod at once, as the loss of its node does.
func kill(t *testing.T, p corev1.Pod) {
	t.Helper()
	now := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}
	if err := world.client.CoreV1().Pods(p.Namespace).Delete(t.Context(), p.Name, now); err != nil {
		t.Fatal(err)
	}
}
