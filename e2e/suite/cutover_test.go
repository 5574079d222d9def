package suite

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/scantling/scantling/e2e/nodes"
)

// twoColours makes the textbook's blue-green pair, with a readiness probe: a Deployment of each colour, and a Service of the first.
func twoColours(t *testing.T, namespace string, replicas int64, green string) {
	t.Helper()
	r := written(t, "blue.yaml", namespace)
	one := r.find("Deployment", "myapp-blue")
	set(container(one.Object), map[string]any{"tcpSocket": map[string]any{"port": int64(8080)}}, "readinessProbe")
	set(one.Object, replicas, "spec", "replicas")
	other := one.DeepCopy()
	other.SetName("myapp-green")
	set(other.Object, "green", "spec", "selector", "matchLabels", "version")
	set(other.Object, "green", "spec", "template", "metadata", "labels", "version")
	set(container(other.Object), green, "image")
	r.objects = append(r.objects, other)
	if err := bring(t, r); err != nil {
		t.Fatal(err)
	}
	until(t, func() (bool, string) { return allReady(t.Context(), one) })
	until(t, func() (bool, string) {
		return runs(t, namespace, strings.TrimPrefix(green, "myapp")), "green does not run"
	})
	if !strings.HasSuffix(green, nodes.HangingTag) {
		until(t, func() (bool, string) { return allReady(t.Context(), other) })
	}
	until(t, func() (bool, string) { return leads(t, namespace, "myapp", "myapp:1.0", int(replicas)) })
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

// TestHundredPods moves the most that an EndpointSlice holds, and so the most that are sure to move in one write.
func TestHundredPods(t *testing.T) {
	const namespace, most = "recorder-hundred", 100
	twoColours(t, namespace, most, "myapp:1.1")
	r := record(t, namespace, "myapp")
	for _, to := range []string{"green", "blue"} {
		point(t, namespace, `{"version":"`+to+`"}`)
		until(t, func() (bool, string) { h := r.history("version"); return h.now().ready[to] == most, h.String() })
	}
	h := r.stop("version")
	t.Log(h)
	if h.traffic() != "blue green blue" || h.least() != most || len(h) != 3 {
		t.Errorf("want three states of %d pods: %s", most, h)
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
